/**
 * What goes wrong with a device, drawn from a seed. One injector belongs to one device; it can be
 * re-set while the device runs and counts everything it did.
 */
import { seededRandom } from '../gateway/host/random.ts';
import type { Random } from '../gateway/model/backoff.ts';
import type { Millis, MonoMs } from '../gateway/model/units.ts';
import { later, millis, monoMs } from '../gateway/model/units.ts';
import { rtuFrame } from './crc.ts';

/**
 * silent: no answer · late: the answer comes after the master's patience · wrong-unit: the answer
 * names another unit · bad-crc: one bit of it flipped · half-frame: its first half, then silence ·
 * noise: foreign bytes around it · exception: the device refuses · reboot: silence for a while,
 * then counters from zero.
 */
export const WIRE_FAULTS = [
  'silent',
  'late',
  'wrong-unit',
  'bad-crc',
  'half-frame',
  'noise',
  'exception',
  'reboot',
] as const;
/**
 * On Modbus TCP also: the answer to another transaction · a connection reset · a wrong MBAP length.
 */
export const TCP_FAULTS = [...WIRE_FAULTS, 'wrong-transaction', 'reset', 'wrong-length'] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];
export type FaultKind = (typeof TCP_FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** The share of requests that meet it, 0..1. */
  readonly share: number;
  /** How much later than usual a late answer comes. */
  readonly delay: Millis;
  /** How long a reboot takes. The device stays up for at least as long before it reboots again. */
  readonly downtime: Millis;
  /** The code of an exception. */
  readonly code: number;
}

/** Delay: just past the usual 1 s of patience, when the next request is likely under way. */
const DEFAULTS: Omit<Fault, 'kind'> = {
  share: 1,
  delay: millis(1_200),
  downtime: millis(3_000),
  code: 4,
};

export type FaultSetting = FaultKind | (Pick<Fault, 'kind'> & Partial<Fault>) | undefined;

export interface FaultInjector {
  /** From the next request on; undefined makes the device healthy. */
  set(setting: FaultSetting): void;
  /** The fault that a request arriving now meets. */
  draw(now: MonoMs): Fault | undefined;
  /** How many requests met each kind so far. */
  counts(): Readonly<Partial<Record<FaultKind, number>>>;
  /** The injector's own randomness, for the damage itself. */
  readonly random: Random;
}

/** @param onReboot called when a reboot begins, with the moment the device is up again */
export function createFaults(seed: number, onReboot: (upAt: MonoMs) => void): FaultInjector {
  const random = seededRandom(seed);
  const counts: Partial<Record<FaultKind, number>> = {};
  let fault: Fault | undefined;
  let downUntil = monoMs(Number.NEGATIVE_INFINITY);
  const strikes = (now: MonoMs): boolean => {
    if (!fault || random() >= fault.share) return false;
    if (fault.kind !== 'reboot') return true;
    if (now < later(downUntil, fault.downtime)) return false;
    downUntil = later(now, fault.downtime);
    onReboot(downUntil);
    return true;
  };
  return {
    random,
    counts: () => ({ ...counts }),
    set(setting) {
      fault = setting && {
        ...DEFAULTS,
        ...(typeof setting === 'string' ? { kind: setting } : setting),
      };
    },
    draw(now) {
      const hit =
        now < downUntil ? { ...DEFAULTS, kind: 'reboot' as const } : strikes(now) && fault;
      if (!hit) return undefined;
      counts[hit.kind] = (counts[hit.kind] ?? 0) + 1;
      return hit;
    },
  };
}

/**
 * The frame that a fault makes of a good RTU answer; faults that are not about bytes leave it as it
 * is.
 */
export function damagedFrame(
  kind: FaultKind,
  unit: number,
  pdu: Uint8Array,
  random: Random,
): Uint8Array {
  const frame = rtuFrame(unit, pdu);
  switch (kind) {
    case 'wrong-unit':
      return rtuFrame((unit % 247) + 1, pdu);
    case 'bad-crc':
      return withFlippedBit(frame, random);
    case 'half-frame':
      return frame.subarray(0, Math.ceil(frame.length / 2));
    case 'noise':
      return Buffer.concat([noise(random, 1), frame, noise(random, 0)]);
    default:
      return frame;
  }
}

function withFlippedBit(frame: Uint8Array, random: Random): Uint8Array {
  const at = Math.floor(random() * frame.length);
  frame[at] = (frame[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  return frame;
}

/** Up to three foreign bytes more than `least`. */
export const noise = (random: Random, least: number): Uint8Array =>
  Uint8Array.from({ length: least + Math.floor(random() * 4) }, () => Math.floor(random() * 256));
