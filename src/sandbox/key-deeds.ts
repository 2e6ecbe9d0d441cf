import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { asObject, asObjects } from './slack/json.ts';
import type { AwsWorld, Caller } from './world.ts';

/** A KMS answer: its own status and body. */
export type KmsAnswer = Awaited<ReturnType<AwsWorld['call']>>;

/**
 * What the seed and the page do to keys that is more than one call, and what somebody must keep for it: the imported
 * material (KMS never gives it back) and a ciphertext under each key.
 */
export class KeyDeeds {
  readonly #aws: Pick<AwsWorld, 'call' | 'keys'>;
  readonly #materials = new Map<string, Buffer>();
  readonly #ciphertexts = new Map<string, string>();

  constructor(aws: Pick<AwsWorld, 'call' | 'keys'>) {
    this.#aws = aws;
  }

  /** Keeps material outside KMS, as whoever imports a key must. */
  keepMaterial(keyArn: string, material: Buffer): void {
    this.#materials.set(keyArn, material);
  }

  /** Wraps and imports the kept material. `expiresAt` in milliseconds; without it the material does not expire. */
  async importMaterial(keyArn: string, caller: Caller, expiresAt?: number): Promise<KmsAnswer> {
    const material = this.#materials.get(keyArn);
    if (material === undefined) return refusal('NoMaterial', 'Nobody here holds the material of this key.');
    const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' };
    const parameters = await this.#aws.call('GetParametersForImport', { KeyId: keyArn, ...wrapping }, caller);
    if (parameters.status !== 200) return parameters;
    const { PublicKey, ImportToken } = asObject(parameters.body);
    const key = createPublicKey({ key: Buffer.from(String(PublicKey), 'base64'), format: 'der', type: 'spki' });
    const padding = { key, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING };
    const expiry =
      expiresAt === undefined
        ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
        : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: expiresAt / 1000 };
    return this.#aws.call(
      'ImportKeyMaterial',
      {
        KeyId: keyArn,
        ImportToken,
        EncryptedKeyMaterial: publicEncrypt(padding, material).toString('base64'),
        ...expiry,
      },
      caller,
    );
  }

  /** Uses a key as its callers do: decrypts what was encrypted under it, signs, makes a MAC. */
  async useKey(keyArn: string, caller: Caller): Promise<KmsAnswer> {
    const key = asObject(this.#aws.keys().find(({ Arn }) => Arn === keyArn));
    const first = (names: unknown) => (Array.isArray(names) ? names[0] : undefined);
    const Message = Buffer.from('an order').toString('base64');
    switch (key.KeyUsage) {
      case 'SIGN_VERIFY':
        return this.#aws.call(
          'Sign',
          { KeyId: keyArn, Message, SigningAlgorithm: first(key.SigningAlgorithms) },
          caller,
        );
      case 'GENERATE_VERIFY_MAC':
        return this.#aws.call(
          'GenerateMac',
          { KeyId: keyArn, Message, MacAlgorithm: first(key.MacAlgorithms) },
          caller,
        );
      default:
        return this.#decrypt(keyArn, caller);
    }
  }

  /** A grant as RDS makes one for a database: for itself, and for nothing but this instance's encryption context. */
  async giveGrant(keyArn: string, caller: Caller): Promise<KmsAnswer> {
    return this.#aws.call(
      'CreateGrant',
      {
        KeyId: keyArn,
        GranteePrincipal: `rds.${caller.region}.amazonaws.com`,
        RetiringPrincipal: `rds.${caller.region}.amazonaws.com`,
        Operations: ['Decrypt', 'GenerateDataKey', 'CreateGrant', 'RetireGrant', 'DescribeKey'],
        Constraints: { EncryptionContextSubset: { 'aws:rds:db-id': 'db-ORDERS7Q2VEXAMPLE' } },
      },
      caller,
    );
  }

  /** Revokes every grant of a key, one by one as KMS has it. */
  async revokeGrants(keyArn: string, caller: Caller): Promise<KmsAnswer> {
    let answer = await this.#aws.call('ListGrants', { KeyId: keyArn, Limit: 100 }, caller);
    for (const { GrantId } of asObjects(asObject(answer.body).Grants)) {
      answer = await this.#aws.call('RevokeGrant', { KeyId: keyArn, GrantId }, caller);
      if (answer.status !== 200) return answer;
    }
    return answer;
  }

  /** Makes many keys of one owner: `shard-01` and so on, after those that are there. */
  async makeShards(count: number, caller: Caller): Promise<KmsAnswer> {
    const owner: Caller = { ...caller, principal: 'key-admin' };
    const taken = new Set(this.#aws.keys().flatMap(({ aliases }) => aliases));
    let answer: KmsAnswer = { status: 200, body: {} };
    for (let number = 1, made = 0; made < count && answer.status === 200; number++) {
      const AliasName = `${shardPrefix}${String(number).padStart(2, '0')}`;
      if (taken.has(AliasName)) continue;
      const Tags = [{ TagKey: 'owner', TagValue: 'team-shards' }];
      answer = await this.#aws.call('CreateKey', { Description: 'One of many', Tags }, owner);
      if (answer.status !== 200) break;
      const TargetKeyId = asObject(asObject(answer.body).KeyMetadata).Arn;
      answer = await this.#aws.call('CreateAlias', { AliasName, TargetKeyId }, owner);
      made += 1;
    }
    return answer;
  }

  /** Schedules every one of them for deletion, one after the other. */
  async scheduleShards(caller: Caller): Promise<KmsAnswer> {
    const shards = this.#aws.keys().filter(({ KeyState, aliases }) => KeyState === 'Enabled' && isShard(aliases));
    let answer = shards.length > 0 ? { status: 200, body: {} } : refusal('NoShards', 'No shard is there and enabled.');
    for (const { Arn } of shards) {
      answer = await this.#aws.call('ScheduleKeyDeletion', { KeyId: Arn, PendingWindowInDays: 7 }, caller);
      if (answer.status !== 200) return answer;
    }
    return answer;
  }

  async #decrypt(keyArn: string, caller: Caller): Promise<KmsAnswer> {
    const EncryptionContext = { 'aws:s3:arn': 'arn:aws:s3:::orders-archive' };
    const kept = this.#ciphertexts.get(keyArn);
    if (kept !== undefined)
      return this.#aws.call('Decrypt', { KeyId: keyArn, CiphertextBlob: kept, EncryptionContext }, caller);
    const request = { KeyId: keyArn, Plaintext: Buffer.from('an order').toString('base64'), EncryptionContext };
    const encrypted = await this.#aws.call('Encrypt', request, caller);
    if (encrypted.status !== 200) return encrypted;
    this.#ciphertexts.set(keyArn, String(asObject(encrypted.body).CiphertextBlob));
    return this.#decrypt(keyArn, caller);
  }
}

/** What the many keys are called, before their number. */
const shardPrefix = 'alias/shard-';
const isShard = (aliases: readonly string[]): boolean => aliases.some((alias) => alias.startsWith(shardPrefix));

const refusal = (type: string, message: string): KmsAnswer => ({ status: 400, body: { __type: type, message } });
