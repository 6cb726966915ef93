/** An alarm as the gateway knows it, whoever raised it: a device that has alarms of its own, or a rule. */
import type { Language } from './errors.ts';
import type { TimeBasis } from './sample.ts';
import type { UtcMs } from './units.ts';

/**
 * The state of one alarm at one moment. `id` is stable for as long as the alarm stands, and unique within its source.
 * An alarm stands while it is active or nobody has acknowledged it.
 */
export interface AlarmReport {
  readonly id: string;
  /** What it is about, as its source names it: `Axis 3`, `press.oil_temp`. */
  readonly about: string;
  /** What kind of condition, as its source names it: `OverTemperature`. */
  readonly condition: string;
  /** 1 (least) to 1000, as in OPC 10000-9 §5.5.2. */
  readonly severity: number;
  readonly message: string;
  /** Where its source speaks both languages; `message` is the English one then. */
  readonly messages?: Readonly<Record<Language, string>>;
  readonly isActive: boolean;
  readonly isAcknowledged: boolean;
  /** Somebody at the source put it aside for a while (OPC 10000-9 §5.8.2, SuppressedOrShelved). */
  readonly isShelved?: boolean;
  /** It is not told at present, by design (ISA-18.2). */
  readonly isSuppressed?: boolean;
  /** Of the alarms of its group it was the first. */
  readonly isFirstOut?: boolean;
  /** Names the present activation where the gateway itself counts them: `press-overheat#12`. */
  readonly activation?: string;
  /** When its state last changed. */
  readonly time: UtcMs;
  readonly timeBasis: TimeBasis;
  readonly comment?: string;
  /** Who acknowledged or shelved it. */
  readonly by?: string;
}

/**
 * Whether somebody has still to look at it; an alarm of the gateway's own also while it is shelved, so that nobody
 * forgets that it is.
 */
export const isStanding = (alarm: AlarmReport): boolean =>
  alarm.isActive ||
  !alarm.isAcknowledged ||
  (alarm.isShelved === true && alarm.activation !== undefined);

/**
 * `active` and nobody has seen it · `acknowledged`, and active all the same · `returned` to normal before anybody saw
 * it · `cleared`: it does not stand any more.
 */
export const ALARM_STATES = ['active', 'acknowledged', 'returned', 'cleared'] as const;
export type AlarmState = (typeof ALARM_STATES)[number];

/** The state in one word. */
export function alarmState({ isActive, isAcknowledged }: AlarmReport): AlarmState {
  if (isActive) return isAcknowledged ? 'acknowledged' : 'active';
  return isAcknowledged ? 'cleared' : 'returned';
}
