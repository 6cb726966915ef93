/** CJ/T 188 meters, tags and frames for tests; frames are built here by the document, not by the driver's codec. */
import type { Cjt188Address } from '../../drivers/cjt188/address.ts';
import { cjt188Driver } from '../../drivers/cjt188/driver.ts';
import { addressSchema, deviceSchema } from '../../drivers/cjt188/options.ts';
import type { BusAccess, TagRequest } from '../../drivers/driver.ts';
import { serialTiming } from '../../drivers/line/serial-timing.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { deviceName, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { millis, utcMs } from '../../gateway/model/units.ts';
import { scriptedLine } from './scripted-line.ts';

export const METER = '78331234567890';

export const METER_WIRE: BusAccess = {
  resource: 'serial:/dev/ttyS0',
  framing: 'wire',
  timing: serialTiming({ baud: 2400, format: '8E1' }),
};

export const fromHex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** A device from its YAML options; water meter 78331234567890 when nothing else is said. */
export function meter(options: Readonly<Record<string, unknown>> = {}) {
  const parsed = deviceSchema.parse({ address: METER, type: 'water', ...options });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

export function meterTag(
  written: string,
  {
    index = 0,
    scanMs = 60_000,
    decimals,
  }: { index?: number; scanMs?: number; decimals?: number } = {},
): TagRequest<Cjt188Address> {
  const tag: Tag = {
    index,
    id: tagId('meter', `t${index}`),
    device: deviceName('meter'),
    quantity: `t${index}`,
    unit: undefined,
    decimals,
    report: { deadband: undefined, heartbeat: undefined },
  };
  return { tag, address: parsedAddress(written), scan: millis(scanMs) };
}

function parsedAddress(written: string) {
  const parsed = addressSchema.parse(written);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.value;
}

/** `68 T A0..A6 C L DATA CS 16`: the address as printed, the data in hex. */
export function meterFrame(
  control: number,
  data: string,
  { address = METER, type = 0x10 }: { address?: string; type?: number } = {},
): Buffer {
  const bytes = fromHex(data);
  const body = Buffer.concat([
    Buffer.of(0x68, type),
    Buffer.from(address, 'hex').reverse(),
    Buffer.of(control, bytes.length),
    bytes,
  ]);
  const sum = body.reduce((total, byte) => total + byte, 0);
  return Buffer.concat([body, Buffer.of(sum & 0xff, 0x16)]);
}

/** A reply to `asked` with the request's SER: DI as asked, then `payload`. */
export function meterReply(
  asked: Uint8Array,
  payload: string,
  { ser, ...frame }: { ser?: number; address?: string; type?: number } = {},
): Buffer {
  const request = Buffer.from(asked.subarray(asked.indexOf(0x68)));
  const control = request.readUInt8(9) | 0x80;
  const head = Buffer.from(request.subarray(11, 14));
  if (ser !== undefined) head.writeUInt8(ser, 2);
  return meterFrame(control, head.toString('hex') + payload, {
    type: request.readUInt8(1),
    ...frame,
  });
}

/** Noon, when the tests of sessions happen. */
const NOON = utcMs(Date.UTC(2026, 5, 1, 12));

/** A session on a line in memory and the groups of the given tags. */
export function meterSession(
  addresses: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
  decimals?: number,
) {
  const clock = virtualClock(NOON);
  const line = scriptedLine(clock, METER_WIRE.timing);
  const device = meter(options);
  const warnings: { event: string; fields: unknown }[] = [];
  const log = {
    ...silentLog,
    warn: (event: string, fields?: unknown) => void warnings.push({ event, fields }),
  };
  const session = cjt188Driver.open(device, { ...METER_WIRE, clock, log, line });
  const requests = addresses.map((written, index) =>
    meterTag(written, { index, ...(decimals !== undefined && { decimals }) }),
  );
  const groups = cjt188Driver.plan(device, requests, METER_WIRE);
  const [group] = groups;
  if (!group) throw new Error('no group');
  const never = new AbortController().signal;
  return {
    clock,
    line,
    warnings,
    session,
    groups,
    requests,
    read: (timeoutMs?: number) =>
      session.read(group, never, timeoutMs === undefined ? undefined : millis(timeoutMs)),
    write: (value: boolean | number | string) => {
      const [request] = requests;
      if (!request || !session.write) throw new Error('nothing to write');
      const { tag, address } = request;
      return session.write({ tag, address, value }, never);
    },
    /** The last request, without the bytes that wake the meter up. */
    lastRequest: () => {
      const last = line.written.at(-1);
      if (!last) throw new Error('nothing was written');
      return last.subarray(last.indexOf(0x68));
    },
  };
}
