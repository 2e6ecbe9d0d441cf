import { isObject, type JsonObject } from '../json.ts';
import { problemsOfBlocks, type Surface } from './block-rules.ts';
import { Problems } from './problems.ts';

/** Limits of modals and Home tabs: domain facts §8. */
const limits = { title: 24, privateMetadata: 3000, identifier: 255, bytes: 250_000 } as const;

/** What Slack would refuse in a view: its own error word, with the details it names. */
export type ViewRefusal = { readonly error: string; readonly messages: readonly string[] };

/** Looks at a view as the app passed it; `undefined` means it is taken. */
export function refusalOfView(view: unknown, surfaces: readonly Surface[]): ViewRefusal | undefined {
  const problems = new Problems();
  if (!isObject(view)) {
    problems.add('/view', 'must provide an object');
    return { error: 'invalid_arguments', messages: problems.messages };
  }
  if (Buffer.byteLength(JSON.stringify(view)) > limits.bytes) return { error: 'view_too_large', messages: [] };
  const surface = surfaces.find((candidate) => candidate === view.type);
  if (surface === undefined) problems.add('/view/type', `unsupported type: ${String(view.type)}`);
  else checkView(problems, view, surface);
  return problems.messages.length === 0 ? undefined : { error: 'invalid_arguments', messages: problems.messages };
}

function checkView(problems: Problems, view: JsonObject, surface: Surface): void {
  problems.string(view.private_metadata, '/view/private_metadata', limits.privateMetadata);
  problems.string(view.callback_id, '/view/callback_id', limits.identifier);
  problems.string(view.external_id, '/view/external_id', limits.identifier);
  if (!Array.isArray(view.blocks)) {
    problems.add('/view', 'missing required field: blocks');
    return;
  }
  problems.messages.push(...problemsOfBlocks(view.blocks, surface, '/view/blocks'));
  if (surface === 'home') return;
  problems.text(view.title, '/view/title', limits.title, 'plain', true);
  problems.text(view.close, '/view/close', limits.title, 'plain');
  // A modal with inputs cannot be sent off without its button.
  const hasInput = view.blocks.some((block) => isObject(block) && block.type === 'input');
  problems.text(view.submit, '/view/submit', limits.title, 'plain', hasInput);
}
