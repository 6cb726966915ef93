/** Turns a site into the description of the field that the simulator plays. */
import type { BusConfig, DeviceConfig, Site, TagConfig } from '../../config/site.ts';
import type { ModbusDevice } from '../../drivers/modbus/options.ts';
import type { ModbusAddress } from '../../drivers/modbus/tag-options.ts';
import { registersOf } from '../../firmware-sim/encoding.ts';
import type { Plant, PlantBus, PlantDevice } from '../../firmware-sim/plant.ts';
import { definePoint, type Point } from '../../firmware-sim/registers.ts';
import { millis } from '../model/units.ts';

const DEFAULT_TURNAROUND = millis(10);

export interface FieldOptions {
  readonly seed: number;
  /** Listen on free ports, not on those that the site names. */
  readonly freePorts: boolean;
  /** Where a serial bus of the site gets its simulated port. */
  readonly serialPath?: (bus: BusConfig) => string;
}

export const simulatedField = (site: Site, options: FieldOptions): Plant => ({
  seed: options.seed,
  buses: site.buses.map((bus) => plantBus(bus, site, options)),
});

function plantBus(bus: BusConfig, site: Site, options: FieldOptions): PlantBus {
  const devices = site.devices
    .filter((device) => device.bus === bus.name)
    .map((device) => plantDevice(device, site));
  const { transport, baud, format, name } = bus;
  if (transport.kind === 'serial') {
    const path = options.serialPath?.(bus) ?? transport.path;
    return { name, devices, kind: 'serial', path, baud, format };
  }
  const port = options.freePorts ? 0 : transport.port;
  return transport.kind === 'tcp'
    ? { name, devices, kind: 'tcp', port }
    : { name, devices, kind: 'serial-tcp', port, baud, format };
}

function plantDevice(device: DeviceConfig, site: Site): PlantDevice {
  const wanted = site.simulation?.devices.get(device.name);
  const { order } = device.options as ModbusDevice;
  const points = device.tags.map((tag) => pointOf(tag, order));
  const base = {
    name: device.name,
    unit: (device.options as { unit: number }).unit,
    turnaround: wanted?.turnaround ?? DEFAULT_TURNAROUND,
    points: [...points, ...fillers(points)],
    signals: wanted?.signals ?? new Map(),
  };
  if (wanted?.fault === undefined) return base;
  return { ...base, fault: { kind: wanted.fault, share: wanted.faultShare } };
}

function pointOf({ tag, address }: TagConfig, ownOrder: ModbusDevice['order']): Point {
  const { table, address: at, type, order, bit, length, scale, offset } = address as ModbusAddress;
  return definePoint({
    name: tag.quantity,
    table,
    address: at,
    type,
    order: order ?? ownOrder,
    bit: type === 'bool' && isRegister(table) ? bit : undefined,
    length: Math.max(1, Math.ceil(length / 2)),
    scale: Number(scale ?? 1),
    offset: Number(offset ?? 0),
  });
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
