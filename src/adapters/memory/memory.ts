/**
 * A memory that lasts as long as the process: what the operator's rescue runs on when Redis is what is broken. Holds one
 * errand's incident, and forgets it at the end.
 */
import type { IncidentId } from '../../domain/ids.ts';
import type { Incident } from '../../domain/incident.ts';
import type {
  Audit,
  Chat,
  Gatherings,
  Homes,
  Incidents,
  KeyIndex,
  Lanes,
  Pace,
  People,
  Queue,
  Shapes,
} from '../../ports.ts';

export function memoryIncidents(): Incidents {
  const records = new Map<IncidentId, Incident>();
  return {
    load: (id) => Promise.resolve(records.get(id)),
    loadMany: (ids) => Promise.resolve(ids.map((id) => records.get(id)).filter((incident) => incident !== undefined)),
    save({ incident }) {
      const stored = records.get(incident.id)?.version ?? 0;
      if (stored !== incident.version - 1) return Promise.resolve(false);
      records.set(incident.id, incident);
      return Promise.resolve(true);
    },
    open: () => Promise.resolve([...records.keys()]),
    due: () => Promise.resolve([]),
    dueAt: (ids) => Promise.resolve(ids.map(() => undefined)),
    cardless: () => Promise.resolve([]),
    board: () => Promise.resolve({ incidents: [], total: 0, dated: 0 }),
    waiting: () => Promise.resolve([]),
    deaths: () => Promise.resolve([]),
    pending: () => Promise.resolve([]),
    effect: () => Promise.resolve(undefined),
    neverDue: () => Promise.resolve(),
    forget: () => Promise.resolve(),
  };
}

/** Remembers no key: the state before the danger then comes from CloudTrail, or is unknown. */
export const emptyIndex: KeyIndex = {
  get: () => Promise.resolve(undefined),
  getMany: (keys) => Promise.resolve(keys.map(() => undefined)),
  put: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  scan: async function* () {},
  sweepState: () => Promise.resolve(undefined),
  sweepStates: (places) => Promise.resolve(places.map(() => undefined)),
  putSweepState: () => Promise.resolve(),
};

/** Remembers no shape: a rescue is then held against none. */
export const noShapes: Shapes = {
  good: () => Promise.resolve(undefined),
  putGood: () => Promise.resolve(),
  opening: () => Promise.resolve(undefined),
  putOpening: () => Promise.resolve(),
  surveyed: () => Promise.resolve(undefined),
  putSurveyed: () => Promise.resolve(),
};

/** The operator carries the errand out itself: nothing is queued, and nobody is told but the terminal. */
export const noQueue: Queue = { add: () => Promise.resolve(), ensure: () => Promise.resolve() };
export const noLanes: Lanes = {
  take: () => Promise.resolve({ kind: 'empty' }),
  done: () => Promise.resolve(),
  renew: () => Promise.resolve(true),
  retry: () => Promise.resolve(),
  put: () => Promise.resolve(),
  waiting: () => Promise.resolve([]),
};
export const noChat: Chat = {
  send: () => Promise.resolve({ kind: 'notSent', message: 'no Slack in the terminal' }),
  sendShared: () => Promise.resolve({ delivery: { kind: 'notSent', message: 'no Slack in the terminal' }, shown: '' }),
  remindTogether: () => Promise.resolve({ kind: 'notSent', message: 'no Slack in the terminal' }),
  find: () => Promise.resolve({ kind: 'none' }),
  whisper: () => Promise.resolve(),
  home: () => Promise.resolve({ kind: 'refused', digest: '' }),
  auditHead: () => Promise.resolve({ kind: 'notSent', message: 'no Slack in the terminal' }),
  notice: () => Promise.resolve({ kind: 'notSent', message: 'no Slack in the terminal' }),
  digest: () => Promise.resolve({ kind: 'notSent', message: 'no Slack in the terminal' }),
  showPicture: () => Promise.resolve(),
  upload: () => Promise.resolve({ kind: 'failed', message: 'no Slack in the terminal' }),
};
/** Nobody has a Home tab open in a terminal. */
export const noHomes: Homes = {
  get: () => Promise.resolve(undefined),
  change: () => Promise.resolve(),
  say: () => Promise.resolve(),
  begin: () => Promise.resolve({ home: undefined, draw: 0, changes: 0 }),
  drawn: () => Promise.resolve(),
  owe: () => Promise.resolve(),
  forget: () => Promise.resolve(),
  anyOld: () => Promise.resolve(false),
  list: () => Promise.resolve({ changes: 0, homes: [] }),
  settle: () => Promise.resolve(),
  reserve: () => Promise.resolve(0),
  pause: () => Promise.resolve(),
};
/** Who may use the terminal is decided by who holds its credentials. */
export const noPeople: People = {
  standing: (person) =>
    Promise.resolve({
      person,
      name: person.user,
      account: 'unknown',
      held: [],
      unsure: { message: 'no Slack in the terminal', passing: false },
    }),
  holders: () => Promise.resolve({ people: [], unsure: 'no Slack in the terminal' }),
};

/** The trail stands in Redis: without it a rescue leaves its trace in CloudTrail alone. */
export const noAudit: Audit = {
  append: () => Promise.resolve(),
  head: () => Promise.resolve(undefined),
  lastPosted: () => Promise.resolve(undefined),
  notePosted: () => Promise.resolve(),
  entries: async function* () {},
  entriesAfter: async function* () {},
};

/** One errand alone stays far below every quota; a throttle is answered by its own back-off. */
export const noPace: Pace = {
  reserve: () => Promise.resolve(0),
  reserveWithin: () => Promise.resolve(0),
  pause: () => Promise.resolve(),
};
/** One key alone belongs to nobody's wave, and has no card to share. */
export const noGatherings: Gatherings = {
  load: () => Promise.resolve(undefined),
  save: () => Promise.resolve(true),
  members: () => Promise.resolve([]),
  rows: () => Promise.resolve([]),
  opened: () => Promise.resolve(undefined),
  line: () => Promise.resolve({ latest: [] }),
  leave: () => Promise.resolve(),
  owing: () => Promise.resolve([]),
  owed: () => Promise.resolve([]),
  owe: () => Promise.resolve(),
  settle: () => Promise.resolve(),
  working: () => Promise.resolve([]),
};
