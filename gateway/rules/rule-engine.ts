/**
 * The engine of rules is loaded by gateways that have rules, or had some: it is some forty files that the others start
 * without.
 */
import type { RuleEngine } from '../../rules/engine/engine.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { RuleStores } from './rule-stores.ts';

export type MakeRuleEngine = (...of: ConstructorParameters<typeof RuleEngine>) => RuleEngine;

export async function loadRuleEngine(): Promise<MakeRuleEngine> {
  const { RuleEngine: Engine } = await import('../../rules/engine/engine.ts');
  return (...of) => new Engine(...of);
}

/** Whether there is something to run, or something that was kept of what ran. */
export const wantsRuleEngine = ({ rules }: RuleSet, stores?: RuleStores): boolean =>
  rules.length > 0 || (stores?.state.keys().length ?? 0) > 0;

/** Undefined where it is not wanted. */
export const ruleEngineFor = async (
  set: RuleSet,
  stores?: RuleStores,
): Promise<MakeRuleEngine | undefined> =>
  wantsRuleEngine(set, stores) ? loadRuleEngine() : undefined;
