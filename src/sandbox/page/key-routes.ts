import type { FastifyInstance } from 'fastify';
import { callerOf, objectOf } from '../control.ts';
import type { KeyDeeds, KmsAnswer } from '../key-deeds.ts';
import type { Caller } from '../world.ts';
import type { Scene } from './scene.ts';

/** How soon the page lets material expire: late enough to be seen coming. */
const soonMs = 5_000;
const mostShards = 500;

/** The page's own buttons: what takes more than one call of AWS. */
export function serveKeyDeeds(server: FastifyInstance, scene: Scene, deeds: KeyDeeds): void {
  const runs: Readonly<Record<string, (keyArn: string, caller: Caller) => Promise<KmsAnswer>>> = {
    use: (keyArn, caller) => deeds.useKey(keyArn, caller),
    import: (keyArn, caller) => deeds.importMaterial(keyArn, caller),
    // Material gets a new date of expiry by importing it again, also in AWS.
    grant: (keyArn, caller) => deeds.giveGrant(keyArn, caller),
    revoke: (keyArn, caller) => deeds.revokeGrants(keyArn, caller),
    expire: (keyArn, caller) => deeds.importMaterial(keyArn, caller, scene.now() + soonMs),
  };
  server.post<{ Params: { deed: string } }>('/page/key/:deed', async (request, reply) => {
    const run = runs[request.params.deed];
    const caller = callerOf(request.headers);
    const { KeyId } = objectOf(request.body);
    if (run === undefined || typeof KeyId !== 'string') return reply.callNotFound();
    if (typeof caller === 'string') return reply.code(400).send({ ok: false, error: caller });
    const answer = await run(KeyId, caller);
    return reply.code(answer.status).send(answer.body);
  });
  server.post<{ Params: { deed: string } }>('/page/shards/:deed', async (request, reply) => {
    const { deed } = request.params;
    const caller = callerOf(request.headers);
    if (deed !== 'make' && deed !== 'schedule') return reply.callNotFound();
    if (typeof caller === 'string') return reply.code(400).send({ ok: false, error: caller });
    const { keys } = objectOf(request.body);
    if (typeof keys !== 'number' || !Number.isInteger(keys) || keys < 1 || keys > mostShards)
      return reply.code(400).send({ ok: false, error: `keys: expected a whole number from 1 to ${mostShards}` });
    const answer = await (deed === 'make' ? deeds.makeShards(keys, caller) : deeds.scheduleShards(caller));
    return reply.code(answer.status).send(answer.body);
  });
  server.post('/page/clear-faults', () => {
    scene.aws.clearFaults();
    scene.slack.clearFaults();
    return { ok: true };
  });
}
