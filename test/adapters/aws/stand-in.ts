/**
 * A small KMS, STS, CloudTrail and SNS over HTTP, honest where the adapter relies on it: key states move as AWS's table
 * says, sessions carry their policy and are held to it, and the Region is the one in the signature.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault =
  /** An error of the service, before anything is done. */
  | { readonly error: string; readonly message?: string | null; readonly status?: number; readonly retryAfter?: number }
  /** Does it, then breaks the connection. */
  | 'loseAnswer'
  /** Breaks the connection at once. */
  | 'reset'
  /** Does it, and never answers. */
  | 'hang'
  /** Does it, sends the head of the answer, and never the body. */
  | 'stall'
  /** A proxy's page instead of an answer. */
  | { readonly html: number }
  /** This body, with status 200. */
  | { readonly body: unknown }
  /** DescribeKey as it was before the last change. */
  | 'stale';

export interface Call {
  readonly operation: string;
  readonly region: string;
  readonly accessKey: string;
  readonly contentType: string;
  readonly input: Readonly<Record<string, unknown>>;
}

type Metadata = Record<string, unknown> & { Arn: string; KeyId: string; KeyState: string };
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class StandIn {
  readonly calls: Call[] = [];
  readonly keys = new Map<string, Metadata>();
  /** KMS answers beside DescribeKey, by operation: a fixture, or a function of the input. */
  readonly answers = new Map<string, unknown>();
  /** Pages of LookupEvents. */
  pages: unknown[][] = [];
  account = '111122223333';
  arn = 'arn:aws:iam::111122223333:user/keywarden';
  /** What AssumeRole answers as the session's source identity: the asked one; nothing, as an emulator that knows none. */
  knowsSourceIdentity = true;
  readonly faults = new Map<string, Fault[]>();
  readonly #before = new Map<string, Metadata>();
  readonly #sessions = new Map<string, { arn: string; policy?: { Action: string; Resource: string } }>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
  /** The next calls of the operation meet these, one each. */
  fault(operation: string, ...faults: Fault[]): void {
    this.faults.set(operation, [...(this.faults.get(operation) ?? []), ...faults]);
  }
  put(metadata: Record<string, unknown>): void {
    this.keys.set(String(metadata.Arn), { ...metadata } as Metadata);
  }
  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }
  last(operation: string): Call {
    const call = this.calls.findLast((one) => one.operation === operation);
    if (call === undefined) throw new Error(`${operation} was never called`);
    return call;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const target = request.headers['x-amz-target'];
    const input: Record<string, unknown> =
      typeof target === 'string' ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
    const operation = typeof target === 'string' ? (target.split('.')[1] ?? '') : String(input.Action);
    const [, accessKey = '', region = ''] =
      /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    const contentType = request.headers['content-type'] ?? '';
    this.calls.push({ operation, region, accessKey, contentType, input });
    const fault = this.faults.get(operation)?.shift();
    if (fault === 'reset') return void request.socket.destroy();
    if (typeof fault === 'object') return spoiled(response, fault, typeof target === 'string');
    const answer = this.#answer(operation, input, accessKey, fault === 'stale');
    if (fault === 'loseAnswer') return void request.socket.destroy();
    if (fault === 'hang') return;
    const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    response.writeHead(answer.status, { 'x-amzn-requestid': `request-${this.calls.length}` });
    if (fault === 'stall') return void response.write(body.slice(0, 3));
    response.end(body);
  }

  #answer(operation: string, input: Record<string, unknown>, accessKey: string, stale: boolean): Answer {
    switch (operation) {
      case 'AssumeRole':
        return this.#assume(input);
      case 'GetCallerIdentity': {
        const arn = this.#sessions.get(accessKey)?.arn ?? this.arn;
        return xml(operation, `<Arn>${arn}</Arn><UserId>X</UserId><Account>${this.account}</Account>`);
      }
      case 'ConfirmSubscription':
        return xml(operation, `<SubscriptionArn>${String(input.TopicArn)}:1</SubscriptionArn>`);
      case 'LookupEvents': {
        const page = Number(input.NextToken ?? 0);
        const more = page + 1 < this.pages.length ? { NextToken: String(page + 1) } : {};
        return ok({ Events: this.pages[page] ?? [], ...more });
      }
      default:
        return this.#kms(operation, input, accessKey, stale);
    }
  }

  #assume(input: Record<string, unknown>): Answer {
    const accessKey = `ASIA${this.calls.length}`;
    const [, account, name] = /^arn:aws:iam::(\d+):role\/(?:.*\/)?([^/]+)$/.exec(String(input.RoleArn)) ?? [];
    const arn = `arn:aws:sts::${account}:assumed-role/${name}/${String(input.RoleSessionName)}`;
    const policy = typeof input.Policy === 'string' ? { policy: JSON.parse(input.Policy).Statement[0] } : {};
    this.#sessions.set(accessKey, { arn, ...policy });
    const expires = new Date(Date.now() + Number(input.DurationSeconds) * 1000).toISOString();
    const source =
      this.knowsSourceIdentity && typeof input.SourceIdentity === 'string'
        ? `<SourceIdentity>${input.SourceIdentity}</SourceIdentity>`
        : '';
    return xml(
      'AssumeRole',
      `${source}<Credentials><AccessKeyId>${accessKey}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expires}</Expiration></Credentials>`,
    );
  }

  #kms(operation: string, input: Record<string, unknown>, accessKey: string, stale: boolean): Answer {
    const canned = this.answers.get(operation);
    if (canned !== undefined) return ok(typeof canned === 'function' ? canned(input) : canned);
    const arn = String(input.KeyId);
    const policy = this.#sessions.get(accessKey)?.policy;
    if (policy !== undefined && (policy.Action !== `kms:${operation}` || policy.Resource !== arn)) {
      return no('AccessDeniedException', 'because no session policy allows the action');
    }
    const key = this.keys.get(arn);
    if (key === undefined) return no('NotFoundException', `Key '${arn}' does not exist`);
    const pending = key.KeyState === 'PendingDeletion' || key.KeyState === 'PendingReplicaDeletion';
    const move = (KeyState: string, answer: unknown): Answer => {
      this.#before.set(arn, { ...key });
      const { DeletionDate: _, ...rest } = key;
      this.keys.set(arn, { ...rest, KeyState });
      return ok(answer);
    };
    switch (operation) {
      case 'DescribeKey':
        return ok({ KeyMetadata: stale ? (this.#before.get(arn) ?? key) : key });
      case 'CancelKeyDeletion':
        return pending
          ? move('Disabled', { KeyId: arn })
          : no('KMSInvalidStateException', `${arn} is not pending deletion.`);
      case 'EnableKey':
      case 'DisableKey': {
        if (pending) return no('KMSInvalidStateException', `${arn} is pending deletion.`);
        return move(operation === 'EnableKey' ? 'Enabled' : 'Disabled', '');
      }
      case 'ScheduleKeyDeletion':
        return move('PendingDeletion', { KeyId: arn, DeletionDate: 1_774_897_110, KeyState: 'PendingDeletion' });
      case 'DeleteImportedKeyMaterial':
        return move('PendingImport', { KeyId: arn, KeyMaterialId: input.KeyMaterialId });
      default:
        return no('UnknownOperationException', null);
    }
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body });
const no = (type: string, message: string | null): Answer => ({ status: 400, body: { __type: type, message } });
const xml = (operation: string, result: string): Answer =>
  ok(`<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`);

function spoiled(response: ServerResponse, fault: Exclude<Fault, string>, json: boolean): void {
  if ('html' in fault) {
    response.writeHead(fault.html, { 'content-type': 'text/html' });
    return void response.end('<html><body><h1>Bad Gateway</h1></body></html>');
  }
  if ('body' in fault) return void response.end(JSON.stringify(fault.body));
  const { error, message = null, status = 400, retryAfter } = fault;
  const later = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  response.writeHead(status, { 'x-amzn-requestid': 'request-refused', ...later });
  if (json) return void response.end(JSON.stringify({ __type: error, message }));
  response.end(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${error}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
  );
}
