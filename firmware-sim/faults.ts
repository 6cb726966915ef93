/**
 * What goes wrong with a device, drawn from a seed. One injector belongs to one device; it can be
 * re-set while the device runs and counts everything it did.
 */
import { seededRandom } from '../gateway/host/random.ts';
import type { Random } from '../gateway/model/backoff.ts';
import type { Millis, MonoMs } from '../gateway/model/units.ts';
import { later, millis, monoMs } from '../gateway/model/units.ts';

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
 * busy: refuses some requests in a row, then obeys · zero: well-formed, and every number in it 0 · torn: numbers
 * of several registers are read between two updates · swap: silence while another device of the same address
 * is put in its place, whose counters begin anew · stuck: a valve that is told to move does not arrive.
 */
export const DEVICE_FAULTS = ['busy', 'zero', 'torn', 'swap', 'stuck'] as const;
/**
 * On a serial wire only. collision: another station of the same address answers at the same time · babble: the
 * device talks without being asked.
 */
export const LINE_FAULTS = ['collision', 'babble'] as const;
/**
 * On Modbus TCP only: the answer to another transaction · a connection reset · a wrong MBAP length.
 */
export const TCP_FAULTS = ['wrong-transaction', 'reset', 'wrong-length'] as const;
/** Everything that can go wrong with a device somewhere. */
export const FAULTS = [...WIRE_FAULTS, ...DEVICE_FAULTS, ...LINE_FAULTS, ...TCP_FAULTS] as const;
/** The name of a fault. */
export type FaultKind = (typeof FAULTS)[number];

export interface Fault {
  readonly kind: FaultKind;
  /** The share of requests that meet it, 0..1. */
  readonly share: number;
  /** How much later than usual a late answer comes. */
  readonly delay: Millis;
  /** How long a reboot or a swap takes. The device stays up for at least as long before the next. */
  readonly downtime: Millis;
  /** What an exception says; undefined: what its protocol calls a failure of the device. */
  readonly code: number | undefined;
  /** How many requests in a row a busy device refuses. */
  readonly times: number;
  /** How long a babbling device is quiet between two bursts; 0: it never is. */
  readonly every: Millis;
}

/** Delay: just past the usual 1 s of patience, when the next request is likely under way. */
const DEFAULTS: Omit<Fault, 'kind'> = {
  share: 1,
  delay: millis(1_200),
  downtime: millis(3_000),
  code: undefined,
  times: 3,
  every: millis(500),
};

/** What happens beside the requests, or to one kind of them only. */
const NOT_OF_REQUESTS: readonly FaultKind[] = ['babble', 'stuck'];

export type FaultSetting = FaultKind | (Pick<Fault, 'kind'> & Partial<Fault>) | undefined;

export interface FaultInjector {
  /** From the next request on; undefined makes the device healthy. */
  set(setting: FaultSetting): void;
  /** The fault that a request arriving now meets. */
  draw(now: MonoMs): Fault | undefined;
  /** The fault that was set, whether or not a request met it. */
  current(): Fault | undefined;
  /** Called after each `set`; one watcher at a time. */
  watch(onSet: () => void): void;
  /** A fault that no request met, but happened. */
  count(kind: FaultKind): void;
  /** How often each kind happened so far. */
  counts(): Readonly<Partial<Record<FaultKind, number>>>;
  /** The injector's own randomness, for the damage itself. */
  readonly random: Random;
}

/** @param onDown called when a reboot or a swap begins, with the moment the device is up again */
export function createFaults(
  seed: number,
  onDown: (upAt: MonoMs, kind: 'reboot' | 'swap') => void,
): FaultInjector {
  const random = seededRandom(seed);
  const counts: Partial<Record<FaultKind, number>> = {};
  let fault: Fault | undefined;
  let downUntil = monoMs(Number.NEGATIVE_INFINITY);
  let down: 'reboot' | 'swap' = 'reboot';
  let busyLeft = 0;
  let onSet = () => {};
  const count = (kind: FaultKind) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  const strikes = (now: MonoMs): Fault | undefined => {
    if (!fault || NOT_OF_REQUESTS.includes(fault.kind)) return undefined;
    if (busyLeft > 0) {
      busyLeft--;
      return busyLeft > 0 ? fault : undefined;
    }
    if (random() >= fault.share) return undefined;
    if (fault.kind === 'busy') busyLeft = fault.times;
    if (fault.kind !== 'reboot' && fault.kind !== 'swap') return fault;
    if (now < later(downUntil, fault.downtime)) return undefined;
    downUntil = later(now, fault.downtime);
    down = fault.kind;
    onDown(downUntil, down);
    return fault;
  };
  return {
    random,
    count,
    counts: () => ({ ...counts }),
    current: () => fault,
    watch(next) {
      onSet = next;
    },
    set(setting) {
      busyLeft = 0;
      fault = setting && {
        ...DEFAULTS,
        ...(typeof setting === 'string' ? { kind: setting } : setting),
      };
      onSet();
    },
    draw(now) {
      const hit = now < downUntil ? { ...DEFAULTS, kind: down } : strikes(now);
      if (hit) count(hit.kind);
      return hit;
    },
  };
}

/** The faults that are silence. */
export const isSilence = (fault: Fault | undefined): boolean =>
  fault?.kind === 'silent' || fault?.kind === 'reboot' || fault?.kind === 'swap';

/** Whether a reply that met the fault is still right, and in time. */
export const isHarmless = (fault: Fault | undefined): boolean =>
  !fault || fault.kind === 'exception' || fault.kind === 'busy';

/**
 * What a fault makes of a good frame; faults that are not about bytes leave it as it is.
 *
 * @param foreign the same frame from another address
 */
export function damaged(
  kind: FaultKind | undefined,
  frame: Uint8Array,
  foreign: () => Uint8Array,
  random: Random,
): Uint8Array {
  switch (kind) {
    case 'wrong-unit':
      return foreign();
    case 'bad-crc':
      return withFlippedBit(new Uint8Array(frame), random);
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
