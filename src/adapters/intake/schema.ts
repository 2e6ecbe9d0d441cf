/** Pieces that every intake schema shares: AWS spells accounts, Regions and times the same way everywhere. */
import { z } from 'zod';
import type { Fact, FactBody, FactSource, Normalised, SetAside } from '../../domain/fact.ts';
import { type AccountId, type Instant, isAccountId, isRegion, type Region } from '../../domain/ids.ts';

export const accountSchema = z.custom<AccountId>(
  (value) => typeof value === 'string' && isAccountId(value),
  'expected twelve digits',
);
export const regionSchema = z.custom<Region>(
  (value) => typeof value === 'string' && isRegion(value),
  'expected a Region',
);

const ISO_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|([+-]\d\d):?(\d\d))$/;

/** CloudWatch ends its times with `+0000`, which ISO 8601 parsers need not know; the rest of AWS writes `Z`. */
export const instantSchema = z.string().transform((text, context): Instant => {
  const match = ISO_TIME.exec(text);
  const [, local, zone, hours, minutes] = match ?? [];
  const instant = match ? Date.parse(`${local}${zone === 'Z' ? 'Z' : `${hours}:${minutes}`}`) : Number.NaN;
  if (!Number.isNaN(instant)) return instant;
  context.addIssue({ code: 'custom', message: 'expected an ISO 8601 time' });
  return z.NEVER;
});

/** Ids become dedupe keys; AWS uses UUIDs, nothing longer or stranger is let through. */
export const messageIdSchema = z.string().regex(/^[A-Za-z0-9-]{1,128}$/, 'expected an id');

/** The first problem of a failed parse: its path and what was expected, never the value. */
export function problemOf(what: string, error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return what;
  // A dimension's name is the sender's too.
  const path = issue.path.map((part) => (/^[\w-]{1,40}$/.test(String(part)) ? String(part) : '…')).join('.');
  return `${what}${path ? ` ${path}` : ''}: ${issue.message}`;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Drops fields that are undefined: an absent field and an undefined one are different things under our compiler settings. */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}

/** Builds a fact, or passes a set-aside reason on: what every normaliser ends with. */
export function normalised(
  body: FactBody | SetAside,
  about: { readonly id: string; readonly source: FactSource; readonly at: Instant; readonly seenAt: Instant },
): Normalised {
  if (typeof body === 'string') return { kind: 'setAside', reason: body };
  const fact: Fact = { ...about, body };
  return { kind: 'fact', fact };
}
