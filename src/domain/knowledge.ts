/**
 * What is known of a key beside its state, put together from its shape: can we still cancel, is it guarded, is it as it was,
 * who gets hurt, who else could use it. Judged anew whenever a part of it was read anew; each part stands on its own.
 */
import type { Cancelling } from './cancelling.ts';
import type { DeletionGuard } from './deletion-guard.ts';
import type { Intruder } from './intruder.ts';
import type { Outsiders } from './outsiders.ts';
import type { Recovery } from './recovery.ts';
import type { RefusalsLooked } from './refused.ts';
import type { Comparison } from './shape-difference.ts';
import type { TrailUse } from './use.ts';
import type { Victims } from './victims.ts';

export interface Knowledge {
  /** Can we cancel? */
  readonly cancelling?: Cancelling;
  /** What the key policy demands before somebody deletes or disables it. */
  readonly guard?: DeletionGuard;
  /** Against last good. */
  readonly comparison?: Comparison;
  /** Services and resources that need the key. */
  readonly victims?: Victims;
  /** Other accounts that may use it. */
  readonly outsiders?: Outsiders;
  /** When CloudTrail was last looked through for refused uses. */
  readonly refusals?: RefusalsLooked;
  /** What CloudTrail shows of its use, where KMS cannot tell. */
  readonly use?: TrailUse;
  /** After a rescue: has anybody used it again? */
  readonly recovery?: Recovery;
  /** What else the person behind it did. */
  readonly intruder?: Intruder;
}
