import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pictureOf } from '../slack/pictures.ts';
import { printDocument } from './document.ts';
import { print } from './html.ts';
import { drawPieces, pieceIds } from './pieces.ts';
import { type Scene, sightsIn } from './scene.ts';
import { readSight } from './sight.ts';

const types: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

/**
 * What the browser may load. Style attributes are allowed because slack-blocks-to-jsx draws lists and code with them;
 * whatever text comes from outside is escaped and cannot bring its own.
 */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page, its changing pieces, the files people open and its assets. */
export function servePage(server: FastifyInstance, scene: Scene): void {
  const look = (url: string) => {
    const query = new URL(url, 'http://loopback').searchParams;
    return drawPieces(scene, readSight(query, sightsIn(scene)));
  };
  server.get('/', (request, reply) =>
    reply
      .header('content-security-policy', contentPolicy)
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer')
      .header('x-content-type-options', 'nosniff')
      .type('text/html; charset=utf-8')
      .send(printDocument(look(request.url), scene.dayMs)),
  );
  server.get('/page/pieces', (request) => {
    const pieces = look(request.url);
    return Object.fromEntries(pieceIds.map((id) => [id, print(pieces[id])]));
  });
  // Whatever is in an uploaded file: unless its bytes are a picture it is shown as text, and nothing in it runs.
  server.get<{ Params: { id: string } }>('/page/files/:id', (request, reply) => {
    const file = scene.slack.file(request.params.id);
    if (file === undefined) return reply.callNotFound();
    return reply
      .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'; sandbox")
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .type(pictureOf(file.content)?.mimetype ?? 'text/plain; charset=utf-8')
      .send(file.content);
  });
  server.get<{ Params: { asset: string } }>('/page/:asset', async (request, reply) => {
    const { asset } = request.params;
    const type = types[asset.split('.').at(-1) ?? ''];
    // Names only: no path leads out of the folder.
    if (type === undefined || !/^[a-z-]+\.[a-z]+$/.test(asset)) return reply.callNotFound();
    const content = await readFile(join(import.meta.dirname, 'assets', asset)).catch(() => undefined);
    return content === undefined
      ? reply.callNotFound()
      : reply.type(type).header('cache-control', 'no-cache').header('x-content-type-options', 'nosniff').send(content);
  });
}
