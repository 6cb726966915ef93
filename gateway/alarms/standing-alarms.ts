/**
 * Every alarm that stands, whoever raised it, and an event for each change of one. What its source has not taken back
 * stays, also while the source cannot be heard and while the gateway is off.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { timeBasisOf } from '../host/stamp.ts';
import type { StateStore } from '../host/state-store.ts';
import { type AlarmReport, alarmState, isStanding } from '../model/alarm.ts';
import type { DeviceName, Sample } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import { alarmEvent, type EventDetails } from './alarm-event.ts';
import { keptOf, restored } from './kept-alarms.ts';

/** An alarm that stands, as its source last told of it. */
export interface StandingAlarm extends AlarmReport {
  readonly device: DeviceName;
  /** Names it to people: the same for as long as device and id are, eight hexadecimal digits. */
  readonly key: string;
  /** When the gateway first heard of it, by the gateway's clock. */
  readonly since: UtcMs;
  /** How often it became active again while it stood. */
  readonly repeats: number;
}

export interface AlarmFacts {
  readonly standing: number;
  readonly unacknowledged: number;
  /** 0 when none stands. */
  readonly mostSevere: number;
  /** Changes stored since the start. */
  readonly events: number;
  /** Alarms that had to make room for others, since the start. */
  readonly dropped: number;
}

export interface StandingAlarmsOptions {
  /** Those that may raise alarms; what is remembered of others is forgotten. */
  readonly devices: readonly DeviceName[];
  readonly clock: Clock;
  readonly log: Log;
  readonly state: StateStore;
  /** Takes the events, to be stored at once. */
  readonly store: (events: readonly Sample[]) => void;
  /** Alarms that stand at once. */
  readonly limit?: number;
}

/** Beyond it the oldest acknowledged one makes room, then the oldest. */
export const MOST_STANDING = 2_000;
/** Of the file that outlives a restart; the most severe ones are remembered. */
const MOST_REMEMBERED = 200;
const STATE_KEY = 'alarms';

export class StandingAlarms {
  readonly #options: StandingAlarmsOptions;
  readonly #limit: number;
  /** By key, in the order in which they were first heard of. */
  readonly #alarms = new Map<string, StandingAlarm>();
  #events = 0;
  #dropped = 0;
  #isFull = false;

  constructor(options: StandingAlarmsOptions) {
    this.#options = options;
    this.#limit = options.limit ?? MOST_STANDING;
    for (const alarm of restored(options.state.get(STATE_KEY)))
      if (options.devices.includes(alarm.device)) {
        const key = keyOf(alarm.device, alarm.id);
        this.#alarms.set(key, { ...alarm, key });
      }
  }

  /**
   * What the device says of one of its alarms. The same again changes nothing. With details it is a change of which an
   * event is wanted, whatever the report looks like.
   */
  apply(device: DeviceName, report: AlarmReport, details?: EventDetails): void {
    const key = keyOf(device, report.id);
    const known = this.#alarms.get(key);
    if (known === undefined && !isStanding(report)) return;
    const { clock } = this.#options;
    const isNews = known === undefined || details !== undefined || isChange(known, report);
    const isRepeated = known !== undefined && !known.isActive && report.isActive;
    const alarm: StandingAlarm = {
      ...report,
      ...(isNews ? this.#timeOf(known, report) : { time: known.time, timeBasis: known.timeBasis }),
      device,
      key,
      since: known?.since ?? clock.utc(),
      repeats: (known?.repeats ?? 0) + Number(isRepeated),
    };
    if (known === undefined) this.#makeRoom();
    if (isStanding(alarm)) this.#alarms.set(key, alarm);
    else this.#alarms.delete(key);
    if (!isNews) return;
    this.#events++;
    this.#options.store([alarmEvent(alarm, details)]);
    this.#remember();
  }

  /** The device's alarms that stand, by their ids: its others have cleared while nobody heard it. */
  standing(device: DeviceName, ids: readonly string[]): void {
    const { clock } = this.#options;
    const still = new Set(ids);
    const over = { isActive: false, isAcknowledged: true, time: clock.utc() };
    for (const alarm of [...this.#alarms.values()])
      if (alarm.device === device && !still.has(alarm.id))
        this.apply(device, { ...alarm, ...over, timeBasis: timeBasisOf(clock) });
  }

  /** The most severe first, of equals the newest. */
  list(): readonly StandingAlarm[] {
    return [...this.#alarms.values()].sort((a, b) => b.severity - a.severity || b.since - a.since);
  }

  facts(): AlarmFacts {
    const alarms = [...this.#alarms.values()];
    return {
      standing: alarms.length,
      unacknowledged: alarms.filter(({ isAcknowledged }) => !isAcknowledged).length,
      mostSevere: alarms.reduce((most, { severity }) => Math.max(most, severity), 0),
      events: this.#events,
      dropped: this.#dropped,
    };
  }

  /** A source that gives a change the time of the one before did not stamp it. */
  #timeOf(
    known: StandingAlarm | undefined,
    { time, timeBasis }: AlarmReport,
  ): Pick<AlarmReport, 'time' | 'timeBasis'> {
    const { clock } = this.#options;
    const isStamped = timeBasis !== 'source' || known === undefined || time > known.time;
    return isStamped ? { time, timeBasis } : { time: clock.utc(), timeBasis: timeBasisOf(clock) };
  }

  #makeRoom(): void {
    const wasFull = this.#isFull;
    this.#isFull = this.#alarms.size >= this.#limit;
    if (!this.#isFull) return;
    const alarms = [...this.#alarms.values()];
    const victim = alarms.find(({ isAcknowledged }) => isAcknowledged) ?? alarms[0];
    if (victim) this.#alarms.delete(victim.key);
    this.#dropped++;
    if (!wasFull) this.#options.log.warn('alarms.dropped', { limit: this.#limit });
  }

  #remember(): void {
    const alarms = this.list().slice(0, MOST_REMEMBERED);
    this.#options.state.set(STATE_KEY, alarms.map(keptOf));
  }
}

/** What is worth an event. A message alone is not: it may hold a value that changes all the time. */
const isChange = (known: AlarmReport, report: AlarmReport): boolean =>
  alarmState(known) !== alarmState(report) ||
  known.severity !== report.severity ||
  (known.isShelved ?? false) !== (report.isShelved ?? false);

const KEY_DIGITS = 8;

/** Names the alarm to people. */
export const keyOf = (device: DeviceName, id: string): string =>
  createHash('sha256').update(`${device}\0${id}`).digest('hex').slice(0, KEY_DIGITS);
