import type { AwsWorld } from '../world.ts';
import { drawCountdown } from './dates.ts';
import { type Drawn, tag } from './html.ts';

export type ShownKey = ReturnType<AwsWorld['keys']>[number];

/** What the page needs to know of a key, read from its metadata. */
export interface KeyFacts {
  readonly arn: string;
  readonly id: string;
  readonly account: string;
  readonly region: string;
  /** Its first alias without `alias/`, else its id. */
  readonly name: string;
  readonly hasAlias: boolean;
  readonly state: string;
  readonly usage: string;
  readonly isImported: boolean;
  readonly isManagedByAws: boolean;
  /** What sets it apart from the plain symmetric key. */
  readonly kind: string;
  /** When KMS deletes it, or its material expires; milliseconds. */
  readonly deadline: number | undefined;
}

/** Reads `KeyMetadata` as it stands on the wire: instants are epoch seconds. */
export function factsOf(key: ShownKey): KeyFacts {
  const text = (field: string) => (typeof key[field] === 'string' ? key[field] : '');
  const deadline = key.DeletionDate ?? key.ValidTo;
  const configuration = key.MultiRegionConfiguration as { MultiRegionKeyType?: string } | undefined;
  const kinds = [
    text('KeyManager') === 'AWS' ? 'AWS managed' : '',
    text('Origin') === 'EXTERNAL' ? 'imported' : '',
    text('Origin') === 'AWS_CLOUDHSM' ? 'CloudHSM' : '',
    text('Origin') === 'EXTERNAL_KEY_STORE' ? 'external store' : '',
    configuration === undefined ? '' : `multi-Region ${configuration.MultiRegionKeyType?.toLowerCase() ?? ''}`,
    text('KeySpec') === 'SYMMETRIC_DEFAULT' ? '' : text('KeySpec'),
  ];
  return {
    arn: text('Arn'),
    id: text('KeyId'),
    account: text('AWSAccountId'),
    region: text('Arn').split(':')[3] ?? '',
    name: key.aliases[0]?.replace(/^alias\//, '') ?? text('KeyId'),
    hasAlias: key.aliases.length > 0,
    state: text('KeyState'),
    usage: text('KeyUsage'),
    isImported: text('Origin') === 'EXTERNAL',
    isManagedByAws: text('KeyManager') === 'AWS',
    kind: kinds.filter((kind) => kind !== '').join(', '),
    deadline: typeof deadline === 'number' ? deadline * 1000 : undefined,
  };
}

/** How bad a state is, for its colour. */
const tones: Readonly<Record<string, string>> = {
  Enabled: 'good',
  Disabled: 'warn',
  PendingImport: 'bad',
  PendingDeletion: 'bad',
  PendingReplicaDeletion: 'bad',
  Unavailable: 'warn',
};

/** What the table is drawn with. */
export interface KeysDrawing {
  readonly dayMs: number;
  readonly accountNames: ReadonlyMap<string, string>;
  readonly selected: string | undefined;
  /** The page's address with this key open. */
  readonly addressOf: (arn: string | undefined) => string;
}

/** Draws every key with its state and what is left of its life. The open key's actions follow its row. */
export function drawKeys(keys: readonly KeyFacts[], drawing: KeysDrawing, actions: (key: KeyFacts) => Drawn): Drawn {
  const places = Map.groupBy(keys, ({ account, region }) => `${account} ${region}`);
  return [...places].map(([place, inPlace]) => {
    const [account = '', region = ''] = place.split(' ');
    return tag(
      'section',
      { key: place, 'data-key': place, className: 'place' },
      tag('h3', null, tag('b', null, drawing.accountNames.get(account) ?? account), ` ${account} · ${region}`),
      tag(
        'ul',
        { className: 'keys' },
        inPlace.map((key) => drawKey(key, drawing, actions)),
      ),
    );
  });
}

function drawKey(key: KeyFacts, { dayMs, selected, addressOf }: KeysDrawing, actions: (key: KeyFacts) => Drawn): Drawn {
  const isOpen = key.arn === selected;
  return tag(
    'li',
    { key: key.arn, 'data-key': key.arn, className: isOpen ? 'key open' : 'key', 'data-state': key.state },
    tag(
      'a',
      { href: addressOf(isOpen ? undefined : key.arn), 'data-go': true, 'aria-expanded': isOpen },
      tag('span', { className: 'name' }, tag('b', null, key.name), tag('small', null, key.kind)),
      tag('code', { title: key.arn }, shortId(key.id)),
      tag('span', { className: 'life' }, key.deadline === undefined ? null : drawCountdown(key.deadline, dayMs)),
      tag('span', { className: `state ${tones[key.state] ?? 'warn'}` }, key.state),
    ),
    isOpen ? actions(key) : null,
  );
}

const shortId = (id: string) => (id.length > 9 ? `${id.slice(0, 8)}…` : id);
