/** IAM's wildcards: `*` is any run of characters, `?` is one (IAM guide, "String condition operators"). */

/** Case counts. Takes a time of at most pattern × text, whatever somebody wrote into a policy. */
export function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let wanted = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[wanted] === '*') {
      star = wanted;
      wanted += 1;
      resume = at;
    } else if (pattern[wanted] === '?' || pattern[wanted] === text[at]) {
      at += 1;
      wanted += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      wanted = star + 1;
      resume += 1;
      at = resume;
    } else {
      return false;
    }
  }
  while (pattern[wanted] === '*') wanted += 1;
  return wanted === pattern.length;
}

const ARN_PARTS = 6;

/** Each of an ARN's six parts is matched on its own: a wildcard never spans a colon (IAM guide, "ARN condition operators"). */
export function isLikeArn(text: string, pattern: string): boolean {
  const parts = partsOf(text);
  const wanted = partsOf(pattern);
  return (
    parts.length === ARN_PARTS &&
    wanted.length === ARN_PARTS &&
    parts.every((part, index) => isLike(part, wanted[index] ?? ''))
  );
}

/** As long as an ARN, wildcards or not. */
export const isArn = (text: string): boolean => partsOf(text).length === ARN_PARTS;

/** The sixth part keeps its own colons. */
function partsOf(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= ARN_PARTS ? parts : [...parts.slice(0, ARN_PARTS - 1), parts.slice(ARN_PARTS - 1).join(':')];
}

export const hasWildcard = (text: string): boolean => /[*?]/.test(text);
/** `${aws:username}` and the like stand for what only AWS fills in. */
export const hasVariable = (text: string): boolean => text.includes('${');
