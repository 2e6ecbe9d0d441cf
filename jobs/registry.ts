/** Every job there is. A job not listed here cannot be added: `JobName` and this record are held equal by the compiler. */
import type { JobName } from '../src/domain/effect.ts';
import { alert } from './alert.ts';
import { approvers } from './approvers.ts';
import { audit } from './audit.ts';
import { auditHead } from './audit-head.ts';
import { carryOut, carryOutMany } from './carry-out.ts';
import { click } from './click.ts';
import { deeds } from './deeds.ts';
import { digest } from './digest.ts';
import { due } from './due.ts';
import { errand } from './errand.ts';
import { homes } from './homes.ts';
import { inbox } from './inbox.ts';
import { inspect } from './inspect.ts';
import { investigate } from './investigate.ts';
import type { Job } from './job.ts';
import { learn } from './learn.ts';
import { page } from './page.ts';
import { pager } from './pager.ts';
import { report } from './report.ts';
import { survey } from './survey.ts';
import { sweep } from './sweep.ts';

export const registry: { readonly [N in JobName]: Job<N> } = {
  click,
  carryOut,
  carryOutMany,
  errand,
  learn,
  investigate,
  deeds,
  approvers,
  audit,
  auditHead,
  alert,
  page,
  pager,
  report,
  inspect,
  digest,
  homes,
  due,
  sweep,
  survey,
  inbox,
};
