/** How the values of environment variables are read: text, ports, flags, secrets. Which ones exist is `env.ts`'s to know. */
import { ABSENT, HIDDEN, type Problem, printValue } from './problem.ts';
import { isWebUrl } from './spelling.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/** Reads variables one by one and collects what is wrong with them; each reader answers `undefined` for absent and for wrong. */
export class VariableReader {
  readonly problems: Problem[] = [];
  readonly #variables: Variables;

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  refuse(path: string, value: string, expected: string): undefined {
    this.problems.push({ path, value, expected });
  }

  text(name: string): string | undefined {
    const value = this.#variables[name]?.trim();
    return value === '' ? undefined : value;
  }

  has(name: string): boolean {
    return this.text(name) !== undefined;
  }

  secret(name: string, isValid: (text: string) => boolean, expected: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || isValid(value)) return value;
    return this.refuse(name, HIDDEN, expected);
  }

  required(name: string, isValid: (text: string) => boolean, expected: string): string | undefined {
    if (!this.has(name)) return this.refuse(name, ABSENT, expected);
    return this.secret(name, isValid, expected);
  }

  port(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
    return this.refuse(name, printValue(value), 'a port from 0 (any free one) to 65535');
  }

  positive(name: string, greatest: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^\d+(\.\d+)?$/.test(value) && Number(value) > 0 && Number(value) <= greatest) return Number(value);
    return this.refuse(name, printValue(value), `a number above 0, at most ${greatest}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (['1', 'true', 'yes', 'on'].includes(value)) return true;
    if (['0', 'false', 'no', 'off'].includes(value)) return false;
    return this.refuse(name, printValue(value), '1 or 0');
  }

  webUrl(name: string): string | undefined {
    const value = this.text(name);
    if (value === undefined || isWebUrl(value, { loopback: true })) return value;
    return this.refuse(name, printValue(value), 'an https:// URL (http:// only on loopback), ending in /api/');
  }

  tokens(name: string): readonly string[] {
    const tokens = (this.text(name) ?? '').split(',').map((token) => token.trim());
    const live = [...new Set(tokens.filter((token) => token !== ''))];
    // A third token is one that somebody forgot to retire: an open door.
    if (live.length > 2) this.refuse(name, HIDDEN, 'one token, or two separated by a comma during a rotation');
    return live;
  }

  keys(name: string): readonly string[] {
    const keys = (this.text(name) ?? '').split(',').map((key) => key.trim());
    const live = [...new Set(keys.filter((key) => key !== ''))];
    if (live.length > 2) this.refuse(name, HIDDEN, 'one key, or two separated by a comma during a rotation');
    else if (!live.every(isKey))
      this.refuse(name, HIDDEN, '32 random bytes in base64, as `openssl rand -base64 32` prints them');
    return live;
  }
}

/** Node decodes any text without complaint: only what encodes back to itself was base64. */
function isKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === 32 && bytes.toString('base64').replace(/=$/, '') === text.replace(/=$/, '');
}
