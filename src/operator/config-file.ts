import { readFileSync } from 'node:fs';
import { parseConfig } from '../config/config.ts';

/** Reads and parses keywarden.yaml; a file that cannot be read is a problem like any other. */
export function readConfig(path: string): ReturnType<typeof parseConfig> {
  try {
    return parseConfig(readFileSync(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return {
      ok: false,
      problems: [{ path: 'KEYWARDEN_CONFIG', value: `${path} (${code})`, expected: 'a readable file' }],
    };
  }
}
