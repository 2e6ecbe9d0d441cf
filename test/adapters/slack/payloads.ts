/** What Slack sends, as the tests want it: presses, commands and forms. */
import { incidentId } from '../../domain/samples.ts';

export const USER = 'U1234567';
export const CHANNEL = 'C123ABC456';
export const TRIGGER = '1.2.3';

export const form = (fields: Readonly<Record<string, string>>): string => new URLSearchParams(fields).toString();
export const payload = (data: object): string => form({ payload: JSON.stringify(data) });

const who = { user: { id: USER, name: 'jt', team_id: 'T1234567' }, enterprise: null, trigger_id: TRIGGER };
const team = { id: 'T1234567', domain: 'example' };
const actions = (action: object) => [{ type: 'button', block_id: 'b', action_ts: '1773479890.840180', ...action }];

/** A press on a message. */
export const press = (action: object, more: object = {}): object => ({
  type: 'block_actions',
  ...who,
  team,
  channel: { id: CHANNEL, name: 'kms' },
  message: {
    ts: '1773479861.000200',
    metadata: { event_type: 'keywarden', event_payload: { incident: incidentId, effect: 'card' } },
  },
  actions: actions(action),
  ...more,
});
/** A press in a form, or at home. */
export const pressIn = (type: 'modal' | 'home', action: object): object => ({
  type: 'block_actions',
  ...who,
  team,
  container: { type: 'view', view_id: 'V1' },
  view: { id: 'V1', type, callback_id: 'ask', private_metadata: '', state: { values: {} } },
  actions: actions(action),
});
export const command = (text: string, trigger = '13345224609.738474920.8088930838d88f008e0'): string =>
  form({
    command: '/kms',
    text,
    team_id: 'T1234567',
    enterprise_id: 'E0001',
    channel_id: CHANNEL,
    user_id: USER,
    trigger_id: trigger,
  });
/** A form sent off: what was typed, by field, and what the form remembered. */
export const sent = (
  callbackId: string,
  metadata: unknown,
  values: Readonly<Record<string, string | null | readonly string[]>>,
): object => ({
  type: 'view_submission',
  ...who,
  team: null,
  view: {
    id: 'V1',
    type: 'modal',
    callback_id: callbackId,
    private_metadata: typeof metadata === 'string' ? metadata : JSON.stringify(metadata),
    state: {
      values: Object.fromEntries(
        Object.entries(values).map(([name, value]) => [
          name,
          {
            [name]:
              value === null || typeof value === 'string'
                ? { type: 'plain_text_input', value }
                : { type: 'checkboxes', selected_options: value.map((one) => ({ value: one })) },
          },
        ]),
      ),
    },
  },
});
