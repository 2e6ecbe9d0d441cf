/** Branded ids as they come out of the queue. */
import { z } from 'zod';
import {
  type AccountId,
  type ActionId,
  type ApprovalId,
  type EffectId,
  type GatheringId,
  type IncidentId,
  isAccountId,
  isRegion,
  type Region,
} from '../src/domain/ids.ts';

const opaque = <T extends string>(first: string) =>
  z
    .string()
    .regex(new RegExp(`^${first}[0-9a-f]{16,64}$`))
    .transform((text) => text as T);

export const incidentId = opaque<IncidentId>('i');
export const actionId = opaque<ActionId>('a');
export const approvalId = opaque<ApprovalId>('p');
export const effectId = opaque<EffectId>('e');
export const gatheringId = opaque<GatheringId>('g');
export const accountId = z
  .string()
  .refine(isAccountId)
  .transform((text) => text as AccountId);
export const region = z
  .string()
  .refine(isRegion)
  .transform((text) => text as Region);
export const instant = z.number().int().nonnegative();
