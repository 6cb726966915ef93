/**
 * A simulated Modbus device: tables, limits, manners and faults, the same behind a serial wire and
 * behind Modbus TCP.
 */
import type { Clock } from '../gateway/host/clock.ts';
import { between, type Millis, type MonoMs, millis, monoMs } from '../gateway/model/units.ts';
import type { PointValue } from './encoding.ts';
import {
  createFaults,
  type Fault,
  type FaultInjector,
  type FaultSetting,
  isSilence,
} from './faults.ts';
import { type Identity, identify } from './modbus-identity.ts';
import {
  exception,
  isReadReply,
  isWrite,
  MODBUS_LIMITS,
  readRangeOf,
  respond,
  type SlaveLimits,
} from './modbus-slave.ts';
import { type Signal, signalValue } from './process.ts';
import { createImage, type Point, type RegisterImage, type Source } from './registers.ts';
import { seedOf } from './seed.ts';
import type { Answer } from './station.ts';

export interface DeviceOptions {
  readonly name: string;
  readonly unit: number;
  readonly image: RegisterImage;
  /**
   * From the last byte of a request to the first of the reply; a serial device takes 3.5 characters
   * at least.
   */
  readonly turnaround?: Millis;
  /** Ignores requests that came too early on the wire. */
  readonly strict?: boolean;
  readonly limits?: Partial<SlaveLimits>;
  /** What it says of itself (function 43/14); left out: it does not know that function. */
  readonly identity?: Identity;
  readonly fault?: FaultSetting;
  readonly seed?: number;
}

export interface SimulatedDevice {
  readonly name: string;
  readonly unit: number;
  readonly turnaround: Millis;
  readonly strict: boolean;
  readonly image: RegisterImage;
  readonly faults: FaultInjector;
  /** What it makes of a request PDU. */
  answer(request: Uint8Array, now: MonoMs): Answer;
}

/** Where the serial number of a device stands that tells one (extended objects are the maker's own). */
export const SERIAL_NUMBER_OBJECT = 0x80;

const ACKNOWLEDGE = 5;
const BUSY = 6;
const DEVICE_FAILURE = 4;

export function createDevice(options: DeviceOptions): SimulatedDevice {
  const { image } = options;
  const limits = { ...MODBUS_LIMITS, ...options.limits };
  let identity = options.identity;
  const faults = createFaults(seedOf(options.seed ?? 1, options.name, 'faults'), (upAt, kind) => {
    image.restart(upAt);
    if (kind === 'swap' && identity) identity = { ...identity, objects: successor(identity) };
  });
  faults.set(options.fault);
  const obey = (request: Uint8Array, now: MonoMs) =>
    (identity && identify(identity, request)) ?? respond(image, limits, request, now);
  const answerTo = (request: Uint8Array, now: MonoMs, fault: Fault | undefined) => {
    switch (fault?.kind) {
      case 'busy':
        return exception(request, BUSY);
      case 'exception':
        if (fault.code === ACKNOWLEDGE && isWrite(request)) obey(request, now);
        return exception(request, fault.code ?? DEVICE_FAILURE);
      case 'zero':
        return zeroed(obey(request, now));
      case 'torn': {
        const before = obey(request, monoMs(Math.max(0, now - fault.delay)));
        return isReadReply(before) ? torn(before, obey(request, now)) : before;
      }
      default:
        return obey(request, now);
    }
  };
  return {
    name: options.name,
    unit: options.unit,
    turnaround: options.turnaround ?? millis(0),
    strict: options.strict ?? false,
    image,
    faults,
    answer(request, now) {
      const fault = faults.draw(now);
      if (isSilence(fault)) return { reply: undefined, fault };
      const reply = answerTo(request, now, fault);
      const range = readRangeOf(request);
      if (range && !fault && isReadReply(reply))
        image.served?.(range.table, range.address, range.count);
      return { reply, fault };
    },
  };
}

/** The same maker's next piece. */
function successor({ objects }: Identity): Identity['objects'] {
  const serial = objects.get(SERIAL_NUMBER_OBJECT);
  return serial === undefined
    ? objects
    : new Map([...objects, [SERIAL_NUMBER_OBJECT, `${serial}-2`]]);
}

/** A read reply has its data behind function and byte count. */
const DATA_AT = 2;

function zeroed(reply: Uint8Array | undefined): Uint8Array | undefined {
  return isReadReply(reply) ? new Uint8Array(reply).fill(0, DATA_AT) : reply;
}

/** Every other register from the earlier moment, as a device does that copies word by word. */
function torn(before: Uint8Array, after: Uint8Array | undefined): Uint8Array | undefined {
  return after?.map((byte, at) => ((at - DATA_AT) & 2 ? byte : (before[at] ?? byte)));
}

/**
 * An image whose points follow signals; a point without one gets a plausible signal for its type.
 */
export function processImage(
  points: readonly Point[],
  signals: ReadonlyMap<string, Signal>,
  seed: number,
  clock: Clock,
): RegisterImage {
  const startedAt = clock.mono();
  let bootedAt = startedAt;
  const plays = new Map(
    points.map((point) => [
      point,
      { signal: signals.get(point.name) ?? plausible(point), seed: seedOf(seed, point.name) },
    ]),
  );
  const source: Source = (point, now): PointValue => {
    const play = plays.get(point) ?? { signal: plausible(point), seed };
    if (point.type === 'string')
      return play.signal.shape === 'played' ? String(play.signal.value()) : point.name;
    const moment = { elapsed: between(startedAt, now), uptime: between(bootedAt, now) };
    const value = signalValue(play.signal, play.seed, moment);
    return point.type === 'bool' ? value > 0 : value;
  };
  const image = createImage(points, source);
  return {
    ...image,
    restart(upAt) {
      bootedAt = upAt;
      image.restart(upAt);
    },
  };
}

const plausible = (point: Point): Signal =>
  point.type === 'bool'
    ? { shape: 'square', min: 0, max: 1, period: millis(20_000) }
    : { shape: 'sine', min: 0, max: 100, period: millis(60_000) };
