/** `mfa enrol|list|unlock|remove`: who has step-up codes. Members are named by their Slack member id, never by a name or an address. */
import { plainTime } from '../adapters/slack/words/times.ts';
import type { EnrolledPerson } from '../adapters/step-up/step-up.ts';
import { formatProblems } from '../config/config.ts';
import { askAtTerminal } from './ask.ts';
import { atMfaDesk, type MfaDesk, noted, printable, readMfaSettings } from './mfa-desk.ts';
import { enrol } from './mfa-enrol.ts';
import { findMember } from './mfa-member.ts';
import { print, type RunCommand, refuse } from './terminal.ts';

const MEMBER_ID = /^[UW][A-Z0-9]{2,30}$/;
const SAY = 'mfa takes one of: enrol <member id>, list, unlock <member id>, remove <member id>';

export const run: RunCommand = async ([command, user = ''], variables) => {
  if (command === undefined || !['enrol', 'list', 'unlock', 'remove'].includes(command)) {
    return refuse(`${SAY}; it was ${command === undefined ? 'missing' : `"${command}"`}. Nothing was done.`);
  }
  if (command !== 'list' && !MEMBER_ID.test(user)) {
    return refuse(
      `mfa ${command} takes a Slack member id, like U024BE7LH (in the person’s profile: ⋮ → Copy member ID), no name and no address; it was ${user === '' ? 'missing' : `"${user}"`}. Nothing was done.`,
    );
  }
  const settings = readMfaSettings(variables, command === 'enrol');
  if (!settings.ok) return refuse(formatProblems(settings.problems));
  const { environment, secrets } = settings;
  return atMfaDesk(secrets, refuse, async (at) => {
    switch (command) {
      case 'list':
        return list(at, secrets.secretKeys().length > 0);
      case 'unlock':
        return change(at, user, 'unlocked');
      case 'remove':
        return change(at, user, 'unenrolled');
      default: {
        const apiUrl = environment.slackApiUrl;
        const slack = { token: secrets.slackBotToken(), clock: at.clock, ...(apiUrl === undefined ? {} : { apiUrl }) };
        const member = await findMember(slack, user);
        if (member.kind === 'refused') return refuse(member.why);
        const { person, name } = member;
        return enrol({ at, person, name, ask: askAtTerminal(), print, refuse });
      }
    }
  });
};

async function list({ desk }: MfaDesk, keyIsSet: boolean): Promise<number> {
  const enrolled = await desk.list();
  if (enrolled.length === 0) print('Nobody is enrolled. To enrol somebody: npm run keywarden -- mfa enrol <member id>');
  for (const one of enrolled) print(line(one, keyIsSet));
  if (enrolled.length > 0 && !keyIsSet) {
    print('KEYWARDEN_SECRET_KEY is not set here, so which key their secrets need cannot be told.');
  }
  const old = enrolled.filter(({ sealedBy }) => sealedBy === 'oldKey').length;
  if (old > 0) {
    print(
      `${old} of ${enrolled.length} still need the second key of KEYWARDEN_SECRET_KEY: keep it until each has given a code once, or is enrolled again.`,
    );
  }
  return 0;
}

const SEALED_BY = {
  firstKey: [],
  oldKey: ['encrypted with the second key'],
  missingKey: ['encrypted with a key that KEYWARDEN_SECRET_KEY here does not hold'],
} as const;

function line(
  { person, name, enrolledAt, lockedUntil, failures, sealedBy }: EnrolledPerson,
  keyIsSet: boolean,
): string {
  const place = person.enterprise === '' ? person.team : `${person.enterprise}/${person.team}`;
  return [
    `${person.user}  ${place}  ${printable(name)}`,
    `enrolled ${plainTime(enrolledAt)}`,
    ...(failures === 0 ? [] : [`${failures} wrong ${failures === 1 ? 'code' : 'codes'} in a row`]),
    ...(lockedUntil === undefined ? [] : [`locked until ${plainTime(lockedUntil)}`]),
    ...(keyIsSet ? SEALED_BY[sealedBy] : []),
  ].join(' · ');
}

/** By user id alone: an enrolment must go or open also when its account is gone, or Slack is. */
async function change(at: MfaDesk, user: string, kind: 'unlocked' | 'unenrolled'): Promise<number> {
  const theirs = (await at.desk.list()).filter(({ person }) => person.user === user);
  if (theirs.length === 0) return refuse(`${user} is not enrolled; "mfa list" shows who is. Nothing was done.`);
  for (const { person, name } of theirs) {
    if (!(await noted(at, kind, person)))
      return refuse(
        'The audit trail cannot be written, and without a trace nothing is done. Look at Redis and at "audit verify".',
      );
    await (kind === 'unlocked' ? at.desk.unlock(person) : at.desk.unenrol(person));
    print(`${printable(name)} (${user}, workspace ${person.team}): ${DONE[kind]}`);
  }
  return 0;
}

const DONE = {
  unlocked: 'the lock and all wrong codes are forgotten.',
  unenrolled: 'removed, codes no longer count.',
} as const;
