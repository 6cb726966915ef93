/** The alarms of a simulated OPC UA server as they reach the gateway's own keeping, through the real driver and bus. */

import { opcuaDriver } from '../../drivers/opcua/driver.ts';
import { opcuaOptions } from '../../drivers/opcua/options.ts';
import { StandingAlarms } from '../../gateway/alarms/standing-alarms.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { type Log, silentLog } from '../../gateway/host/log.ts';
import { memoryStateStore, type StateStore } from '../../gateway/host/state-store.ts';
import { deviceName, type Sample, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis } from '../../gateway/model/units.ts';
import { WatchedBus } from '../../gateway/poll/watched-bus.ts';

const PLC = deviceName('plc');

export interface AlarmField {
  readonly bus: WatchedBus;
  readonly alarms: StandingAlarms;
  /** Every event stored, as `Overheat active 700`. */
  readonly events: readonly string[];
  /** The newest sample of the one tag. */
  latest(): Sample | undefined;
  /** Every line of the log, by its event. */
  readonly logged: readonly string[];
  stop(): Promise<void>;
}

export interface AlarmFieldOptions {
  readonly url: string;
  /** The device's `alarms:`. */
  readonly alarms?: Readonly<Record<string, unknown>>;
  /** A tag of the device, as in YAML. */
  readonly address?: string;
  readonly namespaces?: Readonly<Record<string, string>>;
  readonly state?: StateStore;
}

/** A bus with one device on it, started. */
export async function alarmField(options: AlarmFieldOptions): Promise<AlarmField> {
  const { url, alarms: written = {}, namespaces = {}, state = memoryStateStore() } = options;
  const clock = systemClock();
  const logged: string[] = [];
  const log = loggingTo(logged);
  const server = { url, security: 'None', user: { kind: 'anonymous' }, pki: '' } as const;
  const times = {
    sessionTimeout: millis(10_000),
    keepAlive: millis(5_000),
    timeout: millis(2_000),
  };
  const link = opcuaDriver.link({ ...server, ...times, gateway: 'test' }, { clock, log, state });
  const device = opcuaOptions.deviceSchema.parse({ namespaces, alarms: written });
  if (!device.ok) throw new Error(JSON.stringify(device.issues));
  const address = opcuaOptions.addressSchema.parse({ address: options.address ?? 'i=2258' });
  if (!address.ok) throw new Error(JSON.stringify(address.issues));
  const request = { tag: TAG, address: address.value, scan: millis(100) };
  const access = { resource: link.resource, framing: 'opcua', timing: undefined } as const;
  const events: string[] = [];
  const standing = new StandingAlarms({
    devices: [PLC],
    clock,
    log,
    state,
    store: (samples) => {
      for (const { value } of samples) {
        const event = JSON.parse(String(value));
        events.push(`${event.condition} ${event.state} ${event.severity}`);
      }
    },
  });
  let latest: Sample | undefined;
  const bus = new WatchedBus({
    name: 'plc',
    link,
    devices: [
      {
        name: PLC,
        groups: opcuaDriver.plan(device.value, [request], access),
        session: opcuaDriver.open(device.value, { ...access, clock, log, link, state }),
      },
    ],
    clock,
    log,
    random: () => 0,
    emit: (samples) => {
      latest = samples.at(-1);
    },
    onAlarm: (name, report) => standing.apply(name, report),
    onStanding: (name, ids) => standing.standing(name, ids),
  });
  await bus.start();
  const stop = () => bus.stop();
  return { bus, alarms: standing, events, latest: () => latest, logged, stop };
}

const TAG: Tag = {
  index: 0,
  id: tagId('plc', 'clock'),
  device: PLC,
  quantity: 'clock',
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
};

function loggingTo(lines: string[]): Log {
  const take = (event: string) => void lines.push(event);
  const log: Log = { ...silentLog, info: take, warn: take, error: take, child: () => log };
  return log;
}
