/**
 * `mfa enrol`: a new secret goes onto this terminal, into the person's app, and encrypted into Redis; nowhere else. Where
 * somebody can be asked, the app must give a right code before anything is stored: a scan that failed changes nothing.
 */
import type { EnrolledPerson } from '../adapters/step-up/step-up.ts';
import { drawSecret, forApp, stepOf } from '../adapters/step-up/totp.ts';
import { type Person, personKey } from '../domain/ids.ts';
import type { Ask } from './ask.ts';
import { isTraceable, type MfaDesk, noted, printable } from './mfa-desk.ts';
import { qrCode } from './qr-code.ts';

export interface Enrolling {
  readonly at: MfaDesk;
  readonly person: Person;
  /** As Slack shows it. */
  readonly name: string;
  /** Absent: nobody can be asked for a first code. */
  readonly ask: Ask | undefined;
  readonly print: (line: string) => void;
  readonly refuse: (line: string) => number;
}

const TRIES = 3;

/** Answers the exit code. Rejects with `StoreUnavailable` when Redis is lost. */
export async function enrol({ at, person, name: shownName, ask, print, refuse }: Enrolling): Promise<number> {
  const name = printable(shownName) || person.user;
  const who = `${name} (${person.user}, workspace ${person.team})`;
  const enrolled = await at.desk.list();
  // The bot could not open what is sealed with another key than its own: nobody's working codes may end that way.
  if (enrolled.length > 0 && enrolled.every(({ sealedBy }) => sealedBy === 'missingKey'))
    return refuse(notItsKey(enrolled));
  const earlier = enrolled.some((one) => personKey(one.person) === personKey(person));
  const unchanged = earlier ? 'The earlier enrolment still counts.' : 'Nobody was enrolled.';
  const untraced = `The audit trail cannot be written, and without a trace nobody is enrolled. ${unchanged} Look at Redis and at "audit verify".`;
  const secret = drawSecret();

  const show = (): void => {
    const { uri, base32 } = forApp(name, secret);
    print(`For the authenticator app of ${who}:\n\n${qrCode(uri)}\n`);
    print(`Secret: ${base32.match(/.{1,4}/g)?.join(' ')}\n`);
    print(
      `Let ${name} scan the code, or type the secret, here at this screen. It is shown this once: whoever has it can give ${name}’s codes, so do not copy, photograph or send it.`,
    );
  };
  const store = async (): Promise<number | undefined> => {
    if (!(await noted(at, 'enrolled', person))) return refuse(untraced);
    const answer = await at.desk.enrol(person, name, secret);
    if (answer.kind !== 'enrolled') return refuse(answer.message);
    print(`${who} is enrolled.${earlier ? ' The entry from the earlier enrolment no longer works: delete it.' : ''}`);
    return undefined;
  };

  if (ask === undefined) {
    const failed = await store();
    if (failed !== undefined) return failed;
    show();
    print('No first code was checked, because standard input is no terminal: make sure that the app shows codes.');
    return 0;
  }
  // Before anybody scans what could not be stored.
  if (!(await isTraceable(at))) return refuse(untraced);
  show();
  const proof = await proven(ask, secret, at, print);
  if (proof.kind === 'left') return refuse(`No code was given. ${unchanged} Delete the new entry from the app.`);
  if (proof.kind === 'wrong') {
    return refuse(
      `${TRIES} wrong codes: the enrolment is taken back. ${unchanged} Delete the new entry from the app, set the clocks of phone and server by the network, and run this again.`,
    );
  }
  const failed = await store();
  if (failed !== undefined) return failed;
  // The code was seen here: it must not open anything afterwards.
  await at.desk.verify(person, proof.code);
  return 0;
}

function notItsKey({ length: count }: readonly EnrolledPerson[]): string {
  const stand = count === 1 ? 'the one enrolment that stands' : `any of the ${count} enrolments that stand`;
  return `This is not the bot’s key: KEYWARDEN_SECRET_KEY here does not open ${stand} there. Set it to the key the bot runs with. Where that key is lost, first end each enrolment that "mfa list" shows, with "mfa remove <member id>". Nothing was changed.`;
}

type Proof = { readonly kind: 'right'; readonly code: string } | { readonly kind: 'wrong' } | { readonly kind: 'left' };

async function proven(ask: Ask, secret: Uint8Array, { clock }: MfaDesk, print: (line: string) => void): Promise<Proof> {
  for (let left = TRIES; left > 0; left -= 1) {
    const code = await ask('The code the app shows now: ');
    if (code === undefined) return { kind: 'left' };
    if (stepOf(secret, code, clock.now()) !== undefined) return { kind: 'right', code };
    if (left > 1) print(`That is not the code. ${left - 1} more ${left === 2 ? 'try' : 'tries'}.`);
  }
  return { kind: 'wrong' };
}
