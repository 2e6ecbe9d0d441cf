import { randomBytes } from 'node:crypto';
import type { Operation } from './call.ts';
import { KmsError } from './errors.ts';
import { type Fields, page } from './fields.ts';
import type { Grant, GrantConstraints } from './key.ts';
import { seconds } from './metadata.ts';
import { principalArn } from './policy.ts';

const grantOperations = [
  'CreateGrant',
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'Sign',
  'Verify',
  'VerifyMac',
] as const;
const mostGrants = 50_000;

function readConstraints(fields: Fields): GrantConstraints | undefined {
  const constraints = fields.structure('Constraints');
  if (constraints === undefined) return undefined;
  const subset = constraints.map('EncryptionContextSubset');
  const equals = constraints.map('EncryptionContextEquals');
  const sourceArn = constraints.optionalText('SourceArn', 2048);
  return {
    ...(subset === undefined ? {} : { EncryptionContextSubset: subset }),
    ...(equals === undefined ? {} : { EncryptionContextEquals: equals }),
    ...(sourceArn === undefined ? {} : { SourceArn: sourceArn }),
  };
}

export const createGrant: Operation = {
  target: 'key',
  readOnly: false,
  crossAccount: true,
  prepare: (fields) => {
    const operations = fields.texts('Operations').map((operation) => {
      const known = grantOperations.find((candidate) => candidate === operation);
      if (known === undefined)
        throw new KmsError('ValidationException', `The grant operation ${operation} does not exist.`);
      return known;
    });
    if (operations.length === 0) throw new KmsError('ValidationException', 'A grant needs at least one operation.');
    const granteePrincipal = fields.optionalText('GranteePrincipal', 256);
    const granteeServicePrincipal = fields.optionalText('GranteeServicePrincipal', 256);
    if ((granteePrincipal === undefined) === (granteeServicePrincipal === undefined))
      throw new KmsError('ValidationException', 'A grant needs exactly one grantee.');
    const grant: Omit<Grant, 'createdAt'> = {
      id: randomBytes(32).toString('hex'),
      token: randomBytes(48).toString('base64url'),
      name: fields.optionalText('Name', 256) ?? '',
      granteePrincipal,
      granteeServicePrincipal,
      retiringPrincipal: fields.optionalText('RetiringPrincipal', 256),
      retiringServicePrincipal: fields.optionalText('RetiringServicePrincipal', 256),
      operations,
      constraints: readConstraints(fields),
    };
    const dryRun = fields.flag('DryRun');
    return (call, key) => {
      call.rehearse(dryRun);
      if (key.grants.size >= mostGrants) throw new KmsError('LimitExceededException');
      // The same named grant asked for again is the same grant (CreateGrant, "idempotent").
      const twin = [...key.grants.values()].find((other) => grant.name !== '' && sameness(other) === sameness(grant));
      const kept = twin ?? { ...grant, createdAt: call.now };
      key.grants.set(kept.id, kept);
      return { GrantId: kept.id, GrantToken: kept.token, KeyId: key.arn };
    };
  },
};

function sameness(grant: Omit<Grant, 'createdAt'>): string {
  return JSON.stringify({ ...grant, id: '', token: '', createdAt: 0 });
}

export const listGrants: Operation = {
  target: 'key',
  readOnly: true,
  crossAccount: true,
  prepare: (fields) => {
    const id = fields.optionalText('GrantId', 128);
    const grantee = fields.optionalText('GranteePrincipal', 256);
    const service = fields.optionalText('GranteeServicePrincipal', 256);
    return (_call, key) => {
      const wanted = [...key.grants.values()].filter(
        (grant) =>
          (id === undefined || grant.id === id) &&
          (grantee === undefined || grant.granteePrincipal === grantee) &&
          (service === undefined || grant.granteeServicePrincipal === service),
      );
      const { items, rest } = page(fields, wanted, (grant) => grant.id, { usual: 50, most: 100 });
      return {
        Grants: items.map((grant) => ({
          KeyId: key.arn,
          GrantId: grant.id,
          Name: grant.name,
          CreationDate: seconds(grant.createdAt),
          GranteePrincipal: grant.granteePrincipal,
          GranteeServicePrincipal: grant.granteeServicePrincipal,
          RetiringPrincipal: grant.retiringPrincipal,
          RetiringServicePrincipal: grant.retiringServicePrincipal,
          IssuingAccount: `arn:aws:iam::${key.account}:root`,
          Operations: grant.operations,
          Constraints: grant.constraints,
        })),
        ...rest,
      };
    };
  },
};

export const revokeGrant: Operation = {
  target: 'key',
  readOnly: false,
  crossAccount: true,
  prepare: (fields) => {
    const id = fields.text('GrantId', 128);
    const dryRun = fields.flag('DryRun');
    return (call, key) => {
      if (!key.grants.has(id)) throw new KmsError('NotFoundException', `Grant ID ${id} not found`);
      call.rehearse(dryRun);
      key.grants.delete(id);
      return {};
    };
  },
};

/** A grant is retired by its grantee or retiring principal, named by token or by key ARN and grant id. */
export const retireGrant: Operation = {
  target: 'account',
  readOnly: false,
  prepare: (fields) => {
    const token = fields.optionalText('GrantToken', 8192);
    const keyId = fields.optionalText('KeyId', 2048);
    const id = fields.optionalText('GrantId', 128);
    const dryRun = fields.flag('DryRun');
    if (token === undefined && (keyId === undefined || id === undefined))
      throw new KmsError('ValidationException', 'RetireGrant needs a grant token, or a key ARN and a grant id.');
    return (call) => {
      const key =
        token === undefined
          ? call.resolve(keyId ?? '', { aliases: false, crossAccount: true })
          : call.store
              .all()
              .find(
                ({ region, grants }) =>
                  region === call.region && [...grants.values()].some((grant) => grant.token === token),
              );
      const grant = [...(key?.grants.values() ?? [])].find((other) => other.id === id || other.token === token);
      if (key === undefined || grant === undefined)
        throw token === undefined
          ? new KmsError('NotFoundException', `Grant ID ${id} not found`)
          : new KmsError('InvalidGrantTokenException');
      call.meet(key);
      const own = new Set([call.identity.arn, principalArn(call.identity)]);
      if (!own.has(grant.retiringPrincipal ?? '') && !own.has(grant.granteePrincipal ?? '')) call.permit(key);
      call.rehearse(dryRun);
      key.grants.delete(grant.id);
      return {};
    };
  },
};
