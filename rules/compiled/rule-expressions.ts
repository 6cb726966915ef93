/** Every expression of a rule, with its role in the YAML, and what is inside of it. Pure. */
import type { TagId } from '../../gateway/model/sample.ts';
import type { CallExpr, Expr, Expression } from '../expression.ts';
import type { Action, AlarmConfig, Message, RuleConfig } from '../rule.ts';

export type Role = readonly [role: string, of: Expression];

/** In the order in which they are evaluated. */
export function expressionsOf(rule: RuleConfig): readonly Role[] {
  const own = ownExpressions(rule);
  const alarm = 'alarm' in rule && rule.alarm ? alarmExpressions(rule.alarm) : [];
  return [...own, ...alarm, ...actionExpressions(rule)];
}

function ownExpressions(rule: RuleConfig): Role[] {
  switch (rule.kind) {
    case 'condition':
      return named({ when: rule.when, clear_when: rule.clearWhen, reset_when: rule.resetWhen });
    case 'derive':
      return named({ 'derive.value': rule.value });
    case 'interlock':
      return named({ interlock: rule.when });
    case 'cell':
    case 'combined_reading':
      return [...rule.roles];
    case 'schedule':
      return named({ only_when: rule.onlyWhen });
    case 'loop':
      return named({
        'loop.input': rule.input,
        'loop.setpoint': rule.setpoint,
        'loop.enabled_when': rule.enabledWhen,
      });
    case 'sequence':
      return [
        ...rule.steps.map(({ when }, i): Role => [`sequence.steps[${i}].when`, when]),
        ...named({ 'sequence.abort_when': rule.abortWhen }),
      ];
  }
}

const named = (roles: Readonly<Record<string, Expression | undefined>>): Role[] =>
  Object.entries(roles).flatMap(([role, of]): Role[] => (of ? [[role, of]] : []));

const alarmExpressions = ({ suppressWhen, message }: AlarmConfig): Role[] => [
  ...named({ 'alarm.suppress_when': suppressWhen }),
  ...messageExpressions('alarm.message.en', message.en),
  ...messageExpressions('alarm.message.zh', message.zh),
];

const messageExpressions = (role: string, message: Message): Role[] =>
  message.flatMap((part): Role[] =>
    typeof part === 'object' && 'value' in part ? [[role, part.value]] : [],
  );

function actionExpressions(rule: RuleConfig): Role[] {
  const lists: readonly (readonly [string, readonly Action[]])[] =
    rule.kind === 'condition'
      ? [
          ['do', rule.do],
          ['on_clear', rule.onClear],
        ]
      : rule.kind === 'sequence'
        ? [
            ['do', rule.do],
            ['else', rule.otherwise],
          ]
        : rule.kind === 'schedule'
          ? [['do', rule.do]]
          : [];
  return lists.flatMap(([list, actions]) =>
    actions.flatMap((action, i): Role[] =>
      valuesOf(action).map(([key, value]): Role => [`${list}[${i}].${key}`, value]),
    ),
  );
}

/** The expressions of an action, with their places in it. */
function valuesOf(action: Action): readonly Role[] {
  if (action.kind === 'release') return [];
  if (action.kind === 'write') return [['value', action.value]];
  return action.values.map(([key, value]): Role => [`values.${key}`, value]);
}

/** The parts of an expression, the outermost first, from left to right. */
export function* partsOf(expr: Expr): Generator<Expr> {
  yield expr;
  for (const child of childrenOf(expr)) yield* partsOf(child);
}

/** The calls of functions that remember, the innermost first, from left to right. */
export function* rememberingCalls(expr: Expr): Generator<CallExpr> {
  for (const child of childrenOf(expr)) yield* rememberingCalls(child);
  if (expr.kind === 'call' && expr.memory !== undefined) yield expr;
}

/** The operands, from left to right. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'tag':
      return [];
    case 'not':
    case 'negate':
    case 'in':
      return [expr.of];
    case 'binary':
      return [expr.left, expr.right];
    case 'choose':
      return [expr.when, expr.then, expr.otherwise];
    case 'call':
      return expr.args;
  }
}

/** Every window in an expression: of which tag, and how far it looks back in ms. */
export function* windowsIn(root: Expr): Generator<readonly [tag: TagId, length: number]> {
  for (const part of partsOf(root)) {
    if (part.kind !== 'call' || !part.isWindow) continue;
    const tag = part.args[0];
    const length = part.args.at(-1);
    if (tag?.kind === 'tag' && length?.kind === 'literal') yield [tag.tag, Number(length.value)];
  }
}

/** How far back the longest window of each tag looks, in ms. */
export function longestWindows(expressions: Iterable<Expression>): ReadonlyMap<TagId, number> {
  const longest = new Map<TagId, number>();
  for (const { root } of expressions)
    for (const [tag, length] of windowsIn(root))
      longest.set(tag, Math.max(length, longest.get(tag) ?? 0));
  return longest;
}
