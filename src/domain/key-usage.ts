/** What a key is for: KeyUsage, as DescribeKey has it (API reference, KeyMetadata). What is lost with a key follows from it. */
import type { Incident } from './incident.ts';

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT';

/** What an incident's key is for, also after KMS has deleted it. Not read, or not known to us: `undefined`. */
export function keyUsageOf({ read, usage }: Pick<Incident, 'read' | 'usage'>): KeyUsage | undefined {
  const said = read?.kind === 'read' ? read.snapshot.usage : usage;
  switch (said) {
    case 'ENCRYPT_DECRYPT':
    case 'SIGN_VERIFY':
    case 'GENERATE_VERIFY_MAC':
    case 'KEY_AGREEMENT':
      return said;
    default:
      return undefined;
  }
}
