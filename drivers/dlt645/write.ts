/**
 * Writes: what a tag's value means as a frame, and how it ended. What the device's options do not allow never
 * leaves; what left and was not answered is unknown and is not repeated.
 */
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { isDecimal, plainValue, type Value } from '../../gateway/model/sample.ts';
import { between, type Millis, millis, type UtcMs, utcMs } from '../../gateway/model/units.ts';
import { parseDecimal } from '../codec/scale.ts';
import type { DriverIo, WriteRequest, WriteWish, Written } from '../driver.ts';
import type { MeterClient } from './client.ts';
import { errorBits, RELAY_ACTIONS, SERVICES, type Service } from './control.ts';
import type { Element } from './element.ts';
import { BROADCAST, type Frame } from './frame.ts';
import type { Dlt645Address, Dlt645Device, Permission } from './options.ts';
import { numberBytes, timeBytes } from './value.ts';

type Request = WriteRequest<Dlt645Address>;
type Target = Pick<Request, 'tag' | 'address'>;

export interface WriteMeans {
  readonly device: Dlt645Device;
  readonly io: DriverIo;
  readonly client: MeterClient;
}

/** Why nothing is sent. */
export interface WriteRefusal {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** A frame that does what the value says, and whether anybody answers it. */
export interface WriteFrame {
  readonly frame: Frame;
  readonly isAnswered: boolean;
}

/** How long a relay command stays valid (N3 to N8): a guess at how far clocks of meters are off. */
const RELAY_VALIDITY: Millis = millis(5 * 60_000);
const EVERY = 0x99;

/** Rejects when the line is lost. */
export async function sendWrite(
  request: Request,
  { device, io, client }: WriteMeans,
  signal: AbortSignal,
): Promise<Written> {
  const now = io.clock.isSynced() ? io.clock.utc() : undefined;
  const made = writeFrame(device, request, now);
  if ('code' in made) return { outcome: 'rejected', refusal: made, turnaround: undefined };
  if (!made.isAnswered) {
    await client.tell(made.frame, signal);
    return { outcome: 'written', turnaround: undefined };
  }
  const answer = await client.ask(made.frame, device.timeout, signal);
  if (!('sent' in answer)) return { outcome: 'unknown', turnaround: undefined };
  const turnaround = millis(between(answer.sent, answer.firstByte));
  if (answer.kind === 'data') return { outcome: 'written', turnaround };
  const reasons = errorBits(answer.error).join(' ');
  io.log.warn('dlt645.write-refused', { address: device.address, tag: request.tag.id, reasons });
  const details = { address: device.address, tag: request.tag.id, reasons };
  return { outcome: 'rejected', refusal: { code: 'dlt645.write-refused', details }, turnaround };
}

/** Why the value, or where there is none any value, is not written, whatever the time is. */
export function refusedWrite(
  device: Dlt645Device,
  wish: WriteWish<Dlt645Address>,
): WriteRefusal | undefined {
  const { value } = wish;
  if (value === undefined) return refusedTarget(device, wish);
  const made = writeFrame(device, { ...wish, value }, ANY_TIME);
  return 'code' in made ? made : undefined;
}

const ANY_TIME = utcMs(0);

/** What the edition of the standard, or the options, do not let be written. */
function refusedTarget(device: Dlt645Device, target: Target): WriteRefusal | undefined {
  const { command } = target.address;
  switch (command) {
    case 'clock':
      return notAllowed(device, target, 'clock');
    case 'freeze':
      return codeOf(device, 'freeze') === undefined ? unfit(target, device) : undefined;
    case 'relay':
      if (codeOf(device, 'relay') === undefined) return unfit(target, device);
      return refusedCredentials(device, target, 'relay');
    default:
      if (parameterOf(device, target) === undefined) return unfit(target, device);
      return refusedCredentials(device, target, 'write');
  }
}

/** The frame of a write; `now` is undefined while the gateway's clock is not set. Pure. */
export function writeFrame(
  device: Dlt645Device,
  request: Request,
  now: UtcMs | undefined,
): WriteFrame | WriteRefusal {
  const refusal = refusedTarget(device, request);
  if (refusal) return refusal;
  switch (request.address.command) {
    case 'clock':
      return clockFrame(device, request, now);
    case 'freeze':
      return freezeFrame(device, request);
    case 'relay':
      return relayFrame(device, request, now);
    default:
      return parameterFrame(device, request);
  }
}

const codeOf = ({ version }: Dlt645Device, service: Service): number | undefined =>
  SERVICES[version].get(service);

const refusal = (
  { tag }: Target,
  code: WriteRefusal['code'],
  details: ErrorDetails = {},
): WriteRefusal => ({ code, details: { tag: tag.id, ...details } });

const unusable = (request: Request, expected: string): WriteRefusal =>
  refusal(request, 'dlt645.value-unusable', { value: String(plainValue(request.value)), expected });

const unfit = (target: Target, { version }: Dlt645Device): WriteRefusal =>
  refusal(target, 'dlt645.write-unfit', { version });

/** 08H: ss mm hh DD MM YY; nobody answers it, whoever it is sent to. */
function clockFrame(
  device: Dlt645Device,
  request: Request,
  now: UtcMs | undefined,
): WriteFrame | WriteRefusal {
  const { value, address } = request;
  const isNow = value === 'now' || value === true;
  if (isNow && now === undefined) return refusal(request, 'dlt645.clock-unsynced');
  const at = isNow ? now : localTime(value);
  const control = codeOf(device, 'set-clock');
  if (at === undefined || control === undefined)
    return unusable(request, '"now", "2024-11-15T13:45:00"');
  const data = timeBytes('second', at, isNow ? device.utcOffsetMinutes : 0);
  const to = address.broadcast ? BROADCAST : device.address;
  return { frame: { address: to, control, data }, isAnswered: false };
}

/** A time as the meter is to show it, as if its clock were UTC. */
function localTime(value: Value): UtcMs | undefined {
  if (typeof value !== 'string' || !/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(value))
    return undefined;
  const at = Date.parse(`${value}Z`);
  const isInCalendar = !Number.isNaN(at) && new Date(at).toISOString().startsWith(value);
  return isInCalendar ? utcMs(at) : undefined;
}

/** 16H: mm hh DD MM, 99 for every; a meter answers it, all meters together do not. */
function freezeFrame(device: Dlt645Device, request: Request): WriteFrame | WriteRefusal {
  const control = codeOf(device, 'freeze');
  if (control === undefined) return unfit(request, device);
  const data = freezeTime(request.value);
  if (data === undefined)
    return unusable(request, '"now", "hourly 15", "daily 00:00", "monthly 01 00:00"');
  const { broadcast } = request.address;
  const address = broadcast ? BROADCAST : device.address;
  return { frame: { address, control, data }, isAnswered: !broadcast };
}

/** Two digits each, or nothing for every. */
const FREEZE_FORMS = [
  /^now()()()$/,
  /^hourly()() ([0-5]\d)$/,
  /^daily() ([01]\d|2[0-3]):([0-5]\d)$/,
  /^monthly (0[1-9]|1\d|2[0-8]) ([01]\d|2[0-3]):([0-5]\d)$/,
];

function freezeTime(value: Value): Uint8Array | undefined {
  const written = value === true ? 'now' : String(value);
  for (const form of FREEZE_FORMS) {
    const match = form.exec(written);
    if (!match) continue;
    const [, day, hour, minute] = match.map((digits) =>
      digits === '' ? EVERY : Number.parseInt(digits, 16),
    );
    return Uint8Array.from([minute, hour, day, EVERY].map((byte) => byte ?? EVERY));
  }
  return undefined;
}

/** 1CH: credentials, then N1 to N8. */
function relayFrame(
  device: Dlt645Device,
  request: Request,
  now: UtcMs | undefined,
): WriteFrame | WriteRefusal {
  const control = codeOf(device, 'relay');
  if (control === undefined) return unfit(request, device);
  const action = RELAY_ACTIONS.get(String(request.value));
  if (action === undefined) return unusable(request, [...RELAY_ACTIONS.keys()].join(', '));
  if (now === undefined) return refusal(request, 'dlt645.clock-unsynced');
  const until = timeBytes('second', utcMs(now + RELAY_VALIDITY), device.utcOffsetMinutes);
  const data = Buffer.concat([credentialsOf(device), Buffer.of(action, 0), until]);
  return { frame: { address: device.address, control, data }, isAnswered: true };
}

/** 14H: identifier, credentials, value. The 1997 edition's credentials differ and are not offered. */
function parameterFrame(device: Dlt645Device, request: Request): WriteFrame | WriteRefusal {
  const parameter = parameterOf(device, request);
  if (parameter === undefined) return unfit(request, device);
  const { di, element, control } = parameter;
  const value = elementBytes(element, request);
  if (typeof value === 'string') return unusable(request, value);
  const data = Buffer.concat([Buffer.from(di, 'hex').reverse(), credentialsOf(device), value]);
  return { frame: { address: device.address, control, data }, isAnswered: true };
}

type PlainElement = Exclude<Element, { readonly kind: 'time' }>;

interface Parameter {
  readonly di: string;
  readonly element: PlainElement;
  readonly control: number;
}

/** Undefined for what is no single value, or none that can be written. */
function parameterOf(device: Dlt645Device, { address }: Target): Parameter | undefined {
  const { version } = device;
  const item = address.items[version];
  const control = codeOf(device, 'write');
  if (version !== '2007' || item === undefined || control === undefined) return undefined;
  const { di, layout } = item;
  const [element] = layout.tuple;
  if (element === undefined || element.kind === 'time') return undefined;
  if (layout.tuple.length > 1 || layout.repeats) return undefined;
  const isPlain = address.scale === undefined && address.offset === undefined;
  const isWritable = element.kind === 'digits' || (element.kind === 'number' && isPlain);
  return isWritable ? { di, element, control } : undefined;
}

/** The bytes of a value, as a number or as digits; words for what is expected when it does not fit. */
function elementBytes(element: PlainElement, { value }: Request): Uint8Array | string {
  if (element.kind === 'number') {
    const decimal = isDecimal(value) ? value : parseDecimal(String(plainValue(value)));
    const bytes = decimal && numberBytes(element, decimal);
    return bytes ?? `${element.bytes * 2} digits, ${element.decimals} of them decimals`;
  }
  const isFitting = typeof value === 'string' && /^\d+$/.test(value);
  if (!isFitting || value.length !== element.bytes * 2)
    return `${element.bytes * 2} digits as text`;
  return Buffer.from(value, 'hex').reverse();
}

const notAllowed = (
  { allow }: Dlt645Device,
  target: Target,
  what: Permission,
): WriteRefusal | undefined =>
  allow.includes(what) ? undefined : refusal(target, 'dlt645.write-not-allowed', { what });

/** What needs a password is for one meter, and only when allowed. */
function refusedCredentials(
  device: Dlt645Device,
  target: Target,
  permission: Permission,
): WriteRefusal | undefined {
  const { password, address } = device;
  const forbidden = notAllowed(device, target, permission);
  if (forbidden) return forbidden;
  if (password === undefined)
    return refusal(target, 'dlt645.write-not-allowed', { what: `${permission} without password` });
  return address.includes('A') ? refusal(target, 'dlt645.write-to-many', { address }) : undefined;
}

/** PA P0 P1 P2 C0 C1 C2 C3, each low byte first. */
function credentialsOf({ password = '', operator }: Dlt645Device): Buffer {
  const [level = 0, ...secret] = Buffer.from(password, 'hex');
  const code = Buffer.from(operator, 'hex').reverse();
  return Buffer.concat([Buffer.of(level, ...secret.reverse()), code]);
}
