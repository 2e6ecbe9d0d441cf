// The page's behaviour: every handler stands on the document, because the pieces below are replaced all the time.
import { acted, clearFaults, failed, sharded } from './aws.js';
import { go, watch } from './live.js';
import { act } from './send.js';
import { chosen, clicked, submitted, typed } from './slack.js';

document.addEventListener('click', async (event) => {
  const { target } = event;
  for (const menu of document.querySelectorAll('details.overflow[open]')) {
    if (!menu.contains(target)) menu.removeAttribute('open');
  }
  const message = target.closest('a[data-message]');
  if (message && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const there = new URL(location.href);
    there.searchParams.set('place', message.dataset.in);
    const { message: ts } = message.dataset;
    await go(there.href);
    document.querySelector(`[data-ts="${CSS.escape(ts)}"]`)?.scrollIntoView({ block: 'center' });
    return;
  }
  const link = target.closest('a[data-go]');
  if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (link.dataset.place === 'home') void act('home', {});
    await go(link.href);
  } else if (target.closest('[data-command]')) {
    const input = document.querySelector('#composer input');
    input.value = target.closest('[data-command]').dataset.command;
    input.focus();
  } else if (target.closest('[data-clear-faults]')) await clearFaults(target.closest('form'));
  else await clicked(target);
});

document.addEventListener('change', ({ target }) => chosen(target));

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (form.method === 'dialog') return;
  event.preventDefault();
  if (form.id === 'composer') await typed(form);
  else if (form.dataset.view) await submitted(form);
  else if ('aws' in form.dataset) await acted(form, event.submitter);
  else if ('shards' in form.dataset) await sharded(form, event.submitter);
  else if ('fault' in form.dataset) await failed(form);
});

document.addEventListener('keydown', (event) => {
  const close = document.querySelector('#modal [data-cancel]');
  if (event.key === 'Escape' && close) void clicked(close);
});

watch();
