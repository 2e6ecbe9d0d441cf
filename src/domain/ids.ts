/** Branded identifiers: a string that was checked where it was minted, and cannot be mistaken for another kind. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Twelve digits. */
export type AccountId = Branded<'AccountId'>;
/** `us-west-2`. */
export type Region = Branded<'Region'>;
/** `arn:aws:kms:us-west-2:111122223333:key/…`. */
export type KeyArn = Branded<'KeyArn'>;
/** Opaque: `i` + 31 hex digits of the hash of the subject; the same subject always has the same id, also after a lost Redis. */
export type IncidentId = Branded<'IncidentId'>;
/** Opaque: `a` + 31 hex digits. Fits into a RoleSessionName. */
export type ActionId = Branded<'ActionId'>;
/** Opaque: `p` + 31 hex digits. */
export type ApprovalId = Branded<'ApprovalId'>;
/** Opaque: `e` + 63 hex digits; also the BullMQ job id (which refuses colons). */
export type EffectId = Branded<'EffectId'>;
/** Opaque: `g` + 31 hex digits. */
export type GatheringId = Branded<'GatheringId'>;
export type ChannelId = Branded<'ChannelId'>;
export type MessageTs = Branded<'MessageTs'>;
/** Milliseconds since the epoch. */
export type Instant = number;
/** Milliseconds. */
export type Duration = number;

/** What a key's ARN says, taken apart. `keyId` is a UUID or `mrk-…`. */
export interface KeyRef {
  readonly arn: KeyArn;
  readonly partition: string;
  readonly region: Region;
  readonly account: AccountId;
  readonly keyId: string;
}

/** An account in one Region: what one KMS client, one quota and one CloudTrail history cover. */
export interface Place {
  readonly account: AccountId;
  readonly region: Region;
}

const KEY_ARN = /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):(\d{12}):key\/([A-Za-z0-9-]{1,128})$/;
const KEY_ARN_ANYWHERE = /arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,128}/g;

export const isAccountId = (text: string): text is AccountId => /^\d{12}$/.test(text);
export const isRegion = (text: string): text is Region => /^[a-z]{2}(-[a-z0-9]+)+-\d$/.test(text);

/** Parses a key ARN; `undefined` for anything else, aliases included. */
export function parseKeyArn(text: string): KeyRef | undefined {
  const match = KEY_ARN.exec(text);
  if (!match) return undefined;
  const [arn, partition, region, account, keyId] = match as unknown as [string, string, string, string, string];
  return { arn: arn as KeyArn, partition, region: region as Region, account: account as AccountId, keyId };
}

/** Every key ARN in a text, in order, once each. */
export function keyArnsIn(text: string): readonly KeyRef[] {
  const found = new Set(text.match(KEY_ARN_ANYWHERE) ?? []);
  return [...found].map(parseKeyArn).filter((key) => key !== undefined);
}

/** Builds the reference of a bare key id, as CloudTrail and alarms name it, in the place where it was seen. */
export function keyRefOf(partition: string, place: Place, keyId: string): KeyRef | undefined {
  return parseKeyArn(`arn:${partition}:kms:${place.region}:${place.account}:key/${keyId}`);
}

export const placeName = (place: Place): string => `${place.account}/${place.region}`;

/** Slack's immutable identity; never a name or an e-mail address. `enterprise` is empty outside Enterprise Grid. */
export interface Person {
  readonly enterprise: string;
  readonly team: string;
  readonly user: string;
}
/** Slack's user ids are never given to somebody else, whatever workspace or organisation an account is moved to. */
export const samePerson = (one: Person, other: Person): boolean => one.user === other.user;
export const personKey = (person: Person): string => `${person.enterprise}/${person.team}/${person.user}`;
