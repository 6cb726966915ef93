/** The kind `loop`: holds an input at its setpoint by writing an output. See SEMANTICS.md. */
import type { Expression } from '../expression.ts';
import type { Machine, MachineSite } from '../kind.ts';
import type { LoopRule } from '../rule.ts';
import { type OnOffState, onOffMachine } from './loop-on-off.ts';
import { type PiState, piMachine } from './loop-pi.ts';

/** Which of the two is settled by the control of the rule; `restored` refuses the other. */
export type LoopState = OnOffState | PiState;

/** The machine of the control that the rule names. */
export function loopMachine(rule: LoopRule, site: MachineSite): Machine<LoopState> {
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
