import { print, tag } from './html.ts';
import type { Pieces } from './pieces.ts';

/** Commands offered below the channel. */
const commands = [
  '/kms help',
  '/kms list all',
  '/kms status payments-prod',
  '/kms rescue payments-prod',
  '/kms schedule-deletion payments-prod',
];

/** The whole page as HTML. */
export function printDocument(pieces: Pieces, dayMs: number): string {
  const seconds = dayMs / 1000;
  const head = tag(
    'head',
    null,
    tag('meta', { charSet: 'utf-8' }),
    tag('meta', { name: 'viewport', content: 'width=device-width' }),
    tag('meta', { name: 'color-scheme', content: 'light dark' }),
    tag('title', null, 'Keywarden sandbox'),
    tag('link', { rel: 'icon', href: '/page/icon.svg' }),
    tag('link', { rel: 'stylesheet', href: '/page/page.css' }),
    tag('link', { rel: 'stylesheet', href: '/page/slack.css' }),
    tag('link', { rel: 'stylesheet', href: '/page/aws.css' }),
    tag('script', { type: 'module', src: '/page/main.js' }),
  );
  const top = tag(
    'header',
    { className: 'top' },
    tag('h1', null, 'Keywarden ', tag('span', null, 'sandbox')),
    tag(
      'p',
      { className: 'quiet' },
      `A day lasts ${seconds} s here: a window of 7 days ends after ${spanOf(7 * seconds)}.`,
    ),
    tag('span', { className: 'quiet' }, 'You are'),
    tag('nav', { id: 'people', 'aria-label': 'Who you are' }, pieces.people),
  );
  const slack = tag(
    'section',
    { className: 'slack', 'aria-label': 'Slack' },
    tag('nav', { className: 'sidebar' }, tag('b', null, 'Sandbox'), tag('div', { id: 'places' }, pieces.places)),
    tag(
      'div',
      { className: 'room' },
      tag('h2', { id: 'title' }, pieces.title),
      tag('div', { id: 'scroll' }, pieces.scroll),
      tag(
        'form',
        { id: 'composer', autoComplete: 'off' },
        tag('input', { name: 'text', 'aria-label': 'Command', placeholder: 'Type /kms …' }),
        tag('button', { type: 'submit', className: 'button primary' }, 'Send'),
        tag(
          'p',
          null,
          commands.map((command) => tag('button', { key: command, type: 'button', 'data-command': command }, command)),
        ),
      ),
    ),
    tag('div', { id: 'modal' }, pieces.modal),
  );
  const aws = tag(
    'section',
    { className: 'aws', 'aria-label': 'AWS' },
    tag('header', null, tag('h2', null, 'AWS'), tag('nav', { id: 'tabs', 'aria-label': 'AWS' }, pieces.tabs)),
    tag('div', { id: 'panel' }, pieces.panel),
  );
  const confirm = tag(
    'dialog',
    { id: 'confirm' },
    tag(
      'form',
      { method: 'dialog' },
      tag('h2'),
      tag('p'),
      tag(
        'footer',
        null,
        tag('button', { value: 'no', className: 'button' }),
        tag('button', { value: 'yes', className: 'button primary' }),
      ),
    ),
  );
  const body = tag('body', null, top, tag('main', null, slack, aws), confirm, tag('div', { id: 'notes' }));
  return `<!doctype html>${print(tag('html', { lang: 'en' }, head, body))}`;
}

function spanOf(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 6) / 10} min`;
}
