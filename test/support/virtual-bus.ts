/** A bus with the real driver on a simulated line, all in virtual time. */

import type { DeviceConfig } from '../../config/site.ts';
import { DRIVERS } from '../../drivers/all-drivers.ts';
import type { Line } from '../../drivers/line/line.ts';
import { streamLine } from '../../drivers/line/stream-line.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { createDevice, type SimulatedDevice } from '../../firmware-sim/device.ts';
import type { FaultSetting } from '../../firmware-sim/faults.ts';
import { SimulatedLine } from '../../firmware-sim/line.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { rtuStation } from '../../firmware-sim/rtu-station.ts';
import { wireDevice } from '../../gateway/field.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { busName, deviceName, type Sample, tagId } from '../../gateway/model/sample.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import { Bus } from '../../gateway/poll/bus.ts';

export interface VirtualUnit {
  readonly fault?: FaultSetting;
  readonly turnaround?: Millis;
  readonly scan?: Millis;
}

export interface VirtualBus {
  readonly clock: VirtualClock;
  readonly bus: Bus;
  readonly line: SimulatedLine;
  readonly devices: readonly SimulatedDevice[];
  readonly samples: Sample[];
  readonly latenesses: number[];
  /** How often the line was opened. */
  opened(): number;
}

const BAUD = 9600;
const FORMAT = '8N1';

/** Register r of unit u holds u × 1000 + r, so that a value names where it came from. */
export const valueAt = (unit: number, register: number): number => unit * 1000 + register;

export function virtualBus(units: readonly VirtualUnit[], registers = 20): VirtualBus {
  const clock = virtualClock();
  const devices = units.map((unit, i) =>
    createDevice({
      name: `unit-${i + 1}`,
      unit: i + 1,
      turnaround: unit.turnaround ?? millis(10),
      image: createImage(
        Array.from({ length: registers }, (_, address) =>
          definePoint({ name: `r${address}`, table: 'holding', address, type: 'uint16' }),
        ),
        (point) => valueAt(i + 1, point.address),
      ),
      fault: unit.fault,
      seed: i + 1,
    }),
  );
  const stations = devices.map((device) => rtuStation(device));
  const line = new SimulatedLine({ baud: BAUD, format: FORMAT, stations, seed: 7 }, clock);
  const transport = { kind: 'serial-tcp', host: 'virtual', port: 1 } as const;
  let opened = 0;
  const own: Line = streamLine({
    resource: 'virtual',
    settings: { baud: BAUD, format: FORMAT },
    clock,
    open: async (events) => {
      opened++;
      const endpoint = line.endpoint();
      endpoint.onData((bytes) => events.data(bytes));
      return {
        write: (bytes) => endpoint.write(bytes),
        drop: async () => {},
        close: async () => endpoint.close(),
      };
    },
  });
  const samples: Sample[] = [];
  const latenesses: number[] = [];
  const bus = new Bus({
    name: 'line',
    line: own,
    devices: units.map((unit, i) =>
      wireDevice(
        modbusUnit(i + 1, registers, unit.scan ?? millis(1000)),
        { transport, baud: BAUD, format: FORMAT },
        own,
        { drivers: DRIVERS, clock, log: silentLog },
      ),
    ),
    silentShare: 0.05,
    clock,
    log: silentLog,
    random: seededRandom(3),
    emit: (some) => samples.push(...some),
    onLateness: (lateness) => latenesses.push(lateness),
  });
  return { clock, bus, line, devices, samples, latenesses, opened: () => opened };
}

/** A Modbus device whose tags are its first registers. */
export function modbusUnit(number: number, registers: number, scan: Millis): DeviceConfig {
  const name = deviceName(`unit-${number}`);
  const written = DRIVER_OPTIONS.get('modbus');
  const options = written?.deviceSchema.parse({ unit: number });
  if (!written || !options?.ok) throw new Error('the Modbus driver refuses its own options');
  const tags = Array.from({ length: registers }, (_, register) => {
    const quantity = `r${register}`;
    const addressText = `holding:${register}`;
    const address = written.addressSchema.parse(addressText);
    if (!address.ok) throw new Error('the Modbus driver refuses an address');
    const tag = {
      index: register,
      id: tagId(name, quantity),
      device: name,
      quantity,
      unit: undefined,
      decimals: undefined,
      report: { deadband: undefined, heartbeat: undefined },
    };
    return { tag, addressText, address: address.value, scan };
  });
  return { name, bus: busName('line'), protocol: 'modbus', options: options.value, tags };
}
