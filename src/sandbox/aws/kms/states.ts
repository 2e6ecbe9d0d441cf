import { invalidState, KmsError, unsupported, wrongOrigin } from './errors.ts';
import { type Key, type KeyState, keyState } from './key.ts';

/*
 * The key-state table of the KMS developer guide (key-state.html, 2026 copy), as data. A cell lists the guide's notes in
 * the order they are tried; an empty cell succeeds. Columns: Enabled, Disabled, PendingDeletion and
 * PendingReplicaDeletion together, PendingImport, Unavailable, Creating, Updating. Operations not listed take every state.
 *
 * Where the guide says N/A (an asymmetric key cannot be in a custom key store) the cell is empty: it cannot be reached.
 * UpdateAlias has no row: the guide's note 10 binds the destination key only, so `aliases.ts` asks for CreateAlias's row.
 */
type Note = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 11 | 14 | 15;
type Row = readonly [
  enabled: readonly Note[],
  disabled: readonly Note[],
  pendingDeletion: readonly Note[],
  pendingImport: readonly Note[],
  unavailable: readonly Note[],
  creating: readonly Note[],
  updating: readonly Note[],
];

const columns: Readonly<Record<KeyState, number>> = {
  Enabled: 0,
  Disabled: 1,
  PendingDeletion: 2,
  PendingReplicaDeletion: 2,
  PendingImport: 3,
  Unavailable: 4,
  Creating: 5,
  Updating: 6,
};

const switching: Row = [[], [], [3], [5], [], [14], [15]];
const symmetricUse: Row = [[], [1], [3], [5], [11], [14], []];
const asymmetricUse: Row = [[], [1], [3], [5], [], [14], []];
const labelling: Row = [[], [], [3], [], [], [], []];
const replicating: Row = [[], [1], [3], [5], [], [14], [15]];
const automaticRotation: Row = [[6, 7], [6, 7, 1], [6, 7, 3], [6], [7], [6, 14], [6, 7]];

const table: Readonly<Record<string, Row>> = {
  DisableKey: switching,
  EnableKey: switching,
  ScheduleKeyDeletion: [[], [], [3], [], [], [], [15]],
  CancelKeyDeletion: [[4], [4], [], [4], [4], [4], [4]],
  DeleteImportedKeyMaterial: [[9], [9], [9], [], [9], [9, 14], [9, 15]],
  GetParametersForImport: [[9], [9], [9, 8], [], [9], [9, 14], [9, 15]],
  ImportKeyMaterial: [[9], [9], [9, 8], [], [9], [9, 14], [9]],
  ListKeyRotations: [[7], [7], [7], [], [7], [7], [7]],
  GetKeyRotationStatus: [[7], [7], [7], [6], [7], [7], [7]],
  EnableKeyRotation: automaticRotation,
  DisableKeyRotation: automaticRotation,
  RotateKeyOnDemand: [[7], [7, 1], [7, 3], [5], [7], [14], [7]],
  Encrypt: symmetricUse,
  Decrypt: symmetricUse,
  ReEncrypt: symmetricUse,
  GenerateDataKey: symmetricUse,
  GenerateDataKeyWithoutPlaintext: symmetricUse,
  Sign: asymmetricUse,
  Verify: asymmetricUse,
  GenerateMac: asymmetricUse,
  VerifyMac: asymmetricUse,
  GetPublicKey: [[], [], [3], [], [], [14], []],
  CreateGrant: [[], [1], [3], [5], [], [14], []],
  TagResource: labelling,
  UntagResource: labelling,
  CreateAlias: labelling,
  UpdateKeyDescription: labelling,
  ReplicateKey: replicating,
  UpdatePrimaryRegion: replicating,
};

/** Throws what KMS answers when the key's state does not take the operation. */
export function checkState(operation: string, key: Key): void {
  const state = keyState(key);
  for (const note of table[operation]?.[columns[state]] ?? []) {
    const error = refusal(note, key, state);
    if (error !== undefined) throw error;
  }
}

/**
 * Live records of a refused use, the ones the guide's own alarm filter `* is pending deletion.` matches, end in "is
 * pending deletion."; the guide's table ends in "(or pending replica deletion).". The short form is spoken in
 * PendingDeletion, the long one in PendingReplicaDeletion, so that both are met. Cells with "2 or 3" answer 3, as
 * `fixtures/kms-error-bodies.json` does.
 */
function refusal(note: Note, key: Key, state: KeyState): KmsError | undefined {
  const { arn, origin } = key;
  const pending =
    state === 'PendingReplicaDeletion'
      ? `${arn} is pending deletion (or pending replica deletion).`
      : `${arn} is pending deletion.`;
  const customKeyStore = origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE';
  switch (note) {
    case 1:
      return new KmsError('DisabledException', `${arn} is disabled.`);
    case 2:
      return new KmsError('DisabledException', pending);
    case 3:
      return invalidState(pending);
    case 4:
      return invalidState(`${arn} is not pending deletion.`);
    case 5:
      return invalidState(
        `${arn} is pending import because no key material has ever been imported or one of the imported key materials is deleted or expired.`,
      );
    case 6:
      return origin === 'EXTERNAL' ? wrongOrigin(arn, origin) : undefined;
    case 7:
      return customKeyStore ? wrongOrigin(arn, origin) : undefined;
    case 8:
      return invalidState(pending);
    case 9:
      return origin === 'EXTERNAL' ? undefined : wrongOrigin(arn, origin);
    case 11:
      return invalidState(`${arn} is unavailable.`);
    case 14:
      return invalidState(`${arn} is creating.`);
    case 15:
      return invalidState(`${arn} is updating.`);
    default:
      return unsupported(note satisfies never);
  }
}
