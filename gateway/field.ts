/** From the configuration of a bus and its devices to an open way into the field. */
import type { BusConfig, DeviceConfig, WireBusConfig } from '../config/site.ts';
import {
  type BusAccess,
  type Driver,
  type Group,
  isWatchDriver,
  type Link,
  type LinkIo,
  type Planner,
  type WatchDriver,
} from '../drivers/driver.ts';
import { directionPin } from '../drivers/gpio/direction-pin.ts';
import type { MakeBackend } from '../drivers/gpio/link.ts';
import { directedLine } from '../drivers/line/directed-line.ts';
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
import type { WatchedDevice } from './poll/watched-bus.ts';

export type BusWire = Pick<WireBusConfig, 'transport' | 'baud' | 'format'>;

/** The line of a bus, not yet connected. */
export function lineOf(
  { transport, baud, format }: BusWire,
  clock: Clock,
  log: Log = silentLog,
): Line {
  switch (transport.kind) {
    case 'serial': {
      const { path, direction } = transport;
      const line = serialLine({ path, settings: { baud, format } }, clock);
      if (!direction) return line;
      return directedLine(line, directionPin(direction, clock, makeLazily), clock);
    }
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

/** Loaded with the first pin: most serial lines have none. */
const makeLazily: MakeBackend = async (...of) =>
  (await import('../drivers/gpio/backends.ts')).makeBackend(...of);

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

/** How the driver of a bus that reports by itself sees it. */
export const accessOfLink = (bus: BusConfig, { resource }: Link): BusAccess => ({
  resource,
  framing: bus.transport.kind === 'gpio' ? 'gpio' : 'opcua',
  timing: undefined,
});

/** The driver of a device on a line. Throws `poll.protocol-unknown`. */
export function driverOf(
  device: Pick<DeviceConfig, 'name' | 'protocol'>,
  drivers: Drivers,
): Driver {
  const driver = drivers.get(device.protocol);
  if (driver && !isWatchDriver(driver)) return driver;
  throw unknownProtocol(device);
}

/** The driver of all devices on a bus that reports by itself. Throws `poll.protocol-unknown`. */
export function watchDriverOf(
  device: Pick<DeviceConfig, 'name' | 'protocol'>,
  drivers: Drivers,
): WatchDriver {
  const driver = drivers.get(device.protocol);
  if (driver && isWatchDriver(driver)) return driver;
  throw unknownProtocol(device);
}

const unknownProtocol = ({ name, protocol }: Pick<DeviceConfig, 'name' | 'protocol'>) =>
  new GatewayError('poll.protocol-unknown', {
    device: name,
    protocol,
    known: PROTOCOLS.join(', '),
  });

/** The requests that get a device's tags; what is only written is not asked for. */
export const readGroups = (
  { options, tags }: DeviceConfig,
  driver: Planner,
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

/** A bus that reports by itself: its link, and its devices with their planned groups and open sessions. */
export interface WatchedField {
  readonly link: Link;
  readonly devices: readonly WatchedDevice[];
}

/** The link is not opened yet. A bus nobody is on has none. */
export function wireWatched(
  bus: BusConfig,
  devices: readonly DeviceConfig[],
  { drivers, ...io }: LinkIo & { readonly drivers: Drivers },
): WatchedField | undefined {
  const [first] = devices;
  if (first === undefined) return undefined;
  const link = watchDriverOf(first, drivers).link(bus.transport, io);
  const access = accessOfLink(bus, link);
  return {
    link,
    devices: devices.map((device) => {
      const driver = watchDriverOf(device, drivers);
      const log = io.log.child({ device: device.name });
      return {
        name: device.name,
        groups: readGroups(device, driver, access),
        session: driver.open(device.options, { ...access, ...io, log, link }),
      };
    }),
  };
}
