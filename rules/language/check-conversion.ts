/** convert(): whether the one unit can become the other. */

import type { Expr } from '../expression.ts';
import type { Checking } from './check-context.ts';
import { suggested } from './check-names.ts';
import { canonicalUnit, conversionOf, dimensionOf, UNITS } from './units.ts';

/** The unit of the result; undefined where something is wrong, which was found. */
export function checkConversion(args: readonly Expr[], checking: Checking): string | undefined {
  const [of, named] = args;
  if (of === undefined || named?.kind !== 'literal' || typeof named.value !== 'string')
    return undefined;
  const to = canonicalUnit(named.value);
  const toDimension = dimensionOf(to);
  if (toDimension === undefined) {
    const known = suggested(to, () => UNITS, checking);
    checking.find('rule.convert-unit', { unit: checking.written(named.span), known }, named.span);
    return undefined;
  }
  if (of.kind === 'literal' && of.type === 'any') return to;
  if (of.unit === undefined) {
    checking.find('rule.convert-no-unit', { text: checking.written(of.span) }, of.span);
    return to;
  }
  const fromDimension = dimensionOf(of.unit);
  if (fromDimension === undefined) {
    const known = suggested(of.unit, () => UNITS, checking);
    checking.find('rule.convert-unit', { unit: of.unit, known }, of.span);
  } else if (conversionOf(of.unit, to) === undefined) {
    const words = { from: of.unit, from_dimension: fromDimension, to, to_dimension: toDimension };
    checking.find('rule.convert-dimension', words, named.span);
  }
  return to;
}
