/** What happens to an alarm as a sample: one text a change, in the tag `alarm_event` of the device. Pure. */
import { type AlarmState, alarmState } from '../model/alarm.ts';
import type { Language } from '../model/errors.ts';
import {
  ALARM_EVENT_QUANTITY,
  alarmEventId,
  eventTag,
  GATEWAY_DEVICE,
  RULES_DEVICE,
} from '../model/event-tag.ts';
import type { DeviceName, Sample } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { UtcMs } from '../model/units.ts';
import type { EventCauses } from './event-causes.ts';
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
  readonly suppressed?: true;
  readonly first_out?: true;
  /** Of an alarm of the gateway's own: which activation, and what happened to it. */
  readonly activation?: string;
  readonly change?: string;
  readonly messages?: Readonly<Record<Language, string>>;
  readonly by?: string;
  readonly comment?: string;
  readonly causes?: EventCauses;
}

/** What the alarm itself does not say about its change. */
export interface EventDetails {
  readonly change: string;
  readonly causes: EventCauses;
}

/** The sample for what the alarm has just become. */
export function alarmEvent(alarm: StandingAlarm, details?: EventDetails): Sample {
  const { device, time, timeBasis } = alarm;
  const value = JSON.stringify({ ...eventOf(alarm), ...details });
  return { tag: alarmEventId(device), value, quality: 'good', time, timeBasis };
}

function eventOf(alarm: StandingAlarm): AlarmEvent {
  const { id, key, about, condition, severity, message, time, since } = alarm;
  const { messages, activation, comment, by } = alarm;
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
    ...(alarm.isShelved && { shelved: true }),
    ...(alarm.isSuppressed && { suppressed: true }),
    ...(alarm.isFirstOut && { first_out: true }),
    ...(activation !== undefined && { activation }),
    ...(messages && { messages }),
    ...(by !== undefined && { by }),
    ...(comment !== undefined && { comment }),
  };
}

interface Alarming {
  readonly tags: readonly Tag[];
  readonly devices: readonly { readonly name: DeviceName; readonly raisesAlarms?: true }[];
  readonly rules?: { readonly rules: readonly unknown[] } | undefined;
}

/**
 * The devices of a site that may raise alarms, where there are rules the name under which theirs stand, as any rule may be
 * stopped, which is an alarm, and the gateway itself.
 */
export function alarmingDevices({ devices, rules }: Omit<Alarming, 'tags'>): readonly DeviceName[] {
  const names = devices.filter(({ raisesAlarms }) => raisesAlarms).map(({ name }) => name);
  const ofRules = rules && rules.rules.length > 0 ? [RULES_DEVICE] : [];
  return [...names, ...ofRules, GATEWAY_DEVICE];
}

/**
 * A site with one more tag for the alarms of each device, those of rules and its own, behind all others; `check` sees to it
 * that they are free.
 */
export function withAlarmEvents<S extends Alarming>(site: S): S {
  const events = alarmingDevices(site).map((device, i) =>
    eventTag(device, ALARM_EVENT_QUANTITY, site.tags.length + i),
  );
  return { ...site, tags: [...site.tags, ...events] };
}
