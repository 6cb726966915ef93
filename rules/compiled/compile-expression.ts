/**
 * From a checked expression to a closure that reads the picture. Every operator is total: what has no answer is
 * unknown (undefined), and nothing throws.
 */

import type { Expr, Maybe, Truth } from '../expression.ts';
import { compileCall } from './compile-call.ts';
import { type Bench, type Evaluate, finite, LONGEST_TEXT, truthOf } from './evaluate.ts';

export function compileExpr(expr: Expr, bench: Bench): Evaluate {
  switch (expr.kind) {
    case 'literal': {
      const { value } = expr;
      return () => value;
    }
    case 'tag': {
      const { values } = bench.picture;
      const slot = bench.slotOf(expr.tag);
      return () => values[slot];
    }
    case 'not': {
      const of = compileExpr(expr.of, bench);
      return () => not(of());
    }
    case 'negate': {
      const of = compileExpr(expr.of, bench);
      return () => {
        const value = of();
        return typeof value === 'number' ? 0 - value : undefined;
      };
    }
    case 'binary':
      return compileBinary(expr, bench);
    case 'choose': {
      const when = compileExpr(expr.when, bench);
      const then = compileExpr(expr.then, bench);
      const otherwise = compileExpr(expr.otherwise, bench);
      return () => {
        const chosen = when();
        return chosen === true ? then() : chosen === false ? otherwise() : undefined;
      };
    }
    case 'in': {
      const of = compileExpr(expr.of, bench);
      const list = new Set(expr.list);
      return () => {
        const value = of();
        return value === undefined ? undefined : list.has(value);
      };
    }
    case 'call':
      return compileCall(expr, bench, (arg) => compileExpr(arg, bench));
  }
}

/** The truth of a condition. */
export function compileTruth(expr: Expr, bench: Bench): () => Truth {
  const evaluate = compileExpr(expr, bench);
  return () => truthOf(evaluate());
}

const not = (value: Maybe): Truth => (typeof value === 'boolean' ? !value : undefined);

type BinaryExpr = Extract<Expr, { kind: 'binary' }>;

function compileBinary(expr: BinaryExpr, bench: Bench): Evaluate {
  const limited = compileLimit(expr, bench);
  if (limited) return limited;
  const left = compileExpr(expr.left, bench);
  const right = compileExpr(expr.right, bench);
  switch (expr.op) {
    case '&&':
      return () => {
        const a = left();
        if (a === false) return false;
        const b = right();
        if (b === false) return false;
        return a === true && b === true ? true : undefined;
      };
    case '||':
      return () => {
        const a = left();
        if (a === true) return true;
        const b = right();
        if (b === true) return true;
        return a === false && b === false ? false : undefined;
      };
    case '+':
      return () => {
        const a = left();
        const b = right();
        if (typeof a === 'number' && typeof b === 'number') return finite(a + b);
        return typeof a === 'string' && typeof b === 'string'
          ? (a + b).slice(0, LONGEST_TEXT)
          : undefined;
      };
    case '-':
      return arithmetic(left, right, (a, b) => a - b);
    case '*':
      return arithmetic(left, right, (a, b) => a * b);
    case '/':
      return arithmetic(left, right, (a, b) => a / b);
    case '%':
      return arithmetic(left, right, (a, b) => a % b);
    case '<':
      return () => less(left(), right());
    case '<=':
      return () => not(less(right(), left()));
    case '>':
      return () => less(right(), left());
    case '>=':
      return () => not(less(left(), right()));
    case '==':
      return () => equal(left(), right());
    case '!=':
      return () => not(equal(left(), right()));
  }
}

/** A number against a literal limit, without a call for the limit nor, of a tag, for the number: most conditions. */
function compileLimit({ op, left, right }: BinaryExpr, bench: Bench): Evaluate | undefined {
  if (right.kind !== 'literal' || typeof right.value !== 'number') return undefined;
  const limit = right.value;
  if (left.kind !== 'tag') {
    if (op !== '<' && op !== '<=' && op !== '>' && op !== '>=') return undefined;
    return limitOf(op, compileExpr(left, bench), limit);
  }
  const { values } = bench.picture;
  const slot = bench.slotOf(left.tag);
  switch (op) {
    case '<':
      return () => {
        const value = values[slot];
        return typeof value === 'number' ? value < limit : undefined;
      };
    case '<=':
      return () => {
        const value = values[slot];
        return typeof value === 'number' ? value <= limit : undefined;
      };
    case '>':
      return () => {
        const value = values[slot];
        return typeof value === 'number' ? value > limit : undefined;
      };
    case '>=':
      return () => {
        const value = values[slot];
        return typeof value === 'number' ? value >= limit : undefined;
      };
    default:
      return undefined;
  }
}

function limitOf(op: '<' | '<=' | '>' | '>=', of: Evaluate, limit: number): Evaluate {
  switch (op) {
    case '<':
      return () => {
        const value = of();
        return typeof value === 'number' ? value < limit : undefined;
      };
    case '<=':
      return () => {
        const value = of();
        return typeof value === 'number' ? value <= limit : undefined;
      };
    case '>':
      return () => {
        const value = of();
        return typeof value === 'number' ? value > limit : undefined;
      };
    case '>=':
      return () => {
        const value = of();
        return typeof value === 'number' ? value >= limit : undefined;
      };
  }
}

function arithmetic(
  left: Evaluate,
  right: Evaluate,
  of: (a: number, b: number) => number,
): Evaluate {
  return () => {
    const a = left();
    const b = right();
    return typeof a === 'number' && typeof b === 'number' ? finite(of(a, b)) : undefined;
  };
}

function less(a: Maybe, b: Maybe): Truth {
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  return typeof a === 'string' && typeof b === 'string' ? a < b : undefined;
}

const equal = (a: Maybe, b: Maybe): Truth =>
  a !== undefined && typeof a === typeof b ? a === b : undefined;
