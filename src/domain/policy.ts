/** Who may do what. Rescue stays possible while Slack cannot say who somebody is; destruction never does. */
import type { ActionKind } from './action.ts';
import type { Duration } from './ids.ts';
import type { Mutation } from './key.ts';

/** Why a person may not act, whatever their wish. */
export type MayNot = 'notInRole' | 'guest' | 'stranger' | 'otherWorkspace' | 'bot' | 'deactivated' | 'noSuchUser';

const HOUR: Duration = 3_600_000;

/** How old a confirmed role may be when Slack cannot be asked, ms. */
export function toleranceOf(kind: ActionKind): Duration {
  switch (kind) {
    case 'rescue':
    case 'cancelDeletion':
    case 'enable':
      return 24 * HOUR;
    case 'disable':
      return HOUR;
    case 'deleteMaterial':
      return 0;
  }
}

/** The AWS duty an operation needs: which configured role carries it. */
export function dutyOf(operation: Mutation): 'rescue' | 'disable' | 'destroy' {
  switch (operation) {
    case 'CancelKeyDeletion':
    case 'EnableKey':
      return 'rescue';
    case 'DisableKey':
      return 'disable';
    case 'DeleteImportedKeyMaterial':
    case 'ScheduleKeyDeletion':
      return 'destroy';
  }
}
