import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmulatedAws } from './aws/aws.ts';
import { KeyDeeds } from './key-deeds.ts';
import { selfAlias } from './seed.ts';
import { asObject } from './slack/json.ts';
import type { Caller } from './world.ts';

/** Puts things right in AWS; people of the sandbox act as `mallory`, who does not. */
const admin = (region: string, account = '111122223333'): Caller => ({ principal: 'key-admin', account, region });
const west = admin('us-west-2');
const ireland = admin('eu-west-1');

/** What the seed needs of the emulated AWS. */
export type SeededAws = Pick<EmulatedAws, 'call' | 'keys' | 'kms'>;

/** Fills the emulated KMS with a key of every kind. Does what AWS allows by AWS's own calls, and the rest as seeds. */
export async function seedKeys(aws: SeededAws, now: number, dayMs: number): Promise<KeyDeeds> {
  const deeds = new KeyDeeds(aws);
  const make = new Maker(aws);
  const use = async (arn: string, principal: string, caller: Caller) =>
    mustSucceed('use', await deeds.useKey(arn, { ...caller, principal }));

  const payments = await make.key('payments-prod', west, { Description: 'Card data at rest' }, 'team-pay');
  await use(payments, 'orders-api', west);
  const archive = await make.key('orders-archive', west, { Origin: 'EXTERNAL' }, 'team-orders');
  await importInto(archive, west);
  await use(archive, 'orders-api', west);
  const legacy = await make.key('legacy-billing', west, { Description: 'Replaced in 2024' }, 'team-billing');
  await make.call('DisableKey', { KeyId: legacy }, west);
  const ledger = await make.key('ledger', west, { MultiRegion: true }, 'team-ledger');
  await make.call('ReplicateKey', { KeyId: ledger, ReplicaRegion: 'eu-west-1' }, west);
  await make.alias('ledger', ledger.replace('us-west-2', 'eu-west-1'), ireland);
  await make.key('release-signing', west, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }, 'team-release');
  await make.key('session-tokens', west, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }, 'team-web');
  await make.key(selfAlias.slice('alias/'.length), west, { Description: "Keywarden's own Redis" }, 'team-platform');
  const reports = await make.key('old-reports', west, { Description: 'Quarterly reports until 2022' }, 'team-finance');
  await make.call('ScheduleKeyDeletion', { KeyId: reports, PendingWindowInDays: 30 }, west);

  const customers = await make.key('customer-records', ireland, {}, 'team-crm');
  await use(customers, 'crm', ireland);
  const partner = await make.key('partner-exchange', ireland, { Origin: 'EXTERNAL' }, 'team-partners');
  await importInto(partner, ireland, now + 25 * dayMs);
  await make.key('backup-escrow', ireland, { Origin: 'EXTERNAL', Description: 'Material not imported yet' });

  const analyst = admin('eu-west-1', '444455556666');
  const lake = await make.key('data-lake', analyst, {}, 'team-data');
  await use(lake, 'reporting', analyst);

  // AWS makes managed keys and connects key stores itself: there is no call for either.
  const place = { account: west.account, region: west.region };
  await aws.kms.seed({ Description: 'Default key that protects my S3 objects' }, place, {
    manager: 'AWS',
    aliases: ['alias/aws/s3'],
  });
  await aws.kms.seed({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-0a1b2c3d4e5f60718' }, place, {
    aliases: ['alias/hsm-root'],
  });
  await aws.kms.seed(
    { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: 'cks-9f8e7d6c5b4a30291', XksKeyId: 'bb8562717f809024' },
    { account: ireland.account, region: ireland.region },
    { aliases: ['alias/sovereign-vault'], unavailable: true },
  );
  // A replica is Creating at first, and whoever swept now would remember that as its calm state.
  while (aws.keys().some(({ KeyState }) => KeyState === 'Creating')) await pause(20);
  return deeds;

  async function importInto(arn: string, caller: Caller, expiresAt?: number): Promise<void> {
    deeds.keepMaterial(arn, randomBytes(32));
    mustSucceed('ImportKeyMaterial', await deeds.importMaterial(arn, caller, expiresAt));
  }
}

/** Makes keys by KMS's own calls. */
class Maker {
  readonly #aws: SeededAws;

  constructor(aws: SeededAws) {
    this.#aws = aws;
  }

  async call(operation: string, body: Readonly<Record<string, unknown>>, caller: Caller): Promise<unknown> {
    return mustSucceed(operation, await this.#aws.call(operation, body, caller));
  }

  async alias(name: string, arn: string, caller: Caller): Promise<void> {
    await this.call('CreateAlias', { AliasName: `alias/${name}`, TargetKeyId: arn }, caller);
  }

  /** A key with an alias; its ARN. */
  async key(name: string, caller: Caller, body: Readonly<Record<string, unknown>>, owner?: string): Promise<string> {
    const Tags = owner === undefined ? [] : [{ TagKey: 'owner', TagValue: owner }];
    const created = asObject(await this.call('CreateKey', { ...body, Tags }, caller));
    const arn = String(asObject(created.KeyMetadata).Arn);
    await this.alias(name, arn, caller);
    return arn;
  }
}

function mustSucceed(what: string, answer: { readonly status: number; readonly body: unknown }): unknown {
  if (answer.status !== 200) throw new Error(`Seeding failed: ${what} answered ${JSON.stringify(answer.body)}`);
  return answer.body;
}
