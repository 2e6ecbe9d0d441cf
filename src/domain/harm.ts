/** Who is hurt, and who outside may use the key: what a key's shape tells of both. */
import type { KeyRef } from './ids.ts';
import type { Knowledge } from './knowledge.ts';
import { outsidersOf } from './outsiders.ts';
import type { KeyShape } from './shape.ts';
import { victimsOf } from './victims.ts';

/** `good`: the key's last good shape, if there is one. Who may use it is as it is now. */
export const harmOf = (
  key: KeyRef,
  shape: KeyShape,
  good: KeyShape | undefined,
): Pick<Knowledge, 'victims' | 'outsiders'> => ({
  victims: victimsOf(shape, good),
  outsiders: outsidersOf(key.account, shape),
});
