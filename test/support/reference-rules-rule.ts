/**
 * One rule in the naive evaluator: all its evaluations so far, and what the last of them came to. Its state is found by
 * going through all evaluations again, as the table in rules/SEMANTICS.md says.
 */
import type { Quality } from '../../gateway/model/quality.ts';
import type { EngineMs } from '../../rules/effect.ts';
import type { Expr, Expression, Maybe, Plain } from '../../rules/expression.ts';
import type { Action, ConditionRule, DeriveRule, RuleConfig, RuleSet } from '../../rules/rule.ts';
import { childrenOf, type Evaluation, PastReader } from './reference-rules-expression.ts';
import type { Arrived } from './reference-rules-history.ts';
import { rounded } from './reference-rules-plain.ts';

interface Common {
  readonly at: EngineMs;
  readonly rule: string;
}
/** The part of rules/effect.ts that has to be equal. */
export type ReferenceEffect =
  | (Common & { kind: 'derive'; tag: string; value: Plain | null; quality: Quality })
  | (Common & {
      kind: 'alarm';
      id: string;
      to: 'active' | 'cleared' | 'acknowledged';
      severity: number;
      isActive: boolean;
      isAcknowledged: boolean;
    })
  | (Common & { kind: 'record'; name: string; values: Readonly<Record<string, Plain | null>> })
  | (Common & { kind: 'command'; tag: string; value: Plain | null });

type State =
  | { readonly is: 'off' | 'on' }
  | { readonly is: 'on_pending' | 'off_pending'; readonly due: EngineMs };

/** One rule and all its evaluations. */
export class RuleRun {
  readonly config: RuleConfig;
  readonly evaluations: Evaluation[] = [];
  readonly #reader: PastReader;
  /** The moments in which its alarm was acknowledged. */
  readonly #acknowledged: number[] = [];
  readonly #history: readonly Arrived[];
  readonly #expressions: readonly Expr[];
  /** Found once for each evaluation, from the first evaluation on. */
  #found = { evaluations: -1, states: [] as readonly State[], wakes: [] as readonly EngineMs[] };

  constructor(config: RuleConfig, set: RuleSet, history: readonly Arrived[]) {
    this.config = config;
    this.#history = history;
    this.#expressions = expressionsOf(config);
    const { evaluations } = this;
    const { counters, timezone } = set;
    this.#reader = new PastReader({ history, evaluations, counters, timezone });
  }

  get #last(): number {
    return this.evaluations.length - 1;
  }

  #at(evaluation: number): EngineMs {
    return this.evaluations[evaluation]?.at ?? Number.NaN;
  }

  #value({ root }: Expression, evaluation: number): Maybe {
    return this.#reader.value(root, evaluation);
  }

  /** What its last evaluation asked for. */
  wakes(): readonly EngineMs[] {
    if (this.#last < 0) return [];
    return this.#now().wakes;
  }

  #now() {
    const { evaluations } = this;
    if (this.#found.evaluations === evaluations.length) return this.#found;
    const states = this.config.kind === 'condition' ? this.#replay(this.config) : [];
    const state = states.at(-1);
    const held = this.#expressions.flatMap((root) => this.#reader.wakes(root, this.#last));
    const wakes = state && 'due' in state ? [...held, state.due] : held;
    this.#found = { evaluations: evaluations.length, states, wakes };
    return this.#found;
  }

  /** Of the last evaluation. */
  effects(gotSample: boolean): readonly ReferenceEffect[] {
    switch (this.config.kind) {
      case 'condition':
        return this.#conditionEffects(this.config);
      case 'derive':
        return this.#deriveEffects(this.config, gotSample);
      default:
        throw new Error(`rules of kind ${this.config.kind} are not covered`);
    }
  }

  /** The state after each evaluation, the state before the first one first. */
  #replay(rule: ConditionRule): readonly State[] {
    const states: State[] = [{ is: 'off' }];
    for (let k = 0; k <= this.#last; k++) states.push(this.#next(rule, states, k));
    return states;
  }

  #next(rule: ConditionRule, states: readonly State[], k: number): State {
    const state = states.at(-1) ?? { is: 'off' };
    const now = this.#at(k);
    const when = this.#value(rule.when, k);
    const clear = rule.clearWhen ? this.#value(rule.clearWhen, k) === true : when === false;
    const clears = clear && when !== true;
    switch (state.is) {
      case 'off':
        if (when !== true) return state;
        return rule.onDelay === 0 ? { is: 'on' } : { is: 'on_pending', due: now + rule.onDelay };
      case 'on_pending':
        if (when !== true) return { is: 'off' };
        return now >= state.due ? { is: 'on' } : state;
      case 'on':
        if (!clears || !this.#isReleased(rule, states, k)) return state;
        return rule.offDelay === 0
          ? { is: 'off' }
          : { is: 'off_pending', due: now + rule.offDelay };
      case 'off_pending':
        if (!clears) return { is: 'on' };
        return now >= state.due ? { is: 'off' } : state;
    }
  }

  /** Whether a latched rule may leave on at that evaluation. */
  #isReleased(rule: ConditionRule, states: readonly State[], k: number): boolean {
    if (!rule.latch) return true;
    if (rule.resetWhen) return this.#value(rule.resetWhen, k) === true;
    return this.#isAcknowledged(states, k);
  }

  /** Whether the last activation before that evaluation has been acknowledged by then. */
  #isAcknowledged(states: readonly State[], k: number): boolean {
    const activation = activations(states.slice(0, k + 1)).at(-1);
    const from = this.evaluations[activation ?? -1]?.moment ?? Number.NaN;
    const until = this.evaluations[k]?.moment ?? Number.POSITIVE_INFINITY;
    return this.#acknowledged.some((moment) => moment > from && moment <= until);
  }

  isAcknowledgeable(): boolean {
    if (this.config.kind !== 'condition' || !this.config.alarm) return false;
    const { states } = this.#now();
    if (activations(states).length === 0) return false;
    return (
      this.#stands(this.config, states) && !this.#isAcknowledged(states, this.evaluations.length)
    );
  }

  /** Somebody has still to look at it, where nobody did: an alarm without latch is over when it clears. */
  #stands({ alarm }: ConditionRule, states: readonly State[]): boolean {
    return isActive(states.at(-1)) || alarm?.latch === true;
  }

  acknowledge(at: EngineMs, moment: number): ReferenceEffect {
    if (this.config.kind !== 'condition') throw new Error('no alarm');
    this.#acknowledged.push(moment);
    return this.#alarmEffect(this.config, at, 'acknowledged', this.#now().states);
  }

  #alarmEffect(
    rule: ConditionRule,
    at: EngineMs,
    to: 'active' | 'cleared' | 'acknowledged',
    states: readonly State[],
  ): ReferenceEffect {
    return {
      kind: 'alarm',
      at,
      rule: rule.name,
      id: `${rule.name}#${activations(states).length}`,
      to,
      severity: rule.alarm?.severity ?? 0,
      isActive: isActive(states.at(-1)),
      isAcknowledged:
        this.#isAcknowledged(states, this.evaluations.length) || !this.#stands(rule, states),
    };
  }

  #conditionEffects(rule: ConditionRule): readonly ReferenceEffect[] {
    const { states } = this.#now();
    const [before, after] = states.slice(-2);
    if (isActive(before) === isActive(after)) return [];
    const at = this.#at(this.#last);
    const to = isActive(after) ? 'active' : 'cleared';
    const actions = to === 'active' ? rule.do : rule.onClear;
    return [
      ...(rule.alarm ? [this.#alarmEffect(rule, at, to, states)] : []),
      ...actions.map((action) => this.#actionEffect(action, at)),
    ];
  }

  #actionEffect(action: Action, at: EngineMs): ReferenceEffect {
    const rule = this.config.name;
    const valueNow = (of: Expression) => this.#value(of, this.#last) ?? null;
    if (action.kind === 'write')
      return { kind: 'command', at, rule, tag: action.tag, value: valueNow(action.value) };
    if (action.kind === 'release') throw new Error('releases are not covered');
    const values = action.values.map(([key, value]) => [key, valueNow(value)] as const);
    return { kind: 'record', at, rule, name: action.name, values: Object.fromEntries(values) };
  }

  #deriveEffects(rule: DeriveRule, gotSample: boolean): readonly ReferenceEffect[] {
    const computed = this.#value(rule.value, this.#last);
    const { decimals } = rule.tag;
    const value =
      typeof computed === 'number' && decimals !== undefined
        ? rounded(computed, decimals)
        : computed;
    const quality = this.#derivedQuality(rule.value.root, value !== undefined);
    const last = this.#history.findLast(({ tag }) => tag === rule.tag.id);
    if (last && last.value === value && last.quality === quality && !gotSample) return [];
    const at = this.#at(this.#last);
    return [
      { kind: 'derive', at, rule: rule.name, tag: rule.tag.id, value: value ?? null, quality },
    ];
  }

  #derivedQuality(expr: Expr, isKnown: boolean): Quality {
    const qualities = tagsThatCount(expr).map(
      (tag) => this.#history.findLast((sample) => sample.tag === tag)?.quality ?? 'bad:waiting',
    );
    const first = (severity: string) => qualities.find((quality) => quality.startsWith(severity));
    if (!isKnown) return first('bad') ?? 'bad:no-value';
    if (first('bad')) return 'uncertain:last-usable';
    return first('uncertain') ?? first('good') ?? 'good';
  }
}

const isActive = (state: State | undefined): boolean =>
  state?.is === 'on' || state?.is === 'off_pending';

/** The numbers of the evaluations that switched it on; `states` begins with the one before the first. */
const activations = (states: readonly State[]): readonly number[] =>
  states.flatMap((state, i) => (isActive(state) && !isActive(states[i - 1]) ? [i - 1] : []));

const QUALITY_DOES_NOT_COUNT = ['quality', 'isGood', 'isBad', 'known', 'fallback', 'age'];

/** The tags whose quality a derived tag takes, in the order of the expression. */
function tagsThatCount(expr: Expr): readonly string[] {
  if (expr.kind === 'tag') return [expr.tag];
  if (expr.kind === 'call' && QUALITY_DOES_NOT_COUNT.includes(expr.name)) return [];
  return childrenOf(expr).flatMap(tagsThatCount);
}

/** All that is followed at each evaluation. */
function expressionsOf(rule: RuleConfig): readonly Expr[] {
  if (rule.kind === 'derive') return [rule.value.root];
  if (rule.kind !== 'condition') throw new Error(`rules of kind ${rule.kind} are not covered`);
  const { alarm } = rule;
  const messages = alarm ? [...alarm.message.en, ...alarm.message.zh] : [];
  const expressions = [
    rule.when,
    rule.clearWhen,
    rule.resetWhen,
    ...messages.map((part) =>
      typeof part === 'object' && 'value' in part ? part.value : undefined,
    ),
    ...[...rule.do, ...rule.onClear].flatMap((action) =>
      action.kind === 'record'
        ? action.values.map(([, value]) => value)
        : action.kind === 'write'
          ? [action.value]
          : [],
    ),
  ];
  return expressions.flatMap((expression) => (expression ? [expression.root] : []));
}
