/** A water, gas or heat meter that speaks CJ/T 188 on a serial wire. */
import type { Clock } from '../gateway/host/clock.ts';
import { later, type Millis, type MonoMs, millis } from '../gateway/model/units.ts';
import { FRAMING_188, type Frame188, frame188, parse188 } from './cjt188-frame.ts';
import {
  amountOf,
  displayOf,
  historyField,
  type Meter188Options,
  type Meter188State,
  meter188State,
  meteringFields,
  shownClock,
  shownField,
  statusOf,
} from './cjt188-state.ts';
import { fromBcdLowFirst, hexLowFirst, lowFirst } from './digits.ts';
import {
  createFaults,
  damaged,
  type FaultInjector,
  type FaultSetting,
  isSilence,
} from './faults.ts';
import { calendarOf, partsFromBcd } from './meter-clock.ts';
import { seedOf } from './seed.ts';
import type { Answer, Station } from './station.ts';
import type { WireSpeed } from './wire.ts';

export interface Meter188 extends Station {
  readonly address: string;
  /** What is inside, for a test to look at. */
  readonly state: Meter188State;
}

export interface Meter188Setting extends Meter188Options {
  readonly name: string;
  /** 30 ms when left out. */
  readonly turnaround?: Millis;
  /** How it sends and hears; undefined: like its line. */
  readonly settings?: WireSpeed;
  readonly fault?: FaultSetting;
  readonly seed?: number;
}

const READ = 0x01;
const READ_ADDRESS = 0x03;
const WRITE = 0x04;
const READ_KEY_VERSION = 0x09;
const WRITE_ADDRESS = 0x15;
const WRITE_REGISTER = 0x16;
const FROM_METER = 0x80;
const ABNORMAL = 0x40;
const ANY_TYPE = 0xaa;
const ANYBODY = 'AA'.repeat(7);
const OPEN = 0x55;
const CLOSE = 0x99;
/** First digits of the identifiers; what does not begin so is written low byte first. */
const IDENTIFIER = /^(9|81|a0|a1|d)/;

/** A request taken apart. */
interface Request {
  readonly control: number;
  /** As in the document, high byte first. */
  readonly di: string;
  readonly value: Uint8Array;
  readonly isZero: boolean;
  readonly isStuck: boolean;
}

/** A meter, running since now. */
export function meter188(options: Meter188Setting, clock: Clock): Meter188 {
  const seed = seedOf(options.seed ?? 1, options.name);
  const meter = meter188State(options, seed, clock);
  const faults = createFaults(seedOf(seed, 'faults'), (upAt, kind) => {
    if (kind !== 'swap') return;
    meter.process.replace(upAt);
    meter.correction = 0n;
  });
  faults.set(options.fault);
  const preamble = new Uint8Array(options.preamble ?? 4).fill(0xfe);
  return {
    name: options.name,
    framing: FRAMING_188,
    settings: options.settings,
    turnaround: options.turnaround ?? millis(30),
    faults,
    state: meter,
    get address() {
      return meter.address;
    },
    shows: (display, at) => displayOf(meter, display, at),
    hear(bytes, { now }): Answer | undefined {
      const request = parse188(bytes);
      if (!isFor(meter, request) || !wake(meter, now)) return undefined;
      const asked = taken(meter, request);
      if (!asked) return undefined;
      const fault = faults.draw(now);
      if (isSilence(fault)) return { reply: undefined, fault };
      const isStuck = asked.di === 'A017' && request.control === WRITE && isJammed(faults);
      const ser = serOf(meter, request.data[2] ?? 0);
      const isRefused = fault?.kind === 'exception' || fault?.kind === 'busy';
      settleFlow(meter, now);
      const value = isRefused
        ? undefined
        : answerTo(meter, { ...asked, isStuck, isZero: fault?.kind === 'zero' }, now);
      const answer = value
        ? { control: FROM_METER, data: Buffer.concat([request.data.subarray(0, 2), ser, value]) }
        : { control: FROM_METER | ABNORMAL, data: Buffer.concat([ser, shortStatus(meter, now)]) };
      const frameOf = (address: string) =>
        frame188({
          type: options.type,
          address,
          control: request.control | answer.control,
          data: answer.data,
        });
      const foreign = () => frameOf(neighbourOf(meter.address));
      const frame = damaged(fault?.kind, frameOf(meter.address), foreign, faults.random);
      return { reply: Buffer.concat([preamble, frame]), fault };
    },
  };
}

function isFor(meter: Meter188State, { type, address, control }: Frame188): boolean {
  if (control & FROM_METER) return false;
  const isType = type === meter.options.type || type === ANY_TYPE;
  return isType && (address === meter.address || address === ANYBODY);
}

/** Whether it was awake; what reaches a sleeping meter is lost, and wakes it. */
function wake(meter: Meter188State, now: MonoMs): boolean {
  const { sleepsAfter } = meter.options;
  if (sleepsAfter === undefined) return true;
  const isAwake = now < meter.awakeUntil;
  meter.awakeUntil = later(now, sleepsAfter);
  return isAwake;
}

/** Undefined when the identifier's bytes are in the order that the meter does not know. */
function taken(meter: Meter188State, { control, data }: Frame188) {
  if (data.length < 3) return undefined;
  const di = new Uint8Array(data.subarray(0, 2));
  const isHighFirst = IDENTIFIER.test(Buffer.from(di).toString('hex'));
  const { diOrder = 'either' } = meter.options;
  if (diOrder !== 'either' && (diOrder === 'high-first') !== isHighFirst) return undefined;
  return { control, di: hexLowFirst(isHighFirst ? di.reverse() : di), value: data.subarray(3) };
}

/** Whether the valve that was told to move just now will not arrive. */
function isJammed(faults: FaultInjector): boolean {
  const fault = faults.current();
  if (fault?.kind !== 'stuck' || faults.random() >= fault.share) return false;
  faults.count('stuck');
  return true;
}

function serOf(meter: Meter188State, asked: number): Uint8Array {
  switch (meter.options.ser) {
    case 'zero':
      return Uint8Array.of(0);
    case 'own':
      meter.ownSer = (meter.ownSer + 1) & 0xff;
      return Uint8Array.of(meter.ownSer);
    default:
      return Uint8Array.of(asked);
  }
}

const shortStatus = (meter: Meter188State, now: MonoMs): Uint8Array =>
  statusOf(meter, now).subarray(0, meter.options.abnormalBytes ?? 2);

/** Another meter of the same maker; addresses need not be decimal. */
const neighbourOf = (address: string): string =>
  ((BigInt(`0x${address}`) + 1n) % (1n << 56n)).toString(16).toUpperCase().padStart(14, '0');

/** A closed valve stops the counters at the moment it closed. */
function settleFlow(meter: Meter188State, now: MonoMs): void {
  const position = meter.valve?.position(now);
  if (position === undefined || position === 'stuck') return;
  meter.process.setFlowing(position === 'open', meter.valve?.arrivedAt ?? now);
}

/** What stands behind DI and SER; undefined when the meter refuses. */
function answerTo(meter: Meter188State, request: Request, now: MonoMs): Uint8Array | undefined {
  const { control, di, value } = request;
  switch (control) {
    case READ:
      return read(meter, request, now);
    case READ_ADDRESS:
      if (di !== '810A') return undefined;
      return meter.options.repeatsAddress ? lowFirst(meter.address) : new Uint8Array();
    case READ_KEY_VERSION:
      return di === '8106' ? parameterOf(meter, di) : undefined;
    case WRITE:
      return di === 'A017' ? moveValve(meter, request, now) : write(meter, di, value, now);
    case WRITE_ADDRESS:
      if (di !== 'A018' || value.length !== 7) return undefined;
      meter.address = hexLowFirst(value);
      return new Uint8Array();
    case WRITE_REGISTER:
      return di === 'A016' && setRegister(meter, value, now) ? statusOf(meter, now) : undefined;
    default:
      return undefined;
  }
}

const MONTHS = 12;
const PRICES_BYTES = 15;

function read(meter: Meter188State, { di, isZero }: Request, now: MonoMs): Uint8Array | undefined {
  const month = Number.parseInt(di, 16) - 0xd120 + 1;
  if (month >= 1 && month <= MONTHS)
    return shownField(meter, historyField(meter.options, month), now, isZero);
  switch (di) {
    case '901F':
      return Buffer.concat([
        ...meteringFields(meter.options).map((field) => shownField(meter, field, now, isZero)),
        shownClock(meter, now),
        statusOf(meter, now),
      ]);
    case '8102':
    case '8105':
      return new Uint8Array(PRICES_BYTES);
    case 'A017':
      return meter.valve && statusOf(meter, now);
    default:
      return parameterOf(meter, di);
  }
}

function parameterOf(meter: Meter188State, di: string): Uint8Array | undefined {
  const value = meter.parameters.get(di);
  return value === undefined ? undefined : Uint8Array.of(value);
}

function moveValve(meter: Meter188State, request: Request, now: MonoMs): Uint8Array | undefined {
  const [order] = request.value;
  if (!meter.valve || (order !== OPEN && order !== CLOSE)) return undefined;
  meter.valve.order(order === OPEN ? 'open' : 'closed', now, request.isStuck);
  settleFlow(meter, now);
  return statusOf(meter, now);
}

/** Settlement day, reading day, and the clock; what is written is not what is read (81xx). */
function write(
  meter: Meter188State,
  di: string,
  value: Uint8Array,
  now: MonoMs,
): Uint8Array | undefined {
  const parts = partsFromBcd(value);
  if (!parts) return undefined;
  if (di === 'A015' && parts.length === 7) {
    const [second, minute, hour, day = 0, month = 0, year = 0, century = 0] = parts;
    if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
    meter.clock.set(calendarOf(century * 100 + year, month, day, hour, minute, second), now);
    return new Uint8Array();
  }
  const [day = 0] = parts;
  const read = { A011: '8103', A012: '8104' }[di];
  if (read === undefined || parts.length !== 1 || day < 1 || day > 28) return undefined;
  meter.parameters.set(read, value[0] ?? 0);
  return new Uint8Array();
}

/** The counter goes on from what the mechanical one shows; a unit byte may follow the digits. */
function setRegister(meter: Meter188State, value: Uint8Array, now: MonoMs): boolean {
  const shown = value.length < 4 ? undefined : fromBcdLowFirst(value.subarray(0, 4));
  const [volume] = meteringFields(meter.options).filter((field) => field.quantity === 'volume');
  if (shown === undefined || !volume) return false;
  meter.correction += shown - amountOf(meter, volume, now);
  return true;
}
