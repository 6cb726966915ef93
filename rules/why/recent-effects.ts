/**
 * What rules did of late, with the causes, for whoever asks why. Derived values are not among it: they are samples, and
 * there are too many of them.
 */
import type { Kept } from '../../gateway/host/state-store.ts';
import { type ActEffect, type Effect, isAct, type RecordValue } from '../effect.ts';

export type KeptEffect = ActEffect;

/** The most that are kept while the gateway runs … */
export const MOST_RECENT = 500;
/** … and over a restart, with the most characters of JSON, which are a fifth of what the state file takes. */
export const MOST_SAVED = 100;
const MOST_SAVED_CHARACTERS = 200_000;
/** Values in records that are kept at most: one of 64 meters has some 1,600. */
export const MOST_RECENT_VALUES = 100_000;
const KINDS: readonly string[] = [
  'alarm',
  'record',
  'command',
  'fault',
] satisfies KeptEffect['kind'][];

export interface RecentEffect {
  readonly effect: KeptEffect;
  /** Of a command, as soon as it is known: `verified`, `rejected`. */
  readonly outcome?: string;
}

export class RecentEffects {
  #list: RecentEffect[] = [];
  /** In the records of the list, and of some that are gone. */
  #values = 0;

  /** The oldest make room for new ones. */
  add(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (!isAct(effect)) continue;
      this.#list.push({ effect });
      this.#values += valuesIn(effect);
    }
    if (this.#values > MOST_RECENT_VALUES) this.#thin();
    // In one go: moving 500 entries for each new one would be the larger part of the work.
    if (this.#list.length > 2 * MOST_RECENT) this.#list = this.#list.slice(-MOST_RECENT);
  }

  /** The oldest go until half of the room is free. */
  #thin(): void {
    let values = 0;
    const first = this.#list.findLastIndex(({ effect }) => {
      values += valuesIn(effect);
      return values > MOST_RECENT_VALUES / 2;
    });
    this.#list = this.#list.slice(first + 1);
    this.#values = this.#list.reduce((sum, { effect }) => sum + valuesIn(effect), 0);
  }

  /** What became of a command, by its id. One that is not remembered any more is passed over. */
  settle(command: string, outcome: string): void {
    const at = this.#list.findLastIndex(
      ({ effect }) => effect.kind === 'command' && effect.id === command,
    );
    const found = this.#list[at];
    if (found) this.#list[at] = { ...found, outcome };
  }

  /** Oldest first. */
  list(): readonly RecentEffect[] {
    return this.#list.slice(-MOST_RECENT);
  }

  /** The newest ones that fit, oldest first. */
  save(): Kept {
    const saved: RecentEffect[] = [];
    let characters = 0;
    for (const one of this.#list.slice(-MOST_SAVED).reverse()) {
      characters += JSON.stringify(one).length;
      if (characters > MOST_SAVED_CHARACTERS) break;
      saved.unshift(one);
    }
    return JSON.parse(JSON.stringify(saved));
  }

  /** Takes over what an earlier process saved, before what is already here; what it cannot understand is left out. */
  restore(kept: Kept | undefined): void {
    if (Array.isArray(kept)) this.#list.unshift(...kept.filter(isRecent).slice(-MOST_SAVED));
  }
}

const valuesIn = (effect: KeptEffect): number =>
  effect.kind === 'record' ? leavesOf(effect.values) : 0;

const leavesOf = (value: RecordValue): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, part: RecordValue) => sum + leavesOf(part), 0)
    : 1;

function isRecent(kept: unknown): kept is RecentEffect {
  const { effect, outcome } = fieldsOf(kept);
  const { kind, rule, at, time } = fieldsOf(effect);
  return (
    KINDS.includes(String(kind)) &&
    typeof rule === 'string' &&
    typeof at === 'number' &&
    typeof time === 'number' &&
    (kind === 'fault' || 'causes' in fieldsOf(effect)) &&
    (outcome === undefined || typeof outcome === 'string')
  );
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
