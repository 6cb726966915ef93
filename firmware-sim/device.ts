/**
 * A simulated Modbus device: tables, limits, manners and faults, the same behind a serial wire and
 * behind Modbus TCP.
 */
import type { Clock } from '../gateway/host/clock.ts';
import { between, type Millis, type MonoMs, millis } from '../gateway/model/units.ts';
import type { PointValue } from './encoding.ts';
import { createFaults, type FaultInjector, type FaultSetting } from './faults.ts';
import {
  exception,
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

export function createDevice(options: DeviceOptions): SimulatedDevice {
  const { image } = options;
  const limits = { ...MODBUS_LIMITS, ...options.limits };
  const faults = createFaults(seedOf(options.seed ?? 1, options.name, 'faults'), image.restart);
  faults.set(options.fault);
  return {
    name: options.name,
    unit: options.unit,
    turnaround: options.turnaround ?? millis(0),
    strict: options.strict ?? false,
    image,
    faults,
    answer(request, now) {
      const fault = faults.draw(now);
      if (fault?.kind === 'silent' || fault?.kind === 'reboot') return { reply: undefined, fault };
      if (fault?.kind === 'exception') return { reply: exception(request, fault.code), fault };
      const reply = respond(image, limits, request, now);
      const range = readRangeOf(request);
      const isRead = range && reply && reply[0] === request[0];
      if (isRead && !fault) image.served?.(range.table, range.address, range.count);
      return { reply, fault };
    },
  };
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
    if (point.type === 'string') return point.name;
    const play = plays.get(point) ?? { signal: plausible(point), seed };
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
