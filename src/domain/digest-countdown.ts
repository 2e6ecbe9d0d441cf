/** The rows of a digest's picture: what ends, and when. */
import { type ChartRow, type CountdownChart, keysIn } from './countdown-chart.ts';
import { isPlanned } from './decommission.ts';
import type { Digest, RememberedKey } from './digest.ts';
import type { AccountId } from './ids.ts';

const MOST_ROWS = 15;

/** `undefined`: nothing ends. */
export function countdownOf(
  { at, timezone, dying, material }: Digest,
  accountName: (account: AccountId) => string,
): CountdownChart | undefined {
  const whereOf = (keys: readonly RememberedKey[], account: AccountId): string =>
    `${accountName(account)} ${keys.map(({ key }) => key.region).join(', ')}`;
  const deletions = dying.rows.flatMap(({ name, keys, incident }): readonly ChartRow[] => {
    const [first] = keys;
    const { deletionDate } = first.memory;
    if (deletionDate === undefined) return [];
    const planned = incident !== undefined && isPlanned(incident);
    const detail = whereOf(keys, first.key.account);
    return [{ name, detail, at: deletionDate, kind: 'deletion', planned, keys: keys.length }];
  });
  const expiries = material.rows.flatMap((one): readonly ChartRow[] => {
    const { validTo } = one.memory;
    if (validTo === undefined || validTo <= at) return [];
    const detail = whereOf([one], one.key.account);
    return [{ name: nameOf(one), detail, at: validTo, kind: 'materialExpiry', planned: false, keys: 1 }];
  });
  const rows = [...deletions, ...expiries].sort((one, other) => one.at - other.at);
  if (rows.length === 0) return undefined;
  const inRows = dying.rows.reduce((sum, { keys }) => sum + keys.length, 0);
  const beyond = Math.max(0, dying.total - inRows) + Math.max(0, material.total - material.rows.length);
  const shown = rows.slice(0, MOST_ROWS);
  return {
    title: 'Countdown: what ends when',
    now: at,
    timezone,
    rows: shown,
    more: beyond + keysIn(rows.slice(MOST_ROWS)),
  };
}

/** The first alias, else the id. */
const nameOf = ({ key, memory }: RememberedKey): string => memory.aliases[0] ?? key.keyId;
