// What a person does in Slack: clicks, choices, forms, commands.
import { refresh, scrollToNews } from './live.js';
import { act, person, place, send, tell } from './send.js';

/** Handles a click on something of Slack's; answers whether it was one. */
export async function clicked(target) {
  const cancel = target.closest('[data-cancel]');
  if (cancel) {
    await act('cancel', { viewId: cancel.dataset.cancel });
    await refresh();
    return;
  }
  const phone = target.closest('[data-phone]');
  if (phone) return readPhone(phone);
  const button = target.closest('button[data-click]');
  if (!button) return;
  button.closest('details.overflow')?.removeAttribute('open');
  if (button.dataset.url) open(button.dataset.url, '_blank', 'noopener');
  if (!(await confirmed(button.dataset.confirm))) return;
  button.setAttribute('aria-busy', 'true');
  await act('click', JSON.parse(button.dataset.click));
  button.removeAttribute('aria-busy');
}

/** Looks at the person's phone: its code goes into the input beside it, or the reason why there is none below. */
async function readPhone(button) {
  const line = button.closest('.input');
  const [input, output] = [line.querySelector('input'), line.querySelector('output')];
  button.setAttribute('aria-busy', 'true');
  const { body: answer } = await send('/sandbox/totp', { user: person() });
  button.removeAttribute('aria-busy');
  output.className = answer.ok ? 'answer' : 'answer bad';
  output.textContent = answer.ok ? '' : answer.error;
  if (!answer.ok) return;
  input.value = answer.code;
  input.focus();
}

/** Handles a choice in a menu or an input that reaches the bot at once. */
export async function chosen(target) {
  if (!target.dataset.click || target.tagName === 'BUTTON') return;
  if (!(await confirmed(target.dataset.confirm))) {
    // Back to what stood there when it was drawn.
    const drawn = [...(target.options ?? [])].find((option) => option.defaultSelected);
    if (drawn) drawn.selected = true;
    return;
  }
  await act('click', { ...JSON.parse(target.dataset.click), value: chosenIn(target) });
}

/** Of checkboxes Slack tells all that are ticked now. */
function chosenIn(target) {
  if (target.type !== 'checkbox') return target.value;
  return [...target.closest('.choices').querySelectorAll('input:checked')].map(({ value }) => value);
}

/** Sends a modal off. */
export async function submitted(form) {
  const values = {};
  for (const control of form.elements) {
    if (!control.name) continue;
    if (control.type === 'checkbox') {
      values[control.name] ??= [];
      if (control.checked) values[control.name].push(control.value);
    } else if (control.type !== 'radio' || control.checked) values[control.name] = control.value;
  }
  for (const output of form.querySelectorAll('output')) output.textContent = '';
  form.setAttribute('aria-busy', 'true');
  const { body: answer } = await send('/sandbox/slack/submit', { viewId: form.dataset.view, values, user: person() });
  form.removeAttribute('aria-busy');
  await refresh();
  // What is wrong stands in the form, as long as it is there.
  if (form.isConnected) form.querySelector('.error:not(:empty)')?.scrollIntoView({ block: 'nearest' });
  else if (!answer.ok) tell(answer.error);
}

/** Types what stands in the box below the channel. */
export async function typed(form) {
  const text = form.elements.text.value.trim();
  if (!text.startsWith('/kms'))
    return tell('People here talk to Keywarden only: type a command, /kms help for instance.');
  const channel = place();
  if (channel === 'home' || channel.startsWith('D'))
    return tell('Commands are typed in a channel: choose one on the left.');
  form.elements.text.value = '';
  // The answer comes below everything, and whoever typed looks for it.
  scrollToNews();
  await act('command', { channel, text });
}

/** Asks what the button wants asked first. */
function confirmed(words) {
  if (!words) return Promise.resolve(true);
  const { title, text, confirm, deny, danger } = JSON.parse(words);
  const dialog = document.querySelector('#confirm');
  dialog.querySelector('h2').textContent = title;
  dialog.querySelector('p').textContent = text;
  const [no, yes] = dialog.querySelectorAll('button');
  no.textContent = deny;
  yes.textContent = confirm;
  yes.classList.toggle('danger', danger);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
