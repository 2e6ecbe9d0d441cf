import type { FastifyInstance } from 'fastify';
import type { Scene } from './scene.ts';

/** Changes that come within this time are told once. */
const gatherMs = 60;
/** How often keys are compared: KMS changes them by itself too, when a window ends or material expires. */
const compareMs = 1_000;
const beatMs = 15_000;

/** `GET /sandbox/events`: tells browsers, as server-sent events, that there is something new to draw. */
export function serveChanges(server: FastifyInstance, scene: Scene): void {
  const listeners = new Set<(line: string) => void>();
  let gathering: NodeJS.Timeout | undefined;
  const tell = (line: string) => {
    for (const listener of listeners) listener(line);
  };
  const changed = () => {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      tell('event: changed\ndata: {}\n\n');
    }, gatherMs);
  };
  let states = '';
  const compare = () => {
    if (listeners.size === 0) return;
    const now = JSON.stringify(scene.aws.keys());
    if (now !== states) changed();
    states = now;
  };
  const stops = [scene.slack.onChange(changed), scene.aws.onEvent(changed)];
  const timers = [setInterval(compare, compareMs), setInterval(() => tell(': beat\n\n'), beatMs)];
  const streams = new Set<() => void>();

  server.get('/sandbox/events', (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const listener = (line: string) => void raw.write(line);
    const end = () => raw.end();
    listeners.add(listener);
    streams.add(end);
    request.raw.on('close', () => {
      listeners.delete(listener);
      streams.delete(end);
    });
    listener(': listening\n\n');
  });
  // An open stream would keep the server from closing.
  server.addHook('preClose', (done) => {
    for (const stop of stops) stop();
    for (const timer of timers) clearInterval(timer);
    clearTimeout(gathering);
    for (const end of streams) end();
    done();
  });
}
