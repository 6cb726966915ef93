/** The engine in the life of a random run, on a clock that moves when told; its effects in the form of the reference. */
import { silentLog } from '../../gateway/host/log.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { monoMs, utcMs } from '../../gateway/model/units.ts';
import type { Effect } from '../../rules/effect.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import type { Plain } from '../../rules/expression.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { type ManualClock, manualClock } from '../../rules/tests/manual-clock.ts';
import type { Run } from './reference-rules.ts';
import type { ReferenceEffect } from './reference-rules-rule.ts';

/** What is done to the engine before the act of that number. */
export interface Interruption {
  readonly before: number;
  readonly do:
    | { readonly kind: 'restart' }
    /** Off for so long, while the wall clock went on; the machine's own clock begins anew. */
    | { readonly kind: 'off'; readonly for: number }
    | { readonly kind: 'reload'; readonly set: RuleSet };
}

/** The machine ran for a while before the engine, and its clock has fractions. */
const UPTIME = 333.7;

export function engineEffects(
  { set, acts, end, utc }: Run,
  interruptions: readonly Interruption[] = [],
): readonly ReferenceEffect[] {
  const life = new Life(set, utc);
  for (const [i, act] of acts.entries()) {
    life.moveTo(act.at);
    for (const interruption of interruptions)
      if (interruption.before === i) life.interrupt(interruption, act.at);
    if ('samples' in act) life.engine.apply(act.samples);
    else life.engine.acknowledge(act.acknowledge, { by: 'somebody' });
  }
  life.moveTo(end);
  life.engine.stop();
  return life.effects.map(comparable);
}

class Life {
  engine: RuleEngine;
  readonly effects: Effect[] = [];
  readonly #utc: number;
  #set: RuleSet;
  #clock: ManualClock;
  /** What the clock shows when the time of the run is 0. */
  #zero = UPTIME;

  constructor(set: RuleSet, utc: number) {
    this.#set = set;
    this.#utc = utc;
    this.#clock = this.#clockFrom(utc);
    this.engine = this.#begin(undefined);
  }

  moveTo(at: number): void {
    this.#clock.moveTo(monoMs(this.#zero + at));
  }

  interrupt(interruption: Interruption, at: number): void {
    const todo = interruption.do;
    if (todo.kind === 'reload') {
      this.#set = todo.set;
      this.engine.replace(todo.set);
      return;
    }
    const saved = JSON.stringify(this.engine.save());
    this.engine.stop();
    if (todo.kind === 'off') {
      this.#clock = this.#clockFrom(this.#utc + at + todo.for);
      this.#zero = UPTIME - at;
    }
    this.engine = this.#begin(JSON.parse(saved));
  }

  #clockFrom(utc: number): ManualClock {
    const clock = manualClock(utcMs(utc - Math.floor(UPTIME)));
    clock.moveTo(monoMs(UPTIME));
    return clock;
  }

  #begin(saved: Kept | undefined): RuleEngine {
    const emit = (effects: readonly Effect[]) => void this.effects.push(...effects);
    const engine = new RuleEngine(this.#set, { clock: this.#clock, log: silentLog, emit, saved });
    engine.start();
    return engine;
  }
}

function comparable(effect: Effect): ReferenceEffect {
  const { at, rule } = effect;
  switch (effect.kind) {
    case 'derive': {
      const { kind, tag, value, quality } = effect;
      return { kind, at, rule, tag, value: unsigned(value), quality };
    }
    case 'command':
      return { kind: 'command', at, rule, tag: effect.tag, value: unsigned(effect.value) };
    case 'record': {
      const values = Object.entries(effect.values).map(([key, value]) => [
        key,
        unsigned(value as Plain | null),
      ]);
      return { kind: 'record', at, rule, name: effect.name, values: Object.fromEntries(values) };
    }
    case 'alarm': {
      const { kind, id, to, severity, isActive, isAcknowledged } = effect;
      if (to !== 'active' && to !== 'cleared' && to !== 'acknowledged')
        throw new Error(`nobody asked for ${to}`);
      return { kind, at, rule, id, to, severity, isActive, isAcknowledged };
    }
    case 'fault':
      throw new Error(`${rule} threw: ${effect.reason}`);
    default:
      throw new Error(`nobody asked for ${effect.kind}`);
  }
}

/** −0 is 0, as in JSON. */
const unsigned = (value: Plain | null): Plain | null => (value === 0 ? 0 : value);
