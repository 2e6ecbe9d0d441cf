/** Three-valued logic: what is not fully understood is `unknown`, and stays so unless the rest decides without it. */
export type Truth = 'yes' | 'no' | 'unknown';

export const truthOf = (holds: boolean): Truth => (holds ? 'yes' : 'no');

export function not(truth: Truth): Truth {
  switch (truth) {
    case 'yes':
      return 'no';
    case 'no':
      return 'yes';
    case 'unknown':
      return 'unknown';
  }
}

/** All of them hold. */
export function every(parts: readonly Truth[]): Truth {
  if (parts.includes('no')) return 'no';
  return parts.includes('unknown') ? 'unknown' : 'yes';
}

/** At least one of them holds. */
export function some(parts: readonly Truth[]): Truth {
  if (parts.includes('yes')) return 'yes';
  return parts.includes('unknown') ? 'unknown' : 'no';
}

/** One answer for every way it may be. */
export function agreed(parts: readonly Truth[]): Truth {
  const [first = 'unknown', ...rest] = parts;
  return rest.every((part) => part === first) ? first : 'unknown';
}
