/**
 * What takes part in a rule's test, and what an evaluation of it costs. Pure. The cost is counted in steps and never in
 * seconds, so that a test is refused on every machine or on none.
 */

import type { TagId } from '../../gateway/model/sample.ts';
import { millis } from '../../gateway/model/units.ts';
import { expressionsOf, partsOf, type Role } from '../compiled/rule-expressions.ts';
import { TICK } from '../engine/engine-time.ts';
import {
  type FloodLimit,
  type RuleConfig,
  type RuleSet,
  ruleOfAlarm,
  tagsMadeBy,
} from '../rule.ts';
import type { RuleTest } from '../rule-test.ts';

/** A flood is what the alarms of a whole site come to: it tells nothing about one rule. */
const NO_FLOOD: FloodLimit = { most: 1, within: millis(0) };

/**
 * The rule, those that the test names, and all that derive tags which one of them uses; nothing else of the site. All
 * are active: a rule is tested before it is.
 */
export function subjectOf(set: RuleSet, rule: RuleConfig, test: RuleTest): RuleSet {
  const byTag = new Map(
    set.rules.flatMap((one) => tagsMadeBy(one).map(({ id }) => [id, one] as const)),
  );
  const named = new Set([...namedAlarms(test)].map(ruleOfAlarm));
  const wanted = new Set(set.rules.filter(({ name }) => name === rule.name || named.has(name)));
  const want = (tag: TagId): void => {
    const source = byTag.get(tag);
    if (source) wanted.add(source);
  };
  for (const { tag } of test.expect.values ?? []) want(tag);
  // A set that grows while it is walked through is walked through to its new end.
  for (const one of wanted) one.tags.forEach(want);
  const rules = set.rules.filter((one) => wanted.has(one));
  const tags = new Set(rules.flatMap((one) => tagsMadeBy(one).map(({ id }) => id)));
  return {
    ...set,
    flood: NO_FLOOD,
    rules: rules.map((one) => ({ ...one, mode: 'active' })),
    derived: set.derived.filter(({ id }) => tags.has(id)),
  };
}

/** The alarms that a test speaks of. */
export const namedAlarms = ({ acts, expect }: RuleTest): ReadonlySet<string> =>
  new Set([...acts, ...(expect.alarms ?? [])].map(({ rule }) => rule));

/** The expressions of a rule that decide something: `when`, `clear_when`, `steps[1].when`, … */
export const conditionsOf = (rule: RuleConfig): readonly Role[] =>
  expressionsOf(rule).filter(([role]) => /(^|[._])when$/.test(role));

/** The most that the tests of a site may cost together, and so one of them, in steps. */
export const MOST_STEPS_OF_TESTS = 1_000_000;

/**
 * What one step stands for, about half a microsecond: measured on two shared cores of x86-64 under Node 24, so that
 * whatever stands in a site, a million steps are over in about half a second.
 */
const NODES_A_STEP = 16;
const SAMPLES_A_STEP = { percentile: 8, stddev: 10, other: 24 } as const;
const WINDOW_STEPS = 1;
/** Of a function that remembers up to 1,000 edges or stretches. */
const MEMORY_STEPS = 4;
const KIND_STEPS: Readonly<Record<RuleConfig['kind'], number>> = {
  condition: 1,
  sequence: 1,
  loop: 2,
  derive: 3,
  schedule: 4,
  interlock: 1,
  cell: 60,
  combined_reading: 10,
};

/** What one evaluation of a rule costs, in steps. */
export interface Cost {
  /** Without the samples in its windows. */
  readonly base: number;
  readonly windows: readonly {
    readonly tag: TagId;
    readonly length: number;
    readonly samplesAStep: number;
  }[];
  /** How often it is evaluated without a sample; undefined: never. */
  readonly tick: number | undefined;
}

export function costOf(rule: RuleConfig): Cost {
  const windows: Cost['windows'][number][] = [];
  let base = KIND_STEPS[rule.kind];
  for (const [, { root }] of expressionsOf(rule))
    for (const part of partsOf(root)) {
      base += 1 / NODES_A_STEP;
      if (part.kind !== 'call') continue;
      if (part.memory !== undefined) base += MEMORY_STEPS;
      const [tag, length] = [part.args[0], part.args.at(-1)];
      if (!part.isWindow || tag?.kind !== 'tag' || length?.kind !== 'literal') continue;
      base += WINDOW_STEPS;
      const samplesAStep =
        part.name === 'percentile' || part.name === 'stddev'
          ? SAMPLES_A_STEP[part.name]
          : SAMPLES_A_STEP.other;
      windows.push({ tag: tag.tag, length: Number(length.value), samplesAStep });
    }
  return { base, windows, tick: rule.looksAtTime ? (rule.tick ?? TICK) : undefined };
}

/** With so many samples of each tag so far, and series that go on every `step` ms. */
export const stepsOf = (cost: Cost, samples: ReadonlyMap<TagId, number>, step: number): number =>
  cost.windows.reduce((steps, { tag, length, samplesAStep }) => {
    const most = length / Math.min(step, TICK) + 1;
    return steps + Math.min(samples.get(tag) ?? 0, most) / samplesAStep;
  }, cost.base);
