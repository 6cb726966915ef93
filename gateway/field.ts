/** From the configuration of a bus and its devices to an open way into the field. */
import type { BusConfig, DeviceConfig } from '../config/site.ts';
import type { BusAccess, Driver, Group } from '../drivers/driver.ts';
import { dtuLine } from '../drivers/line/dtu-line.ts';
import type { Line, SerialSettings } from '../drivers/line/line.ts';
import { serialLine } from '../drivers/line/serial-line.ts';
import { serialTiming } from '../drivers/line/serial-timing.ts';
import { tcpLine } from '../drivers/line/tcp-line.ts';
import { type Drivers, PROTOCOLS } from '../drivers/registry.ts';
import type { Clock } from './host/clock.ts';
import { type Log, silentLog } from './host/log.ts';
import { GatewayError } from './model/errors.ts';
import type { BusDevice } from './poll/bus.ts';

export type BusWire = Pick<BusConfig, 'transport' | 'baud' | 'format'>;

/** The line of a bus, not yet connected. */
export function lineOf(
  { transport, baud, format }: BusWire,
  clock: Clock,
  log: Log = silentLog,
): Line {
  switch (transport.kind) {
    case 'serial':
      return serialLine({ path: transport.path, settings: { baud, format } }, clock);
    case 'serial-tcp': {
      const { host, port } = transport;
      return tcpLine({ host, port, settings: { baud, format } }, clock);
    }
    case 'dtu':
      return dtuLine({ ...transport, settings: { baud, format } }, clock, log);
    case 'tcp':
      return tcpLine({ host: transport.host, port: transport.port }, clock);
  }
}

/** How a driver may use this line: packets on a network, characters with their timing on a wire. */
export function accessOf(
  bus: BusWire,
  { resource }: Line,
  settings: SerialSettings = settingsOf(bus),
): BusAccess {
  return bus.transport.kind === 'tcp'
    ? { resource, framing: 'packets', timing: undefined }
    : { resource, framing: 'wire', timing: serialTiming(settings) };
}

const settingsOf = ({ baud, format }: BusWire): SerialSettings => ({ baud, format });

/** Throws `poll.protocol-unknown`. */
export function driverOf(
  device: Pick<DeviceConfig, 'name' | 'protocol'>,
  drivers: Drivers,
): Driver {
  const driver = drivers.get(device.protocol);
  if (driver) return driver;
  throw new GatewayError('poll.protocol-unknown', {
    device: device.name,
    protocol: device.protocol,
    known: PROTOCOLS.join(', '),
  });
}

/** The requests that get a device's tags; what is only written is not asked for. */
export const readGroups = (
  { options, tags }: DeviceConfig,
  driver: Driver,
  access: BusAccess,
): readonly Group[] =>
  driver.plan(
    options,
    tags.filter((tag) => tag.access !== 'write'),
    access,
  );

/** What a device needs of the gateway. */
export interface FieldParts {
  readonly drivers: Drivers;
  readonly clock: Clock;
  readonly log: Log;
}

/** A device with its planned requests and an open session. */
export function wireDevice(
  device: DeviceConfig,
  bus: BusWire,
  line: Line,
  { drivers, clock, log }: FieldParts,
): BusDevice {
  const driver = driverOf(device, drivers);
  const access = accessOf(bus, line, device.settings);
  const groups = readGroups(device, driver, access);
  const session = driver.open(device.options, { ...access, clock, log, line });
  const { timing } = access;
  const settings = timing && (device.settings ?? settingsOf(bus));
  return {
    name: device.name,
    unit: driver.unitOf(device.options),
    session,
    groups,
    settings,
    timing,
  };
}
