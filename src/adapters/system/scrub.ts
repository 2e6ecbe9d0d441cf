/**
 * Errors carry text from outside (Slack's, KMS's, Redis's answers), and such text has carried tokens before. What looks
 * like a credential, or is one of ours, never reaches a log.
 */

const HIDDEN = '[hidden]';
const LONGEST = 500;
/** Slack tokens, AWS access key ids, authorisation headers, passwords in URLs, and query parameters that sign. */
const PATTERNS: readonly RegExp[] = [
  /x(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g,
  /\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi,
  /(?<=:\/\/)[^\s/@]+(?=@)/g,
  /(?<=(?:X-Amz-(?:Signature|Security-Token|Credential)|Token)=)[^&\s]+/gi,
  /hooks\.slack\.com\/\S+/g,
];

/** Shorter ones would hide ordinary words. */
const SHORTEST_SECRET = 6;

/** Answers a function that hides credentials, and these exact secrets, in a text, and cuts it to 500 characters. */
export function scrubber(secrets: readonly string[]): (text: string) => string {
  const exact = secrets.filter((secret) => secret.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of exact) clean = clean.replaceAll(secret, HIDDEN);
    for (const pattern of PATTERNS) clean = clean.replaceAll(pattern, HIDDEN);
    return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
  };
}
