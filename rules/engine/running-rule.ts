/**
 * One rule at work: its expressions compiled, its memories and its state. What it does in a moment is what
 * SEMANTICS.md says of its kind; what comes of it goes out as effects with their causes.
 */
import { fieldsOf } from '../../gateway/host/kept-fields.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { compileTruth } from '../compiled/compile-expression.ts';
import type { Bench } from '../compiled/evaluate.ts';
import {
  causeExpressions,
  causeInputs,
  type ExplainedExpression,
  explained,
} from '../compiled/explained.ts';
import {
  keptMemory,
  type Memory,
  newMemory,
  type Remembering,
  remembering,
  restoredMemory,
} from '../compiled/memory.ts';
import { expressionsOf, rememberingCalls } from '../compiled/rule-expressions.ts';
import type { Causes, Effect, EngineMs } from '../effect.ts';
import type { Maybe, Truth } from '../expression.ts';
import type { Picture } from '../picture.ts';
import type { RuleConfig } from '../rule.ts';

/** What a rule of any kind does with what it saw. */
export interface Behaviour {
  /** A sample of the rule's tags as it is, before the step of its moment; of kinds that want it. */
  take?(sample: Sample): void;
  /** Undefined: nothing to do. */
  step(isAcknowledged: boolean): readonly Effect[] | undefined;
  /** When it wants to be evaluated by itself; Infinity: not before a sample comes. */
  readonly wake: EngineMs;
  /** In words, for people. */
  describe(): string;
  save(): Kept;
  /** False where what was kept cannot be used; see Machine.restored. */
  restore(kept: Kept, off: number, isSameRun: boolean): boolean;
  /** The number behind which its effects are counted; a lower one than it knows changes nothing. */
  countFrom?(number: number): void;
}

/** Tags among the causes of an effect: an event has room for some fifty, and a reading of 64 meters uses thousands. */
const MOST_INPUTS = 128;

/** How many effects were counted in what a rule saved. */
export const countIn = (kept: Kept): number => Number(fieldsOf(fieldsOf(kept).state).count);

interface FollowedCall {
  readonly place: number;
  readonly truth: () => Truth;
  readonly remembering: Remembering;
  memory: Memory;
  last: Truth;
}

/** Called for every part that is a truth, after each evaluation. */
export type Observe = (
  role: string,
  part: ExplainedExpression['parts'][number]['expr'],
  value: Truth,
) => void;

export class RunningRule {
  readonly config: RuleConfig;
  /** When it is to be evaluated whatever happens; Infinity: never by itself. */
  wake: EngineMs = Number.POSITIVE_INFINITY;
  /** Not evaluated yet since it was added. */
  isFresh = true;
  isFaulty = false;
  readonly #picture: Picture;
  readonly #bench: Bench;
  readonly #calls: FollowedCall[];
  readonly #remembered: Maybe[];
  readonly #behaviour: Behaviour;
  readonly #observe: Observe | undefined;
  readonly #changed: () => void;
  #explained: readonly ExplainedExpression[] | undefined;

  constructor(
    config: RuleConfig,
    {
      behave,
      observe,
      changed = () => {},
      ...bench
    }: Omit<Bench, 'remembered'> & {
      /** Makes what the rule's kind does. */
      readonly behave: (rule: RunningRule, bench: Bench) => Behaviour;
      readonly observe?: Observe | undefined;
      /** A memory saw an edge. */
      readonly changed?: () => void;
    },
  ) {
    this.config = config;
    this.#picture = bench.picture;
    this.#remembered = new Array(config.memories).fill(undefined);
    this.#bench = { ...bench, remembered: this.#remembered };
    this.#observe = observe;
    this.#changed = changed;
    this.#calls = expressionsOf(config).flatMap(([, { root }]) =>
      [...rememberingCalls(root)].map((call): FollowedCall => {
        const [condition, length] = call.args;
        if (condition === undefined || call.memory === undefined) throw new Error('no condition');
        return {
          place: call.memory,
          truth: compileTruth(condition, this.#bench),
          remembering: remembering(
            call.name,
            length?.kind === 'literal' ? Number(length.value) : undefined,
          ),
          memory: newMemory(),
          last: undefined,
        };
      }),
    );
    this.#behaviour = behave(this, this.#bench);
  }

  /** What is to be done in this moment; undefined: nothing. */
  evaluate(isAcknowledged: boolean): readonly Effect[] | undefined {
    this.isFresh = false;
    const isFollowing = this.#calls.length > 0;
    if (isFollowing) this.#follow();
    const effects = this.#behaviour.step(isAcknowledged);
    this.wake = this.#behaviour.wake;
    if (isFollowing) this.#wakeForMemories();
    if (this.#observe) this.#tell(this.#observe);
    return effects;
  }

  /** Undefined where the kind does not want samples as they are. */
  get take(): ((sample: Sample) => void) | undefined {
    const behaviour = this.#behaviour;
    return behaviour.take && ((sample) => behaviour.take?.(sample));
  }

  describe(): string {
    return this.#behaviour.describe();
  }

  /** What the rule sees now; `before` is its state before this moment. */
  causes(before: string = this.describe()): Causes {
    return {
      inputs: causeInputs(this.config.tags.slice(0, MOST_INPUTS), this.#picture),
      expressions: causeExpressions(this.#parts()),
      before,
      after: this.describe(),
    };
  }

  /** See Behaviour. */
  countFrom(number: number): void {
    this.#behaviour.countFrom?.(number);
  }

  save(): Kept {
    return {
      fingerprint: this.config.fingerprint,
      isFresh: this.isFresh,
      state: this.#behaviour.save(),
      memories: this.#calls.map(({ memory }) => keptMemory(memory)),
      remembered: this.#remembered.map((value) => value ?? null),
      wake: Number.isFinite(this.wake) ? this.wake : null,
    };
  }

  /** Takes over what was kept of the same rule at `saved`; false, and as new, where it is of another. */
  restore(kept: Kept | undefined, saved: EngineMs, off: number, isSameRun = false): boolean {
    const { fingerprint, isFresh, state, memories, remembered, wake } = fieldsOf(kept);
    if (fingerprint !== this.config.fingerprint || state === undefined) return false;
    if (!Array.isArray(memories) || memories.length !== this.#calls.length) return false;
    const restored = memories.map((memory) => restoredMemory(memory, saved, off));
    if (restored.some((memory) => memory === undefined)) return false;
    if (!this.#behaviour.restore(state, off, isSameRun)) return false;
    for (const [i, call] of this.#calls.entries()) {
      call.memory = restored[i] ?? newMemory();
      const value = Array.isArray(remembered) ? remembered[call.place] : null;
      this.#remembered[call.place] = typeof value === 'object' ? undefined : value;
    }
    this.isFresh = isFresh === true;
    this.wake = typeof wake === 'number' ? wake + off : Number.POSITIVE_INFINITY;
    return true;
  }

  /** Lets the functions that remember see this moment. */
  #follow(): void {
    const { now } = this.#picture;
    for (const call of this.#calls) {
      const truth = call.truth();
      this.#remembered[call.place] = call.remembering.step(call.memory, truth, now);
      if (truth === call.last) continue;
      call.last = truth;
      this.#changed();
    }
  }

  #wakeForMemories(): void {
    const { now } = this.#picture;
    for (const { remembering, memory } of this.#calls) {
      const wake = remembering.wake?.(memory, now);
      if (wake !== undefined && wake < this.wake) this.wake = wake;
    }
  }

  #parts(): readonly ExplainedExpression[] {
    this.#explained ??= explained(expressionsOf(this.config), this.#bench);
    return this.#explained;
  }

  #tell(observe: Observe): void {
    for (const { role, parts } of this.#parts())
      for (const { expr, evaluate } of parts) {
        const value = evaluate();
        if (expr.type === 'flag' || typeof value === 'boolean')
          observe(role, expr, typeof value === 'boolean' ? value : undefined);
      }
  }
}
