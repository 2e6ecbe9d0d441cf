/**
 * KMS (with STS and CloudTrail) and Slack that answer at once and check nothing: what is measured is the bot, not them.
 * Each notes when a request arrived, by the clock of this process.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KmsCall {
  readonly at: number;
  readonly operation: string;
  readonly key: string;
  /** Of the signature: tells one bot process from another. */
  readonly accessKey: string;
  /** Whether it changed the key's state. */
  readonly changed: boolean;
}

export interface KmsStandIn {
  readonly url: string;
  readonly calls: KmsCall[];
  /** `PendingDeletion` for every key not named here. */
  readonly states: Map<string, string>;
  /** Keys that ListKeys shows; none unless set. */
  listed: readonly string[];
  /** The next calls of these operations change the key and are never answered. */
  readonly hangs: Set<string>;
  /** Resolves at the first call that `wanted` fits, past ones included. */
  seen(wanted: (call: KmsCall) => boolean, within: number): Promise<KmsCall>;
  close(): Promise<void>;
}

const LISTED_PER_PAGE = 1_000;
const DAY_SECONDS = 86_400;

export async function startKms(): Promise<KmsStandIn> {
  const calls: KmsCall[] = [];
  const states = new Map<string, string>();
  const hangs = new Set<string>();
  const watch = watcher(calls);
  const created = Date.now() / 1_000 - 90 * DAY_SECONDS;
  const dies = Date.now() / 1_000 + 7 * DAY_SECONDS;
  const standIn = { listed: [] as readonly string[] };

  const metadata = (arn: string): object => {
    const state = states.get(arn) ?? 'PendingDeletion';
    return {
      Arn: arn,
      KeyId: arn.slice(arn.lastIndexOf('/') + 1),
      AWSAccountId: arn.split(':')[4],
      CreationDate: created,
      Enabled: state === 'Enabled',
      KeyState: state,
      KeyManager: 'CUSTOMER',
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      Origin: 'AWS_KMS',
      MultiRegion: false,
      ...(state === 'PendingDeletion' ? { DeletionDate: dies } : {}),
    };
  };
  const move = (arn: string, from: string, to: string): boolean => {
    if ((states.get(arn) ?? 'PendingDeletion') !== from) return false;
    states.set(arn, to);
    return true;
  };
  const keysPage = (marker: unknown): object => {
    const from = Number(marker ?? 0);
    const more = from + LISTED_PER_PAGE < standIn.listed.length;
    return {
      Keys: standIn.listed
        .slice(from, from + LISTED_PER_PAGE)
        .map((arn) => ({ KeyArn: arn, KeyId: arn.slice(arn.lastIndexOf('/') + 1) })),
      Truncated: more,
      ...(more ? { NextMarker: String(from + LISTED_PER_PAGE) } : {}),
    };
  };

  const server = createServer((request, response) => {
    const at = performance.now();
    read(request, (text) => {
      const target = String(request.headers['x-amz-target'] ?? '').split('.');
      const operation = target.at(-1) || (new URLSearchParams(text).get('Action') ?? '');
      const input = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
      const key = typeof input.KeyId === 'string' ? input.KeyId : '';
      const accessKey = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const changed =
        operation === 'CancelKeyDeletion'
          ? move(key, 'PendingDeletion', 'Disabled')
          : operation === 'EnableKey' && move(key, 'Disabled', 'Enabled');
      calls.push({ at, operation, key, accessKey, changed });
      watch.look();
      if (hangs.has(operation)) return;
      switch (operation) {
        case 'DescribeKey':
          return json(response, { KeyMetadata: metadata(key) });
        case 'ListKeys':
          return json(response, keysPage(input.Marker));
        case 'ListAliases':
          return json(response, { Aliases: [], Truncated: false });
        case 'ListResourceTags':
          return json(response, { Tags: [], Truncated: false });
        case 'ListGrants':
          return json(response, { Grants: [], Truncated: false });
        case 'GetKeyPolicy':
          return json(response, { Policy: '{"Version":"2012-10-17","Statement":[]}' });
        case 'GetKeyRotationStatus':
          return json(response, { KeyRotationEnabled: false });
        case 'GetKeyLastUsage':
          return json(response, { KeyId: key, KeyCreationDate: created, TrackingStartDate: created });
        case 'CancelKeyDeletion':
          if (changed) return json(response, { KeyId: key });
          return json(
            response,
            { __type: 'KMSInvalidStateException', message: `${key} is not pending deletion.` },
            400,
          );
        case 'EnableKey':
          return json(response, {});
        case 'LookupEvents':
          return json(response, { Events: [] });
        default:
          // STS too: who the bot is does not matter here, and "not known" is only a warning.
          return json(response, { __type: 'AccessDeniedException', message: 'not in this stand-in' }, 400);
      }
    });
  });
  const url = await listen(server);
  return Object.assign(standIn, { url, calls, states, hangs, seen: watch.seen, close: () => close(server) });
}

export interface SlackCall {
  readonly at: number;
  readonly method: string;
  readonly channel: string;
  readonly thread: boolean;
  readonly text: string;
  /** Button values by action id. */
  readonly buttons: ReadonlyMap<string, string>;
  readonly ts: string;
}

export interface SlackStandIn {
  readonly url: string;
  readonly calls: SlackCall[];
  seen(wanted: (call: SlackCall) => boolean, within: number): Promise<SlackCall>;
  close(): Promise<void>;
}

export const TEAM = 'T0HOME';

export async function startSlack(): Promise<SlackStandIn> {
  const calls: SlackCall[] = [];
  const watch = watcher(calls);
  let posted = 0;
  const server = createServer((request, response) => {
    const at = performance.now();
    read(request, (text) => {
      const method = (request.url ?? '').slice('/api/'.length);
      const fields = new URLSearchParams(text);
      posted += 1;
      const ts = fields.get('ts') ?? `1780000000.${String(posted).padStart(6, '0')}`;
      const blocks = fields.get('blocks') ?? '';
      calls.push({
        at,
        method,
        channel: fields.get('channel') ?? '',
        thread: fields.has('thread_ts'),
        text: `${fields.get('text') ?? ''} ${blocks}`,
        // Read when somebody asks: a storm has thousands of messages.
        get buttons() {
          return buttonsIn(blocks);
        },
        ts,
      });
      watch.look();
      switch (method) {
        case 'auth.test':
          return json(response, { ok: true, team_id: TEAM, user_id: 'U0KEYWARDEN', bot_id: 'B0KEYWARDEN' });
        case 'users.info': {
          const id = fields.get('user');
          return json(response, { ok: true, user: { id, name: 'alice', real_name: 'Alice', team_id: TEAM } });
        }
        case 'conversations.history':
        case 'conversations.replies':
          return json(response, { ok: true, messages: [], has_more: false });
        default:
          return json(response, { ok: true, channel: fields.get('channel'), ts });
      }
    });
  });
  const url = await listen(server);
  return { url: `${url}/api/`, calls, seen: watch.seen, close: () => close(server) };
}

function buttonsIn(blocks: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  JSON.parse(blocks === '' ? '[]' : blocks, (_name, part: unknown) => {
    const { type, action_id: name, value } = (part ?? {}) as Readonly<Record<string, unknown>>;
    if (type === 'button' && typeof name === 'string' && typeof value === 'string') found.set(name, value);
    return part;
  });
  return found;
}

/** Waits for the first entry of a growing list that fits, without looking at an entry twice. */
function watcher<T>(entries: readonly T[]) {
  const waiting = new Set<() => void>();
  return {
    look: () => {
      for (const one of waiting) one();
    },
    seen: (wanted: (entry: T) => boolean, within: number): Promise<T> =>
      new Promise((resolve, reject) => {
        let from = 0;
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`a request was not seen within ${within} ms`));
        }, within);
        function look(): void {
          for (; from < entries.length; from += 1) {
            const entry = entries[from] as T;
            if (!wanted(entry)) continue;
            clearTimeout(timer);
            waiting.delete(look);
            resolve(entry);
            return;
          }
        }
        waiting.add(look);
        look();
      }),
  };
}

/** Hands the body over once it is there. */
export function read(request: IncomingMessage, then: (text: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', () => then(Buffer.concat(chunks).toString()));
}

export function json(response: ServerResponse, body: object, status = 200): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

export async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function close(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
