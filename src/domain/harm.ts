/** Who is hurt, and who outside may use the key: what a key's shape tells of both. */
import type { KeyRef } from './ids.ts';
import type { Knowledge } from './knowledge.ts';
import { outsidersOf } from './outsiders.ts';
import type { KeyShape } from './shape.ts';
import { victimsOf } from './victims.ts';

export const harmOf = (key: KeyRef, shape: KeyShape): Pick<Knowledge, 'victims' | 'outsiders'> => ({
  victims: victimsOf(shape),
  outsiders: outsidersOf(key.account, shape),
});
