/** Runs a replay to its end, with progress for people, and keeps what came of it in bounded memory. */
import { setImmediate } from 'node:timers/promises';
import { type ActEffect, type Effect, isAct } from '../../../rules/effect.ts';
import { Replay, type ReplayFacts } from '../../../rules/replay/replay.ts';
import {
  DerivedComparison,
  type DerivedDifference,
  type ReplayedEffect,
} from '../../../rules/replay/replay-difference.ts';
import { EffectDigest } from '../../../rules/replay/replay-digest.ts';
import type { RuleSet } from '../../../rules/rule.ts';
import { silentLog } from '../../host/log.ts';
import { between, later, type MonoMs, millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';
import type { Losses, ReplaySource } from './replay-source.ts';
import { type ProgressFacts, renderProgress } from './replay-view.ts';

/** The most effects of one set of rules that are kept; further ones are in the digest, and counted. */
export const MOST_EFFECTS = 100_000;
/** A replay that is over by then shows no progress. */
const FIRST_PROGRESS = seconds(2);
const PROGRESS_EVERY = seconds(1);
/** So often somebody can press Ctrl-C. */
const TURN_EVERY = millis(50);

/** What one set of rules did. */
export interface Outcome {
  readonly effects: readonly ReplayedEffect[];
  /** Effects beyond MOST_EFFECTS. */
  readonly dropped: number;
  readonly digest: string;
}

export interface Replayed {
  readonly facts: ReplayFacts;
  readonly blocks: number;
  readonly losses: Losses;
  /** By the order of the sets. */
  readonly outcomes: readonly Outcome[];
  /** Of two sets: the second beside the first. Of one: how many values each tag got, twice the same. */
  readonly derived: readonly DerivedDifference[];
}

/** Rejects with the reason of the signal when it is aborted. */
export async function runReplay(
  sets: readonly [RuleSet] | readonly [RuleSet, RuleSet],
  source: ReplaySource,
  { clock, signal, note, language }: Pick<Call, 'clock' | 'signal' | 'note' | 'language'>,
): Promise<Replayed> {
  const takers = sets.map(() => new Taker());
  const derived = new DerivedComparison();
  const take = (effects: readonly Effect[], set: number) => {
    takers[set]?.take(effects);
    for (const effect of effects) {
      if (effect.kind !== 'derive') continue;
      derived.add(effect, set === 0 ? 0 : 1);
      if (sets.length === 1) derived.add(effect, 1);
    }
  };
  const replay = new Replay(sets, take, silentLog);
  const began = clock.mono();
  let [nextTurn, nextProgress]: MonoMs[] = [later(began, TURN_EVERY), later(began, FIRST_PROGRESS)];
  let blocks = 0;
  for (const { samples, done } of source.blocks) {
    replay.feed(samples);
    derived.settle();
    blocks++;
    const now = clock.mono();
    if (now < (nextTurn as MonoMs)) continue;
    nextTurn = later(now, TURN_EVERY);
    await setImmediate();
    signal.throwIfAborted();
    if (now < (nextProgress as MonoMs)) continue;
    nextProgress = later(now, PROGRESS_EVERY);
    const facts: ProgressFacts = { done, spent: between(began, now) };
    note(renderProgress(facts, language));
  }
  const facts = replay.end();
  return {
    facts,
    blocks,
    losses: source.losses(),
    outcomes: takers.map((taker) => taker.end()),
    derived: derived.end(),
  };
}

class Taker {
  readonly #effects: ReplayedEffect[] = [];
  readonly #digest = new EffectDigest();
  #dropped = 0;

  take(effects: readonly Effect[]): void {
    this.#digest.add(effects);
    for (const effect of effects) {
      if (!isAct(effect)) continue;
      if (this.#effects.length >= MOST_EFFECTS) this.#dropped++;
      else this.#effects.push(withoutCauses(effect));
    }
  }

  end(): Outcome {
    return { effects: this.#effects, dropped: this.#dropped, digest: this.#digest.end() };
  }
}

function withoutCauses(effect: ActEffect): ReplayedEffect {
  if (effect.kind === 'fault') return effect;
  const { causes: _, ...told } = effect;
  return told;
}
