/** Moments of a call: in UTC, for it is read later and elsewhere. */

export const utc = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
