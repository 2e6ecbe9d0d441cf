/** Home tabs with nothing in them, and each with one thing to say. */
import type { AccountId } from '../../../src/domain/ids.ts';
import type { Incident } from '../../../src/domain/incident.ts';
import type { HomeBoard, MemberHome } from '../../../src/domain/interaction.ts';
import type { Held, Role } from '../../../src/domain/policy.ts';
import { T0 } from '../../domain/samples.ts';

export const ACCOUNT = '111122223333' as AccountId;
export const reader = { enterprise: '', team: 'T1', user: 'UREADER' };

export const holding = (role: Role, more: Partial<Held> = {}): Held => ({ role, confirmedAt: T0, live: true, ...more });

/** The first page of a board that holds these and no others. */
export const boardOf = (incidents: readonly Incident[], more: Partial<HomeBoard> = {}): HomeBoard => ({
  accounts: [ACCOUNT],
  page: 0,
  incidents,
  total: incidents.length,
  dated: incidents.filter(({ countdown }) => countdown !== undefined).length,
  ...more,
});

export const memberHome = (more: Partial<MemberHome> = {}): MemberHome => ({
  sight: 'member',
  person: reader,
  roles: [holding('approver')],
  codes: 'setUp',
  requests: [],
  board: boardOf([]),
  ...more,
});
