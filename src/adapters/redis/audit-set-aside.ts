/** A trail that can no longer be verified makes room: it is kept under another name, and the next one tells of it. */
import type { AuditEvent, AuditHead } from '../../domain/audit.ts';
import { chained } from '../../domain/audit-chain.ts';
import { canonicalText } from '../../domain/canonical-text.ts';
import type { Instant } from '../../domain/ids.ts';
import type { Hash } from '../../ports.ts';
import type { Store } from './connect.ts';
import { KEPT, KEYS } from './keys.ts';

/**
 * KEYS: the stream, its name from now on, the mark of the first entry. ARGV: type and length of what was verified, that
 * entry's text, ms to keep a mark, the text of the last entry that was verified: another trail may be as long; empty:
 * it is no text that comes back as it went out. A forger may have given the stream an end: it is kept for ever.
 */
const SET_ASIDE = `
local kind = redis.call('TYPE', KEYS[1]).ok
local length = kind == 'stream' and redis.call('XLEN', KEYS[1]) or 0
if kind ~= ARGV[1] or length ~= tonumber(ARGV[2]) then return 'changed' end
if length > 0 then
  local fields = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][2]
  local text = ''
  for n = 1, #fields, 2 do if fields[n] == 'entry' then text = fields[n + 1]; break end end
  if ARGV[5] ~= '' and text ~= ARGV[5] then return 'changed' end
end
if redis.call('RENAMENX', KEYS[1], KEYS[2]) == 0 then return 'taken' end
redis.call('PERSIST', KEYS[2])
redis.call('XADD', KEYS[1], '1-0', 'entry', ARGV[3])
redis.call('SET', KEYS[3], '1-0', 'PX', ARGV[4])
return 'done'
`;

/** Bytes that are no UTF-8 were replaced when they were read, and equal nothing that is stored. */
const isText = (text: string): boolean => !text.includes('\uFFFD');

/** What Redis calls that which stands in the trail's place: `stream`, `none`, or something foreign. */
export const typeOfTrail = (store: Store): Promise<string> => store.run((redis) => redis.type(KEYS.audit));

export interface SettingAside {
  /** What was verified: only that is set aside. `length`: 0 for what is no stream. */
  readonly verified: { readonly type: string; readonly length: number; readonly lastText: string };
  readonly at: Instant;
  /** The first entry of the new trail, which tells under which name the former one is kept. */
  readonly entry: (name: string) => AuditEvent;
}

/**
 * In one step: the trail has another name, under which nothing stood, and a new one has its first entry. `changed`: it is not
 * what was verified, nothing was done. Rejects with `StoreUnavailable`; then nobody knows whether it was done.
 */
export async function setTrailAside(
  store: Store,
  hash: Hash,
  { verified, at, entry }: SettingAside,
): Promise<{ readonly name: string; readonly head: AuditHead } | 'changed'> {
  const script = store.script('kwAuditSetAside', SET_ASIDE);
  const moment = new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '');
  for (let attempt = 1; ; attempt += 1) {
    const name = KEYS.auditSetAside(attempt === 1 ? `${moment}Z` : `${moment}Z-${attempt}`);
    const [first] = chained(undefined, [entry(name)], hash);
    if (first === undefined) throw new Error('one event is one entry');
    const { type, length, lastText } = verified;
    const keys = [KEYS.audit, name, KEYS.auditMark(hash(first.id))];
    const answer = await script(keys, [
      type,
      length,
      canonicalText(first),
      KEPT.auditMark,
      isText(lastText) ? lastText : '',
    ]);
    if (answer === 'done') return { name, head: { seq: first.seq, hash: first.hash } };
    if (answer === 'changed') return 'changed';
  }
}
