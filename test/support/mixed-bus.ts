/** A bus with devices of any protocol on one simulated line, with the real drivers, all in virtual time. */

import type { DeviceConfig } from '../../config/site.ts';
import { DRIVERS } from '../../drivers/all-drivers.ts';
import type { SerialSettings } from '../../drivers/line/line.ts';
import { streamLine } from '../../drivers/line/stream-line.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { meter188 } from '../../firmware-sim/cjt188-meter.ts';
import { createDevice } from '../../firmware-sim/device.ts';
import { meter645 } from '../../firmware-sim/dlt645-meter.ts';
import type { FaultSetting } from '../../firmware-sim/faults.ts';
import { SimulatedLine } from '../../firmware-sim/line.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { rtuStation } from '../../firmware-sim/rtu-station.ts';
import type { Station } from '../../firmware-sim/station.ts';
import { wireDevice } from '../../gateway/field.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { busName, deviceName, type Sample, tagId } from '../../gateway/model/sample.ts';
import { type Millis, type MonoMs, millis, seconds } from '../../gateway/model/units.ts';
import { Bus } from '../../gateway/poll/bus.ts';

export type Protocol = 'modbus' | 'dlt645' | 'cjt188';

export interface MixedUnit {
  readonly protocol: Protocol;
  readonly fault?: FaultSetting;
  readonly turnaround?: Millis;
  readonly scan?: Millis;
  /** Of the unit and of its device in the site; the line's own when left out. */
  readonly settings?: SerialSettings;
}

export interface MixedBus {
  readonly clock: VirtualClock;
  readonly bus: Bus;
  readonly line: SimulatedLine;
  readonly stations: readonly Station[];
  readonly devices: readonly DeviceConfig[];
  readonly samples: Sample[];
  /** Everything the gateway put on the wire, and when. */
  readonly sent: { readonly at: MonoMs; readonly bytes: Uint8Array }[];
  /** The ends of all transactions. */
  readonly ended: MonoMs[];
  readonly latenesses: number[];
}

/** The first holding registers of each Modbus unit. */
export const MODBUS_REGISTERS = 20;
const LINE: SerialSettings = { baud: 9600, format: '8N1' };
const TAGS: Readonly<Record<Protocol, Readonly<Record<string, string>>>> = {
  modbus: Object.fromEntries(
    Array.from({ length: MODBUS_REGISTERS }, (_, register) => [
      `r${register}`,
      `holding:${register}`,
    ]),
  ),
  dlt645: { energy: 'forward_active_energy' },
  cjt188: { volume: 'volume', settlement: 'settlement_volume', battery: 'battery_low' },
};

export const meterAddress = (number: number): string => String(202400000000 + number);
export const waterAddress = (number: number): string => `7833${String(number).padStart(10, '0')}`;

export function mixedBus(units: readonly MixedUnit[]): MixedBus {
  const clock = virtualClock();
  const stations = units.map((unit, i) => stationOf(unit, i + 1, clock));
  const line = new SimulatedLine({ ...LINE, stations, seed: 7 }, clock);
  const sent: { at: MonoMs; bytes: Uint8Array }[] = [];
  const own = streamLine({
    resource: 'virtual',
    settings: LINE,
    clock,
    open: async (events, _signal, settings) => {
      const endpoint = line.endpoint();
      if (settings) endpoint.tune(settings);
      endpoint.onData((bytes) => events.data(bytes));
      return {
        write(bytes) {
          sent.push({ at: clock.mono(), bytes });
          endpoint.write(bytes);
        },
        drop: async () => {},
        tune: async (next) => endpoint.tune(next),
        close: async () => endpoint.close(),
      };
    },
  });
  const devices = units.map((unit, i) => deviceOf(unit, i + 1));
  const samples: Sample[] = [];
  const latenesses: number[] = [];
  const ended: MonoMs[] = [];
  const wire = { transport: { kind: 'serial', path: 'virtual' }, ...LINE } as const;
  const bus = new Bus({
    name: 'line',
    line: own,
    devices: devices.map((device) =>
      wireDevice(device, wire, own, { drivers: DRIVERS, clock, log: silentLog }),
    ),
    silentShare: 0.05,
    clock,
    log: silentLog,
    random: seededRandom(3),
    emit(some) {
      samples.push(...some);
      ended.push(clock.mono());
    },
    onLateness: (lateness) => latenesses.push(lateness),
  });
  return { clock, bus, line, stations, devices, samples, sent, ended, latenesses };
}

/** @param isFixed registers are written once, so that a read costs the simulator no more than a copy */
export function stationOf(
  unit: MixedUnit,
  number: number,
  clock: Clock,
  { isFixed = false } = {},
): Station {
  const { protocol, settings } = unit;
  const options = {
    name: `unit-${number}`,
    turnaround: unit.turnaround ?? millis(protocol === 'modbus' ? 10 : 30),
    seed: number,
    ...(unit.fault !== undefined && { fault: unit.fault }),
    ...(settings !== undefined && { settings }),
  };
  switch (protocol) {
    case 'modbus': {
      const image = createImage(
        Array.from({ length: MODBUS_REGISTERS }, (_, address) =>
          definePoint({
            name: `r${address}`,
            table: 'holding',
            address,
            type: 'uint16',
            writable: true,
          }),
        ),
        (point) => number * 1000 + point.address,
        { refresh: isFixed ? 'never' : 'each-read' },
      );
      return rtuStation(createDevice({ ...options, unit: number, image }), settings);
    }
    case 'dlt645':
      return meter645({ ...options, address: meterAddress(number) }, clock);
    case 'cjt188':
      return meter188({ ...options, address: waterAddress(number), type: 0x10 }, clock);
  }
}

/** The site's side of the same unit. */
export function deviceOf(unit: MixedUnit, number: number): DeviceConfig {
  const { protocol, settings, scan = seconds(5) } = unit;
  const written = DRIVER_OPTIONS.get(protocol);
  if (!written) throw new Error(`no driver ${protocol}`);
  const name = deviceName(`unit-${number}`);
  const identity = {
    modbus: { unit: number },
    dlt645: { address: meterAddress(number) },
    cjt188: { address: waterAddress(number), type: 'water' },
  }[protocol];
  const options = written.deviceSchema.parse(identity);
  if (!options.ok) throw new Error(`${protocol} refuses ${JSON.stringify(options.issues)}`);
  const tags = Object.entries(TAGS[protocol]).map(([quantity, addressText], index) => {
    const address = written.addressSchema.parse({ address: addressText });
    if (!address.ok) throw new Error(`${protocol} refuses ${addressText}`);
    const tag = {
      index,
      id: tagId(name, quantity),
      device: name,
      quantity,
      unit: undefined,
      decimals: undefined,
      report: { deadband: undefined, heartbeat: undefined },
    };
    return { tag, addressText, address: address.value, scan };
  });
  return {
    name,
    bus: busName('line'),
    protocol,
    options: options.value,
    tags,
    ...(settings !== undefined && { settings }),
  };
}
