// What somebody does in AWS, and the faults.
import { refresh } from './live.js';
import { send } from './send.js';

/** Acts on a key as the chosen principal; what KMS answers stands below the buttons. */
export async function acted(form, { value: operation, dataset }) {
  const { principal, days } = form.elements;
  const headers = {
    'x-sandbox-principal': principal.value || 'mallory',
    'x-sandbox-account': form.dataset.account,
    'x-sandbox-region': form.dataset.region,
  };
  const body = JSON.parse(dataset.body);
  if (operation === 'ScheduleKeyDeletion') body.PendingWindowInDays = Number(days.value);
  const isOwn = ['use', 'import', 'expire', 'grant', 'revoke'].includes(operation);
  const answer = await send(isOwn ? `/page/key/${operation}` : `/sandbox/aws/${operation}`, body, headers);
  answered(form, answer, operation);
  await refresh();
}

/** Makes many keys, or has them all scheduled for deletion. */
export async function sharded(form, { value: deed, textContent }) {
  answered(form, await send(`/page/shards/${deed}`, { keys: Number(form.elements.keys.value) }), textContent);
  await refresh();
}

/** Puts a fault into the world. */
export async function failed(form) {
  const { service, operation, mode, count } = form.elements;
  const fault = { service: service.value, operation: operation.value, mode: mode.value, count: Number(count.value) };
  answered(form, await send('/sandbox/fault', fault), `${fault.service} ${fault.operation}: ${fault.mode}`);
}

/** Takes all faults back. */
export async function clearFaults(form) {
  answered(form, await send('/page/clear-faults', {}), 'All faults are gone');
}

function answered(form, { status, body }, what) {
  const output = form.querySelector('output');
  const error = [body.__type?.split('#').at(-1), body.message ?? body.Message ?? body.error].filter(Boolean).join(': ');
  output.className = status === 200 ? 'answer good' : 'answer bad';
  output.textContent = status === 200 ? `${what} ✓` : error || `HTTP ${status}`;
}
