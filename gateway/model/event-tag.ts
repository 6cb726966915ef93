/**
 * The tags that the gateway adds to a site by itself, for what happens beside the values: one for each counter, one for
 * each device that raises alarms, one for those of rules.
 */
import { type DeviceName, deviceName, type TagId, tagId } from './sample.ts';
import type { Tag } from './tag.ts';

/** The quantity of the tag for the events of a counter. */
export const counterEventQuantity = (counter: string): string => `${counter}_event`;

/** The quantity of the tag for the alarms of a device. */
export const ALARM_EVENT_QUANTITY = 'alarm_event';

/** The quantity of the tag for what rules record. */
export const RECORD_EVENT_QUANTITY = 'record_event';

/** Under this name the alarms of rules stand among those of devices. No device of a site may have it. */
export const RULES_DEVICE = deviceName('rules');
/** Under this name the audit of writes stands. No device of a site may have it. */
export const COMMANDS_DEVICE = deviceName('commands');
/** The quantity of the tag for that audit. */
export const COMMANDS_EVENT_QUANTITY = 'event';
/** Under this name the gateway tells of itself. No device of a site may have it. */
export const GATEWAY_DEVICE = deviceName('gateway');
/** `ack` would be a topic of its own among those of alarms. */
export const RESERVED_DEVICES: readonly string[] = [
  RULES_DEVICE,
  COMMANDS_DEVICE,
  GATEWAY_DEVICE,
  'ack',
];

/** The tag for the alarms of a device. */
export const alarmEventId = (device: DeviceName): TagId => tagId(device, ALARM_EVENT_QUANTITY);

/** A tag for events, `index` its place in the site: text, and every sample counts. */
export const eventTag = (device: DeviceName, quantity: string, index: number): Tag => ({
  index,
  id: tagId(device, quantity),
  device,
  quantity,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
});

/** The tag for the audit of writes. */
export const commandEventTag = (): Tag => eventTag(COMMANDS_DEVICE, COMMANDS_EVENT_QUANTITY, 0);

/** The class of the blocks that samples of this tag stand in. */
export function classOfTag(tag: TagId): 'record' | 'alarm' | 'telemetry' {
  if (tag.endsWith(`.${ALARM_EVENT_QUANTITY}`) || tag === COMMANDS_EVENT) return 'alarm';
  return tag === RECORD_EVENT ? 'record' : 'telemetry';
}

const COMMANDS_EVENT = tagId(COMMANDS_DEVICE, COMMANDS_EVENT_QUANTITY);
const RECORD_EVENT = tagId(RULES_DEVICE, RECORD_EVENT_QUANTITY);
