/**
 * The functions that remember: each call in a rule has a memory of its own, which follows its condition at every
 * evaluation. Pure steps; the memories are plain data, so that they outlive a restart.
 */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { EngineMs } from '../effect.ts';
import type { Maybe, Truth } from '../expression.ts';

/** Edges of one `times`, stretches of one `runtime`. */
export const LONGEST_MEMORY = 1_000;

export interface Memory {
  /** When the condition became true; NaN while it is not. */
  since: number;
  /** The last truth that was known. */
  known: Truth;
  rises: number;
  /** When it rose, or pairs of from and to; the last `to` is NaN while the stretch lasts. */
  times: number[];
}

export const newMemory = (): Memory => ({
  since: Number.NaN,
  known: undefined,
  rises: 0,
  times: [],
});

export interface Remembering {
  /** The value in this evaluation. */
  step(memory: Memory, truth: Truth, now: EngineMs): Maybe;
  /** When it turns by itself; undefined: not before the next evaluation. */
  wake?(memory: Memory, now: EngineMs): EngineMs | undefined;
}

/** `length` in ms, of those that have one. */
export function remembering(name: string, length: number | undefined): Remembering {
  switch (name) {
    case 'since':
      return {
        step(memory, truth, now) {
          follow(memory, truth, now);
          return truth === true ? now - memory.since : truth === false ? 0 : undefined;
        },
      };
    case 'held':
      return heldFor(length ?? 0);
    case 'rising':
      return { step: (memory, truth) => edge(memory, truth, true) };
    case 'falling':
      return { step: (memory, truth) => edge(memory, truth, false) };
    case 'times':
      return length === undefined ? ROSE : roseWithin(length);
    case 'runtime':
      return ranWithin(length ?? 0);
    default:
      throw new Error(`no function ${name} remembers`);
  }
}

const heldFor = (length: number): Remembering => ({
  step(memory, truth, now) {
    follow(memory, truth, now);
    return truth === true ? now - memory.since >= length : truth;
  },
  wake(memory, now) {
    const due = memory.since + length;
    return due > now ? due : undefined;
  },
});

const ROSE: Remembering = {
  step(memory, truth) {
    if (edge(memory, truth, true)) memory.rises++;
    return memory.rises;
  },
};

const roseWithin = (length: number): Remembering => ({
  step(memory, truth, now) {
    const { times } = memory;
    if (edge(memory, truth, true)) times.push(now);
    let old = 0;
    while (old < times.length && (times[old] as number) <= now - length) old++;
    old = Math.max(old, times.length - LONGEST_MEMORY);
    if (old > 0) times.splice(0, old);
    return times.length;
  },
});

const ranWithin = (length: number): Remembering => ({
  step(memory, truth, now) {
    const { times } = memory;
    const isOpen = times.length > 0 && Number.isNaN(times.at(-1));
    if (truth === true && !isOpen) times.push(now, Number.NaN);
    if (truth !== true && isOpen) times[times.length - 1] = now;
    let old = 0;
    while (old < times.length && (times[old + 1] as number) <= now - length) old += 2;
    old = Math.max(old, times.length - 2 * LONGEST_MEMORY);
    if (old > 0) times.splice(0, old);
    let ran = 0;
    for (let i = 0; i < times.length; i += 2) {
      const to = times[i + 1] as number;
      ran += (Number.isNaN(to) ? now : to) - Math.max(times[i] as number, now - length);
    }
    return ran;
  },
});

function follow(memory: Memory, truth: Truth, now: EngineMs): void {
  if (truth !== true) memory.since = Number.NaN;
  else if (Number.isNaN(memory.since)) memory.since = now;
}

/** Whether the truth has just turned to `to`. */
function edge(memory: Memory, truth: Truth, to: boolean): boolean {
  const isEdge = truth === to && memory.known === !to;
  if (truth !== undefined) memory.known = truth;
  return isEdge;
}

/** JSON has no NaN and no undefined. */
export const keptMemory = ({ since, known, rises, times }: Memory): Kept => ({
  since: nullable(since),
  known: known ?? null,
  rises,
  times: times.map(nullable),
});

/**
 * Undefined for what is no memory. It was kept at `saved`, and the gateway was off for `off` ms: nobody saw the
 * condition then, and that time does not count.
 */
export function restoredMemory(
  kept: Kept | undefined,
  saved: EngineMs,
  off: number,
): Memory | undefined {
  if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return undefined;
  const { since, known, rises, times } = kept as Readonly<Record<string, Kept>>;
  if (!isTime(since) || typeof rises !== 'number' || !Array.isArray(times)) return undefined;
  if (known !== null && typeof known !== 'boolean') return undefined;
  if (!times.every(isTime) || times.length > 2 * LONGEST_MEMORY) return undefined;
  return {
    since: since === null ? Number.NaN : since + off,
    known: known ?? undefined,
    rises,
    times: times.map((time) => time ?? (off > 0 ? saved : Number.NaN)),
  };
}

const nullable = (time: number): number | null => (Number.isNaN(time) ? null : time);
const isTime = (kept: Kept | undefined): kept is number | null =>
  kept === null || typeof kept === 'number';
