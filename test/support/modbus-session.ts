/** A session on a line in memory, with a device that the test plays. */
import type { BusAccess, Reading, Written } from '../../drivers/driver.ts';
import { asciiLength, fromAscii, toAscii } from '../../drivers/modbus/ascii-text.ts';
import { modbusDriver } from '../../drivers/modbus/driver.ts';
import type { ModbusGroup } from '../../drivers/modbus/plan.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Value } from '../../gateway/model/sample.ts';
import { type Millis, millis } from '../../gateway/model/units.ts';
import { modbusDevice, request } from './modbus-fixture.ts';
import { scriptedLine } from './scripted-line.ts';

const never = new AbortController().signal;
const CRC_BYTES = 2;

export type ModbusScene = ReturnType<typeof modbusScene>;

/** One device on a line of that kind; the test says what arrives. */
export function modbusScene(access: BusAccess, options: Readonly<Record<string, unknown>> = {}) {
  const clock = virtualClock();
  const line = scriptedLine(clock, access.timing);
  const device = modbusDevice(options);
  const session = modbusDriver.open(device, { ...access, clock, log: silentLog, line });
  const planned = (addresses: readonly unknown[], scanMs = 1000): readonly ModbusGroup[] =>
    modbusDriver.plan(
      device,
      addresses.map((written, i) => request(written, i, scanMs)),
      access,
    );
  return {
    clock,
    line,
    device,
    session,
    planned,
    groupOf(addresses: readonly unknown[], scanMs?: number): ModbusGroup {
      const [group] = planned(addresses, scanMs);
      if (!group) throw new Error('no group');
      return group;
    },
    read: (group: ModbusGroup): Promise<Reading<ModbusGroup>> => session.read(group, never),
    write(address: unknown, value: Value): Promise<Written> {
      if (!session.write) throw new Error('the session cannot write');
      const { tag, address: place } = request(address);
      return session.write({ tag, address: place, value }, never);
    },
    /** The request that went out last. */
    sent(): Buffer {
      const last = line.written.at(-1);
      if (!last) throw new Error('nothing was written');
      return last;
    },
    /** Lets time pass in which nothing comes. */
    wait: (time: Millis = millis(1_500)) => clock.advance(time),
  };
}

/** The body of a request on the wire, in RTU or in ASCII: unit, function and data. */
export function bodyOf(frame: Buffer): Buffer {
  if (frame[0] !== 0x3a) return frame.subarray(0, -CRC_BYTES);
  const read = fromAscii(frame.toString('latin1').slice(1, -2));
  if ('reject' in read) throw new Error(read.reject);
  if (frame.length !== asciiLength(read.body.length + CRC_BYTES)) throw new Error('odd length');
  return read.body;
}

export const asciiFrame = (...bytes: readonly number[]): Buffer =>
  Buffer.from(toAscii(Buffer.from(bytes)), 'latin1');
