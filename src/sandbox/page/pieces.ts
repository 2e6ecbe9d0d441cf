import { drawChannel } from './channel.ts';
import { drawEvents } from './events.ts';
import { drawFaultForm } from './fault-form.ts';
import { type Drawn, tag } from './html.ts';
import { drawKeyActions, drawShardForm } from './key-actions.ts';
import { drawKeys, factsOf } from './keys.ts';
import { drawPager, pagesIn, ringing } from './pager.ts';
import { channelsOf, isDirect, namesIn, type Scene } from './scene.ts';
import { addressOf, home, panels, type Sight } from './sight.ts';
import { drawHome, drawModal, topModal } from './views.ts';

/** The pieces of the page that change, by the id of the element they fill. */
export type Pieces = Readonly<Record<(typeof pieceIds)[number], Drawn>>;
export const pieceIds = ['people', 'places', 'title', 'scroll', 'modal', 'tabs', 'panel'] as const;

/** Draws every piece for what somebody looks at. */
export function drawPieces(scene: Scene, sight: Sight): Pieces {
  const names = namesIn(scene);
  const go = (change: Partial<Sight>) => addressOf(sight, names.users, change);
  const views = scene.slack.views();
  const modal = topModal(views, sight.person, scene.cancelled);
  const channels = channelsOf(scene, sight.person);
  const channel = channels.find(({ id }) => id === sight.place);
  const calls = ringing(pagesIn(scene.aws.events()));
  const seen = scene.slack
    .ephemerals()
    .filter(({ user, channel: where }) => user === sight.person && where === channel?.id);
  return {
    people: scene.people.map(({ id, handle, duty }) =>
      tag(
        'a',
        {
          key: id,
          href: go({ person: id }),
          'data-go': true,
          'data-handle': handle,
          'aria-current': id === sight.person || undefined,
        },
        tag('b', null, handle),
        tag('small', null, duty),
      ),
    ),
    places: [
      ...channels.filter(({ id }) => !isDirect(id)).map(({ id, name }) => placeLink(id, `# ${name}`, sight, go)),
      tag('b', { key: 'app' }, 'Keywarden'),
      placeLink(home, '⌂ Home', sight, go),
      ...channels.filter(({ id }) => isDirect(id)).map(({ id }) => placeLink(id, '✉ Messages', sight, go)),
    ],
    title: titleOf(channel),
    scroll: channel === undefined ? drawHome(views, sight.person, names) : drawChannel(channel, seen, names),
    modal: modal === undefined ? null : drawModal(modal, names, scene.errors.get(modal.id) ?? {}),
    tabs: panels.map((panel) =>
      tag(
        'a',
        { key: panel, href: go({ panel }), 'data-go': true, 'aria-current': panel === sight.panel || undefined },
        panel,
        panel === 'pager' && calls > 0 ? tag('span', { className: 'badge alarm' }, calls) : null,
      ),
    ),
    panel: drawPanel(scene, sight, go),
  };
}

function titleOf(channel: { readonly id: string; readonly name: string } | undefined): string {
  if (channel === undefined) return 'Keywarden · Home';
  return isDirect(channel.id) ? 'Keywarden · Messages' : `# ${channel.name}`;
}

function placeLink(place: string, label: string, sight: Sight, go: (change: Partial<Sight>) => string): Drawn {
  const current = place === sight.place || undefined;
  return tag(
    'a',
    { key: place, href: go({ place }), 'data-go': true, 'data-place': place, 'aria-current': current },
    label,
  );
}

function drawPanel(scene: Scene, sight: Sight, go: (change: Partial<Sight>) => string): Drawn {
  const keys = scene.aws.keys().map(factsOf);
  switch (sight.panel) {
    case 'keys': {
      const drawing = {
        dayMs: scene.dayMs,
        accountNames: scene.accountNames,
        selected: sight.key,
        addressOf: (key: string | undefined) => go({ key }),
      };
      return [drawKeys(keys, drawing, drawKeyActions), drawShardForm()];
    }
    case 'events':
      return drawEvents(scene.aws.events(), new Map(keys.map(({ id, name }) => [id, name])));
    case 'pager':
      return drawPager(pagesIn(scene.aws.events()));
    case 'faults':
      return drawFaultForm();
  }
}
