/** `npm run keywarden -- <command>`: what an operator does from a terminal, also when Slack or Redis is down. */
import { print, type RunCommand, refuse } from './operator/terminal.ts';

const HELP = `Usage: npm run keywarden -- <command>

  rescue <key ARN>   cancel the key's deletion and restore the state it had before; the same saga as the
                     Rescue button. Needs keywarden.yaml and AWS credentials, not Slack; without Redis
                     it works from KMS and CloudTrail alone.
  mfa enrol <user>   give a person step-up codes: a QR code for an authenticator app, on this terminal only.
                     <user> is a Slack member id. Needs REDIS_URL, KEYWARDEN_SECRET_KEY, SLACK_BOT_TOKEN.
  mfa list           who has codes, who is locked out, which key their secrets need. Needs REDIS_URL, like:
  mfa unlock <user>  end a lock-out after wrong codes
  mfa remove <user>  take a person's codes away
  audit verify       check the audit trail and name the first entry that was edited, removed, put in or moved;
                     --head <seq>:<hash> holds it against a head that was posted. Needs REDIS_URL, like:
  audit export       print it: --format jsonl|csv [--since 2026-11-01 or 7d]; npm run --silent for a file
  audit set-aside    when it no longer verifies: keep it under another name and begin a new one, so that
                     requests can be traced again; --reason <text>. Needs REDIS_URL.
  pager test         call whoever carries the pager: a test page to every sink of keywarden.yaml, and what each
                     answered. Needs AWS credentials for a topic; neither Slack nor Redis.
  check-config       read keywarden.yaml and the environment, and list every problem, and warn where nobody
                     would be woken; offline: Slack, AWS and Redis are not asked
  --help             this text
`;

/** Loaded when it is called: what one command needs cannot keep another one from running. */
const COMMANDS: ReadonlyMap<string, () => Promise<{ readonly run: RunCommand }>> = new Map([
  ['rescue', () => import('./operator/rescue.ts')],
  ['mfa', () => import('./operator/mfa.ts')],
  ['audit', () => import('./operator/audit.ts')],
  ['pager', () => import('./operator/pager.ts')],
  ['check-config', () => import('./operator/check-config.ts')],
]);

process.exitCode = await call(process.argv.slice(2));
// Idle connections of the SDK would keep the process for seconds.
process.exit();

async function call([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
    print(HELP);
    return 0;
  }
  const load = COMMANDS.get(name);
  if (load === undefined) return refuse(`"${name}" is not a command.\n\n${HELP}`);
  const command = await load();
  return command.run(args, process.env);
}
