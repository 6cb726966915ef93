/**
 * The rules of a site at work, as SEMANTICS.md says: samples in, effects out. Holds the one clock of the rules, the
 * picture they share and the index from tags to the rules that use them; a rule that throws is stopped alone.
 */
import type { Cancel, Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { reasonOf } from '../../gateway/model/errors.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import type { AlarmBook } from '../alarms/alarm-book.ts';
import type { Act, Moment } from '../alarms/alarm-entry.ts';
import type { AcknowledgeAct, AcknowledgeResult, ShelveResult } from '../alarms/alarm-outcome.ts';
import type { Causes, Effect, EngineMs } from '../effect.ts';
import type { RuleSet } from '../rule.ts';
import type { EngineFacts, RuleSetChange } from './engine-facts.ts';
import { EngineTime } from './engine-time.ts';
import { plainOf } from './live-picture.ts';
import type { Observe, RunningRule } from './running-rule.ts';
import { RunningSet, type SavedSet } from './running-set.ts';
import type { SavedWindow } from './sample-history.ts';

export interface EngineOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Takes the effects of one moment, in order. May call `apply` again. */
  readonly emit: (effects: readonly Effect[]) => void;
  /** Of an earlier engine's `save`; what it says of rules that changed since is left out. */
  readonly saved?: Kept | undefined;
  /** For rules of which `saved` knows nothing; see `replace`. */
  readonly aside?: Kept | undefined;
  /** Told, possibly often, that something changed that a kill should not undo: a phase, a latch, an alarm, an edge. */
  readonly onChange?: (() => void) | undefined;
  /** For a tag that no rule used before: what is known of it already. */
  readonly latest?: (tag: TagId) => Sample | undefined;
  /** Told of every truth in every evaluation, for the coverage of tests. */
  readonly observe?: ((rule: string, ...of: Parameters<Observe>) => void) | undefined;
}

/** What outlives an engine; JSON. */
export interface SavedRules extends SavedSet {
  readonly [key: string]: Kept;
  /** When it was saved, by engine time and by the wall clock. */
  readonly now: EngineMs;
  readonly utc: number;
  readonly isSynced: boolean;
}

export class RuleEngine {
  /** What became of the saved state. */
  readonly restored: RuleSetChange;
  readonly #options: EngineOptions;
  readonly #time: EngineTime;
  readonly #running: RunningSet;
  #effects: Effect[] = [];
  #isBusy = false;
  #isStarted = false;
  /** Batches that came while a moment was going on. */
  readonly #waiting: (readonly Sample[])[] = [];
  #cancel: Cancel = () => {};
  #armedFor: EngineMs = Number.POSITIVE_INFINITY;
  #unsent = 0;

  constructor(set: RuleSet, options: EngineOptions) {
    this.#options = options;
    const { clock, saved, aside, observe, latest, onChange } = options;
    this.#time = new EngineTime(clock, saved);
    this.#running = new RunningSet(set, {
      time: this.#time,
      effects: this.#collect,
      fault: (rule, reason) => this.#fault(rule, reason),
      observe,
      latest,
      changed: onChange,
    });
    this.restored = this.#running.restore(saved, this.#time.off, aside);
    if (this.#time.isStale) this.#forget();
  }

  /** From now on it keeps its own time. */
  start(): void {
    this.#isStarted = true;
    this.#flush();
    this.#arm();
  }

  stop(): void {
    this.#isStarted = false;
    this.#cancel();
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  /** One batch: the samples of one request. Tags that no rule uses cost a look-up. */
  apply(samples: readonly Sample[]): void {
    if (this.#isBusy) {
      if (samples.some(({ tag }) => this.#running.inputSlot(tag) !== undefined))
        this.#waiting.push(samples);
      return;
    }
    const now = this.#time.now();
    this.#advance(now);
    this.#batch(samples, now);
    this.#arm();
  }

  /** Somebody saw the alarm of the rule. */
  acknowledge(rule: string, act: AcknowledgeAct): AcknowledgeResult {
    const result = this.#act((alarms, moment) => alarms.acknowledge(rule, act, moment));
    if (result.outcome === 'acknowledged') {
      this.#running.acknowledged(rule);
      this.#run();
    }
    this.#flush();
    this.#arm();
    return result;
  }

  /** Puts the alarm of the rule aside for `length` ms. */
  shelve(rule: string, length: number, act: Act): ShelveResult {
    const result = this.#act((alarms, moment) => alarms.shelve(rule, length, act, moment));
    this.#flush();
    this.#arm();
    return result;
  }

  unshelve(rule: string, act: Act): ShelveResult {
    const result = this.#act((alarms, moment) => alarms.unshelve(rule, act, moment));
    this.#flush();
    this.#arm();
    return result;
  }

  /**
   * Goes on with other rules; those whose fingerprint is the same keep their state. The others take what `aside`, which
   * an earlier `save` made, knows of them: since then nobody looked at them.
   */
  replace(set: RuleSet, aside?: Kept): RuleSetChange {
    const now = this.#time.now();
    this.#advance(now);
    this.#running.begin(now);
    const change = this.#running.replace(set, aside);
    this.#flush();
    this.#arm();
    return change;
  }

  /** Everything that has to outlive a restart; JSON. `brief`: without the samples of windows, which are most of it. */
  save(what: 'all' | 'brief' = 'all'): SavedRules {
    this.#advance(this.#time.now());
    this.#arm();
    return { ...this.#time.save(), ...this.#running.save(what) };
  }

  /** The samples of windows, one tag after the other, as `save` has them; as they are when it is their turn. */
  windows(): Generator<readonly [TagId, SavedWindow]> {
    return this.#running.windows();
  }

  /** What the rule sees at present; undefined: there is no such rule. */
  explain(rule: string): Causes | undefined {
    this.#advance(this.#time.now());
    this.#arm();
    return this.#running.explain(rule);
  }

  get alarms(): AlarmBook {
    return this.#running.alarms;
  }

  /** Engine time as of now. */
  now(): EngineMs {
    return this.#time.now();
  }

  facts(): EngineFacts {
    return { ...this.#running.facts(), unsent: this.#unsent };
  }

  /** Every moment that is due until `to`, each at its own time. */
  #advance(to: EngineMs): void {
    if (this.#isBusy) return;
    for (let due = this.#running.next; due <= to; due = this.#running.next) {
      this.#running.begin(due);
      this.#collect(this.#running.due());
      this.#running.markDue();
      this.#run();
      this.#flush();
    }
  }

  #batch(samples: readonly Sample[], now: EngineMs): void {
    const running = this.#running;
    let isMoment = false;
    for (const sample of samples) {
      const { tag, value, quality } = sample;
      const slot = running.inputSlot(tag);
      if (slot === undefined) continue;
      if (!isMoment) {
        running.begin(now);
        isMoment = true;
      }
      running.put(slot, plainOf(value, quality), quality);
      running.hand(slot, sample);
    }
    if (!isMoment && !running.hasFresh) return;
    if (!isMoment) running.begin(now);
    this.#run();
    this.#flush();
  }

  /** Nothing is known of any tag until its first sample. */
  #forget(): void {
    this.#running.begin(this.#time.now());
    this.#running.forget();
    this.#run();
  }

  /** Evaluates what is marked, in the order of the rules. */
  #run(): void {
    this.#isBusy = true;
    try {
      this.#running.run();
    } finally {
      this.#isBusy = false;
    }
  }

  /** Something a person does is a moment of its own. */
  #act<R extends { readonly effects: readonly Effect[] }>(
    run: (alarms: AlarmBook, moment: Moment) => R,
  ): R {
    const now = this.#time.now();
    this.#advance(now);
    this.#running.begin(now);
    const result = run(this.#running.alarms, { at: now, time: this.#time.utcAt(now) });
    this.#collect(result.effects);
    return result;
  }

  readonly #collect = (effects: readonly Effect[]): void => {
    for (const effect of effects) {
      if (effect.kind !== 'derive') this.#options.onChange?.();
      if (effect.kind === 'command' && effect.value === null && !effect.isRelease) this.#unsent++;
      this.#effects.push(effect);
    }
  };

  #fault(rule: RunningRule, reason: unknown): void {
    const { name } = rule.config;
    const at = this.#running.now;
    const text = reasonOf(reason);
    this.#options.log.error('rules.rule-stopped', { rule: name, reason: text });
    this.#effects.push({ kind: 'fault', rule: name, at, time: this.#time.utcAt(at), reason: text });
  }

  /** Hands over the effects of a finished moment, then what came meanwhile. */
  #flush(): void {
    if (this.#effects.length > 0) {
      const effects = this.#effects;
      this.#effects = [];
      this.#options.emit(effects);
    }
    for (let batch = this.#waiting.shift(); batch; batch = this.#waiting.shift())
      this.#batch(batch, this.#running.now);
  }

  #arm(): void {
    const due = this.#running.next;
    if (!this.#isStarted || due === this.#armedFor) return;
    this.#cancel();
    this.#armedFor = due;
    this.#cancel = () => {};
    if (due === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#options.clock.at('rules.wake', this.#time.monoAt(due), () => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.#advance(this.#time.now());
      this.#arm();
    });
  }
}
