/** The list of the kinds of rules. */
import type { Bench } from '../compiled/evaluate.ts';
import type { Machine, MachineSite } from '../kind.ts';
import { cellMachine } from '../kinds/cell-machine.ts';
import { combinedReadingMachine } from '../kinds/combined-reading-machine.ts';
import { conditionMachine } from '../kinds/condition.ts';
import { deriveBehaviour } from '../kinds/derive.ts';
import { interlockBehaviour } from '../kinds/interlock.ts';
import { loopMachine } from '../kinds/loop.ts';
import { scheduleMachine } from '../kinds/schedule.ts';
import { sequenceMachine } from '../kinds/sequence.ts';
import type { DeriveRule, InterlockRule, RuleConfig } from '../rule.ts';
import { type EngineFacts, lastValueIn, MachineBehaviour } from './machine-behaviour.ts';
import type { Behaviour, RunningRule } from './running-rule.ts';

/** What a rule of its kind does in an engine. */
export function behaviourOf(rule: RunningRule, bench: Bench, engine: EngineFacts): Behaviour {
  const { config } = rule;
  if (config.kind === 'derive') return deriveBehaviour(config, bench, engine.stamp(config));
  if (config.kind === 'interlock') return interlockBehaviour(config, bench, engine.stamp(config));
  const site = { ...engine.site, lastValue: lastValueIn(engine.picture) };
  return new MachineBehaviour(rule, machineOf(config, site), bench, engine);
}

/** A machine meets only states that it made, or restored, by itself; its engine does not look into them. */
function machineOf(
  rule: Exclude<RuleConfig, DeriveRule | InterlockRule>,
  site: MachineSite,
): Machine {
  switch (rule.kind) {
    case 'condition':
      return conditionMachine(rule);
    case 'schedule':
      return scheduleMachine(rule, site);
    case 'loop':
      return loopMachine(rule, site);
    case 'sequence':
      return sequenceMachine(rule, site);
    case 'cell':
      return cellMachine(rule, site);
    case 'combined_reading':
      return combinedReadingMachine(rule, site);
  }
}
