/**
 * The physics of the simulated plant: what a quantity is worth at a moment. Pure: the same signal,
 * seed and moment give the same value in every run, in whatever order the moments are asked for.
 */
import { seededRandom } from '../gateway/host/random.ts';
import type { Millis } from '../gateway/model/units.ts';

/**
 * How a quantity moves between `min` and `max`; `period` is one full round.
 * sine: starts at a seeded phase · ramp: rises, then falls back at once · square: half a period at
 * each end, `min` first · walk: wanders, one new direction a period · constant: stays at `min` ·
 * counter: starts at `min` when the device starts, rises evenly and rolls over from `max` to `min`.
 */
export type Signal = MovingSignal | PlayedSignal;

export interface MovingSignal {
  readonly shape: 'sine' | 'ramp' | 'counter' | 'square' | 'walk' | 'constant';
  readonly min: number;
  readonly max: number;
  readonly period: Millis;
}

/** A quantity that somebody else moves: a story, a plant that answers to its outputs. */
export interface PlayedSignal {
  readonly shape: 'played';
  /** In engineering units; of what holds text, the text. At a moment of the plant; left out: now. */
  readonly value: (elapsed?: Millis) => number | string;
}

/**
 * A moment of the plant: since the plant began to run, and since the device was last switched on.
 */
export interface Moment {
  readonly elapsed: Millis;
  readonly uptime: Millis;
}

/** The value of a signal at a moment, in engineering units. */
export function signalValue(signal: Signal, seed: number, moment: Moment): number {
  if (signal.shape === 'played') return Number(signal.value(moment.elapsed));
  const span = signal.max - signal.min;
  const rounds = moment.elapsed / signal.period;
  switch (signal.shape) {
    case 'constant':
      return signal.min;
    case 'ramp':
      return signal.min + span * fraction(rounds);
    case 'counter':
      return signal.min + span * fraction(moment.uptime / signal.period);
    case 'square':
      return fraction(rounds) < 0.5 ? signal.min : signal.max;
    case 'sine':
      return signal.min + span * (0.5 + 0.5 * Math.sin(2 * Math.PI * (rounds + knot(seed, 0))));
    case 'walk':
      return signal.min + span * wander(seed, rounds);
  }
}

const fraction = (value: number): number => value - Math.floor(value);

/** A number in [0, 1) that belongs to the n-th period of a seed. */
const knot = (seed: number, n: number): number =>
  seededRandom((seed ^ Math.imul(n + 1, 0x9e3779b1)) >>> 0)();

/**
 * Smooth between one seeded knot a period (smoothstep), so every moment can be computed on its own.
 */
function wander(seed: number, rounds: number): number {
  const from = Math.floor(rounds);
  const part = rounds - from;
  const eased = part * part * (3 - 2 * part);
  return knot(seed, from) * (1 - eased) + knot(seed, from + 1) * eased;
}
