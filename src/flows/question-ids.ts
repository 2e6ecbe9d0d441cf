/** The names of records about one principal, one person's name, and a name that is known to be stolen. */
import type { Actor } from '../domain/fact.ts';
import { userNameOf } from '../domain/principal.ts';
import type { House } from './house.ts';

export const investigationOf = (house: House, principal: string): string =>
  house.hash(`principal ${principal}`).slice(0, 32);

/** The name that is the same in every account. Each account has a root user of its own: there it is the principal. */
export const nameOfDeed = (actor: Actor, principal: string): string =>
  actor.type === 'Root' ? principal : (userNameOf(actor) ?? principal);

export const questionOf = (house: House, owner: string, name: string): string =>
  house.hash(`question ${owner} ${name}`).slice(0, 32);

export const stolenNameOf = (house: House, name: string): string => house.hash(`stolen ${name}`).slice(0, 32);
