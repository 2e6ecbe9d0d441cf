import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { readFault, routeFault } from './fault-routing.ts';
import type { Scene } from './page/scene.ts';
import { asObjects } from './slack/json.ts';
import { codesOf } from './totp.ts';
import type { Caller, SlackAnswer } from './world.ts';

/** What the control calls need beside what the page shows. */
export interface ControlParts {
  readonly scene: Scene;
  readonly redisUrl: string;
  readonly totpSecrets: ReadonlyMap<string, Buffer>;
}

const text = z.string().min(1);
const clickBody = z.object({
  channel: text.optional(),
  ts: text.optional(),
  viewId: text.optional(),
  user: text,
  action: text,
  value: z.union([z.string(), z.array(z.string())]).optional(),
  ticked: z.record(z.string(), z.array(z.string())).optional(),
});
const submitBody = z.object({ viewId: text, user: text, values: z.record(z.string(), z.unknown()) });
const commandBody = z.object({ channel: text, user: text, text: z.string() });
const userBody = z.object({ user: text });
const cancelBody = z.object({ viewId: text, user: text });

/** The sandbox's control calls: what people do in Slack, what anybody does in AWS, and faults. */
export function serveControl(server: FastifyInstance, { scene, redisUrl, totpSecrets }: ControlParts): void {
  const { aws, slack } = scene;
  const codes = new Map([...totpSecrets].map(([id, secret]) => [id, codesOf(secret)]));

  server.get('/sandbox/state', () => ({
    urls: { bot: scene.botUrl, slack: slack.apiUrl, ...aws.urls, redis: redisUrl },
    slack: { channels: slack.channels(), views: slack.views(), ephemerals: slack.ephemerals() },
    keys: aws.keys(),
    events: aws.events(),
  }));

  post(server, '/sandbox/slack/click', clickBody, (body) => slack.click(present(body)));
  post(server, '/sandbox/slack/submit', submitBody, async (body) => {
    const answer = await slack.submit(body);
    const complaints = complaintsOf(answer, slack.views().find(({ id }) => id === body.viewId)?.view ?? {});
    if (Object.keys(complaints).length > 0) scene.errors.set(body.viewId, complaints);
    else scene.errors.delete(body.viewId);
    return answer;
  });
  post(server, '/sandbox/slack/command', commandBody, (body) => slack.command(body));
  post(server, '/sandbox/slack/home', userBody, ({ user }) => slack.openHome(user));
  post(server, '/sandbox/slack/cancel', cancelBody, ({ viewId }) => {
    scene.cancelled.add(viewId);
    scene.errors.delete(viewId);
    return { ok: true };
  });

  server.post<{ Params: { operation: string } }>('/sandbox/aws/:operation', async (request, reply) => {
    const caller = callerOf(request.headers);
    if (typeof caller === 'string') return refuse(reply, caller);
    const answer = await aws.call(request.params.operation, objectOf(request.body), caller);
    return reply.code(answer.status).type('application/x-amz-json-1.1').send(JSON.stringify(answer.body));
  });

  post(server, '/sandbox/totp', userBody, ({ user }, reply) => {
    const person = scene.people.find(({ id, handle }) => id === user || handle === user);
    const next = codes.get(person?.id ?? '');
    const enrolled = scene.people.filter(({ id }) => codes.has(id)).map(({ handle }) => handle);
    if (next === undefined)
      return refuse(reply, `${user} is not enrolled for codes; expected one of ${enrolled.join(', ')}`);
    return { ok: true, code: next(scene.now()) };
  });

  server.post('/sandbox/fault', (request, reply) => {
    const reading = readFault(objectOf(request.body));
    if ('problem' in reading) return refuse(reply, reading.problem);
    routeFault(reading.fault, scene);
    return { ok: true };
  });
}

/** Registers a call with a checked body; what is wrong with it is answered as 400, in words. */
function post<Body>(
  server: FastifyInstance,
  path: string,
  shape: z.ZodType<Body>,
  run: (body: Body, reply: FastifyReply) => unknown,
): void {
  server.post(path, (request, reply) => {
    const read = shape.safeParse(request.body ?? {});
    return read.success ? run(read.data, reply) : refuse(reply, z.prettifyError(read.error));
  });
}

const refuse = (reply: FastifyReply, error: string) => reply.code(400).send({ ok: false, error });

/** Who calls AWS, by the headers; a text says what is wrong with them. */
export function callerOf(headers: Readonly<Record<string, string | string[] | undefined>>): Caller | string {
  const header = (name: string, usual: string) => String(headers[`x-sandbox-${name}`] ?? usual).trim();
  const caller = {
    principal: header('principal', 'mallory'),
    account: header('account', '111122223333'),
    region: header('region', 'us-west-2'),
  };
  // What IAM takes for the name of a role session.
  if (!/^[\w+=,.@-]{2,64}$/.test(caller.principal))
    return 'x-sandbox-principal: expected 2 to 64 letters, digits or _+=,.@-';
  if (!/^\d{12}$/.test(caller.account)) return 'x-sandbox-account: expected an account id of 12 digits';
  if (!/^[a-z]{2}(-[a-z0-9]+)+-\d$/.test(caller.region)) return 'x-sandbox-region: expected a Region such as us-west-2';
  return caller;
}

/** The body as an object: KMS's own validator says what is missing in it. */
export function objectOf(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : {};
}

/** What a modal must show after it was sent off, by block id; under `''` what concerns the whole. */
function complaintsOf(answer: SlackAnswer, view: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const { response_action: action, errors } = objectOf(answer.response);
  if (action === 'errors') return objectOf(errors) as Record<string, string>;
  if (answer.ok) return {};
  const error = answer.error ?? 'We had some trouble connecting. Try again?';
  // What Slack's client does not let through, the emulator tells by the name of the input.
  const [, input = '', complaint = ''] = /^(\w+): (.+)$/s.exec(error) ?? [];
  const block = asObjects(view.blocks).find(({ element }) => input !== '' && objectOf(element).action_id === input);
  return block === undefined ? { '': error } : { [String(block.block_id)]: complaint };
}

/** Leaves out what is undefined: absent and undefined are different things to the emulator's types. */
function present(body: z.infer<typeof clickBody>): Parameters<Scene['slack']['click']>[0] {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  return { ...given, user: body.user, action: body.action };
}
