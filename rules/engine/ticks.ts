/** When rules that look at time are evaluated without a sample: each at the engine times divisible by its own tick. */
import type { EngineMs } from '../effect.ts';
import type { RuleConfig } from '../rule.ts';
import { TICK } from './engine-time.ts';

interface Group {
  readonly tick: number;
  /** Of the rules in their set. */
  readonly places: number[];
  next: EngineMs;
}

export class Ticks {
  /** The nearest of all; Infinity: no rule looks at time. */
  next: EngineMs = Number.POSITIVE_INFINITY;
  readonly #groups: readonly Group[];

  /** From the first tick after `now` on. */
  constructor(rules: readonly RuleConfig[], now: EngineMs) {
    const groups = new Map<number, Group>();
    for (const [place, { looksAtTime, tick = TICK }] of rules.entries()) {
      if (!looksAtTime) continue;
      const group = groups.get(tick) ?? { tick, places: [], next: tickAfter(now, tick) };
      group.places.push(place);
      groups.set(tick, group);
    }
    this.#groups = [...groups.values()];
    this.#findNext();
  }

  /** The places of the rules whose tick it is. */
  take(now: EngineMs): readonly number[] {
    if (now < this.next) return [];
    const due = this.#groups.filter((group) => group.next <= now);
    for (const group of due) group.next = tickAfter(now, group.tick);
    this.#findNext();
    return due.length === 1 ? (due[0]?.places ?? []) : due.flatMap(({ places }) => places);
  }

  #findNext(): void {
    this.next = Math.min(...this.#groups.map(({ next }) => next), Number.POSITIVE_INFINITY);
  }
}

/** The first tick after a time. */
export const tickAfter = (at: EngineMs, tick: number): EngineMs =>
  (Math.floor(at / tick) + 1) * tick;
