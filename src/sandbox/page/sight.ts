/** What somebody looks at, as it stands in the page's address; anything unknown falls back to the first of its kind. */
export interface Sight {
  /** Whose Slack it is: a person's id. */
  readonly person: string;
  /** The open channel's or direct message's id, or `home` for the app's Home tab. */
  readonly place: string;
  /** The key whose actions are open: its ARN. */
  readonly key: string | undefined;
  readonly panel: Panel;
}

export const panels = ['keys', 'events', 'pager', 'faults'] as const;
export type Panel = (typeof panels)[number];
export const home = 'home';

/** What there is to look at. */
export interface Sights {
  /** Ids of people by their handles, the usual one first. */
  readonly people: ReadonlyMap<string, string>;
  /** What a person may look at, the usual one first. */
  readonly places: (person: string) => readonly string[];
}

/** Reads the page's address. */
export function readSight(query: URLSearchParams, { people, places }: Sights): Sight {
  const [first = ''] = people.values();
  const person = people.get(query.get('as') ?? '') ?? first;
  const own = places(person);
  return {
    person,
    place: own.find((place) => place === query.get('place')) ?? own[0] ?? home,
    key: query.get('key') ?? undefined,
    panel: panels.find((panel) => panel === query.get('panel')) ?? 'keys',
  };
}

/** The page's address for this sight with something else in it. */
export function addressOf(sight: Sight, handles: ReadonlyMap<string, string>, change: Partial<Sight>): string {
  const { person, place, key, panel } = { ...sight, ...change };
  const query = new URLSearchParams({ as: handles.get(person) ?? person, place, panel });
  if (key !== undefined) query.set('key', key);
  return `/?${query}`;
}
