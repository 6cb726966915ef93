/** Tests that stand in a rule, parsed: plain data. */
import type { Quality } from '../gateway/model/quality.ts';
import type { TagId } from '../gateway/model/sample.ts';
import type { Millis, UtcMs } from '../gateway/model/units.ts';
import type { AlarmChange, RecordValue } from './effect.ts';
import type { Plain } from './expression.ts';

export interface RuleTest {
  readonly name: string;
  /** What the wall clock shows at 0. */
  readonly start: UtcMs;
  readonly step: Millis;
  readonly series: readonly TestSeries[];
  /**
   * How long it runs, what happens at its very end included; to the end of the longest series, or the latest
   * expectation, when left out.
   */
  readonly length: Millis;
  /** What people do meanwhile. */
  readonly acts: readonly TestAct[];
  readonly expect: TestExpectations;
  /** Where it stands, for the report. */
  readonly place: { readonly file: string; readonly line: number; readonly col: number };
}

/** One entry each step, from 0 on; undefined: no sample then. */
export interface TestSeries {
  readonly tag: TagId;
  readonly samples: readonly (
    | { readonly value: Plain | null; readonly quality: Quality }
    | undefined
  )[];
}

export interface TestAct {
  readonly at: Millis;
  readonly do: 'acknowledge' | 'shelve' | 'unshelve';
  readonly rule: string;
  readonly for?: Millis;
}

/**
 * Of what is left out nothing is expected or forbidden; a list is all that happens: of alarms, those of this rule and of
 * the others that the test names; of writes and records, those of this rule. Times count to the millisecond, numbers are
 * equal when they differ by less than a part in 10^9.
 */
export interface TestExpectations {
  readonly alarms?: readonly {
    readonly at: Millis;
    readonly to: AlarmChange;
    readonly rule: string;
    readonly message?: string;
  }[];
  readonly writes?: readonly { readonly at: Millis; readonly tag: TagId; readonly value: Plain }[];
  readonly records?: readonly {
    readonly at: Millis;
    readonly name: string;
    readonly values: Readonly<Record<string, RecordValue>>;
  }[];
  /** The value of a tag, derived or not, at a time; value null: bad. */
  readonly values?: readonly {
    readonly at: Millis;
    readonly tag: TagId;
    readonly value: Plain | null;
    readonly quality?: Quality;
  }[];
}
