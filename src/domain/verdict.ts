/** What is decided: the record as it is now and what is owed, or why nothing changes. */
import type { Effect } from './effect.ts';
import type { Incident } from './incident.ts';
import type { Decision } from './reading.ts';

export type Verdict =
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** Nothing changes; the reason is a fixed phrase. */
  | { readonly kind: 'nothing'; readonly why: NothingWhy }
  /** Judge again in a moment: an answer of our own is still under way. */
  | { readonly kind: 'later' };

export type NothingWhy =
  | 'known already'
  | 'no danger'
  | 'no incident'
  | 'already running'
  | 'already waiting'
  | 'decided before'
  | 'own request'
  | 'agreed already'
  | 'not ours to say'
  | 'older news'
  | 'planned already'
  | 'not on hold'
  | 'own key'
  | 'no plan'
  | 'own plan'
  | 'scheduled it';

/** The record as it is now, and what is owed for it in this order. */
export const decided = (incident: Incident, effects: readonly Effect[] = []): Verdict => ({
  kind: 'decided',
  decision: { incident, effects },
});

/** Nothing changes and nothing is owed. */
export const nothing = (why: NothingWhy): Verdict => ({ kind: 'nothing', why });
