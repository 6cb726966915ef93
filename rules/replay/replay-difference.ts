/**
 * Where two sets of rules did not do the same with the same samples. Effects are matched by what they are (an alarm's
 * change, a record's name, the tag and value of a write), within each rule in the order of time. Pure.
 */
import { type Millis, millis, minutes, type UtcMs } from '../../gateway/model/units.ts';
import type { ActEffect, DeriveEffect, Effect } from '../effect.ts';
import type { Plain } from '../expression.ts';
import { canonicalJson } from './replay-digest.ts';

/** What is kept of an effect for people: all but its causes. */
export type ReplayedEffect = Told<ActEffect>;
type Told<E> = E extends Effect ? Omit<E, 'causes'> : never;

/** Further apart, two effects of one kind are two events and not one that moved. */
export const FARTHEST_MOVE = minutes(60);

export type EffectChange =
  | { readonly change: 'added' | 'removed'; readonly effect: ReplayedEffect }
  | {
      readonly change: 'moved' | 'altered';
      readonly effect: ReplayedEffect;
      readonly before: ReplayedEffect;
      /** Positive: later than before; 0 where it is only altered. */
      readonly by: Millis;
      /** Which of its fields say something else: `message`, `severity`. */
      readonly fields: readonly string[];
    };

export interface RuleDifference {
  readonly rule: string;
  readonly unchanged: number;
  /** In the order of time. */
  readonly changes: readonly EffectChange[];
}

/** The samples of one derived tag. */
export interface DerivedDifference {
  readonly tag: string;
  readonly before: number;
  readonly after: number;
  /** Moments in which the two did not give the same. */
  readonly differing: number;
  readonly first: UtcMs | undefined;
}

export type Totals = Readonly<Record<EffectChange['change'] | 'unchanged', number>>;

export interface ReplayDifference {
  readonly isEqual: boolean;
  readonly totals: Totals;
  /** Of every rule that did something, by name. */
  readonly rules: readonly RuleDifference[];
  readonly derived: readonly DerivedDifference[];
}

export function replayDifference(
  before: readonly ReplayedEffect[],
  after: readonly ReplayedEffect[],
  derived: readonly DerivedDifference[],
): ReplayDifference {
  const names = [...new Set([...before, ...after].map(({ rule }) => rule))].sort();
  const [first, second] = [grouped(before, ({ rule }) => rule), grouped(after, ({ rule }) => rule)];
  const rules = names.map((rule) =>
    differenceOf(rule, first.get(rule) ?? [], second.get(rule) ?? []),
  );
  const totals = { added: 0, removed: 0, moved: 0, altered: 0, unchanged: 0 };
  for (const { unchanged, changes } of rules) {
    totals.unchanged += unchanged;
    for (const { change } of changes) totals[change]++;
  }
  const isEqual =
    rules.every(({ changes }) => changes.length === 0) &&
    derived.every(({ differing }) => differing === 0);
  return { isEqual, totals, rules, derived };
}

function differenceOf(
  rule: string,
  before: readonly ReplayedEffect[],
  after: readonly ReplayedEffect[],
): RuleDifference {
  const [first, second] = [grouped(before, keyOf), grouped(after, keyOf)];
  const changes: EffectChange[] = [];
  let unchanged = 0;
  for (const key of new Set([...first.keys(), ...second.keys()]))
    for (const change of matched(first.get(key) ?? [], second.get(key) ?? []))
      if (change === 'unchanged') unchanged++;
      else changes.push(change);
  changes.sort((a, b) => a.effect.at - b.effect.at);
  return { rule, unchanged, changes };
}

/** Two lists in the order of time, matched so that no pair crosses another. */
function* matched(
  before: readonly ReplayedEffect[],
  after: readonly ReplayedEffect[],
): Generator<EffectChange | 'unchanged'> {
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old === undefined || (now !== undefined && isAdded(now, old, after[j + 1]))) {
      yield { change: 'added', effect: now as ReplayedEffect };
      j++;
    } else if (now === undefined || isAdded(old, now, before[i + 1])) {
      yield { change: 'removed', effect: old };
      i++;
    } else {
      yield pairOf(old, now);
      i++;
      j++;
    }
  }
}

/** `one` has no partner: the other is too late for it, or fits its own successor better. */
function isAdded(
  one: ReplayedEffect,
  other: ReplayedEffect,
  next: ReplayedEffect | undefined,
): boolean {
  const distance = other.at - one.at;
  if (distance <= 0) return false;
  if (distance > FARTHEST_MOVE) return true;
  return next !== undefined && Math.abs(other.at - next.at) < distance;
}

function pairOf(before: ReplayedEffect, effect: ReplayedEffect): EffectChange | 'unchanged' {
  const by = millis(effect.at - before.at);
  const fields = differingFields(before, effect);
  if (by === 0 && fields.length === 0) return 'unchanged';
  return { change: by === 0 ? 'altered' : 'moved', effect, before, by, fields };
}

/** An id counts activations, and a time is told as the distance. */
const PASSED_OVER = new Set(['id', 'at', 'time', 'since']);

function differingFields(before: ReplayedEffect, after: ReplayedEffect): string[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  const text = (value: unknown) => (value === undefined ? '' : canonicalJson(value));
  return names.filter((name) => !PASSED_OVER.has(name) && text(old[name]) !== text(now[name]));
}

const fieldsOf = (effect: ReplayedEffect): Readonly<Record<string, unknown>> => ({ ...effect });

function keyOf(effect: ReplayedEffect): string {
  switch (effect.kind) {
    case 'alarm':
      return `alarm ${effect.to}`;
    case 'record':
      return `record ${effect.name}`;
    case 'command':
      return `command ${effect.tag} ${effect.isRelease ? 'release' : canonicalJson(effect.value)}`;
    case 'fault':
      return 'fault';
  }
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

interface Track {
  before: number;
  after: number;
  differing: number;
  first: UtcMs | undefined;
}

/** Compares what two sets derive as it comes, which may be millions of values; keeps one number of each. */
export class DerivedComparison {
  readonly #tracks = new Map<string, Track>();
  #open: [DeriveEffect[], DeriveEffect[]] = [[], []];

  /** Effects come moment by moment: those of the first set and those of the second until `settle`. */
  add(effect: DeriveEffect, set: 0 | 1): void {
    this.#open[set].push(effect);
  }

  /** Everything until here has been seen of both. */
  settle(): void {
    const [before, after] = this.#open;
    if (before.length === 0 && after.length === 0) return;
    this.#open = [[], []];
    const said = (list: readonly DeriveEffect[]) => grouped(list, ({ tag, at }) => `${tag} ${at}`);
    const [first, second] = [said(before), said(after)];
    for (const key of new Set([...first.keys(), ...second.keys()]))
      this.#compare(first.get(key) ?? [], second.get(key) ?? []);
  }

  end(): readonly DerivedDifference[] {
    this.settle();
    return [...this.#tracks]
      .map(([tag, track]) => ({ tag, ...track }))
      .sort((a, b) => (a.tag < b.tag ? -1 : 1));
  }

  #compare(before: readonly DeriveEffect[], after: readonly DeriveEffect[]): void {
    const [one] = [...before, ...after];
    if (one === undefined) return;
    const track = this.#trackOf(one.tag);
    track.before += before.length;
    track.after += after.length;
    if (canonicalJson(before.map(shown)) === canonicalJson(after.map(shown))) return;
    track.differing++;
    track.first ??= one.time;
  }

  #trackOf(tag: string): Track {
    let track = this.#tracks.get(tag);
    if (!track) {
      track = { before: 0, after: 0, differing: 0, first: undefined };
      this.#tracks.set(tag, track);
    }
    return track;
  }
}

const shown = ({ value, quality }: DeriveEffect): readonly (Plain | null)[] => [value, quality];
