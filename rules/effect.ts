/** What rules ask for, and why: the only way out of the rules. */
import type { Quality } from '../gateway/model/quality.ts';
import type { TagId } from '../gateway/model/sample.ts';
import type { Millis, UtcMs } from '../gateway/model/units.ts';
import type { Plain, Truth } from './expression.ts';

/** Engine time, see SEMANTICS.md: milliseconds that never step and go on over restarts. */
export type EngineMs = number;

/** What a record may hold: whatever JSON can say. */
export type RecordValue =
  | Plain
  | null
  | readonly RecordValue[]
  | { readonly [key: string]: RecordValue };

interface Common {
  readonly rule: string;
  readonly at: EngineMs;
  /** The wall clock then. */
  readonly time: UtcMs;
  /** Of a rule in mode shadow: shown and explained, and nothing else. */
  readonly isShadow?: true;
}

export interface DeriveEffect extends Common {
  readonly kind: 'derive';
  readonly tag: TagId;
  /** Null exactly when the quality is bad. */
  readonly value: Plain | null;
  readonly quality: Quality;
}

export const ALARM_CHANGES = [
  'active',
  'cleared',
  'acknowledged',
  'realarmed',
  'shelved',
  'unshelved',
  'suppressed',
  'unsuppressed',
] as const;
/** What happened to an alarm. */
export type AlarmChange = (typeof ALARM_CHANGES)[number];

export interface AlarmEffect extends Common {
  readonly kind: 'alarm';
  /** Names this activation: `press-overheat#12`; the same in all changes until the next activation. */
  readonly id: string;
  readonly to: AlarmChange;
  /** When this activation began, which may be long before it is told; of an alarm that never was active: `time`. */
  readonly since: UtcMs;
  readonly severity: number;
  readonly message: { readonly en: string; readonly zh: string };
  readonly isActive: boolean;
  readonly isAcknowledged: boolean;
  readonly isShelved: boolean;
  readonly isSuppressed: boolean;
  readonly isFirstOut: boolean;
  /** Who acknowledged or shelved it, and what they said. */
  readonly by?: string;
  readonly comment?: string;
  readonly causes: Causes;
}

export interface RecordEffect extends Common {
  readonly kind: 'record';
  readonly id: string;
  readonly name: string;
  /** Null: unknown. */
  readonly values: Readonly<Record<string, RecordValue>>;
  readonly causes: Causes;
}

export interface CommandEffect extends Common {
  readonly kind: 'command';
  readonly id: string;
  readonly tag: TagId;
  /** Null: unknown, and not sent; of a release: nothing. */
  readonly value: Plain | null;
  /** The rule gives up its claim to the tag. */
  readonly isRelease?: true;
  /** How long the rule claims the tag; left out: until it releases it. */
  readonly hold?: Millis;
  readonly causes: Causes;
}

/** What has to be true for a tag to be written is true, is not, or nobody knows; told whenever that changes. */
export interface InterlockEffect extends Common {
  readonly kind: 'interlock';
  readonly tag: TagId;
  readonly isMet: Truth;
}

/** A rule wants tags to be read at once, whatever their scan class says. */
export interface ReadEffect extends Common {
  readonly kind: 'read';
  readonly tags: readonly TagId[];
}

/** A rule threw, which is a bug of ours: it is stopped, and the others run. */
export interface FaultEffect extends Common {
  readonly kind: 'fault';
  readonly reason: string;
}

export type Effect =
  | DeriveEffect
  | AlarmEffect
  | RecordEffect
  | CommandEffect
  | InterlockEffect
  | ReadEffect
  | FaultEffect;

/** What a rule did, as people count it: neither values that go on all the time nor what is told in passing. */
export type ActEffect = AlarmEffect | RecordEffect | CommandEffect | FaultEffect;

export const isAct = (effect: Effect): effect is ActEffect =>
  effect.kind === 'alarm' ||
  effect.kind === 'record' ||
  effect.kind === 'command' ||
  effect.kind === 'fault';

/** The picture in which a rule did something. JSON as it is. */
export interface Causes {
  readonly inputs: readonly CauseInput[];
  /** Each expression of the rule with the results of its parts. */
  readonly expressions: readonly CauseExpression[];
  /** The state of the rule's kind before and after, in its own words: `on_pending until 12000`. */
  readonly before: string;
  readonly after: string;
}

export interface CauseInput {
  readonly tag: TagId;
  readonly value: Plain | null;
  readonly quality: Quality;
  /** Since the latest sample arrived; null: there was none. */
  readonly age_ms: number | null;
}

export interface CauseExpression {
  /** What it is in the rule: `when`, `clear_when`, `do[0].value`. */
  readonly role: string;
  readonly text: string;
  /** Of every part that is no literal, outermost first; null: unknown. */
  readonly parts: readonly { readonly text: string; readonly value: Plain | null }[];
}
