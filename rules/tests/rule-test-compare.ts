/**
 * What a rule's test expected beside what came: every difference, as data. Pure. Times count to the millisecond; numbers
 * are equal when they differ by less than a part in 10^9, so that nobody has to write 0.30000000000000004.
 */
import type { Quality } from '../../gateway/model/quality.ts';
import { isBad } from '../../gateway/model/quality.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import type { Millis } from '../../gateway/model/units.ts';
import type { AlarmChange, RecordValue } from '../effect.ts';
import type { Plain } from '../expression.ts';
import type { TestExpectations } from '../rule-test.ts';

/** What a rule did, or was expected to do. */
export type Deed =
  | {
      readonly kind: 'alarm';
      readonly rule: string;
      readonly to: AlarmChange;
      /** Of what came: in both languages. Of what is expected: one of them, where it is told. */
      readonly messages: readonly string[];
    }
  | { readonly kind: 'write'; readonly tag: TagId; readonly value: Plain }
  | {
      readonly kind: 'record';
      readonly name: string;
      readonly values: Readonly<Record<string, RecordValue>>;
    };

export interface TimedDeed {
  readonly at: Millis;
  readonly deed: Deed;
}

/** Value null: bad. */
export interface Reading {
  readonly value: Plain | null;
  readonly quality?: Quality;
}

export type Difference =
  | { readonly kind: 'missing'; readonly at: Millis; readonly deed: Deed }
  | { readonly kind: 'unexpected'; readonly at: Millis; readonly deed: Deed }
  | { readonly kind: 'moved'; readonly at: Millis; readonly deed: Deed; readonly to: Millis }
  | { readonly kind: 'changed'; readonly at: Millis; readonly deed: Deed; readonly got: Deed }
  | {
      readonly kind: 'value';
      readonly at: Millis;
      readonly tag: TagId;
      readonly expected: Reading;
      readonly got: Reading;
    }
  /** The rule threw. */
  | { readonly kind: 'fault'; readonly at: Millis; readonly rule: string; readonly reason: string }
  /** It was stopped at `at`, because nothing was left of the steps that tests may take. */
  | { readonly kind: 'too-large'; readonly at: Millis };

/** Beyond it a list of differences helps nobody. */
export const MOST_DIFFERENCES = 50;
const CLOSE = 1e-9;

/** Equal, as a test means it. */
export const isClose = (expected: Plain | null, got: Plain | null): boolean =>
  typeof expected === 'number' && typeof got === 'number'
    ? Math.abs(expected - got) <= CLOSE * Math.max(Math.abs(expected), Math.abs(got))
    : expected === got;

/** Whether a tag shows what is expected of it; without a quality every one with (or without) a value will do. */
export const fits = (expected: Reading, got: Required<Reading>): boolean =>
  expected.quality === undefined
    ? isClose(expected.value, got.value) && isBad(got.quality) === (expected.value === null)
    : expected.quality === got.quality && isClose(expected.value, got.value);

/** Everything that a test expects to be done, by kind; a kind that is left out is not looked at. */
export function expectedDeeds(expect: TestExpectations): readonly (readonly TimedDeed[])[] {
  return [
    expect.alarms?.map(({ at, to, rule, message }) => ({
      at,
      deed: { kind: 'alarm', rule, to, messages: message === undefined ? [] : [message] } as const,
    })),
    expect.writes?.map(({ at, tag, value }) => ({
      at,
      deed: { kind: 'write', tag, value } as const,
    })),
    expect.records?.map(({ at, name, values }) => ({
      at,
      deed: { kind: 'record', name, values } as const,
    })),
  ].filter((list) => list !== undefined);
}

/** Which kinds of deeds a test looks at. */
export const kindsOf = (expect: TestExpectations): ReadonlySet<Deed['kind']> =>
  new Set([
    ...(expect.alarms ? (['alarm'] as const) : []),
    ...(expect.writes ? (['write'] as const) : []),
    ...(expect.records ? (['record'] as const) : []),
  ]);

/**
 * What is missing, came at another time, came otherwise or was not expected, in the order of time. `got` holds deeds of
 * the kinds that the test looks at.
 */
export function differencesOf(
  expect: TestExpectations,
  got: readonly TimedDeed[],
): readonly Difference[] {
  const wanted = expectedDeeds(expect).flat();
  const { left, right } = withoutPairs(wanted, got, (one) => `${one.at} ${subjectOf(one.deed)}`);
  // What is far too much is not matched further: the first of it says enough.
  const missing = left.slice(0, MOST_DIFFERENCES);
  const surplus = right.slice(0, MOST_DIFFERENCES);
  const differences: Difference[] = [];
  for (const { at, deed } of missing) {
    const same = (one: TimedDeed) => subjectOf(one.deed) === subjectOf(deed);
    const changed = takeNearest(surplus, at, (one) => same(one) && one.at === at);
    const moved = changed
      ? undefined
      : takeNearest(surplus, at, (one) => isAsExpected(deed, one.deed));
    if (changed) differences.push({ kind: 'changed', at, deed, got: changed.deed });
    else if (moved) differences.push({ kind: 'moved', at, deed, to: moved.at });
    else differences.push({ kind: 'missing', at, deed });
  }
  for (const { at, deed } of surplus) differences.push({ kind: 'unexpected', at, deed });
  return differences.sort((a, b) => a.at - b.at);
}

/** What is left of both after each expected deed took one that came as expected at its time. */
function withoutPairs(
  wanted: readonly TimedDeed[],
  got: readonly TimedDeed[],
  keyOf: (one: TimedDeed) => string,
): { readonly left: TimedDeed[]; readonly right: TimedDeed[] } {
  const open = Map.groupBy(got, keyOf);
  const paired = new Set<TimedDeed>();
  const left = wanted.filter((one) => {
    const candidates = open.get(keyOf(one)) ?? [];
    const place = candidates.findIndex((candidate) => isAsExpected(one.deed, candidate.deed));
    const [found] = place < 0 ? [] : candidates.splice(place, 1);
    if (found) paired.add(found);
    return found === undefined;
  });
  return { left, right: got.filter((one) => !paired.has(one)) };
}

function takeNearest(
  from: TimedDeed[],
  at: Millis,
  isMeant: (one: TimedDeed) => boolean,
): TimedDeed | undefined {
  const [nearest] = from.filter(isMeant).sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at));
  if (nearest) from.splice(from.indexOf(nearest), 1);
  return nearest;
}

/** What a deed is about: deeds about different things are never two sides of one difference. */
function subjectOf(deed: Deed): string {
  switch (deed.kind) {
    case 'alarm':
      return `alarm ${deed.rule} ${deed.to}`;
    case 'write':
      return `write ${deed.tag}`;
    case 'record':
      return `record ${deed.name}`;
  }
}

/** About the same, and with the value, the message or the values that are told. */
export function isAsExpected(expected: Deed, got: Deed): boolean {
  if (subjectOf(expected) !== subjectOf(got)) return false;
  if (expected.kind === 'alarm' && got.kind === 'alarm')
    return expected.messages.every((message) => got.messages.includes(message));
  if (expected.kind === 'write' && got.kind === 'write') return isClose(expected.value, got.value);
  if (expected.kind === 'record' && got.kind === 'record')
    return Object.entries(expected.values).every(
      ([key, value]) => Object.hasOwn(got.values, key) && isAlike(value, got.values[key] ?? null),
    );
  return false;
}

/** What stands in parts of it that are expected is there; of lists all. */
export function isAlike(expected: RecordValue, got: RecordValue): boolean {
  if (!isNested(expected) || !isNested(got))
    return !isNested(expected) && !isNested(got) && isClose(expected, got);
  const [parts, found] = [Object.entries(expected), new Map(Object.entries(got))];
  if (Array.isArray(expected) && parts.length !== found.size) return false;
  return parts.every(([key, value]) => found.has(key) && isAlike(value, found.get(key) ?? null));
}

const isNested = (value: RecordValue): value is Exclude<RecordValue, Plain | null> =>
  typeof value === 'object' && value !== null;
