/**
 * The mark on our own messages, by which they are found and adopted again. Any member or app of the workspace can read
 * metadata: hashes only.
 */
import { z } from 'zod';
import type { GatheringId, IncidentId } from '../../domain/ids.ts';
import { type Notice, noticeName } from '../../domain/notice.ts';
import type { Post } from '../../ports.ts';

const EVENT_TYPE = 'keywarden';

export interface Mark {
  readonly incident: string;
  readonly effect: string;
  readonly closed: boolean;
  /** Of a note, the last entry in it; absent in those of an older version. */
  readonly upTo?: number | undefined;
}

const MarkSchema = z.object({
  event_type: z.literal(EVENT_TYPE),
  event_payload: z.object({
    incident: z.string(),
    effect: z.string(),
    closed: z.boolean().default(false),
    upTo: z.number().optional(),
  }),
});

/** `card`, `note-<from>`, a reminder's effect id, or `approval-<id>`. */
function effectName(post: Post): string {
  switch (post.kind) {
    case 'card':
    case 'formerCard':
      return 'card';
    case 'note':
      return `note-${post.from}`;
    case 'reminder':
      return post.effect.id;
    case 'approval':
      return `approval-${post.approval.id}`;
  }
}

/** What `chat.postMessage` and `chat.update` carry as `metadata`. */
export const markOf = (post: Post) => ({
  event_type: EVENT_TYPE,
  event_payload: {
    incident: post.incident.id as IncidentId as string,
    effect: effectName(post),
    closed: post.incident.phase.kind === 'closed',
    // Beside the effect's name, by which an older version finds it as well.
    ...(post.kind === 'note' ? { upTo: post.incident.nextSeq - 1 } : {}),
  },
});

/** The mark on the daily head of the audit trail, which is about no incident. */
export const markOfHead = (day: number) => ({
  event_type: EVENT_TYPE,
  event_payload: { incident: 'audit', effect: `head-${day}`, closed: false },
});

/** The mark on a notice, which is about no incident. */
export const markOfNotice = (notice: Notice) => ({
  event_type: EVENT_TYPE,
  event_payload: { incident: 'notice', effect: noticeName(notice), closed: false },
});

/** The mark on a digest, which is about no incident. */
export const markOfDigest = (effect: string) => ({
  event_type: EVENT_TYPE,
  event_payload: { incident: 'digest', effect, closed: false },
});

/** The mark on a card that several incidents share, and on what is said in its thread. */
export const markOfGathering = (id: GatheringId, effect: string, closed: boolean) => ({
  event_type: EVENT_TYPE,
  event_payload: { incident: id as string, effect, closed },
});

/** Reads the mark of a message, or `undefined` when it is not ours. */
export function readMark(metadata: unknown): Mark | undefined {
  const parsed = MarkSchema.safeParse(metadata);
  return parsed.success ? parsed.data.event_payload : undefined;
}
