/** DL/T 645 meters, tags and frames for tests, with everything defaulted that a test is not about. */
import { dlt645Driver } from '../../drivers/dlt645/driver.ts';
import {
  addressSchema,
  type Dlt645Address,
  type Dlt645Device,
  deviceSchema,
} from '../../drivers/dlt645/options.ts';
import type { BusAccess, TagRequest } from '../../drivers/driver.ts';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import { type Log, silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { deviceName, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis, type UtcMs } from '../../gateway/model/units.ts';
import { scriptedLine } from './scripted-line.ts';

export const METER = '202411110002';
export const METER_ACCESS: BusAccess = {
  resource: 'serial:/dev/ttyS0',
  framing: 'wire',
  timing: serialTiming({ baud: 2400, format: '8E1' }),
};

/** A device from its YAML options. */
export function meter(options: Readonly<Record<string, unknown>> = {}): Dlt645Device {
  const parsed = deviceSchema.parse({ address: METER, ...options });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** An address from its YAML text, or from an object with scale, offset and decimals. */
export function meterTagAddress(written: unknown): Dlt645Address {
  const parsed = addressSchema.parse(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** A tag `meter.t<index>` at that address. */
export function meterRequest(
  written: unknown,
  index = 0,
  scanMs = 1000,
): TagRequest<Dlt645Address> {
  return { tag: meterTag(index), address: meterTagAddress(written), scan: millis(scanMs) };
}

export const meterTag = (index: number): Tag => ({
  index,
  id: tagId('meter', `t${index}`),
  device: deviceName('meter'),
  quantity: `t${index}`,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
});

/** A session with a meter on a line in memory, and the groups of the given tags. */
export function meterOnLine(
  addresses: readonly unknown[],
  options: Readonly<Record<string, unknown>> = {},
  start?: UtcMs,
) {
  const clock = virtualClock(start);
  const line = scriptedLine(clock, METER_ACCESS.timing);
  const device = meter({ preamble: 0, ...options });
  const events: { readonly event: string; readonly fields: unknown }[] = [];
  const note = (event: string, fields: unknown) => void events.push({ event, fields });
  const log: Log = { ...silentLog, info: note, warn: note };
  const groups = dlt645Driver.plan(
    device,
    addresses.map((written, i) => meterRequest(written, i)),
    METER_ACCESS,
  );
  return {
    clock,
    line,
    device,
    events,
    groups,
    session: dlt645Driver.open(device, { ...METER_ACCESS, clock, log, line }),
  };
}

/** Bytes of a frame by the rules on paper: no code of the driver makes them. */
export function meterFrame(address: string, control: number, data: string | Uint8Array): Buffer {
  const plain = typeof data === 'string' ? Buffer.from(data.replaceAll(' ', ''), 'hex') : data;
  const low = Buffer.from(address, 'hex').reverse();
  const body = Buffer.from([
    0x68,
    ...low,
    0x68,
    control,
    plain.length,
    ...plain.map((byte) => (byte + 0x33) & 0xff),
  ]);
  const sum = body.reduce((total, byte) => (total + byte) & 0xff, 0);
  return Buffer.concat([body, Buffer.of(sum, 0x16)]);
}
