/** The kind `loop`: holds an input at its setpoint by writing an output. See SEMANTICS.md. */
import type { Expression } from '../expression.ts';
import type { MachineSite } from '../kind.ts';
import type { LoopRule } from '../rule.ts';
import { type OnOffMachine, onOffMachine } from './loop-on-off.ts';
import { type PiMachine, piMachine } from './loop-pi.ts';

export type LoopMachine = OnOffMachine | PiMachine;

/** The machine of the control that the rule names. */
export function loopMachine(rule: LoopRule, site: MachineSite): LoopMachine {
  const base = {
    expressions: expressionsOf(rule),
    alarm: undefined,
    output: rule.output,
  };
  return rule.control.kind === 'on_off'
    ? onOffMachine(base, rule, rule.control, site)
    : piMachine(base, rule, rule.control, site);
}

function expressionsOf(rule: LoopRule): readonly (readonly [role: string, of: Expression])[] {
  const both: [string, Expression][] = [
    ['input', rule.input],
    ['setpoint', rule.setpoint],
  ];
  if (rule.enabledWhen !== undefined) both.push(['enabled_when', rule.enabledWhen]);
  return both;
}
