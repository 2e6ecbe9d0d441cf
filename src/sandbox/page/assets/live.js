// Keeps the page true: whenever the server says that something changed, asks for the pieces and puts in what is new.
import { countDown, localise } from './dates.js';
import { morph } from './morph.js';

const shown = new Map();
/** What a form says above its first field comes first. */
const quietly = { preventScroll: true };
/** A press: nothing moves between button down and button up, or the click would be lost. */
const press = { over: undefined, end: () => undefined };
/** Longer than anybody presses, ms: a button let go outside the window tells nobody. */
const LONGEST_PRESS = 1000;
let asking;
let askAgain = false;

/** Fetches all pieces for the present address; calls made meanwhile become one more round. */
export function refresh() {
  askAgain = asking !== undefined;
  asking ??= ask().finally(() => {
    asking = undefined;
    if (askAgain) refresh();
  });
  return asking;
}

async function ask() {
  const address = location.search;
  const answer = await fetch(`/page/pieces${address}`).catch(() => undefined);
  document.body.classList.toggle('lost', !answer?.ok);
  if (!answer?.ok || address !== location.search) return;
  const pieces = await answer.json();
  await press.over;
  const scroll = document.querySelector('#scroll');
  const wasAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  for (const [id, html] of Object.entries(pieces)) {
    if (shown.get(id) !== html) show(id, html);
  }
  if (wasAtEnd && !isHome()) scroll.scrollTop = scroll.scrollHeight;
}

/** A channel is read from its end, Home from its beginning. */
const isHome = () => new URLSearchParams(location.search).get('place') === 'home';

/** As long as nobody scrolls away from there, it stays there. */
export function scrollToNews() {
  const scroll = document.querySelector('#scroll');
  scroll.scrollTop = isHome() ? 0 : scroll.scrollHeight;
}

function show(id, html) {
  shown.set(id, html);
  const template = document.createElement('template');
  template.innerHTML = `<div>${html}</div>`;
  const fresh = template.content.firstElementChild;
  const old = document.getElementById(id);
  const modal = old.querySelector('form')?.dataset.view;
  for (const { name, value } of old.attributes) fresh.setAttribute(name, value);
  localise(fresh);
  countDown(fresh);
  morph(old, fresh);
  const form = id === 'modal' ? old.querySelector('form') : undefined;
  if (form && form.dataset.view !== modal) form.querySelector('input, textarea, select')?.focus(quietly);
}

/** Goes to another address of the page without loading it anew. */
export function go(address) {
  history.pushState(null, '', address);
  scrollToNews();
  return refresh();
}

function begin() {
  press.end();
  press.over = new Promise((resolve) => {
    press.end = resolve;
    setTimeout(resolve, LONGEST_PRESS);
  });
}

/** Starts listening. */
export function watch() {
  localise(document);
  countDown(document);
  scrollToNews();
  const source = new EventSource('/sandbox/events');
  // A lost connection may have lost changes.
  source.addEventListener('open', refresh);
  source.addEventListener('changed', refresh);
  source.addEventListener('error', () => document.body.classList.add('lost'));
  addEventListener('popstate', refresh);
  addEventListener('pointerdown', begin, true);
  // The click comes after the button is up.
  for (const kind of ['pointerup', 'pointercancel']) addEventListener(kind, () => setTimeout(press.end), true);
  setInterval(() => countDown(document), 1000);
}
