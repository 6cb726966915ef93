/** The engine in the life of a random run, on a clock that moves when told; its effects in the form of the reference. */
import { silentLog } from '../../gateway/host/log.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import { monoMs, utcMs } from '../../gateway/model/units.ts';
import type { Effect } from '../../rules/effect.ts';
import { RuleEngine } from '../../rules/engine.ts';
import type { Plain } from '../../rules/expression.ts';
import { manualClock } from '../../rules/manual-clock.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { Run } from './reference-rules.ts';
import type { ReferenceEffect } from './reference-rules-rule.ts';

/** What is done to the engine before the act of that number. */
export interface Interruption {
  readonly before: number;
  readonly do: 'restart' | { readonly replaceBy: RuleSet };
}

/** The machine ran for a while before the engine, and its clock has fractions. */
const UPTIME = 333.7;

export function engineEffects(
  { set, acts, end, utc }: Run,
  interruptions: readonly Interruption[] = [],
): readonly ReferenceEffect[] {
  const clock = manualClock(utcMs(utc - Math.floor(UPTIME)));
  const effects: Effect[] = [];
  const emit = (some: readonly Effect[]) => effects.push(...some);
  let rules = set;
  const begin = (saved?: Kept) => {
    const engine = new RuleEngine(rules, { clock, log: silentLog, emit, saved });
    engine.start();
    return engine;
  };
  clock.moveTo(monoMs(UPTIME));
  let engine = begin();
  for (const [i, act] of acts.entries()) {
    clock.moveTo(monoMs(UPTIME + act.at));
    for (const interruption of interruptions) {
      if (interruption.before !== i) continue;
      if (interruption.do === 'restart') {
        const saved = JSON.stringify(engine.save());
        engine.stop();
        engine = begin(JSON.parse(saved));
      } else {
        rules = interruption.do.replaceBy;
        engine.replace(rules);
      }
    }
    if ('samples' in act) engine.apply(act.samples);
    else engine.acknowledge(act.acknowledge, { by: 'somebody' });
  }
  clock.moveTo(monoMs(UPTIME + end));
  engine.stop();
  return effects.map(comparable);
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
      const values = Object.entries(effect.values).map(([key, value]) => [key, unsigned(value)]);
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
  }
}

/** −0 is 0, as in JSON. */
const unsigned = (value: Plain | null): Plain | null => (value === 0 ? 0 : value);
