import type { Call, Operation } from './call.ts';
import { invalid, KmsError, unsupported } from './errors.ts';
import { type Fields, page } from './fields.ts';
import type { Key } from './key.ts';
import { seconds } from './metadata.ts';
import { type Alias, aliasArn } from './store.ts';

const own = { aliases: false, crossAccount: false };

function readName(fields: Fields): string {
  const name = fields.text('AliasName', 256);
  if (!/^alias\/[a-zA-Z0-9/_-]+$/.test(name))
    throw invalid('AliasName', name, 'Member must satisfy regular expression pattern: ^alias/[a-zA-Z0-9/_-]+$');
  return name;
}

function refuseReserved(name: string): void {
  if (name.startsWith('alias/aws/'))
    throw new KmsError('InvalidAliasNameException', 'Alias names that begin with alias/aws/ are reserved.');
}

function aliasNamed(call: Call, name: string): Alias {
  const alias = call.store.shelf(call.account, call.region).aliases.get(name);
  if (alias === undefined) throw new KmsError('NotFoundException', `Alias ${aliasArn(call, name)} is not found.`);
  return alias;
}

/** An alias for a key, as of now. */
export function newAlias(key: Key, name: string, now: number): Alias {
  return { name, arn: aliasArn(key, name), createdAt: now, updatedAt: now, keyId: key.id };
}

export const createAlias: Operation = {
  target: 'account',
  readOnly: false,
  prepare: (fields) => {
    const name = readName(fields);
    const target = fields.text('TargetKeyId', 2048);
    refuseReserved(name);
    return (call) => {
      const key = call.resolve(target, own);
      call.permit(key);
      if (call.store.shelf(call.account, call.region).aliases.has(name))
        throw new KmsError('AlreadyExistsException', `An alias with the name ${aliasArn(call, name)} already exists`);
      call.check(key);
      call.store.addAlias(key, newAlias(key, name, call.now));
      return {};
    };
  },
};

export const updateAlias: Operation = {
  target: 'account',
  readOnly: false,
  prepare: (fields) => {
    const name = readName(fields);
    const target = fields.text('TargetKeyId', 2048);
    refuseReserved(name);
    return (call) => {
      const alias = aliasNamed(call, name);
      const from = call.resolve(alias.keyId, own);
      const to = call.resolve(target, own);
      call.permit(from);
      call.permit(to);
      // Note 10 of the key-state table: only the new key's state matters, and as for CreateAlias.
      call.check(to, 'CreateAlias');
      if (from.spec !== to.spec || from.usage !== to.usage)
        throw unsupported('The current and new KMS keys must be of the same type and usage.');
      alias.keyId = to.id;
      alias.updatedAt = call.now;
      return {};
    };
  },
};

export const deleteAlias: Operation = {
  target: 'account',
  readOnly: false,
  prepare: (fields) => {
    const name = readName(fields);
    refuseReserved(name);
    return (call) => {
      const alias = aliasNamed(call, name);
      const key = call.resolve(alias.keyId, own);
      call.permit(key);
      call.store.shelf(call.account, call.region).aliases.delete(name);
      return {};
    };
  },
};

export const listAliases: Operation = {
  target: 'account',
  readOnly: true,
  prepare: (fields) => {
    const keyId = fields.optionalText('KeyId', 2048);
    return (call) => {
      call.permitAccount();
      const of = keyId === undefined ? undefined : call.resolve(keyId, own).id;
      const { aliases } = call.store.shelf(call.account, call.region);
      const wanted = [...aliases.values()].filter((alias) => of === undefined || alias.keyId === of);
      const { items, rest } = page(fields, wanted, ({ name }) => name, { usual: 50, most: 100 });
      return {
        Aliases: items.map(({ name, arn, createdAt, updatedAt, keyId: target }) => ({
          AliasName: name,
          AliasArn: arn,
          TargetKeyId: target,
          CreationDate: seconds(createdAt),
          LastUpdatedDate: seconds(updatedAt),
        })),
        ...rest,
      };
    };
  },
};
