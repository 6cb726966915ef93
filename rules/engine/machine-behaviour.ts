/** What a rule whose kind is a machine does: its state, its alarm, its actions. */

import { fieldsOf } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Language } from '../../gateway/model/errors.ts';
import { isBad } from '../../gateway/model/quality.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import type { UtcMs } from '../../gateway/model/units.ts';
import type { AlarmBook } from '../alarms/alarm-book.ts';
import { NO_CAUSES } from '../alarms/alarm-entry.ts';
import { compileExpr, compileTruth } from '../compiled/compile-expression.ts';
import type { Bench, Evaluate } from '../compiled/evaluate.ts';
import { plain } from '../compiled/explained.ts';
import { compileMessage } from '../compiled/message.ts';
import type { Causes, Effect, EngineMs } from '../effect.ts';
import type { Maybe, Truth } from '../expression.ts';
import type { Machine, MachineSite, StepInput, StepOutput } from '../kind.ts';
import type { Stamp } from '../kinds/derive.ts';
import type { Picture } from '../picture.ts';
import { type Action, actionsOf, alarmName, type RuleConfig } from '../rule.ts';
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

/** The state is whatever the machine makes of it. A class, because its step is most of what a gateway's rules do. */
export class MachineBehaviour implements Behaviour {
  wake: EngineMs = Number.POSITIVE_INFINITY;
  readonly #rule: RunningRule;
  readonly #machine: Machine;
  readonly #engine: EngineFacts;
  readonly #picture: Picture;
  readonly #evaluates: readonly Evaluate[];
  readonly #values: Maybe[];
  readonly #input: Input;
  readonly #suppress: (() => Truth) | undefined;
  readonly #messages: Readonly<Record<Language, (step?: string) => string>> | undefined;
  readonly #acted: Acted;
  readonly #stamp: Stamp;
  /** Which changes of its state have to outlive a kill. */
  readonly #lasting: 'all' | 'told' | 'none';
  readonly take?: (sample: Sample) => void;
  #state: Kept;
  #count = 0;

  constructor(rule: RunningRule, machine: Machine, bench: Bench, engine: EngineFacts) {
    const { config } = rule;
    const { alarm } = machine;
    this.#rule = rule;
    this.#machine = machine;
    this.#engine = engine;
    this.#picture = engine.picture;
    this.#evaluates = machine.expressions.map(([, { root }]) => compileExpr(root, bench));
    this.#values = this.#evaluates.map(() => undefined);
    this.#input = new Input(engine, this.#values);
    this.#suppress = alarm?.suppressWhen && compileTruth(alarm.suppressWhen.root, bench);
    this.#messages = alarm && {
      en: compileMessage(alarm.message.en, bench),
      zh: compileMessage(alarm.message.zh, bench),
    };
    this.#acted = compileActions(config, bench);
    this.#stamp = engine.stamp(config);
    this.#lasting = config.kind === 'loop' ? 'none' : machine.isRestless ? 'told' : 'all';
    this.#state = machine.begin();
    const { take } = machine;
    if (take)
      this.take = (sample) => {
        this.#state = take(this.#state, sample, this.#picture.now);
      };
  }

  step(isAcknowledged: boolean): readonly Effect[] | undefined {
    const evaluates = this.#evaluates;
    const values = this.#values;
    for (let i = 0; i < evaluates.length; i++) values[i] = (evaluates[i] as Evaluate)();
    const suppressed = this.#suppress && this.#suppressed(this.#suppress());
    const input = this.#input;
    input.isAcknowledged = isAcknowledged;
    input.now = this.#picture.now;
    const before = this.#state;
    const { state, wake, out } = this.#machine.step(before, input);
    this.wake = wake ?? Number.POSITIVE_INFINITY;
    if (state !== before) {
      this.#state = state;
      if (this.#lasting === 'all') this.#engine.changed();
    }
    if (out === undefined) return suppressed;
    const isMore = isMoreThanSamples(out);
    if (this.#lasting === 'told' && isMore) this.#engine.changed();
    const causes = isMore
      ? this.#rule.causes(this.#machine.describe(before, input.now))
      : NO_CAUSES;
    return [...(suppressed ?? []), ...this.#effectsOf(out, causes)];
  }

  describe(): string {
    return this.#machine.describe(this.#state, this.#picture.now);
  }

  save(): Kept {
    return { state: this.#state, count: this.#count };
  }

  restore(kept: Kept, off: number, isSameRun: boolean): boolean {
    const { state, count } = fieldsOf(kept);
    const machine = this.#machine;
    const restored = state === undefined ? undefined : machine.restored(state, off, isSameRun);
    if (restored === undefined || typeof count !== 'number') return false;
    this.#state = restored;
    this.countFrom(count);
    return true;
  }

  countFrom(number: number): void {
    this.#count = Math.max(this.#count, number);
  }

  #suppressed(is: Truth): readonly Effect[] | undefined {
    const { alarms } = this.#engine;
    const effects = alarms.suppress(this.#rule.config.name, is, this.#moment());
    return effects.length > 0 ? effects : undefined;
  }

  *#effectsOf(out: StepOutput, causes: Causes): Generator<Effect> {
    const { name } = this.#rule.config;
    const { alarm: turn, actions = [], write, detail } = out;
    const stamp = this.#stamp();
    const common = { rule: name, ...stamp, causes };
    const messages = this.#messages;
    if (turn && messages) {
      const message = { en: messages.en(detail), zh: messages.zh(detail) };
      yield* this.#engine.alarms.turn(name, turn, message, causes, this.#moment());
    }
    for (const { key, turn, message } of out.alarms ?? [])
      yield* this.#engine.alarms.turn(alarmName(name, key), turn, message, causes, this.#moment());
    for (const sample of out.samples ?? [])
      yield { kind: 'derive', rule: name, ...stamp, ...sample };
    for (const action of actions) yield* this.#acted(action, common, () => this.#nextId());
    for (const record of out.records ?? [])
      yield { kind: 'record', id: this.#nextId(), ...record, ...common };
    const tag = this.#machine.output as TagId | undefined;
    const own = write !== undefined && tag !== undefined ? [{ tag, value: write }] : [];
    for (const wanted of [...own, ...(out.writes ?? [])])
      yield { kind: 'command', id: this.#nextId(), ...wanted, ...common };
    const { reads = [] } = out;
    if (reads.length > 0) yield { kind: 'read', rule: name, ...stamp, tags: reads };
  }

  #moment(): { readonly at: EngineMs; readonly time: UtcMs } {
    const { at, time } = this.#stamp();
    return { at, time };
  }

  #nextId(): string {
    return `${this.#rule.config.name}!${++this.#count}`;
  }
}

const isMoreThanSamples = ({ samples: _, reads: __, ...out }: StepOutput): boolean =>
  Object.values(out).some(
    (list) => list !== undefined && (!Array.isArray(list) || list.length > 0),
  );

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
        action.kind === 'record'
          ? action.values.map(([key, { root }]) => [key, compileExpr(root, bench)])
          : action.kind === 'write'
            ? [['', compileExpr(action.value.root, bench)]]
            : [];
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
      const { tag, hold } = action;
      yield { kind: 'command', id, tag, value, ...(hold !== undefined && { hold }), ...common };
    } else if (action.kind === 'release') {
      yield { kind: 'command', id, tag: action.tag, value: null, isRelease: true, ...common };
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

/** What a kind may ask for a bumpless start. */
export const lastValueIn =
  (picture: Picture): MachineSite['lastValue'] =>
  (tag) => {
    const slot = picture.slotOf(tag as TagId) ?? -1;
    const quality = picture.qualities[slot] ?? 'bad:waiting';
    return { value: isBad(quality) ? undefined : picture.values[slot], quality };
  };
