/** What a rule whose kind is a machine does: its state, its alarm, its actions. */

import type { Kept } from '../gateway/host/state-store.ts';
import { isBad } from '../gateway/model/quality.ts';
import type { TagId } from '../gateway/model/sample.ts';
import type { UtcMs } from '../gateway/model/units.ts';
import type { AlarmBook } from './alarms.ts';
import { compileExpr, compileTruth } from './compile-expression.ts';
import type { Causes, Effect } from './effect.ts';
import type { Bench, Evaluate } from './evaluate.ts';
import { plain } from './explained.ts';
import type { Maybe } from './expression.ts';
import type { Machine, MachineSite, StepInput, StepOutput } from './kind.ts';
import type { Stamp } from './kinds/derive.ts';
import { compileMessage } from './message.ts';
import type { Picture } from './picture.ts';
import type { Action, RuleConfig } from './rule.ts';
import type { Behaviour, RunningRule } from './running-rule.ts';

/** What a machine needs of its engine. */
export interface EngineFacts {
  readonly picture: Picture;
  readonly alarms: AlarmBook;
  readonly site: Omit<MachineSite, 'lastValue'>;
  /** For the effects of a rule. */
  readonly stamp: (rule: RuleConfig) => Stamp;
  /** Wall time of the present moment. */
  utc(): UtcMs;
  isSynced(): boolean;
  /** The state of a machine changed. That of a loop changes all the time, and one that is some minutes old will do. */
  changed(): void;
}

/** The state is whatever the machine makes of it. */
export function machineBehaviour(
  rule: RunningRule,
  machine: Machine,
  bench: Bench,
  engine: EngineFacts,
): Behaviour {
  const { config } = rule;
  const { picture, alarms } = engine;
  const { alarm } = machine;
  const evaluates = machine.expressions.map(([, { root }]) => compileExpr(root, bench));
  const suppress = alarm?.suppressWhen && compileTruth(alarm.suppressWhen.root, bench);
  const messages = alarm && {
    en: compileMessage(alarm.message.en, bench),
    zh: compileMessage(alarm.message.zh, bench),
  };
  const values: Maybe[] = evaluates.map(() => undefined);
  const acted = compileActions(config, bench);
  const input = new Input(engine, values);
  const stamp = engine.stamp(config);
  let state = machine.begin();
  let wake: number | undefined;
  let count = 0;

  const moment = () => {
    const { at, time } = stamp();
    return { at, time };
  };
  const nextId = () => `${config.name}!${++count}`;

  function* effectsOf(out: StepOutput, causes: Causes): Generator<Effect> {
    const { alarm: turn, actions = [], write } = out;
    const common = { rule: config.name, ...stamp(), causes };
    if (turn && messages) {
      const message = { en: messages.en(out.detail), zh: messages.zh(out.detail) };
      yield* alarms.turn(config.name, turn, message, causes, moment());
    }
    for (const action of actions) yield* acted(action, common, nextId);
    if (write !== undefined && machine.output !== undefined) {
      const tag = machine.output as TagId;
      yield { kind: 'command', id: nextId(), tag, value: write, ...common };
    }
  }

  return {
    get wake() {
      return wake;
    },
    step(isAcknowledged) {
      for (let i = 0; i < evaluates.length; i++) values[i] = (evaluates[i] as Evaluate)();
      const suppressed = suppress && alarms.suppress(config.name, suppress(), moment());
      input.isAcknowledged = isAcknowledged;
      input.now = picture.now;
      const before = state;
      const step = machine.step(before, input);
      state = step.state;
      wake = step.wake;
      if (state !== before && config.kind !== 'loop') engine.changed();
      if (step.out === undefined) return suppressed?.length ? suppressed : undefined;
      const causes = rule.causes(machine.describe(before, picture.now));
      return [...(suppressed ?? []), ...effectsOf(step.out, causes)];
    },
    describe: () => machine.describe(state, picture.now),
    save: () => ({ state, count }),
    restore(kept, off) {
      if (typeof kept !== 'object' || kept === null || Array.isArray(kept)) return false;
      const fields = kept as Readonly<Record<string, Kept | undefined>>;
      const restored = fields.state === undefined ? undefined : machine.restored(fields.state, off);
      if (restored === undefined || typeof fields.count !== 'number') return false;
      state = restored;
      count = fields.count;
      return true;
    },
  };
}

/** Reused at every step; the clock is asked only by kinds that want to know. */
class Input implements StepInput<readonly Maybe[]> {
  now = 0;
  isAcknowledged = false;
  readonly values: readonly Maybe[];
  readonly #engine: EngineFacts;

  constructor(engine: EngineFacts, values: readonly Maybe[]) {
    this.#engine = engine;
    this.values = values;
  }

  get utc(): UtcMs {
    return this.#engine.utc();
  }

  get isSynced(): boolean {
    return this.#engine.isSynced();
  }
}

type Acted = (
  action: Action,
  common: Pick<Effect, 'rule' | 'at' | 'time'> & { readonly causes: Causes },
  nextId: () => string,
) => Generator<Effect>;

/** The effects of actions, their values compiled beforehand. */
function compileActions(config: RuleConfig, bench: Bench): Acted {
  const compiled = new Map(
    actionsOf(config).map((action) => {
      const values: (readonly [string, Evaluate])[] =
        action.kind === 'write'
          ? [['', compileExpr(action.value.root, bench)]]
          : action.values.map(([key, { root }]) => [key, compileExpr(root, bench)]);
      return [action, values];
    }),
  );
  return function* (action, common, nextId) {
    const values = (compiled.get(action) ?? []).map(
      ([key, evaluate]) => [key, plain(evaluate())] as const,
    );
    const id = nextId();
    if (action.kind === 'write') {
      const value = values[0]?.[1] ?? null;
      yield { kind: 'command', id, tag: action.tag, value, ...common };
    } else {
      yield {
        kind: 'record',
        id,
        name: action.name,
        values: Object.fromEntries(values),
        ...common,
      };
    }
  };
}

function actionsOf(rule: RuleConfig): readonly Action[] {
  if (rule.kind === 'condition') return [...rule.do, ...rule.onClear];
  if (rule.kind === 'sequence') return [...rule.do, ...rule.otherwise];
  return rule.kind === 'schedule' ? rule.do : [];
}

/** What a kind may ask for a bumpless start. */
export const lastValueIn =
  (picture: Picture): MachineSite['lastValue'] =>
  (tag) => {
    const slot = picture.slotOf(tag as TagId) ?? -1;
    const quality = picture.qualities[slot] ?? 'bad:waiting';
    return { value: isBad(quality) ? undefined : picture.values[slot], quality };
  };
