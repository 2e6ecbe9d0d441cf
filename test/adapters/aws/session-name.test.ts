import { describe, expect, test } from 'vitest';
import { sessionNameOf, sourceIdentityOf } from '../../../src/adapters/aws/session-name.ts';
import { ACTION_KINDS, type Asker } from '../../../src/domain/action.ts';
import type { Right } from '../../../src/domain/approval.ts';
import { ACTION, KEY } from './bench.ts';

const slack = (team: string, user: string): Asker => ({ via: 'slack', person: { enterprise: '', team, user } });
const terminal = (user: string): Asker => ({ via: 'terminal', user });
const rightOf = (by: Asker, kind: Right['kind'] = 'rescue'): Right => ({
  action: ACTION,
  kind,
  by,
  operation: 'EnableKey',
  key: KEY,
});

const TABLE: readonly (readonly [string, Asker, string, string])[] = [
  ['a user of Slack', slack('T0ACME', 'U0ALICE'), 'U0ALICE', 'T0ACME.U0ALICE'],
  ['one of an organisation', slack('E012', 'W0BOB'), 'W0BOB', 'E012.W0BOB'],
  ['no team', slack('', 'U0ALICE'), 'U0ALICE', 'unknown.U0ALICE'],
  ['no user', slack('T0ACME', ''), 'unknown', 'T0ACME.unknown'],
  ['characters STS refuses', slack('T/1', 'U é:🙂'), 'U-----', 'T-1.U-----'],
  ['dots, which part the names', slack('T.1', 'U.1.rescue'), 'U-1-rescue', 'T-1.U-1-rescue'],
  ['characters STS allows', slack('T+1', 'a_=,@-Z'), 'a_=,@-Z', 'T+1.a_=,@-Z'],
  ['a long user', slack('T1', 'U'.repeat(80)), 'U'.repeat(24), `T1.${'U'.repeat(28)}`],
  ['a long team', slack('T'.repeat(80), 'U1'), 'U1', `${'T'.repeat(28)}.U1`],
  ['the terminal', terminal('root'), 'terminal.root', 'terminal.root'],
  ['a domain’s user', terminal('ACME\\jörg.müller'), 'terminal.ACME-j-rg-m-lle', 'terminal.ACME-j-rg-m-ller'],
  ['a long user of the machine', terminal('x'.repeat(99)), `terminal.${'x'.repeat(15)}`, `terminal.${'x'.repeat(28)}`],
  ['nobody at the terminal', terminal(''), 'terminal.unknown', 'terminal.unknown'],
];

describe('names in CloudTrail', () => {
  test.each(TABLE)('%s', (_, by, session, source) => {
    expect(sessionNameOf(rightOf(by))).toBe(`${session}.rescue.${ACTION}`);
    expect(sourceIdentityOf(rightOf(by))).toBe(`${source}.rescue`);
  });

  test.each(ACTION_KINDS)('%s: fit into what STS takes, kind and action whole', (kind) => {
    for (const [, by] of TABLE) {
      const right = rightOf(by, kind);
      for (const name of [sessionNameOf(right), sourceIdentityOf(right)]) expect(name).toMatch(/^[\w+=,.@-]{2,64}$/);
      expect(sessionNameOf(right)).toMatch(new RegExp(`^[^.]+(\\.[^.]+)?\\.${kind}\\.${ACTION}$`));
      expect(sourceIdentityOf(right)).toMatch(new RegExp(`^[^.]+\\.[^.]+\\.${kind}$`));
    }
  });

  test('a user of the machine cannot pass for a user of Slack', () => {
    const [machine, person] = [rightOf(terminal('U0ALICE')), rightOf(slack('terminal', 'U0ALICE'))];
    expect(sessionNameOf(machine)).not.toBe(sessionNameOf(person));
  });
});
