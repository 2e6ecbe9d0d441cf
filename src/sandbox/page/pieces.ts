import { drawChannel } from './channel.ts';
import { drawEvents } from './events.ts';
import { drawFaultForm } from './fault-form.ts';
import { type Drawn, tag } from './html.ts';
import { drawKeyActions } from './key-actions.ts';
import { drawKeys, factsOf } from './keys.ts';
import { namesIn, type Scene } from './scene.ts';
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
  // Of direct messages people see their own.
  const mine = `@${names.users.get(sight.person)}`;
  const channels = scene.slack.channels().filter(({ name }) => !name.startsWith('@') || name === mine);
  const channel = channels.find(({ id }) => id === sight.place);
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
      ...channels.map(({ id, name }) => placeLink(id, name.startsWith('@') ? name : `# ${name}`, sight, go)),
      placeLink(home, '⌂ Home', sight, go),
    ],
    title: channel === undefined ? 'Keywarden · Home' : `# ${channel.name}`,
    scroll: channel === undefined ? drawHome(views, sight.person, names) : drawChannel(channel, seen, names),
    modal: modal === undefined ? null : drawModal(modal, names, scene.errors.get(modal.id) ?? {}),
    tabs: panels.map((panel) =>
      tag(
        'a',
        { key: panel, href: go({ panel }), 'data-go': true, 'aria-current': panel === sight.panel || undefined },
        panel,
      ),
    ),
    panel: drawPanel(scene, sight, go),
  };
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
      return drawKeys(keys, drawing, drawKeyActions);
    }
    case 'events':
      return drawEvents(scene.aws.events(), new Map(keys.map(({ id, name }) => [id, name])));
    case 'faults':
      return drawFaultForm();
  }
}
