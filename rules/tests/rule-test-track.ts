/** What there is to see of one test: runs it once more and keeps what changed, and when. */
import type { Quality } from '../../gateway/model/quality.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Millis } from '../../gateway/model/units.ts';
import { expressionsOf, partsOf } from '../compiled/rule-expressions.ts';
import type { Maybe, Plain } from '../expression.ts';
import type { RuleConfig, RuleSet } from '../rule.ts';
import type { TimedDeed } from './rule-test-compare.ts';
import { conditionsOf } from './rule-test-subject.ts';
import { deedOf, runTest, type TestResult } from './test-run.ts';

/** From `at` on, until the next one of its track. */
export interface Change<T> {
  readonly at: Millis;
  readonly is: T;
}

export interface TagTrack {
  readonly tag: TagId;
  readonly unit: string | undefined;
  readonly changes: readonly Change<{ readonly value: Plain | null; readonly quality: Quality }>[];
}

export interface TestTrack {
  readonly result: TestResult;
  readonly tags: readonly TagTrack[];
  /** The truth of each condition of the rule, by its role. */
  readonly truths: readonly {
    readonly role: string;
    readonly changes: readonly Change<boolean | undefined>[];
  }[];
  /** The state of the rule in its own words. */
  readonly states: readonly Change<string>[];
  readonly deeds: readonly TimedDeed[];
}

/** More changes of one track are not kept: a terminal has a hundred columns. */
const MOST_CHANGES = 100_000;
/** More deeds of a test are not drawn. */
const MOST_DEEDS = 1_000;

export function trackOf(set: RuleSet, rule: RuleConfig, { test }: TestResult): TestTrack {
  const tags = new Map<TagId, TagTrack & { changes: TagTrack['changes'][number][] }>();
  for (const tag of new Set([...rule.tags, ...(test.expect.values ?? []).map((one) => one.tag)]))
    tags.set(tag, { tag, unit: unitOf(set, rule, tag), changes: [] });
  const roots = conditionsOf(rule);
  const truths = roots.map(([role]) => ({ role, changes: [] as Change<boolean | undefined>[] }));
  const states: Change<string>[] = [];
  const deeds: TimedDeed[] = [];
  const result = runTest(set, rule, test, {
    watcher: {
      sample: (at, tag, is) => add(tags.get(tag)?.changes, at, is, isSameShown),
      truth(at, of, role, expr, value) {
        const place = roots.findIndex(([known, { root }]) => known === role && root === expr);
        if (of === rule.name && place >= 0) add(truths[place]?.changes, at, truthOf(value));
      },
      state: (at, is) => add(states, at, is),
      effect(at, effect) {
        const deed = deedOf(effect);
        if (deed && deeds.length < MOST_DEEDS) deeds.push({ at, deed });
      },
    },
  });
  return { result, tags: [...tags.values()], truths, states, deeds };
}

const truthOf = (value: Maybe): boolean | undefined =>
  typeof value === 'boolean' ? value : undefined;

type Shown = TagTrack['changes'][number]['is'];
const isSameShown = (a: Shown, b: Shown): boolean => a.value === b.value && a.quality === b.quality;

/** A later word about the same time takes the place of the earlier one. */
function add<T>(
  changes: Change<T>[] | undefined,
  at: Millis,
  is: T,
  isSame: (a: T, b: T) => boolean = Object.is,
): void {
  const last = changes?.at(-1);
  if (changes === undefined || (last && isSame(last.is, is))) return;
  if (last?.at === at) changes.pop();
  if (changes.length < MOST_CHANGES) changes.push({ at, is });
}

function unitOf(set: RuleSet, rule: RuleConfig, tag: TagId): string | undefined {
  const derived = set.derived.find(({ id }) => id === tag);
  if (derived) return derived.unit;
  for (const [, { root }] of expressionsOf(rule))
    for (const part of partsOf(root)) if (part.kind === 'tag' && part.tag === tag) return part.unit;
  return undefined;
}
