/**
 * A second, naive evaluator of rules of the kinds condition and derive, to hold the engine against. Written from
 * rules/SEMANTICS.md and the contracts alone. At every moment it reads the whole past again; it finds for itself which
 * moments there are and which rules are evaluated at each.
 */
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { type UtcMs, utcMs } from '../../gateway/model/units.ts';
import type { EngineMs } from '../../rules/effect.ts';
import type { Maybe } from '../../rules/expression.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { type Arrived, seenValue } from './reference-rules-history.ts';
import { type ReferenceEffect, RuleRun } from './reference-rules-rule.ts';

/** What happens to the rules from outside; several at one time come in the order of the list. */
export type Act =
  | { readonly at: EngineMs; readonly samples: readonly Sample[] }
  | { readonly at: EngineMs; readonly acknowledge: string };

export interface Run {
  readonly set: RuleSet;
  /** By rising time. */
  readonly acts: readonly Act[];
  /** The last time that is looked at. */
  readonly end: EngineMs;
  /** What the wall clock shows at engine time 0. */
  readonly utc: UtcMs;
}

const TICK = 1000;

export function referenceEffects(run: Run): readonly ReferenceEffect[] {
  return new Reference(run).run();
}

/** What comes next: timers before acts of the same time. */
type Cause =
  | { readonly kind: 'timer'; readonly at: EngineMs }
  | { readonly kind: 'act'; readonly at: EngineMs; readonly act: Act };

class Reference {
  readonly #run: Run;
  readonly #history: Arrived[] = [];
  readonly #effects: ReferenceEffect[] = [];
  readonly #rules: readonly RuleRun[];
  #moment = 0;

  constructor(run: Run) {
    this.#run = run;
    this.#rules = run.set.rules
      .filter((rule) => rule.mode !== 'off')
      .map((rule) => new RuleRun(rule, run.set, this.#history));
  }

  run(): readonly ReferenceEffect[] {
    const { acts, end } = this.#run;
    let now = 0;
    let nextAct = 0;
    for (;;) {
      const act = acts[nextAct];
      const ticks = [TICK, ...this.#rules.map(({ config }) => config.tick ?? TICK)];
      const timers = ticks.map((tick) => (Math.floor(now / tick) + 1) * tick);
      const timer = Math.min(...timers, ...this.#rules.flatMap((rule) => rule.wakes()));
      if (Math.min(timer, act?.at ?? timer) > end) return this.#effects;
      if (act && act.at < timer) {
        nextAct++;
        now = act.at;
        this.#act({ kind: 'act', at: now, act });
      } else {
        now = timer;
        this.#evaluate({ kind: 'timer', at: now });
      }
    }
  }

  #act(cause: Cause & { kind: 'act' }): void {
    const { act } = cause;
    if ('samples' in act) {
      for (const { tag, value, quality } of act.samples)
        if (!this.#isDerived(tag)) this.#arrive(tag, act.at, seenValue(value), quality);
      this.#evaluate(cause);
      return;
    }
    const rule = this.#rules.find(({ config }) => config.name === act.acknowledge);
    if (!rule?.isAcknowledgeable()) return;
    this.#effects.push(rule.acknowledge(act.at, this.#moment));
    this.#evaluate(cause);
  }

  /** Samples of a derived tag come from its rule alone. */
  #isDerived(tag: string): boolean {
    return this.#rules.some(({ config }) => config.kind === 'derive' && config.tag.id === tag);
  }

  #arrive(tag: string, at: EngineMs, value: Maybe, quality: Quality): void {
    this.#history.push({ tag, at, moment: this.#moment, value, quality });
  }

  #evaluate(cause: Cause): void {
    const { at } = cause;
    for (const rule of this.#rules) {
      if (!this.#isDue(rule, cause)) continue;
      const utc = utcMs(this.#run.utc + at);
      rule.evaluations.push({ at, utc, moment: this.#moment, seen: this.#history.length });
      for (const effect of rule.effects(this.#gotSample(rule))) {
        this.#effects.push(effect);
        if (effect.kind === 'derive')
          this.#arrive(effect.tag, at, effect.value ?? undefined, effect.quality);
      }
    }
    this.#moment++;
  }

  #isDue(rule: RuleRun, cause: Cause): boolean {
    if (rule.evaluations.length === 0 || this.#gotSample(rule)) return true;
    if (cause.kind === 'act')
      return 'acknowledge' in cause.act && cause.act.acknowledge === rule.config.name;
    const { looksAtTime, tick = TICK } = rule.config;
    return (looksAtTime && cause.at % tick === 0) || rule.wakes().includes(cause.at);
  }

  #gotSample({ config }: RuleRun): boolean {
    return this.#history.some(
      ({ tag, moment }) => moment === this.#moment && config.tags.some((used) => used === tag),
    );
  }
}
