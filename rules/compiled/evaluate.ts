/** What compiled expressions are made of. */
import type { Maybe, Truth } from '../expression.ts';
import type { Picture } from '../picture.ts';

export type Evaluate = () => Maybe;

/** What an expression is compiled into. */
export interface Bench {
  readonly picture: Picture;
  /** The slot of a tag; every tag of the rule has one. */
  slotOf(tag: string): number;
  /** What the functions that remember came to in this evaluation, by CallExpr.memory. */
  readonly remembered: readonly Maybe[];
  /** Of counters that begin again. */
  readonly moduli: Readonly<Record<string, number>>;
}

export const truthOf = (value: Maybe): Truth => (typeof value === 'boolean' ? value : undefined);

/** A number that is none, or is endless, is unknown; −0 is 0. */
export const finite = (value: number): number | undefined =>
  value - value === 0 ? value + 0 : undefined;

/** What an expression makes is never longer, in UTF-16 units. */
export const LONGEST_TEXT = 2_000;
