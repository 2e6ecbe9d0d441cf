/** The form before imported key material is deleted: what is lost, who could bring it back, and the milder way. */
import type { InputBlock, KnownBlock, ModalView } from '@slack/types';
import { namesToType } from '../../../domain/buttons.ts';
import type { Incident } from '../../../domain/incident.ts';
import { plain, section } from './blocks.ts';
import { keyLine } from './key-lines.ts';
import { nameOf } from './names.ts';
import { plainForeign } from './text.ts';
import { exactTime } from './times.ts';
import type { View } from './view.ts';

export const DELETE_MATERIAL_FORM = 'delete_material';

/** Names of the form's inputs, on the wire. Each block is named like its input, so errors find their field. */
export type FormField = 'reason' | 'key_name' | 'ticket';

/** Draws the form. `shown`: fingerprint of the key as it is shown, sent back with the form. */
export function drawDeleteMaterialForm(incident: Incident, view: View, shown?: string): ModalView {
  const [name = ''] = namesToType(incident);
  const blocks: KnownBlock[] = [
    section([
      `*${nameOf(incident)}*`,
      incident.subject.kind === 'key' ? keyLine(incident.subject.key, incident, view) : '',
      stateWords(incident),
    ]),
    section([
      '*What is lost.*  KMS deletes the material at once, without a waiting period. Every call that uses the key fails from then on. AWS keeps no copy: if nobody holds exactly the same bytes, everything this key encrypted is lost for good, and no click brings it back.',
      '*Disable first.*  Disabling stops every use as well, and Enable undoes it. Delete the material only when it must be gone.',
    ]),
    input('reason', 'Why must the material go?', { multiline: true, most: 1_000 }),
    input('key_name', 'Type the key’s name', { hint: `Exactly: ${plainForeign(name, 150)}`, most: 300 }),
    input('ticket', 'Ticket', { optional: true, most: 200 }),
  ];
  return {
    type: 'modal',
    callback_id: DELETE_MATERIAL_FORM,
    title: plain('Delete Material', 24),
    submit: plain('Delete Material', 24),
    close: plain('Keep it', 24),
    private_metadata: shown === undefined ? incident.id : `${incident.id}.${shown}`,
    blocks,
  };
}

/** What the form remembered of its incident. */
export function readFormMemory(text: string): { readonly incident: string; readonly shown?: string } {
  const [incident = '', shown] = text.split('.');
  return shown === undefined ? { incident } : { incident, shown };
}

function stateWords(incident: Incident): string {
  const { read } = incident;
  return read?.kind === 'read'
    ? `State: ${read.snapshot.state}, read ${exactTime(read.snapshot.readAt)}`
    : 'State: not read';
}

interface InputWords {
  readonly hint?: string;
  readonly optional?: boolean;
  readonly multiline?: boolean;
  readonly most: number;
}

/** An input block; labels hold 2,000 characters, typed text 3,000. */
const input = (field: FormField, label: string, words: InputWords): InputBlock => ({
  type: 'input',
  block_id: field,
  label: plain(label, 2_000),
  optional: words.optional ?? false,
  element: { type: 'plain_text_input', action_id: field, multiline: words.multiline ?? false, max_length: words.most },
  ...(words.hint === undefined ? {} : { hint: plain(words.hint, 2_000) }),
});

/** Under the first field, when nobody knows whether the form was written down. */
export const FORM_NOT_RECORDED = 'Not recorded, try again: nothing was done.';
/** Under the first field, when the answer takes longer than Slack waits. */
export const FORM_STILL_CHECKING =
  'Still checking. Wait a moment and look at the card: if this was accepted, it is told there. Send again if not.';
