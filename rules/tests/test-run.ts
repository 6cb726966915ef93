/**
 * Runs a test that stands in a rule: the real engine under a clock of its own, with the series as samples. Nothing of it
 * waits, and it ends after a number of steps that is known beforehand, whatever is written in the test.
 */
import { silentLog } from '../../gateway/host/log.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { type Millis, millis, monoMs } from '../../gateway/model/units.ts';
import type { Effect } from '../effect.ts';
import { RuleEngine } from '../engine/engine.ts';
import type { Expr, Maybe, Plain } from '../expression.ts';
import { type RuleConfig, type RuleSet, ruleOfAlarm } from '../rule.ts';
import type { RuleTest, TestAct } from '../rule-test.ts';
import { manualClock } from './manual-clock.ts';
import {
  type Deed,
  type Difference,
  differencesOf,
  fits,
  kindsOf,
  MOST_DIFFERENCES,
  type TimedDeed,
} from './rule-test-compare.ts';
import {
  type Cost,
  costOf,
  MOST_STEPS_OF_TESTS,
  namedAlarms,
  stepsOf,
  subjectOf,
} from './rule-test-subject.ts';

/** What an effect costs, in steps, and each part of an expression among its causes. */
const EFFECT_STEPS = 20;
const CAUSE_STEPS = 3;
/** Only kinds that keep books ask for reads: a look at all that is open, some 0.3 ms (measured with 60 records). */
const READ_STEPS = 600;

export interface TestResult {
  readonly rule: string;
  readonly test: RuleTest;
  /** None: the test passed. The first one is the earliest, but for what stopped the test. */
  readonly differences: readonly Difference[];
  readonly steps: number;
}

/** What can be looked at while a test runs. Times are those of the test. */
export interface TestWatcher {
  sample?(at: Millis, tag: TagId, shown: Shown): void;
  effect?(at: Millis, effect: Effect): void;
  /** The state of the rule under test, in its own words, after each moment. */
  state?(at: Millis, state: string): void;
  /** Of every condition and each of its parts, at every evaluation. */
  truth?(at: Millis, rule: string, role: string, expr: Expr, value: Maybe): void;
}

/** What a tag shows. */
export interface Shown {
  readonly value: Plain | null;
  readonly quality: Quality;
}

export interface RunOptions {
  /** Steps that it may cost. */
  readonly most?: number;
  readonly watcher?: TestWatcher;
}

/** Runs one test of a rule. */
export function runTest(
  set: RuleSet,
  rule: RuleConfig,
  test: RuleTest,
  { most = MOST_STEPS_OF_TESTS, watcher = {} }: RunOptions = {},
): TestResult {
  const run = new Run(subjectOf(set, rule, test), rule, test, most, watcher);
  return { rule: rule.name, test, ...run.toEnd() };
}

/** Thrown, never below the engine (which would take it for the fault of a rule), to end a test. */
class Spent extends Error {}

const WAITING: Shown = { value: null, quality: 'bad:waiting' };

class Run {
  readonly #rule: RuleConfig;
  readonly #test: RuleTest;
  readonly #most: number;
  readonly #watcher: TestWatcher;
  readonly #costs: readonly Cost[];
  readonly #clock: ReturnType<typeof manualClock>;
  readonly #engine: RuleEngine;
  readonly #kinds: ReadonlySet<Deed['kind']>;
  readonly #alarmsOf: ReadonlySet<string>;
  readonly #shown = new Map<TagId, Shown>();
  readonly #samples = new Map<TagId, number>();
  readonly #deeds: TimedDeed[] = [];
  readonly #found: Difference[] = [];
  #steps = 0;

  constructor(
    subject: RuleSet,
    rule: RuleConfig,
    test: RuleTest,
    most: number,
    watcher: TestWatcher,
  ) {
    this.#rule = rule;
    this.#test = test;
    this.#most = most;
    this.#watcher = watcher;
    this.#costs = subject.rules.map(costOf);
    this.#kinds = kindsOf(test.expect);
    this.#alarmsOf = namedAlarms(test);
    this.#clock = manualClock(test.start, () => this.#afterWake());
    const { truth } = watcher;
    this.#engine = new RuleEngine(subject, {
      clock: this.#clock,
      log: silentLog,
      emit: (effects) => this.#take(effects),
      ...(truth && {
        observe: (of: string, role: string, expr: Expr, value: Maybe) =>
          truth(this.#now(), of, role, expr, value),
      }),
    });
  }

  toEnd(): Pick<TestResult, 'differences' | 'steps'> {
    const ended = this.#play();
    this.#engine.stop();
    const steps = Math.ceil(this.#steps);
    if (!ended) {
      const at = this.#now();
      return { differences: [{ kind: 'too-large', at }], steps };
    }
    const deeds = differencesOf(this.#test.expect, this.#deeds);
    const differences = [...this.#found, ...deeds].sort((a, b) => a.at - b.at);
    return { differences: differences.slice(0, MOST_DIFFERENCES), steps };
  }

  /** False: it was stopped, because it cost too much. */
  #play(): boolean {
    try {
      this.#engine.start();
      for (const { at, batch, acts, values } of this.#agenda()) {
        this.#moveTo(at);
        if (batch.length > 0) this.#apply(batch);
        for (const act of acts) {
          this.#act(act);
          this.#moveTo(at);
        }
        this.#watchState();
        for (const { tag, value, quality } of values) this.#compare(at, tag, value, quality);
      }
      return true;
    } catch (error) {
      if (error instanceof Spent) return false;
      throw error;
    }
  }

  /** Everything that happens at a time of the test, from 0 to its length, both included. */
  *#agenda(): Generator<Agenda> {
    const { series, step, length, acts, expect } = this.#test;
    const ordered = acts.toSorted((a, b) => a.at - b.at);
    const values = (expect.values ?? []).toSorted((a, b) => a.at - b.at);
    const others = [...new Set([...ordered, ...values].map(({ at }) => at).concat(length))]
      .filter((at) => at <= length)
      .sort((a, b) => a - b);
    const steps = Math.max(0, ...series.map(({ samples }) => samples.length));
    let [nextStep, nextOther, nextAct, nextValue] = [0, 0, 0, 0];
    while (nextStep < steps || nextOther < others.length) {
      const stepAt = nextStep < steps ? nextStep * step : Number.POSITIVE_INFINITY;
      const at = millis(Math.min(stepAt, others[nextOther] ?? Number.POSITIVE_INFINITY));
      if (at > length) return;
      const batch = at === stepAt ? this.#batchOf(nextStep++) : [];
      const isOther = at === others[nextOther];
      if (isOther) nextOther++;
      const [actsFrom, valuesFrom] = [nextAct, nextValue];
      while (isOther && ordered[nextAct]?.at === at) nextAct++;
      while (isOther && values[nextValue]?.at === at) nextValue++;
      if (batch.length > 0 || isOther)
        yield {
          at,
          batch,
          acts: ordered.slice(actsFrom, nextAct),
          values: values.slice(valuesFrom, nextValue),
        };
    }
  }

  #batchOf(step: number): readonly (Shown & { readonly tag: TagId })[] {
    return this.#test.series.flatMap(({ tag, samples }) => {
      const sample = samples[step];
      return sample ? [{ tag, ...sample }] : [];
    });
  }

  #apply(batch: readonly (Shown & { readonly tag: TagId })[]): void {
    const at = this.#now();
    const time = this.#clock.utc();
    for (const { tag, value, quality } of batch) {
      this.#samples.set(tag, (this.#samples.get(tag) ?? 0) + 1);
      this.#show(at, tag, { value, quality });
    }
    this.#spendOn(() => true);
    this.#engine.apply(batch.map((one): Sample => ({ ...one, time, timeBasis: 'source' })));
    this.#moveTo(at);
  }

  #act({ do: what, rule, for: length }: TestAct): void {
    const who = { by: 'test', comment: '' };
    this.#spendOn(() => true);
    if (what === 'acknowledge') this.#engine.acknowledge(rule, who);
    else if (what === 'shelve') this.#engine.shelve(rule, length ?? millis(0), who);
    else this.#engine.unshelve(rule, who);
  }

  #moveTo(at: Millis): void {
    this.#clock.moveTo(monoMs(at));
  }

  #now(): Millis {
    return millis(this.#clock.mono());
  }

  #show(at: Millis, tag: TagId, shown: Shown): void {
    this.#shown.set(tag, shown);
    this.#watcher.sample?.(at, tag, shown);
  }

  #afterWake(): void {
    this.#watchState();
    const now = this.#now();
    this.#spendOn(({ tick }) => tick !== undefined && now % tick === 0);
  }

  #watchState(): void {
    if (this.#watcher.state)
      this.#watcher.state(this.#now(), this.#engine.explain(this.#rule.name)?.after ?? '');
  }

  #spendOn(takesPart: (cost: Cost) => boolean): void {
    let steps = 1;
    for (const cost of this.#costs)
      if (takesPart(cost)) steps += stepsOf(cost, this.#samples, this.#test.step);
    this.#steps += steps;
    if (this.#steps > this.#most) throw new Spent();
  }

  #take(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.#watcher.effect?.(millis(effect.at), effect);
      if (effect.kind === 'derive') {
        const { tag, value, quality } = effect;
        this.#samples.set(tag, (this.#samples.get(tag) ?? 0) + 1);
        this.#show(millis(effect.at), tag, { value, quality });
        continue;
      }
      this.#steps += EFFECT_STEPS + CAUSE_STEPS * partsIn(effect);
      if (effect.kind === 'read') this.#steps += READ_STEPS;
      if (effect.kind === 'fault') {
        const { rule, reason } = effect;
        this.#found.push({ kind: 'fault', at: millis(effect.at), rule, reason });
        continue;
      }
      const deed = deedOf(effect);
      const isOwn =
        ruleOfAlarm(effect.rule) === this.#rule.name ||
        (effect.kind === 'alarm' && this.#alarmsOf.has(effect.rule));
      if (deed && isOwn && this.#kinds.has(deed.kind))
        this.#deeds.push({ at: millis(effect.at), deed });
    }
  }

  #compare(at: Millis, tag: TagId, value: Plain | null, quality: Quality | undefined): void {
    const expected = quality === undefined ? { value } : { value, quality };
    const got = this.#shown.get(tag) ?? WAITING;
    if (!fits(expected, got)) this.#found.push({ kind: 'value', at, tag, expected, got });
  }
}

const partsIn = (effect: Effect): number =>
  'causes' in effect
    ? effect.causes.expressions.reduce((total, { parts }) => total + parts.length, 0)
    : 0;

interface Agenda {
  readonly at: Millis;
  readonly batch: readonly (Shown & { readonly tag: TagId })[];
  readonly acts: readonly TestAct[];
  readonly values: NonNullable<RuleTest['expect']['values']>;
}

/** Undefined: nothing that a test can expect, such as a write without a value, which is not sent. */
export function deedOf(effect: Effect): Deed | undefined {
  switch (effect.kind) {
    case 'alarm': {
      const { rule, to, message } = effect;
      return { kind: 'alarm', rule, to, messages: [message.en, message.zh] };
    }
    case 'command':
      return effect.value === null
        ? undefined
        : { kind: 'write', tag: effect.tag, value: effect.value };
    case 'record':
      return { kind: 'record', name: effect.name, values: effect.values };
    default:
      return undefined;
  }
}
