/** A rule of the kind `combined_reading`, parsed and checked. */
import type { TagId } from '../gateway/model/sample.ts';
import type { Expression } from './expression.ts';
import type { MeterFacts } from './kinds/reading/meter-status.ts';
import type { GroupSetup } from './kinds/reading/reading-setup.ts';
import type { CommonRule } from './rule-parts.ts';

export interface CombinedReadingRule extends CommonRule {
  readonly kind: 'combined_reading';
  /** All its expressions, with their roles in the YAML, in the order in which they are evaluated. */
  readonly roles: readonly (readonly [role: string, of: Expression])[];
  readonly group: GroupSetup;
  /** What the records call the place. */
  readonly premises: string | undefined;
  /** Whether months are recorded, where days are. */
  readonly hasMonths: boolean;
  /** The tags that are taken as they are, exact and with their own times. */
  readonly inputs: readonly ReadingInput[];
  readonly words: readonly MeterWords[];
  /** Written at each instant. */
  readonly freezeCommand: { readonly tag: TagId; readonly value: string } | undefined;
}

/** What a tag says of a meter. */
export interface ReadingInput {
  readonly tag: TagId;
  readonly meter: string;
  readonly as: InputRole;
  /** Of days and months: how many back, 1 the latest; of tariffs: which, from 0 on; else 0. */
  readonly place: number;
}
/**
 * total: its register · day, month, instant: what it kept · tariff, reverse_total: other registers · clock: its clock · swap: the
 * events of the counter, which tell when a person declares another meter.
 */
export type InputRole =
  | 'total'
  | 'day'
  | 'month'
  | 'instant'
  | 'tariff'
  | 'reverse_total'
  | 'clock'
  | 'swap';

/** Which of the expressions say what about a meter. */
export interface MeterWords {
  readonly meter: string;
  readonly of: readonly (readonly [fact: WordFact, role: number])[];
}
export type WordFact =
  | Extract<
      keyof MeterFacts,
      | 'battery'
      | 'valve'
      | 'cover'
      | 'magnetic'
      | 'reverse'
      | 'noWater'
      | 'supply'
      | 'return'
      | 'flow'
    >
  | 'serial';
