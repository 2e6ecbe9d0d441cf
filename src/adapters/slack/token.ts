/**
 * Whether Slack takes the bot's token: heard from every message that is sent anyway, and asked for (auth.test) where nothing is
 * sent. In this process's memory only; what it means for the pager is judged by whoever asks.
 */
import type { WebClient } from '@slack/web-api';
import type { Duration, Instant } from '../../domain/ids.ts';
import type { Chat, Clock, Delivery, SlackToken, TokenState } from '../../ports.ts';
import { classify } from './classify.ts';

const ASK_EVERY: Duration = 30_000;
/** While somebody waits to hear that it is over. */
const ASK_SOON: Duration = 5_000;

export interface TokenWatch extends SlackToken {
  note(delivery: Delivery): void;
}

export function watchToken(client: WebClient, clock: Clock): TokenWatch {
  let heard: TokenState = { kind: 'unknown' };
  /** Counts what was heard, so that "since" needs no clock. */
  let times = 0;
  let occasion: { readonly name: string; readonly from: number } | undefined;
  let askedAt: Instant | undefined;

  const hear = (state: TokenState): void => {
    heard = state;
    times += 1;
  };
  const ask = (pause: Duration): void => {
    const now = clock.now();
    // A clock that was set back does not make the next question wait for it.
    if (askedAt !== undefined && Math.abs(now - askedAt) < pause) return;
    askedAt = now;
    client.auth.test().then(
      () => hear({ kind: 'taken' }),
      (error: unknown) => note(classify(error)),
    );
  };
  /** Any other answer says nothing of the token. */
  const note = (delivery: Delivery): void => {
    if (delivery.kind === 'delivered') hear({ kind: 'taken' });
    if (delivery.kind === 'tokenDead') hear({ kind: 'refused', error: delivery.error });
  };

  return {
    note,
    state() {
      ask(ASK_EVERY);
      return heard;
    },
    stateSince(name) {
      if (occasion?.name !== name) {
        occasion = { name, from: times };
        askedAt = undefined;
      }
      ask(ASK_SOON);
      return times > occasion.from ? heard : { kind: 'unknown' };
    },
  };
}

/** Listens to what Slack answers to messages. */
export function overheard(chat: Chat, watch: TokenWatch): Chat {
  const listening = async (sending: Promise<Delivery>): Promise<Delivery> => {
    const delivery = await sending;
    watch.note(delivery);
    return delivery;
  };
  return {
    ...chat,
    send: (...message) => listening(chat.send(...message)),
    sendShared: async (...card) => {
      const sent = await chat.sendShared(...card);
      if (sent !== 'same') watch.note(sent.delivery);
      return sent;
    },
    remindTogether: (...reminders) => listening(chat.remindTogether(...reminders)),
    auditHead: (...head) => listening(chat.auditHead(...head)),
    notice: (...notice) => listening(chat.notice(...notice)),
    digest: (...digest) => listening(chat.digest(...digest)),
  };
}
