/** Everybody an incident knows of: people by what they did here, AWS callers by what CloudTrail shows of them. */
import type { Asker } from './action.ts';
import type { AuditActor, AuditEntry } from './audit.ts';
import { type Actor, callOf, type Fact } from './fact.ts';
import { type ActionId, type ApprovalId, type Instant, type Person, personKey } from './ids.ts';
import type { Incident } from './incident.ts';
import { type Moment, momentOf } from './moment.ts';

export interface PersonEvidence {
  readonly who: Asker;
  /** Oldest first. */
  readonly deeds: readonly Deed[];
}

export interface Deed {
  readonly at: Moment;
  readonly did:
    | 'askedForAction'
    | 'askedForApproval'
    | 'brokeGlass'
    | 'agreed'
    | 'rejected'
    | 'withdrew'
    | 'superseded'
    | 'wasRefused';
  /** What it was about: `scheduleDeletion`, … */
  readonly what: string;
  readonly of?: ActionId | ApprovalId;
}

export interface CallerEvidence {
  /** The ARN, or the best other name the source gave. */
  readonly who: string;
  readonly type: string;
  readonly account?: string;
  readonly calls: readonly {
    readonly at: Moment;
    readonly operation: string;
    readonly eventId: string;
    readonly sourceAddress?: string;
    /** Our own action come back as an event. */
    readonly echoOf?: ActionId;
  }[];
}

type Done = Omit<Deed, 'at'> & { readonly at: Instant; readonly who: Asker };

const inSlack = (person: Person): Asker => ({ via: 'slack', person });
const nameOf = (who: Asker): string => (who.via === 'slack' ? personKey(who.person) : `terminal ${who.user}`);

/** People in the order in which they appear. `audit`: who was told no stands nowhere else. */
export function peopleOf(incident: Incident, audit: readonly AuditEntry[]): readonly PersonEvidence[] {
  const done = [...deedsOf(incident), ...audit.flatMap(refusalOf)].sort((one, other) => one.at - other.at);
  return [...Map.groupBy(done, ({ who }) => nameOf(who)).values()].flatMap((deeds) => {
    const [first] = deeds;
    if (first === undefined) return [];
    return [{ who: first.who, deeds: deeds.map(({ who: _who, at, ...deed }) => ({ at: momentOf(at), ...deed })) }];
  });
}

function deedsOf(incident: Incident): readonly Done[] {
  const asked = incident.actions.map(
    ({ by, askedAt, kind, id }): Done => ({ who: by, at: askedAt, did: 'askedForAction', what: kind, of: id }),
  );
  const reviewed = incident.approvals.flatMap((approval): readonly Done[] => {
    const { id, kind, by, askedAt, agreements, status, breakGlass } = approval;
    const about = { what: kind, of: id };
    const did = breakGlass ? 'brokeGlass' : 'askedForApproval';
    const deeds: Done[] = [{ who: inSlack(by), at: askedAt, did, ...about }];
    for (const agreement of agreements)
      deeds.push({ who: inSlack(agreement.by), at: agreement.at, did: 'agreed', ...about });
    if (status.kind === 'rejected') deeds.push({ who: inSlack(status.by), at: status.at, did: 'rejected', ...about });
    if (status.kind === 'superseded')
      deeds.push({ who: inSlack(status.by), at: status.at, did: 'superseded', ...about });
    if (status.kind === 'withdrawn') deeds.push({ who: inSlack(by), at: status.at, did: 'withdrew', ...about });
    return deeds;
  });
  // Of one moment, the request comes before what it became.
  return [...reviewed, ...asked];
}

function refusalOf(entry: AuditEntry): readonly Done[] {
  const who = entry.kind === 'refused' ? askerOf(entry.actor) : undefined;
  if (who === undefined) return [];
  const of = entry.approval ?? entry.action;
  return [
    { who, at: entry.at, did: 'wasRefused', what: entry.what ?? 'not named', ...(of === undefined ? {} : { of }) },
  ];
}

function askerOf(actor: AuditActor): Asker | undefined {
  switch (actor.via) {
    case 'slack': {
      const { enterprise, team, user } = actor;
      return inSlack({ enterprise, team, user });
    }
    case 'terminal':
      return { via: 'terminal', user: actor.user };
    case 'keywarden':
      return undefined;
  }
}

const callerName = (actor: Actor): string =>
  actor.arn ?? actor.issuerArn ?? actor.accessKeyId ?? actor.invokedBy ?? actor.type;

/** Callers in the order in which their first call happened. */
export function callersOf(incident: Incident): readonly CallerEvidence[] {
  const seen = new Map<string, { readonly fact: Fact; readonly echoOf?: ActionId }>();
  for (const { fact } of incident.dangers) if (fact !== undefined) seen.set(fact.id, { fact });
  for (const { body } of incident.timeline) if (body.kind === 'fact') seen.set(body.fact.id, body);
  const calls = [...seen.values()]
    .flatMap(({ fact, echoOf }) => {
      const call = callOf(fact.body);
      return call === undefined ? [] : [{ at: fact.at, call, ...(echoOf === undefined ? {} : { echoOf }) }];
    })
    .sort((one, other) => one.at - other.at);
  return [...Map.groupBy(calls, ({ call }) => callerName(call.actor))].map(([who, made]) => {
    const actor = made[0]?.call.actor;
    return {
      who,
      type: actor?.type ?? '',
      ...(actor?.account === undefined ? {} : { account: actor.account }),
      calls: made.map(({ at, call, echoOf }) => ({
        at: momentOf(at),
        operation: call.operation,
        eventId: call.eventId,
        ...(call.actor.sourceAddress === undefined ? {} : { sourceAddress: call.actor.sourceAddress }),
        ...(echoOf === undefined ? {} : { echoOf }),
      })),
    };
  });
}
