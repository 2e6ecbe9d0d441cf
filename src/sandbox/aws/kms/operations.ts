import * as aliases from './aliases.ts';
import type { Operation } from './call.ts';
import { createKey } from './create.ts';
import * as encryption from './encryption.ts';
import * as grants from './grants.ts';
import { getParametersForImport } from './import.ts';
import * as lifecycle from './lifecycle.ts';
import * as material from './material.ts';
import * as policies from './policies.ts';
import * as regions from './regions.ts';
import * as rotation from './rotation.ts';
import * as signing from './signing.ts';
import * as tags from './tags.ts';

/** Every operation the emulated KMS knows, by its name on the wire. */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ['CancelKeyDeletion', lifecycle.cancelKeyDeletion],
  ['CreateAlias', aliases.createAlias],
  ['CreateGrant', grants.createGrant],
  ['CreateKey', createKey],
  ['Decrypt', encryption.decrypt],
  ['DeleteAlias', aliases.deleteAlias],
  ['DeleteImportedKeyMaterial', material.deleteImportedKeyMaterial],
  ['DescribeKey', lifecycle.describeKey],
  ['DisableKey', lifecycle.disableKey],
  ['DisableKeyRotation', rotation.disableKeyRotation],
  ['EnableKey', lifecycle.enableKey],
  ['EnableKeyRotation', rotation.enableKeyRotation],
  ['Encrypt', encryption.encrypt],
  ['GenerateDataKey', encryption.generateDataKey],
  ['GenerateDataKeyWithoutPlaintext', encryption.generateDataKeyWithoutPlaintext],
  ['GenerateMac', signing.generateMac],
  ['GetKeyLastUsage', lifecycle.getKeyLastUsage],
  ['GetKeyPolicy', policies.getKeyPolicy],
  ['GetKeyRotationStatus', rotation.getKeyRotationStatus],
  ['GetParametersForImport', getParametersForImport],
  ['GetPublicKey', signing.getPublicKey],
  ['ImportKeyMaterial', material.importKeyMaterial],
  ['ListAliases', aliases.listAliases],
  ['ListGrants', grants.listGrants],
  ['ListKeyPolicies', policies.listKeyPolicies],
  ['ListKeyRotations', rotation.listKeyRotations],
  ['ListKeys', lifecycle.listKeys],
  ['ListResourceTags', tags.listResourceTags],
  ['PutKeyPolicy', policies.putKeyPolicy],
  ['ReEncrypt', encryption.reEncrypt],
  ['ReplicateKey', regions.replicateKey],
  ['RetireGrant', grants.retireGrant],
  ['RevokeGrant', grants.revokeGrant],
  ['RotateKeyOnDemand', rotation.rotateKeyOnDemand],
  ['ScheduleKeyDeletion', lifecycle.scheduleKeyDeletion],
  ['Sign', signing.sign],
  ['TagResource', tags.tagResource],
  ['UntagResource', tags.untagResource],
  ['UpdateAlias', aliases.updateAlias],
  ['UpdateKeyDescription', lifecycle.updateKeyDescription],
  ['UpdatePrimaryRegion', regions.updatePrimaryRegion],
  ['Verify', signing.verify],
  ['VerifyMac', signing.verifyMac],
]);
