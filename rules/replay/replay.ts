/**
 * What rules would have done: recorded samples through one set of rules, or through two side by side. Pure, and the
 * same on every machine. Rules begin anew with the first sample; a derived tag is computed again, so its stored samples
 * are passed over.
 */
import type { Log } from '../../gateway/host/log.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import type { UtcMs } from '../../gateway/model/units.ts';
import type { Effect } from '../effect.ts';
import { RuleEngine } from '../engine/engine.ts';
import type { RuleSet } from '../rule.ts';
import { type ReplayClock, replayClock } from './replay-clock.ts';

/** Tells the effects of one moment; `set` is the place of the rules among those that are replayed. */
export type OnEffects = (effects: readonly Effect[], set: number) => void;

export interface ReplayFacts {
  /** Samples of tags that some rule uses. */
  readonly samples: number;
  /** Of all samples, used or not; undefined: there was none. */
  readonly from: UtcMs | undefined;
  readonly to: UtcMs | undefined;
  /** How often the recorded clock stepped; see ReplayClock. */
  readonly clockSteps: number;
}

interface Player {
  readonly clock: ReplayClock;
  readonly engine: RuleEngine;
}

/** Feed it in the order of the recording, then end it. */
export class Replay {
  readonly #sets: readonly RuleSet[];
  readonly #used: ReadonlySet<TagId>;
  readonly #log: Log;
  readonly #onEffects: OnEffects;
  #players: readonly Player[] = [];
  #samples = 0;
  #from: UtcMs | undefined;
  #to: UtcMs | undefined;
  #isLastSynced = true;

  constructor(sets: readonly RuleSet[], onEffects: OnEffects, log: Log) {
    this.#sets = sets;
    this.#onEffects = onEffects;
    this.#log = log;
    // One time for all: that of the tags which any of the sets uses.
    this.#used = usedTags(sets);
  }

  /** The samples of one block, in its order; those of one time that follow each other are one batch. */
  feed(block: readonly Sample[]): void {
    let batch: Sample[] = [];
    for (const sample of block) {
      this.#see(sample);
      if (!this.#used.has(sample.tag)) continue;
      const [first] = batch;
      if (first && (first.time !== sample.time || isSynced(first) !== isSynced(sample))) {
        this.#apply(batch);
        batch = [];
      }
      batch.push(sample);
    }
    this.#apply(batch);
  }

  /** Lets pass what is left of the time that was recorded. */
  end(): ReplayFacts {
    const to = this.#to;
    if (to !== undefined)
      for (const { clock, engine } of this.#players) {
        clock.follow(to, this.#isLastSynced);
        engine.stop();
      }
    return {
      samples: this.#samples,
      from: this.#from,
      to,
      clockSteps: Math.max(0, ...this.#players.map(({ clock }) => clock.steps)),
    };
  }

  #see(sample: Sample): void {
    this.#from ??= sample.time;
    this.#to = sample.time;
    this.#isLastSynced = isSynced(sample);
  }

  #apply(batch: readonly Sample[]): void {
    const [first] = batch;
    if (first === undefined) return;
    if (this.#players.length === 0) this.#players = this.#begin(first);
    this.#samples += batch.length;
    for (const { clock, engine } of this.#players) {
      clock.follow(first.time, isSynced(first));
      // Of derived tags an engine takes no samples.
      engine.apply(batch);
    }
  }

  #begin(first: Sample): readonly Player[] {
    return this.#sets.map((set, place): Player => {
      const clock = replayClock(first.time, isSynced(first));
      const engine = new RuleEngine(set, {
        clock,
        log: this.#log,
        emit: (effects) => this.#onEffects(effects, place),
      });
      engine.start();
      return { clock, engine };
    });
  }
}

/** The tags that any rule of these reads, the derived ones too. */
export const usedTags = (sets: readonly RuleSet[]): ReadonlySet<TagId> =>
  new Set(sets.flatMap(({ rules }) => rules.flatMap(({ tags }) => tags)));

/** Those of them whose samples come from outside, for at least one of the sets. */
export const inputTags = (sets: readonly RuleSet[]): ReadonlySet<TagId> =>
  new Set(
    sets.flatMap((set) => {
      const derived = new Set(set.derived.map(({ id }) => id));
      return [...usedTags([set])].filter((tag) => !derived.has(tag));
    }),
  );

const isSynced = ({ timeBasis }: Sample): boolean => timeBasis !== 'unsynced';
