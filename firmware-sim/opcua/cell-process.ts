/**
 * The work of a simulated robot cell: one part after the other is picked, carried and put down; now and then the outfeed
 * is full, or the gripper loses its vacuum. The same seed works the same shift.
 */
import { seededRandom } from '../../gateway/host/random.ts';
import { type Millis, millis, minutes } from '../../gateway/model/units.ts';
import { type Signal, signalValue } from '../process.ts';
import { seedOf } from '../seed.ts';

/** What the cell knows of itself at one moment. */
export interface CellState {
  readonly elapsed: Millis;
  readonly cycles: number;
  readonly good: number;
  readonly rejects: number;
  /** Of the last cycle that ended; 0 before. */
  readonly cycleTime: Millis;
  /** Where the running cycle stands, 0..1. */
  readonly progress: number;
  readonly isRunning: boolean;
  /** 0: none; VACUUM_LOST. */
  readonly fault: number;
  readonly isGripping: boolean;
  readonly isPartPresent: boolean;
  readonly isOutfeedFull: boolean;
  /** Below ambient, so negative; kPa. */
  readonly vacuum: number;
  readonly axes: readonly AxisState[];
  readonly isAxis3Hot: boolean;
}

export interface AxisState {
  /** Degrees, and degrees per second. */
  readonly position: number;
  readonly speed: number;
  /** Of its motor: °C, and per cent of what it may carry for long. */
  readonly temperature: number;
  readonly load: number;
}

/** The fault code of a gripper that has lost its part. */
export const VACUUM_LOST = 210;

/** Seconds, from and to: the shortest and the longest. */
const CYCLE = [8, 12] as const;
const WAIT = [2, 6] as const;
const FAULT = [10, 20] as const;
const WAIT_SHARE = 0.08;
const FAULT_SHARE = 0.03;
const REJECT_SHARE = 0.02;

/** Of a cycle: when the gripper takes the part, and when it lets it go. */
const GRIP = 0.2;
const RELEASE = 0.75;

/** Above the first an axis is too hot, until it is below the second; °C. */
const HOT = 78;
const COOLED = 72;

/** Middle and reach of each axis in degrees, and whether it swings with the cycle or twice in it. */
const SWINGS = [
  [0, 85, 1],
  [-60, 25, 2],
  [80, 30, 2],
  [0, 40, 1],
  [45, 20, 2],
  [0, 170, 1],
] as const;
const FULL_SPEED = 250;

interface Cycle {
  readonly start: number;
  readonly length: number;
  /** The gripper loses its part when so much of the cycle is done, and it takes so long to clear. */
  readonly fault: { readonly at: number; readonly length: number } | undefined;
  /** How long the outfeed is full afterwards. */
  readonly wait: number;
  readonly isReject: boolean;
}

const endOf = (cycle: Cycle): number =>
  cycle.start + cycle.length + (cycle.fault?.length ?? 0) + cycle.wait;

/** Asked for one moment after the other, never for an earlier one. */
export class CellProcess {
  readonly #seed: number;
  readonly #random: () => number;
  #cycle: Cycle;
  #cycles = 0;
  #good = 0;
  #cycleTime = 0;
  #isAxis3Hot = false;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seedOf(seed, 'cell'));
    this.#cycle = this.#plan(0);
  }

  at(elapsed: Millis): CellState {
    while (elapsed >= endOf(this.#cycle)) this.#finish();
    const { start, length, fault, isReject } = this.#cycle;
    const since = elapsed - start;
    const faultAt = fault === undefined ? length : fault.at * length;
    const faultTime = Math.min(Math.max(since - faultAt, 0), fault?.length ?? 0);
    const isFaulty = fault !== undefined && faultTime > 0 && faultTime < fault.length;
    const progress = Math.min((since - faultTime) / length, 1);
    // The part counts as soon as it lies on the outfeed, whether or not the outfeed is full then.
    const isDone = progress === 1;
    const cycles = this.#cycles + (isDone ? 1 : 0);
    const good = this.#good + (isDone && !isReject ? 1 : 0);
    const isGripping = progress >= GRIP && progress < RELEASE;
    const isRunning = !isFaulty && !isDone;
    const axes = SWINGS.map((_, n) => this.#axis(n, progress, isRunning, elapsed));
    const temperature = axes[2]?.temperature ?? 0;
    this.#isAxis3Hot = temperature > (this.#isAxis3Hot ? COOLED : HOT);
    return {
      elapsed,
      cycles,
      good,
      rejects: cycles - good,
      cycleTime: millis(isDone ? length : this.#cycleTime),
      progress,
      isRunning,
      fault: isFaulty ? VACUUM_LOST : 0,
      isGripping,
      isPartPresent: progress < GRIP,
      isOutfeedFull: isDone,
      vacuum: isFaulty ? -9 : isGripping ? this.#vacuum(elapsed) : 0,
      axes,
      isAxis3Hot: this.#isAxis3Hot,
    };
  }

  #finish(): void {
    const { length, isReject } = this.#cycle;
    this.#cycles += 1;
    this.#good += isReject ? 0 : 1;
    this.#cycleTime = length;
    this.#cycle = this.#plan(endOf(this.#cycle));
  }

  /** Draws the same count of numbers for every cycle. */
  #plan(start: number): Cycle {
    const [length, share, faultLength, waitShare, wait, reject] = Array.from({ length: 6 }, () =>
      this.#random(),
    ) as [number, number, number, number, number, number];
    const hasFault = share < FAULT_SHARE;
    return {
      start,
      length: within(CYCLE, length),
      fault: hasFault ? { at: 0.5, length: within(FAULT, faultLength) } : undefined,
      wait: waitShare < WAIT_SHARE ? within(WAIT, wait) : 0,
      isReject: hasFault || reject < REJECT_SHARE,
    };
  }

  #axis(n: number, progress: number, isRunning: boolean, elapsed: Millis): AxisState {
    const [middle, reach, turns] = SWINGS[n] ?? SWINGS[0];
    const angle = 2 * Math.PI * progress * turns;
    const walk = (what: string, min: number, max: number, period: Millis) =>
      signalValue(
        { shape: 'walk', min, max, period } satisfies Signal,
        seedOf(this.#seed, `axis${n}`, what),
        { elapsed, uptime: elapsed },
      );
    const hottest = n === 2 ? 84 : 66;
    return {
      position: rounded(middle + reach * Math.sin(angle), 2),
      speed: isRunning ? rounded(Math.abs((reach * Math.cos(angle)) / 170) * FULL_SPEED, 1) : 0,
      temperature: rounded(walk('temperature', 44, hottest, minutes(4)), 1),
      load: isRunning ? Math.round(walk('load', 20, 75, millis(3_000))) : 4,
    };
  }

  #vacuum(elapsed: Millis): number {
    const signal: Signal = { shape: 'walk', min: -74, max: -62, period: millis(2_000) };
    const seed = seedOf(this.#seed, 'vacuum');
    return rounded(signalValue(signal, seed, { elapsed, uptime: elapsed }), 1);
  }
}

const within = ([least, most]: readonly [number, number], share: number): number =>
  Math.round((least + (most - least) * share) * 1_000);

/** As a controller shows it. */
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
