/** Texts with values in them. */

import type { Maybe } from '../expression.ts';
import type { Message } from '../rule.ts';
import { compileExpr } from './compile-expression.ts';
import type { Bench } from './evaluate.ts';

/** What a message is cut to, in UTF-16 units. */
export const LONGEST_MESSAGE = 500;
/** A float32 register shows no more. */
const SIGNIFICANT_DIGITS = 7;
const UNKNOWN = '?';

/** The text as of now; `step` is the name of the step that did not come. */
export function compileMessage(message: Message, bench: Bench): (step?: string) => string {
  const parts = message.map((part) => {
    if (typeof part === 'string') return () => part;
    if ('isStep' in part) return (step = '') => step;
    const evaluate = compileExpr(part.value.root, bench);
    return () => shown(evaluate(), part.digits);
  });
  return (step) => {
    const text = parts.map((part) => part(step)).join('');
    return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 1)}…` : text;
  };
}

/** Whole numbers in full, others with the digits that were asked for, or as many as a register has. */
export function shown(value: Maybe, digits?: number): string {
  if (value === undefined) return UNKNOWN;
  if (typeof value !== 'number') return String(value);
  if (digits !== undefined) return value.toFixed(digits);
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(SIGNIFICANT_DIGITS)));
}
