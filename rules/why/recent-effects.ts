/**
 * What rules did of late, with the causes, for whoever asks why. Derived values are not among it: they are samples, and
 * there are too many of them.
 */
import type { Kept } from '../../gateway/host/state-store.ts';
import { type ActEffect, type Effect, isAct } from '../effect.ts';

export type KeptEffect = ActEffect;

/** The most that are kept while the gateway runs … */
export const MOST_RECENT = 500;
/** … and over a restart, with the most characters of JSON, which are a fifth of what the state file takes. */
export const MOST_SAVED = 100;
const MOST_SAVED_CHARACTERS = 200_000;
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

  /** The oldest make room for new ones. */
  add(effects: readonly Effect[]): void {
    for (const effect of effects) if (isAct(effect)) this.#list.push({ effect });
    // In one go: moving 500 entries for each new one would be the larger part of the work.
    if (this.#list.length > 2 * MOST_RECENT) this.#list = this.#list.slice(-MOST_RECENT);
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
