/**
 * Random expressions of rules, of each type and with every function, as trees that shrink; and their text. No tree is
 * nonsense to the check, so the text of each can be read back.
 */
import fc from 'fast-check';
import { type TagId, tagId } from '../../gateway/model/sample.ts';
import type { BinaryOperator, Expr, ExprType, Plain } from '../../rules/expression.ts';

export type SiteType = 'number' | 'flag' | 'text' | 'any';

/** The tags that an expression may read, by type; one that stands twice is read twice as often. */
export type Tags = Readonly<Record<SiteType, readonly TagId[]>>;

export const TAGS: Tags = {
  number: [tagId('a', 'n0'), tagId('a', 'n1'), tagId('a', 'counter')],
  flag: [tagId('a', 'f0'), tagId('a', 'f1')],
  text: [tagId('a', 't0')],
  any: [tagId('a', 'any')],
};

const SPAN = { start: 0, end: 0 };

export const literal = (value: Plain, type: ExprType): Expr => ({
  kind: 'literal',
  value,
  type,
  span: SPAN,
});
const tagOf = (tag: TagId, type: ExprType): Expr => ({ kind: 'tag', tag, type, span: SPAN });
const binary = (op: BinaryOperator, left: Expr, right: Expr, type: ExprType): Expr => ({
  kind: 'binary',
  op,
  left,
  right,
  type,
  span: SPAN,
});
const call = (name: string, args: readonly Expr[], type: ExprType): Expr => ({
  kind: 'call',
  name,
  args,
  type,
  span: SPAN,
});
const windowOver = (name: string, args: readonly Expr[], type: ExprType): Expr => ({
  kind: 'call',
  name,
  args,
  type,
  isWindow: true,
  span: SPAN,
});
const choose = (when: Expr, then: Expr, otherwise: Expr): Expr => ({
  kind: 'choose',
  when,
  then,
  otherwise,
  type: then.type,
  span: SPAN,
});
const isIn = (of: Expr, list: readonly Plain[]): Expr => ({
  kind: 'in',
  of,
  list,
  type: 'flag',
  span: SPAN,
});

/** A sign before a number is part of it. */
const negated = (of: Expr): Expr =>
  of.kind === 'literal' && typeof of.value === 'number' && of.value >= 0
    ? literal(0 - of.value, 'number')
    : { kind: 'negate', of, type: 'number', span: SPAN };

const NUMBERS = [0, 1, 2, 3, 5, 10, 2.5, 0.1, 99];
const TEXTS = ['auto', ' b ', '42.5', ''];
const number = fc.constantFrom(...NUMBERS).map((value) => literal(value, 'number'));
const text = fc.constantFrom(...TEXTS).map((value) => literal(value, 'text'));
const flag = fc.boolean().map((value) => literal(value, 'flag'));
/** Shorter and longer than the gaps between samples, on and off the tick. */
const duration = fc
  .constantFrom(1000, 400, 2500, 5000, 60_000)
  .map((value) => literal(value, 'duration'));
const timeOfDay = fc
  .constantFrom('00:00', '06:00', '09:30', '22:00', '23:59')
  .map((value) => literal(value, 'text'));

type Made<Of extends string> = { readonly [type in Of]: fc.Arbitrary<Expr> };
export type Expressions = Made<'number' | 'flag' | 'text' | 'duration' | 'condition'>;

const DEPTH = 3;

/** Expressions that read these tags. */
export function expressionsOver(tags: Tags): Expressions {
  const read = Object.fromEntries(
    (['number', 'flag', 'text', 'any'] as const).map((type) => [
      type,
      fc.constantFrom(...tags[type]).map((tag) => tagOf(tag, type)),
    ]),
  ) as Made<SiteType>;
  const anyTag = fc.oneof(read.number, read.flag, read.text, read.any);
  return fc.letrec<Record<keyof Expressions, Expr>>((tie) => {
    const simple = fc.oneof(read.flag, comparison(read.number, number));
    const part = { number: tie('number'), flag: tie('flag'), text: tie('text') };
    const anyPart = fc.oneof(part.number, part.flag, part.text);
    const oneOf = (leaf: fc.Arbitrary<Expr>, ...deeper: fc.Arbitrary<Expr>[]) =>
      fc.oneof(
        { maxDepth: DEPTH, withCrossShrink: true, depthIdentifier: 'expression' },
        { weight: 4, arbitrary: leaf },
        ...deeper.map((arbitrary) => ({ weight: 1, arbitrary })),
      );
    const chosen = (of: fc.Arbitrary<Expr>) =>
      fc.tuple(part.flag, of, of).map(([when, then, otherwise]) => choose(when, then, otherwise));
    const fallen = (of: fc.Arbitrary<Expr>) =>
      fc.tuple(of, of).map(([a, b]) => call('fallback', [a, b], a.type));

    return {
      number: oneOf(
        fc.oneof(number, read.number, read.number),
        read.any,
        chosen(part.number),
        fallen(part.number),
        part.number.map(negated),
        fc
          .tuple(fc.constantFrom('+', '-', '*', '/', '%'), part.number, part.number)
          .map(([op, a, b]) => binary(op as BinaryOperator, a, b, 'number')),
        functionsOfNumbers(part.number),
        functionsOfNumbers(part.number),
        fc
          .tuple(fc.constantFrom('number', 'size'), part.text)
          .map(([name, of]) => call(name, [of], 'number')),
        fc
          .tuple(fc.constantFrom('previous', 'rate'), read.number)
          .map(([name, of]) => call(name, [of], 'number')),
        windowsOfNumbers(read.number),
        windowsOfNumbers(read.number),
        fc.tuple(read.flag, duration).map((args) => windowOver('integral', args, 'number')),
        fc
          .tuple(fc.constantFrom('count', 'coverage'), anyTag, duration)
          .map(([name, ...args]) => windowOver(name, args, 'number')),
        part.flag.map((c) => call('times', [c], 'number')),
        fc.tuple(part.flag, duration).map((args) => call('times', args, 'number')),
        fc
          .constantFrom('hour', 'minute', 'weekday', 'day', 'month')
          .map((name) => call(name, [], 'number')),
      ),
      flag: oneOf(
        fc.oneof(
          { weight: 4, arbitrary: read.flag },
          { weight: 4, arbitrary: comparison(read.number, number) },
          { weight: 1, arbitrary: flag },
        ),
        read.any,
        chosen(part.flag),
        fallen(part.flag),
        part.flag.map((of): Expr => ({ kind: 'not', of, type: 'flag', span: SPAN })),
        logic(part.flag),
        logic(part.flag),
        comparison(part.number, part.number),
        comparison(part.text, part.text),
        comparison(tie('duration'), duration),
        equality(part.flag, part.flag),
        fc
          .tuple(part.number, fc.array(fc.constantFrom(...NUMBERS), { minLength: 1, maxLength: 3 }))
          .map(([of, list]) => isIn(of, list)),
        fc
          .tuple(part.text, fc.array(fc.constantFrom(...TEXTS), { minLength: 1, maxLength: 3 }))
          .map(([of, list]) => isIn(of, isQuality(of) ? ['good', 'bad:comm'] : list)),
        fc
          .tuple(fc.constantFrom('isGood', 'isBad', 'changed'), anyTag)
          .map(([name, of]) => call(name, [of], 'flag')),
        anyPart.map((of) => call('known', [of], 'flag')),
        remembering(part.flag),
        remembering(part.flag),
        remembering(part.flag),
        fc.tuple(part.number, number).map((args) => call('bit', args, 'flag')),
        fc
          .tuple(fc.constantFrom('contains', 'startsWith', 'endsWith'), part.text, part.text)
          .map(([name, ...args]) => call(name, args, 'flag')),
        fc.tuple(timeOfDay, timeOfDay).map((args) => call('between', args, 'flag')),
        read.flag.map((of) => call('previous', [of], 'flag')),
        firstOrLast(read.flag),
      ),
      text: oneOf(
        fc.oneof(text, read.text, read.text),
        chosen(part.text),
        fallen(part.text),
        fc.tuple(part.text, part.text).map(([a, b]) => binary('+', a, b, 'text')),
        anyTag.map((of) => call('quality', [of], 'text')),
        anyPart.map((of) => call('text', [of], 'text')),
        fc
          .tuple(fc.constantFrom('lower', 'upper', 'trim'), part.text)
          .map(([name, of]) => call(name, [of], 'text')),
        fc
          .tuple(part.text, part.number, part.number)
          .map((args) => call('substring', args, 'text')),
        fc.tuple(part.text, number).map((args) => call('substring', args, 'text')),
        read.text.map((of) => call('previous', [of], 'text')),
        firstOrLast(read.text),
      ),
      /** Of those that people write, and others. */
      condition: fc.oneof(
        { weight: 3, arbitrary: simple },
        { weight: 1, arbitrary: logic(simple) },
        { weight: 2, arbitrary: remembering(simple) },
        { weight: 1, arbitrary: comparison(windowsOfNumbers(read.number), number) },
        {
          weight: 1,
          arbitrary: comparison(
            fc.tuple(simple, duration).map((args) => call('times', args, 'number')),
            number,
          ),
        },
        { weight: 3, arbitrary: part.flag },
      ),
      duration: fc.oneof(
        anyTag.map((of) => call('age', [of], 'duration')),
        part.flag.map((c) => call('since', [c], 'duration')),
        fc.tuple(part.flag, duration).map((args) => call('runtime', args, 'duration')),
        fc
          .tuple(fc.constantFrom('+', '-'), anyTag, part.flag)
          .map(([op, tag, c]) =>
            binary(
              op as BinaryOperator,
              call('age', [tag], 'duration'),
              call('since', [c], 'duration'),
              'duration',
            ),
          ),
      ),
    };
  });
}

const comparison = (left: fc.Arbitrary<Expr>, right: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc
    .tuple(fc.constantFrom('<', '<=', '>', '>=', '==', '!='), left, right)
    .map(([op, a, b]) => binary(op as BinaryOperator, beside(b, a), beside(a, b), 'flag'));

const isQuality = (expr: Expr): boolean => expr.kind === 'call' && expr.name === 'quality';
/** A quality is compared with qualities. */
const beside = (one: Expr, other: Expr): Expr =>
  isQuality(one) && other.kind === 'literal' ? literal('good', 'text') : other;

const equality = (left: fc.Arbitrary<Expr>, right: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc
    .tuple(fc.constantFrom('==', '!='), left, right)
    .map(([op, a, b]) => binary(op as BinaryOperator, a, b, 'flag'));

const logic = (of: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc
    .tuple(fc.constantFrom('&&', '||'), of, of)
    .map(([op, a, b]) => binary(op as BinaryOperator, a, b, 'flag'));

const remembering = (c: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc.oneof(
    fc.tuple(c, duration).map((args) => call('held', args, 'flag')),
    fc.tuple(fc.constantFrom('rising', 'falling'), c).map(([name, of]) => call(name, [of], 'flag')),
  );

const functionsOfNumbers = (of: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom('abs', 'sign', 'floor', 'ceil', 'sqrt', 'round'), of)
      .map(([name, arg]) => call(name, [arg], 'number')),
    fc.tuple(of, number).map((args) => call('round', args, 'number')),
    fc
      .tuple(fc.constantFrom('min', 'max'), of, of)
      .map(([name, ...args]) => call(name, args, 'number')),
    fc
      .tuple(fc.constantFrom('clamp', 'bits'), of, of, of)
      .map(([name, ...args]) => call(name, args, 'number')),
  );

const windowsOfNumbers = (tag: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc.oneof(
    fc
      .tuple(
        fc.constantFrom('avg', 'integral', 'stddev', 'min', 'max', 'delta', 'rate', 'sum'),
        tag,
        duration,
      )
      .map(([name, ...args]) => windowOver(name, args, 'number')),
    firstOrLast(tag),
    fc
      .tuple(tag, fc.constantFrom(0, 7, 50, 90, 100), duration)
      .map(([of, p, d]) => windowOver('percentile', [of, literal(p, 'number'), d], 'number')),
  );

const firstOrLast = (tag: fc.Arbitrary<Expr>): fc.Arbitrary<Expr> =>
  fc
    .tuple(fc.constantFrom('first', 'last'), tag, duration)
    .map(([name, of, d]) => windowOver(name, [of, d], of.type));

/** As somebody would write it, with more brackets. */
export function printed(expr: Expr): string {
  switch (expr.kind) {
    case 'literal':
      return expr.type === 'duration' ? `"${expr.value}ms"` : JSON.stringify(expr.value);
    case 'tag':
      return expr.tag;
    case 'not':
      return `!${printed(expr.of)}`;
    case 'negate':
      return `-(${printed(expr.of)})`;
    case 'binary':
      return `(${printed(expr.left)} ${expr.op} ${printed(expr.right)})`;
    case 'choose':
      return `(${printed(expr.when)} ? ${printed(expr.then)} : ${printed(expr.otherwise)})`;
    case 'in':
      return `(${printed(expr.of)} in ${JSON.stringify(expr.list)})`;
    case 'call':
      return `${expr.name}(${expr.args.map(printed).join(', ')})`;
  }
}
