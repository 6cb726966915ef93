/** What happens to an alarm as a sample: one text a change, in the tag `alarm_event` of the device. Pure. */
import { type AlarmState, alarmState } from '../model/alarm.ts';
import { ALARM_EVENT_QUANTITY, alarmEventId, eventTag } from '../model/event-tag.ts';
import type { DeviceName, Sample } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { UtcMs } from '../model/units.ts';
import type { StandingAlarm } from './standing-alarms.ts';

/** The JSON in the value of such a sample. Every change of one alarm has its `id`, and the `key` people type. */
export interface AlarmEvent {
  readonly id: string;
  readonly key: string;
  readonly state: AlarmState;
  readonly about: string;
  readonly condition: string;
  readonly severity: number;
  readonly message: string;
  /** When it happened. */
  readonly time: UtcMs;
  /** When the gateway first heard of the alarm. */
  readonly since: UtcMs;
  /** Left out when it is not. */
  readonly shelved?: true;
  readonly comment?: string;
}

/** The sample for what the alarm has just become. */
export function alarmEvent(alarm: StandingAlarm): Sample {
  const { device, time, timeBasis } = alarm;
  const value = JSON.stringify(eventOf(alarm));
  return { tag: alarmEventId(device), value, quality: 'good', time, timeBasis };
}

function eventOf(alarm: StandingAlarm): AlarmEvent {
  const { id, key, about, condition, severity, message, time, since, isShelved, comment } = alarm;
  return {
    id,
    key,
    state: alarmState(alarm),
    about,
    condition,
    severity,
    message,
    time,
    since,
    ...(isShelved && { shelved: true }),
    ...(comment !== undefined && { comment }),
  };
}

interface Alarming {
  readonly tags: readonly Tag[];
  readonly devices: readonly { readonly name: DeviceName; readonly raisesAlarms?: true }[];
}

/** The devices of a site that may raise alarms. */
export const alarmingDevices = ({ devices }: Pick<Alarming, 'devices'>): readonly DeviceName[] =>
  devices.filter(({ raisesAlarms }) => raisesAlarms).map(({ name }) => name);

/** A site with one more tag for the alarms of each device, behind all others; `check` sees to it that it is free. */
export function withAlarmEvents<S extends Alarming>(site: S): S {
  const events = alarmingDevices(site).map((device, i) =>
    eventTag(device, ALARM_EVENT_QUANTITY, site.tags.length + i),
  );
  return { ...site, tags: [...site.tags, ...events] };
}
