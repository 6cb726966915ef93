/**
 * The rule engine by itself, on one core: `rules_updates_per_s`, what a rule more costs the others
 * (`rules_cost_ratio_1000_to_10`), and the engine beside the same conditions written by hand (`rules_ns_over_native`).
 */
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';
import type { Effect } from '../../rules/effect.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import { conditionOf, setOf } from '../support/rules-fixture.ts';
import { type Bench, byTurns, median, rounded } from './figure.ts';

const TAGS = 10_000;
const RUNS = 7;
/** Samples of one request. */
const BATCH = 100;
const MEASURED_MS = 700;

const nameOf = (tag: number) => `d${Math.floor(tag / 100)}.t${tag % 100}`;

/** Each looks at three tags of its own, so that 100 of them use 300 of the 10,000. */
const tagsOf = (rule: number) => [0, 1, 2].map((i) => nameOf((rule * 3 + i) * 3));
const ruleOf = (rule: number) => {
  const [a, b, c] = tagsOf(rule);
  const when = `${a} > 75.0 && (${b} < 3.0 || ${c} - ${b} >= 20.0)`;
  return conditionOf({
    name: `rule${rule}`,
    when,
    do: { 'out.y': '1' },
    onClear: { 'out.y': '0' },
  });
};
const rulesOf = (count: number) => Array.from({ length: count }, (_, rule) => ruleOf(rule));

const ROUNDS = 16;
/** Of so many rules one turns on, and off again, in all rounds: one turn in about 500 evaluations. */
const CALM_RULES = 20;
/** Never the same twice running; only the first of the three tags of a rule decides. */
const valueAt = (tag: number, round: number) =>
  (tag % CALM_RULES === 0 && round === tag % ROUNDS ? 80 : 60) +
  (round % 2) +
  Math.floor(tag / 100) * 25;

const sampleOf = (tag: string, value: number): Sample => ({
  tag: tag as TagId,
  value,
  quality: 'good',
  time: utcMs(0),
  timeBasis: 'gateway',
});

/** Rounds of batches of these tags, made beforehand. */
function batchesOf(tags: readonly string[], size: number): readonly (readonly Sample[])[] {
  const batches: Sample[][] = [];
  for (let round = 0; round < ROUNDS; round++)
    for (let from = 0; from < tags.length; from += size)
      batches.push(
        tags.slice(from, from + size).map((tag, i) => sampleOf(tag, valueAt(from + i, round))),
      );
  return batches;
}

type Apply = (batch: readonly Sample[]) => void;

function engineWith(rules: number): { readonly apply: Apply; readonly made: () => number } {
  let made = 0;
  const emit = (effects: readonly Effect[]) => {
    made += effects.length;
  };
  const engine = new RuleEngine(setOf(rulesOf(rules)), {
    clock: systemClock(),
    log: silentLog,
    emit,
  });
  return { apply: (batch) => engine.apply(batch), made: () => made };
}

/** The same conditions as somebody would write them who has just these. */
function byHand(rules: number): { readonly apply: Apply; readonly made: () => number } {
  let made = 0;
  const handlers = new Map<string, (value: number) => void>();
  for (let rule = 0; rule < rules; rule++) {
    const values: [number?, number?, number?] = [];
    let isOn = false;
    const evaluate = () => {
      const [a, b, c] = values;
      if (a === undefined || b === undefined || c === undefined) return;
      const is = a > 75 && (b < 3 || c - b >= 20);
      if (is === isOn) return;
      isOn = is;
      made++;
    };
    for (const [i, tag] of tagsOf(rule).entries())
      handlers.set(tag, (value) => {
        values[i] = value;
        evaluate();
      });
  }
  return {
    apply(batch) {
      for (const { tag, value } of batch) if (typeof value === 'number') handlers.get(tag)?.(value);
    },
    made: () => made,
  };
}

/** Nanoseconds of one update, the best of what a while shows. */
function nanosOf(apply: Apply, batches: readonly (readonly Sample[])[]): number {
  const updates = batches.reduce((sum, batch) => sum + batch.length, 0);
  const round = () => {
    const from = process.hrtime.bigint();
    for (const batch of batches) apply(batch);
    return Number(process.hrtime.bigint() - from) / updates;
  };
  round();
  const rounds: number[] = [];
  for (const end = performance.now() + MEASURED_MS; performance.now() < end; ) rounds.push(round());
  return median(rounds);
}

const ALL = Array.from({ length: TAGS }, (_, tag) => nameOf(tag));
/** The tags of so many rules: the first of each, then the second, so that no two of a rule are in one batch. */
const usedBy = (rules: number) =>
  [0, 1, 2].flatMap((i) => Array.from({ length: rules }, (_, rule) => tagsOf(rule)[i] ?? ''));

const GOAL_UPDATES = 200_000;
const updatesPerSecond: Bench = {
  name: 'rules_updates_per_s',
  async run(print) {
    const batches = batchesOf(ALL, BATCH);
    const { values, baselines } = await byTurns(
      RUNS,
      async () => nanosOf(engineWith(100).apply, batches),
      async () => nanosOf(byHand(100).apply, batches),
    );
    const used = nanosOf(engineWith(100).apply, batchesOf(usedBy(100), BATCH));
    const value = 1e9 / median(values);
    const baseline = 1e9 / median(baselines);
    print({
      figure: 'rules_updates_per_s',
      value: Math.round(value),
      unit: 'updates a second, 100 rules over 10,000 tags',
      baseline: Math.round(baseline),
      ratio: rounded(value / baseline),
      goal: GOAL_UPDATES,
      ok: value >= GOAL_UPDATES,
      detail: {
        goal_is_for: 'value',
        of_used_tags_alone: Math.round(1e9 / used),
        runs: values.map((nanos) => Math.round(1e9 / nanos)),
      },
    });
  },
};

const GOAL_RATIO = 1.3;
const costOfMore: Bench = {
  name: 'rules_cost_ratio_1000_to_10',
  async run(print) {
    // One tag of each of the same ten rules, alone in its batch: what is paid once is paid each time.
    const batches = batchesOf(usedBy(10), 1);
    const { values, baselines } = await byTurns(
      RUNS,
      async () => nanosOf(engineWith(1_000).apply, batches),
      async () => nanosOf(engineWith(10).apply, batches),
    );
    const value = median(values);
    const baseline = median(baselines);
    print({
      figure: 'rules_cost_ratio_1000_to_10',
      value: rounded(value, 1),
      unit: 'ns an update, batches of one, 1,000 rules',
      baseline: rounded(baseline, 1),
      ratio: rounded(value / baseline),
      goal: GOAL_RATIO,
      ok: value / baseline <= GOAL_RATIO,
      detail: { goal_is_for: 'ratio', runs: values.map((nanos) => rounded(nanos, 1)) },
    });
  },
};

const GOAL_NATIVE = 8;
const overNative: Bench = {
  name: 'rules_ns_over_native',
  async run(print) {
    const batches = batchesOf(usedBy(100), BATCH);
    const engine = engineWith(100);
    const hand = byHand(100);
    for (const batch of batches) engine.apply(batch);
    for (const batch of batches) hand.apply(batch);
    if (engine.made() !== hand.made())
      throw new Error(`engine made ${engine.made()} effects, by hand ${hand.made()}`);
    const { values, baselines } = await byTurns(
      RUNS,
      async () => nanosOf(engineWith(100).apply, batches),
      async () => nanosOf(byHand(100).apply, batches),
    );
    const value = median(values);
    const baseline = median(baselines);
    print({
      figure: 'rules_ns_over_native',
      value: rounded(value, 1),
      unit: 'ns an update, each used by one of 100 conditions',
      baseline: rounded(baseline, 1),
      ratio: rounded(value / baseline),
      goal: GOAL_NATIVE,
      ok: value / baseline <= GOAL_NATIVE,
      detail: {
        goal_is_for: 'ratio',
        effects_alike: engine.made(),
        runs: values.map((nanos) => rounded(nanos, 1)),
        baseline_runs: baselines.map((nanos) => rounded(nanos, 1)),
      },
    });
  },
};

export const ruleBenches: readonly Bench[] = [updatesPerSecond, costOfMore, overNative];
