/** The counters of a site, each under its guard: what of their samples can be believed, and what happened to them. */
import { counterEventQuantity, eventTag } from '../model/event-tag.ts';
import type { Quality } from '../model/quality.ts';
import { type Sample, type TagId, tagId } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import type { MonoMs } from '../model/units.ts';
import {
  type CounterEvent,
  type CounterRules,
  type CounterState,
  declared,
  eventText,
  judge,
  NEW_COUNTER,
} from './counter-guard.ts';

/** What a counter went through since the start. */
export interface CounterFacts {
  readonly tag: TagId;
  readonly rollovers: number;
  /** Meters replaced or reset, announced or found out. */
  readonly swaps: number;
  /** Suspects that nothing agreed with. */
  readonly glitches: number;
  /** Whether its last value is under suspicion. */
  readonly isSuspect: boolean;
}

/** What the running gateway says to `headgate swap`. */
export interface SwapAnswer {
  readonly isCounter: boolean;
  readonly known: readonly TagId[];
}

/** A sample as the guard lets it pass. */
export interface Examined {
  readonly sample: Sample;
  /** Text for the counter's tag of events: `rollover 4294967290 -> 5`. */
  readonly event: Sample | undefined;
  readonly wantsReread: boolean;
}

interface Counter {
  readonly tag: Tag;
  readonly rules: CounterRules;
  state: CounterState;
  rollovers: number;
  swaps: number;
  glitches: number;
}

/** The tag beside a counter that says what happened to it, whenever something does. */
const eventTagId = ({ device, quantity }: Pick<Tag, 'device' | 'quantity'>): TagId =>
  tagId(device, counterEventQuantity(quantity));

/** A site with one more tag for the events of each counter, behind all others; `check` sees to it that it is free. */
export function withCounterEvents<S extends { readonly tags: readonly Tag[] }>(site: S): S {
  const { tags } = site;
  const events = tags
    .filter((tag) => tag.counter !== undefined)
    .map(({ device, quantity }, i) =>
      eventTag(device, counterEventQuantity(quantity), tags.length + i),
    );
  return { ...site, tags: [...tags, ...events] };
}

export class Counters {
  readonly #counters: ReadonlyMap<TagId, Counter>;

  constructor(tags: readonly Tag[]) {
    this.#counters = new Map(
      tags.flatMap((tag) => {
        if (tag.counter === undefined) return [];
        const rules = { ...tag.counter, decimals: tag.decimals };
        const counts = { rollovers: 0, swaps: 0, glitches: 0 };
        return [[tag.id, { tag, rules, state: NEW_COUNTER, ...counts }]];
      }),
    );
  }

  /** Without any, no sample need be examined. */
  get isEmpty(): boolean {
    return this.#counters.size === 0;
  }

  /** Undefined for what is no counter, and for samples that say nothing certain about one. */
  examine(sample: Sample, at: MonoMs): Examined | undefined {
    const { tag: id, value, quality } = sample;
    const counter = this.#counters.get(id);
    if (counter === undefined || value === null || !quality.startsWith('good')) return undefined;
    const { tag, rules, state } = counter;
    const { state: next, ...verdict } = judge(state, rules, value, at);
    const { event, isSuspect, isGlitchOver, wantsReread } = verdict;
    counter.state = next;
    if (isGlitchOver) counter.glitches++;
    if (event) counter[event.kind === 'rollover' ? 'rollovers' : 'swaps']++;
    return {
      sample: isSuspect ? { ...sample, quality: SUSPECT } : sample,
      event: event && eventSample(tag, sample, event),
      wantsReread,
    };
  }

  /**
   * The meter behind the tag was replaced or reset: its next good value is the new base. False when the tag is
   * no counter.
   */
  declareSwap(id: TagId): boolean {
    const counter = this.#counters.get(id);
    if (counter) counter.state = declared(counter.state);
    return counter !== undefined;
  }

  /** In the order of the site. */
  facts(): readonly CounterFacts[] {
    return [...this.#counters.values()].map(({ tag, state, rollovers, swaps, glitches }) => ({
      tag: tag.id,
      rollovers,
      swaps,
      glitches,
      isSuspect: state.suspect !== undefined,
    }));
  }
}

const SUSPECT: Quality = 'uncertain:suspect';

const eventSample = (tag: Tag, sample: Sample, event: CounterEvent): Sample => ({
  ...sample,
  tag: eventTagId(tag),
  value: eventText(event, tag.decimals),
  quality: 'good',
});
