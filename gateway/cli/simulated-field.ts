/** Turns a site into the description of the field that the simulator plays. */
import {
  type DeviceConfig,
  isWireBus,
  type Site,
  type TagConfig,
  type WireBusConfig,
} from '../../config/site.ts';
import type { ModbusDevice } from '../../drivers/modbus/options.ts';
import type { ModbusAddress } from '../../drivers/modbus/tag-options.ts';
import { registersOf } from '../../firmware-sim/encoding.ts';
import type { Plant } from '../../firmware-sim/plant.ts';
import type { PlantBus, PlantDevice, WiredDevice } from '../../firmware-sim/plant-bus.ts';
import type { Signal } from '../../firmware-sim/process.ts';
import { definePoint, type Point } from '../../firmware-sim/registers.ts';
import { millis, seconds } from '../model/units.ts';
import { simulatedMeter188, simulatedMeter645, type WantedDevice } from './simulated-meter.ts';
import { simulatedServer } from './simulated-server.ts';

const DEFAULT_TURNAROUND = millis(10);

export interface FieldOptions {
  readonly seed: number;
  /** Listen on free ports, not on those that the site names. */
  readonly freePorts: boolean;
  /** Where a serial bus of the site gets its simulated port. */
  readonly serialPath?: (bus: WireBusConfig) => string;
  /** What moves these tags, by device and quantity, in place of what the site says. */
  readonly played?: PlayedSignals;
}

export type PlayedSignals = ReadonlyMap<string, ReadonlyMap<string, Signal>>;

/**
 * A device with serial settings of its own is played at those of its bus: a pseudo terminal does not tell the
 * simulator what a master tunes to.
 */
export const simulatedField = (site: Site, options: FieldOptions): Plant => ({
  seed: options.seed,
  buses: site.buses.flatMap((bus) => {
    const { transport } = bus;
    if (isWireBus(bus)) return [plantBus(bus, site, options)];
    // Pins are those of a board, which is none of the field's.
    return transport.kind === 'opcua'
      ? [simulatedServer({ ...bus, transport }, site, options)]
      : [];
  }),
});

function plantBus(bus: WireBusConfig, site: Site, options: FieldOptions): PlantBus {
  const own = site.devices.filter((device) => device.bus === bus.name);
  const { transport, baud, format, name } = bus;
  if (transport.kind === 'tcp') {
    const devices = own.flatMap((device) => modbusDevice(device, wantedOf(device, site, options)));
    return { name, devices, kind: 'tcp', port: options.freePorts ? 0 : transport.port };
  }
  const devices = own.flatMap((device) => wiredDevice(device, wantedOf(device, site, options)));
  const wire = { name, devices, baud, format };
  switch (transport.kind) {
    case 'serial':
      return { ...wire, kind: 'serial', path: options.serialPath?.(bus) ?? transport.path };
    case 'serial-tcp':
      return { ...wire, kind: 'serial-tcp', port: options.freePorts ? 0 : transport.port };
    case 'dtu': {
      const { port, registration, heartbeat } = transport;
      return { ...wire, kind: 'dtu', host: dialled(transport.host), port, registration, heartbeat };
    }
  }
}

/** Where to dial a gateway that listens on every address. */
const dialled = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;

function wantedOf(
  { name }: DeviceConfig,
  { simulation }: Site,
  { played }: FieldOptions,
): WantedDevice | undefined {
  const wanted = simulation?.devices.get(name);
  const moved = played?.get(name);
  if (!moved) return wanted;
  const { turnaround = DEFAULT_TURNAROUND, fault, faultShare = 1, signals = [] } = wanted ?? {};
  return { turnaround, fault, faultShare, signals: new Map([...signals, ...moved]) };
}

function wiredDevice(
  device: DeviceConfig,
  wanted: WantedDevice | undefined,
): readonly WiredDevice[] {
  switch (device.protocol) {
    case 'dlt645':
      return [{ protocol: 'dlt645', ...simulatedMeter645(device, wanted) }];
    case 'cjt188':
      return [{ protocol: 'cjt188', ...simulatedMeter188(device, wanted) }];
    default:
      return modbusDevice(device, wanted);
  }
}

/** Nobody when the device stands for all units of its wire. */
function modbusDevice(
  device: DeviceConfig,
  wanted: WantedDevice | undefined,
): readonly PlantDevice[] {
  const options = device.options as ModbusDevice;
  if (options.broadcast) return [];
  const own = device.tags.map((tag) => pointOf(tag, options));
  const points = [...own, ...exponents(device.tags, own)];
  const fault = wanted?.fault && { kind: wanted.fault, share: wanted.faultShare };
  return [
    {
      name: device.name,
      unit: options.unit,
      mode: options.mode,
      limits: { registers: options.maxRegisters, bits: options.maxBits },
      turnaround: wanted?.turnaround ?? DEFAULT_TURNAROUND,
      points: [...points, ...fillers(points)],
      signals: new Map([
        ...points.slice(own.length).map(({ name }) => [name, NO_EXPONENT] as const),
        ...(wanted?.signals ?? []),
      ]),
      ...(fault && { fault }),
    },
  ];
}

function pointOf({ tag, address, access = 'read' }: TagConfig, device: ModbusDevice): Point {
  const { table, address: at, type, order, bit, length, scale, offset } = address as ModbusAddress;
  return definePoint({
    name: tag.quantity,
    table,
    address: at,
    type,
    order: order ?? device.order,
    bit: type === 'bool' && isRegister(table) ? bit : undefined,
    length: Math.max(1, Math.ceil(length / 2)),
    scale: Number(scale ?? 1),
    offset: Number(offset ?? 0),
    writable: access !== 'read',
    readable: access !== 'write',
  });
}

const NO_EXPONENT: Signal = { shape: 'constant', min: 0, max: 0, period: seconds(1) };

/** The registers with the power of ten of other tags, where they are no tags themselves. */
function exponents(tags: readonly TagConfig[], points: readonly Point[]): readonly Point[] {
  const found = new Map<string, Point>();
  for (const { address } of tags) {
    const { table, scaleFrom } = address as ModbusAddress;
    const isTag = points.some((point) => point.table === table && point.address === scaleFrom);
    if (scaleFrom === undefined || isTag) continue;
    const name = `exponent ${table} ${scaleFrom}`;
    found.set(name, definePoint({ name, table, address: scaleFrom, type: 'int16' }));
  }
  return [...found.values()];
}

const isRegister = (table: Point['table']): boolean => table === 'holding' || table === 'input';

/** Gaps up to here are registers the device has and the site does not use; wider ones are holes. */
const WIDEST_FILLED_GAP = 32;

/** Real devices answer for the registers between the documented ones; so does the simulated one. */
function fillers(points: readonly Point[]): readonly Point[] {
  const filled: Point[] = [];
  for (const table of ['coil', 'discrete', 'input', 'holding'] as const) {
    const own = points.filter((point) => point.table === table);
    let end = Number.POSITIVE_INFINITY;
    for (const point of own.toSorted((a, b) => a.address - b.address)) {
      if (point.address - end <= WIDEST_FILLED_GAP)
        for (let address = end; address < point.address; address++)
          filled.push(filler(table, address));
      const width = isRegister(table) ? registersOf(point) : 1;
      end = Math.max(end === Number.POSITIVE_INFINITY ? 0 : end, point.address + width);
    }
  }
  return filled;
}

const filler = (table: Point['table'], address: number): Point =>
  definePoint({
    name: `spare ${table} ${address}`,
    table,
    address,
    type: isRegister(table) ? 'uint16' : 'bool',
  });
