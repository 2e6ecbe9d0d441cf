import type { CloudTrailRecord, WorldClock } from '../world.ts';
import type { AlarmChange } from './alarm-message.ts';

/** What the alarms work with. */
export interface AlarmsParts {
  readonly clock: WorldClock;
  /** From a refused use to ALARM: CloudWatch's evaluation, in the sandbox's time. */
  readonly periodMs: number;
  /** Without a refused use: back to OK. */
  readonly quietMs: number;
  readonly changed: (change: AlarmChange) => void;
}

interface Alarm {
  readonly account: string;
  readonly region: string;
  inAlarm: boolean;
  count: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * CloudWatch: in every account and Region the metric filter of AWS's guide
 * (`{ $.eventSource = kms* && $.errorMessage = "* is pending deletion."}`) with an alarm on its sum.
 *
 * OK → ALARM: one period after the first refused use. ALARM → OK: after `quietMs` without one. It speaks of changes only:
 * uses refused during ALARM prolong it in silence.
 */
export class Alarms {
  readonly #parts: AlarmsParts;
  readonly #alarms = new Map<string, Alarm>();

  constructor(parts: AlarmsParts) {
    this.#parts = parts;
  }

  /** Looks at a record as the metric filter does. */
  observe(record: CloudTrailRecord): void {
    const { eventSource, errorMessage, recipientAccountId: account, awsRegion: region } = record;
    if (!String(eventSource).startsWith('kms') || !String(errorMessage).endsWith(' is pending deletion.')) return;
    const name = `${account} ${region}`;
    const alarm = this.#alarms.get(name) ?? { account, region, inAlarm: false, count: 0, timer: undefined };
    this.#alarms.set(name, alarm);
    alarm.count += 1;
    if (alarm.inAlarm) this.#after(alarm, this.#parts.quietMs, () => this.#change(alarm, false));
    else if (alarm.timer === undefined) this.#after(alarm, this.#parts.periodMs, () => this.#change(alarm, true));
  }

  /** Ends all timers. */
  close(): void {
    for (const { timer } of this.#alarms.values()) clearTimeout(timer);
  }

  #change(alarm: Alarm, inAlarm: boolean): void {
    const { account, region, count } = alarm;
    alarm.timer = undefined;
    alarm.inAlarm = inAlarm;
    alarm.count = 0;
    if (inAlarm) this.#after(alarm, this.#parts.quietMs, () => this.#change(alarm, false));
    const [from, to] = inAlarm ? (['OK', 'ALARM'] as const) : (['ALARM', 'OK'] as const);
    this.#parts.changed({ account, region, from, to, at: this.#parts.clock.now(), count });
  }

  #after(alarm: Alarm, milliseconds: number, work: () => void): void {
    clearTimeout(alarm.timer);
    alarm.timer = setTimeout(work, milliseconds).unref();
  }
}
