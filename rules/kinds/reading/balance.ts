/**
 * A main meter against its sub-meters over one period: what is lost between them, and whether the numbers allow to say so.
 * Pure and exact; the share alone is rounded.
 */
import { difference, sum } from '../../../gateway/model/decimal.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';
import { compared, magnitude, negated, product, quotient, whole, ZERO } from './exact-number.ts';

/** What one meter had in the period. */
export interface BalancePart {
  readonly meter: string;
  /** Null: not known. */
  readonly delta: Decimal | null;
  readonly unit: string;
  /** Of gas: at working or at standard conditions; both are not added. */
  readonly condition: string | null;
  /** `good`: two real readings within the window or frozen. */
  readonly quality: 'good' | 'uncertain' | 'bad';
}

export interface BalanceLimits {
  /** Loss beyond so many hundredths of the main meter is told. */
  readonly loss: Decimal;
  /** The sub-meters may have so many hundredths more than the main meter: each has an error of its own. */
  readonly surplus: Decimal;
}

/** JSON as it is. */
export type Balance = {
  /** main − Σ sub; null: it cannot be said. */
  readonly loss: string | null;
  readonly unit: string;
  /** Of the main meter, in hundredths with two digits; null where it had nothing. */
  readonly share_percent: string | null;
  readonly main: string | null;
  readonly subs: string | null;
  /** Every part was read at both ends. */
  readonly is_sure: boolean;
  /** Meters whose part is estimated or late, without value, and in another unit or condition. */
  readonly uncertain: readonly string[];
  readonly missing: readonly string[];
  readonly unfit: readonly string[];
};

export interface BalanceVerdict {
  readonly balance: Balance;
  /** Undefined: it cannot be said. */
  readonly isLoss: boolean | undefined;
  readonly isSurplus: boolean | undefined;
}

/** Without a part that is missing or unfit nothing is compared; with one that is uncertain it is, and said. */
export function balanced(
  main: BalancePart,
  subs: readonly BalancePart[],
  limits: BalanceLimits,
): BalanceVerdict {
  const all = [main, ...subs];
  const named = (fits: (part: BalancePart) => boolean): readonly string[] =>
    all.filter(fits).map(({ meter }) => meter);
  const missing = named(({ delta, quality }) => delta === null || quality === 'bad');
  const unfit = named(({ unit, condition }) => unit !== main.unit || condition !== main.condition);
  const uncertain = named(({ quality }) => quality === 'uncertain');
  const deltas = subs.flatMap(({ delta }) => (delta === null ? [] : [delta]));
  const isKnown = missing.length === 0 && unfit.length === 0 && subs.length > 0;
  const added = deltas.reduce(sum, ZERO);
  const loss = isKnown && main.delta !== null ? difference(main.delta, added) : null;
  const share =
    loss === null || main.delta === null || main.delta.unscaled === 0n
      ? null
      : quotient(product(loss, HUNDRED), main.delta, 2);
  const balance: Balance = {
    loss: loss && decimalText(loss),
    unit: main.unit,
    share_percent: share && decimalText(share),
    main: main.delta && decimalText(main.delta),
    subs: isKnown ? decimalText(added) : null,
    is_sure: isKnown && uncertain.length === 0,
    uncertain,
    missing,
    unfit,
  };
  if (loss === null || main.delta === null)
    return { balance, isLoss: undefined, isSurplus: undefined };
  return {
    balance,
    isLoss: isBeyond(loss, limits.loss, main.delta),
    isSurplus: isBeyond(negated(loss), limits.surplus, main.delta),
  };
}

const HUNDRED = whole(100n);

/** Exact, not by the rounded share. */
const isBeyond = (amount: Decimal, percent: Decimal, of: Decimal): boolean =>
  compared(product(amount, HUNDRED), product(percent, magnitude(of))) > 0;
