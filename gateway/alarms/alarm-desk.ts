/** What people ask of the alarms over the control socket: which stand, and that somebody has seen one. */
import type { Written } from '../../drivers/driver.ts';
import { type AlarmState, alarmState } from '../model/alarm.ts';
import type { FieldBus } from '../poll/bus-facts.ts';
import type { StandingAlarm, StandingAlarms } from './standing-alarms.ts';

/** An alarm as it is shown. */
export interface ShownAlarm extends StandingAlarm {
  readonly state: AlarmState;
  /** Its source cannot be heard: this is what was last known. */
  readonly isStale: boolean;
}

export interface AlarmsAnswer {
  /** The most severe first. */
  readonly alarms: readonly ShownAlarm[];
  /** Alarms that had to make room for others, since the start. */
  readonly dropped: number;
}

export interface AcknowledgeQuestion {
  /** The alarm's key, or the beginning of it. */
  readonly alarm: string;
  readonly comment: string;
}

export interface AcknowledgeAnswer {
  /** The alarms that the question fits; only a single one is acknowledged. */
  readonly matches: readonly ShownAlarm[];
  readonly written?: Written;
}

/** The answers to `alarms` and `acknowledge`. */
export function alarmDesk(standing: StandingAlarms, buses: readonly FieldBus[]) {
  const list = (): readonly ShownAlarm[] => {
    const devices = buses.flatMap((bus) => bus.facts().devices);
    const heard = new Set(devices.filter(({ state }) => state === 'up').map(({ name }) => name));
    return standing.list().map((alarm) => ({
      ...alarm,
      state: alarmState(alarm),
      isStale: !heard.has(alarm.device),
    }));
  };
  return {
    alarms: (): AlarmsAnswer => ({ alarms: list(), dropped: standing.facts().dropped }),

    async acknowledge({ alarm, comment }: AcknowledgeQuestion): Promise<AcknowledgeAnswer> {
      const matches = list().filter(({ key }) => key.startsWith(alarm.toLowerCase()));
      const [one] = matches;
      if (one === undefined || matches.length > 1) return { matches };
      const bus = buses.find((each) =>
        each.facts().devices.some(({ name }) => name === one.device),
      );
      const written = await bus?.acknowledge?.(one.device, one.id, comment);
      return { matches, written: written ?? notWritable(one) };
    },
  };
}

const notWritable = ({ device, id }: StandingAlarm): Written => ({
  outcome: 'failed',
  refusal: { code: 'poll.not-writable', details: { device, tag: id } },
  turnaround: undefined,
});
