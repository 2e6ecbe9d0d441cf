/** The recorded messages under `test/cases/intake`. */
import { readdirSync, readFileSync } from 'node:fs';
import { readSnsMessage, type SnsMessage } from '../../../src/adapters/intake/sns.ts';

const folder = new URL('../../cases/intake/', import.meta.url);

export const readCase = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

export const fixtureNames: readonly string[] = readdirSync(new URL('fixtures/', folder)).sort();

export function snsFixture(name: string): SnsMessage {
  const read = readSnsMessage(readCase(`fixtures/${name}`));
  if (read.kind !== 'message') throw new Error(read.problem);
  return read.message;
}
