/** Who is hurt, and who outside may use the key: what a key's shape tells of both. */
import type { KeyRef } from './ids.ts';
import type { Knowledge } from './knowledge.ts';
import { outsidersOf } from './outsiders.ts';
import type { KeyShape } from './shape.ts';
import { victimsOf } from './victims.ts';

/**
 * `before`: the key's last good shape, and how it was when the incident opened: who was seen then is hurt, whatever cannot be read
 * now. Who may use it is as it is now.
 */
export const harmOf = (
  key: KeyRef,
  shape: KeyShape,
  before: readonly (KeyShape | undefined)[],
): Pick<Knowledge, 'victims' | 'outsiders'> => ({
  victims: victimsOf(shape, ...before.filter((one) => one !== undefined)),
  outsiders: outsidersOf(key.account, shape),
});
