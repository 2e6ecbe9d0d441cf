/** A key's memory, written short: a hundred thousand of them stand in Redis. */
import type { Instant } from '../../domain/ids.ts';
import { KEY_STATES, type KeyState } from '../../domain/key.ts';
import type { KeyMemory } from '../../ports.ts';
import { parseRecord, RecordUnreadable } from './record.ts';

interface Short {
  readonly s: KeyState;
  readonly r: Instant;
  readonly c?: readonly ['Enabled' | 'Disabled', Instant];
  readonly a?: readonly string[];
  readonly o: string;
  readonly m: string;
  readonly d?: Instant;
  /** State since; the second: exact. */
  readonly t?: readonly [Instant, 0 | 1];
  readonly v?: Instant;
  /** Multi-Region: primary or replica. */
  readonly f?: 'P' | 'R';
  readonly u?: number;
  /** Partition, when it is not `aws`. */
  readonly p?: string;
}

export function encodeMemory(partition: string, memory: KeyMemory): string {
  const short: Short = {
    s: memory.state,
    r: memory.readAt,
    ...(memory.calm && { c: [memory.calm.state, memory.calm.at] }),
    ...(memory.aliases.length > 0 && { a: memory.aliases }),
    o: memory.origin,
    m: memory.manager,
    ...(memory.deletionDate !== undefined && { d: memory.deletionDate }),
    ...(memory.stateSince && { t: [memory.stateSince.at, memory.stateSince.exact ? 1 : 0] }),
    ...(memory.validTo !== undefined && { v: memory.validTo }),
    ...(memory.multiRegion && { f: memory.multiRegion === 'PRIMARY' ? 'P' : 'R' }),
    ...(memory.unreadable !== undefined && { u: memory.unreadable }),
    ...(partition !== 'aws' && { p: partition }),
  };
  return JSON.stringify(short);
}

/** Throws `RecordUnreadable`, also for a state this version does not know: unknown is not fine. */
export function decodeMemory(name: string, text: string): { readonly partition: string; readonly memory: KeyMemory } {
  const record = `memory of ${name}`;
  const short = parseRecord<Short>(record, text, ['s', 'r', 'o', 'm']);
  if (!KEY_STATES.includes(short.s)) throw new RecordUnreadable(record, 'unknown key state');
  return {
    partition: short.p ?? 'aws',
    memory: {
      state: short.s,
      readAt: short.r,
      ...(short.c && { calm: { state: short.c[0], at: short.c[1] } }),
      aliases: short.a ?? [],
      origin: short.o,
      manager: short.m,
      ...(short.d !== undefined && { deletionDate: short.d }),
      ...(short.t && { stateSince: { at: short.t[0], exact: short.t[1] === 1 } }),
      ...(short.v !== undefined && { validTo: short.v }),
      ...(short.f && { multiRegion: short.f === 'P' ? 'PRIMARY' : 'REPLICA' }),
      ...(short.u !== undefined && { unreadable: short.u }),
    },
  };
}
