/** What is closed on a person's word: the entry in the menu, the form, and what card, thread, evidence and the end of an alert say of it. */
import type { Overflow } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { drawCard } from '../../../src/adapters/slack/words/card.ts';
import { evidenceMarkdown } from '../../../src/adapters/slack/words/evidence.ts';
import { drawForm } from '../../../src/adapters/slack/words/forms.ts';
import { drawNote } from '../../../src/adapters/slack/words/notes.ts';
import { drawReminder } from '../../../src/adapters/slack/words/reminders.ts';
import { evidenceOf } from '../../../src/domain/evidence.ts';
import type { DangerKind, Incident, Subject } from '../../../src/domain/incident.ts';
import { known } from '../../../src/domain/key.ts';
import { matterOf } from '../../../src/domain/looked-into.ts';
import { closed } from '../../../src/domain/reading.ts';
import { noted } from '../../../src/domain/record.ts';
import { fact, incident, incidentId, key, read, T0 } from '../../domain/samples.ts';
import { expectNoStrayMarkup, expectTaken, expectWithinLimits, headerOf, inputsOf, readable, view } from './drawn.ts';

const bob = { enterprise: '', team: 'T1', user: 'U0BOB' };
const details = {
  aliases: known(['alias/orders']),
  tags: known({}),
  lastUse: known({ kind: 'neverSeen' as const }),
};
const danger = (kind: DangerKind): Incident['dangers'][number] => ({ kind, firstAt: T0, lastAt: T0, count: 1 });
const asked = fact({ kind: 'watchRequested', key, by: 'U0ALICE', reason: 'odd calls' });
const watched = incident({
  details,
  read: read('Enabled'),
  dangers: [{ ...danger('watched'), fact: asked }],
});
const place: Subject = { kind: 'place', place: { account: key.account, region: key.region } };
const topic: Subject = { kind: 'topic', topicArn: 'arn:aws:sns:us-west-2:111122223333:alarms' };
const blinded = incident({ subject: place, dangers: [danger('trailBlinded')] });
const silent = incident({ subject: topic, dangers: [danger('unsubscribed')] });

const menuOf = (about: Incident, plain = false): Overflow | undefined =>
  drawCard(about, view, { plain })
    .blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .find((element) => element.type === 'overflow');
const entriesOf = (about: Incident): readonly string[] => menuOf(about)?.options.map(({ text }) => text.text) ?? [];
const ended = (about: Incident, reason = 'our own test, CHG-9'): Incident =>
  closed(noted(about, T0, { kind: 'lookedInto', by: bob, reason }), T0, 'lookedInto');

describe('the menu', () => {
  const AWS = ['Show AWS CLI commands', 'Evidence', 'Open in AWS console'];
  test.each<[string, Incident, readonly string[]]>([
    ['what only a person ends: in the place of Snooze', watched, ['Acknowledge', 'Close: looked into', ...AWS]],
    ['what a read ends', { ...watched, dangers: [danger('useRefused')] }, ['Acknowledge', 'Snooze', ...AWS]],
    ['on hold', { ...watched, hold: { by: bob, at: T0, reason: 'odd' } }, ['Acknowledge', 'Snooze', ...AWS]],
    ['over', ended(watched), AWS],
    ['a blinded trail', blinded, ['Close: looked into']],
    ['a topic that went silent', silent, ['Close: looked into']],
    ['a blinded trail, over', ended(blinded), []],
  ])('%s', (_name, about, entries) => {
    expect(entriesOf(about)).toEqual(entries);
    expectWithinLimits(drawCard(about, view, { plain: false }));
  });
  test('the card says what the entry is for, as long as it is there', () => {
    for (const about of [watched, blinded, silent])
      expect(readable(drawCard(about, view, { plain: false }).blocks)).toContain('until somebody has looked into it');
    for (const about of [ended(watched), ended(blinded), { ...watched, dangers: [danger('useRefused')] }])
      expect(readable(drawCard(about, view, { plain: false }).blocks)).not.toContain('until somebody has looked');
  });
  test('what KMS may not show yet has no entry, and the card says when it will', () => {
    const fresh = { ...watched, dangers: [...watched.dangers, danger('keyDisabled')] };
    expect(entriesOf(fresh)).not.toContain('Close: looked into');
    expect(readable(drawCard(fresh, view, { plain: false }).blocks)).toContain('it can be closed so in a minute');
  });
  test('its entry carries the incident alone', () => {
    expect(menuOf(watched)?.options[1]?.value).toBe(`close:${incidentId}`);
  });
  test('a reminder has no such entry, nor has the short form of a card', () => {
    const reminder = drawReminder(watched, { reminder: { kind: 'undecided', since: T0 }, volume: 'mention' }, view, {
      plain: false,
    });
    expect(JSON.stringify(reminder.blocks)).not.toContain(`close:${incidentId}`);
    for (const about of [watched, blinded, silent]) expect(menuOf(about, true)).toBeUndefined();
  });
});

describe('the form', () => {
  test.each<[string, Incident, readonly string[]]>([
    ['a key', watched, ['alias/orders', 'State: Enabled, read', 'odd calls']],
    ['a place', blinded, ['payments-prod 111122223333', 'us-west-2', 'Recording stopped']],
    ['a topic', silent, ['arn:aws:sns:us-west-2:111122223333:alarms', 'Unsubscribed']],
  ])('of %s: what is closed, and why it is', (_name, about, parts) => {
    const form = drawForm({ kind: 'close', incident: about, matter: matterOf(about) }, view);
    for (const part of parts) expect(readable(form.blocks)).toContain(part);
    expect(inputsOf(form)).toEqual([['reason', false]]);
    expect(JSON.stringify(form)).toContain('"min_length":3,"max_length":500');
    expect(JSON.parse(form.private_metadata ?? '')).toEqual({ incident: incidentId, matter: matterOf(about) });
    expectTaken(form);
    expectNoStrayMarkup(form.blocks);
  });
});

describe('over', () => {
  const said = '*Looked into*, closed by <@U0BOB> at 2026-03-14 09:12:00 UTC: our own test, CHG-9';
  test('a key: not green, who and why, and what KMS reads', () => {
    const card = drawCard(ended(watched), view, { plain: false });
    expect(headerOf(card)).toBe('⚪  Looked into and closed · alias/orders');
    expect(readable(card.blocks)).toContain(said);
    expect(readable(card.blocks)).toContain('closed on that word; KMS reads the key as Enabled');
  });
  test.each([
    ['a blinded trail', blinded],
    ['a topic', silent],
  ])('%s: who and why, and nothing that nobody has read', (_name, about) => {
    const card = drawCard(ended(about), view, { plain: false });
    expect(headerOf(card)).toContain('⚪  Looked into and closed');
    expect(readable(card.blocks)).toContain(said);
    expect(readable(card.blocks)).not.toContain('read afresh');
  });
  test('the thread, the evidence, and where people were woken', () => {
    const about = ended(watched);
    const note = readable(drawNote(about, 0, { plain: false }).blocks);
    expect(note).toContain('<@U0BOB> looked into it: our own test, CHG-9');
    expect(note).toContain('Closed: somebody looked into it and says that it is dealt with');
    const markdown = evidenceMarkdown(evidenceOf(about, { entries: [], now: T0 }));
    expect(markdown).toMatch(/Looked into and closed by .*U0BOB.*: `our own test, CHG-9`/);
    expect(markdown).toContain('somebody looked into it and said that it is dealt with');
    const over = readable(
      drawReminder(about, { reminder: { kind: 'over', outcome: 'lookedInto' }, volume: 'everyone' }, view, {
        plain: false,
      }).blocks,
    );
    expect(over).toContain('⚪ Over: alias/orders was looked into and closed');
    expect(over).toContain(said);
    expect(over).not.toContain('out of danger');
  });
  test('what was typed is drawn harmless', () => {
    const text = '<!channel> <https://evil.example|ok> *bold* `code` :tada: \u202e';
    const about = ended(watched, text);
    for (const { blocks } of [drawCard(about, view, { plain: false }), drawNote(about, 0, { plain: false })]) {
      expect(readable(blocks)).not.toContain('<!channel>');
      expect(readable(blocks)).not.toContain('<https://evil');
      expect(readable(blocks)).not.toContain('\u202e');
    }
  });
});
