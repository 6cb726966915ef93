/** Calls of functions: which form of the function is meant, and whether its arguments fit. */
import { printable } from '../../gateway/host/quoted.ts';
import type { Expr, ExprType } from '../expression.ts';
import { asDuration, broken, type Checking, withUnit } from './check-context.ts';
import { checkConversion } from './check-conversion.ts';
import { suggested } from './check-names.ts';
import { alike } from './check-operators.ts';
import { checkWindow, LONGEST_WINDOW_MS, LONGEST_WINDOW_TEXT } from './check-windows.ts';
import {
  FUNCTIONS,
  type FunctionDeclaration,
  type FunctionParameter,
  type FunctionSignature,
  functionOf,
} from './functions.ts';
import { insteadOf } from './parse-slips.ts';
import type { CallSyntax } from './syntax.ts';
import { perSecond, timesSeconds } from './units.ts';

const NAMES = FUNCTIONS.map(({ name }) => name);

/** A function with its arguments. */
export function checkCall(syntax: CallSyntax, checking: Checking): Expr {
  const { name, span } = syntax;
  const declaration = functionOf(name);
  // In this order, because functions that remember are numbered innermost first.
  const args = syntax.args.map((arg) => checking.check(arg));
  if (declaration === undefined) {
    const instead = insteadOf(name);
    if (instead !== undefined) {
      const called = { start: span.start, end: span.start + name.length };
      const where = syntax.isMethod ? span : called;
      checking.find('rule.instead', { found: printable(name), instead }, where);
      return broken(span);
    }
    const known = suggested(name, () => NAMES, checking);
    checking.find('rule.unknown-function', { name: printable(name), known }, span);
    return broken(span);
  }
  const usage = usageOf(declaration);
  if (syntax.isMethod && declaration.isMethod !== true) {
    checking.find('rule.not-a-method', { name, usage }, span);
    return broken(span);
  }
  const signature = chosen(declaration, args);
  if (signature === undefined) {
    checking.find('rule.argument-count', { name, found: args.length, usage }, span);
    return broken(span);
  }
  return built(declaration, signature, args, syntax, checking);
}

function built(
  declaration: FunctionDeclaration,
  signature: FunctionSignature,
  given: readonly Expr[],
  { name, span }: CallSyntax,
  checking: Checking,
): Expr {
  const usage = usageOf(declaration);
  const args: Expr[] = [];
  let areFit = true;
  for (const [index, arg] of given.entries()) {
    const parameter = signature.parameters[index] as FunctionParameter;
    const fit = fitted(arg, { parameter, signature, first: args[0] ?? arg, name, usage }, checking);
    if (fit === undefined) areFit = false;
    args.push(fit ?? broken(arg.span));
  }
  if (declaration.looksAtTime || signature.looksAtTime) checking.looksAtTime();
  if (areFit && signature.isWindow) checkWindow(name, args, span, checking);
  const [first] = args;
  // A length of time is known here and now.
  if (name === 'duration' && first !== undefined) return { ...first, span };
  const type = typeOf(signature, first, args[1]);
  const unit =
    signature.unit === 'literal'
      ? areFit
        ? checkConversion(args, checking)
        : undefined
      : type === 'number' || type === 'any'
        ? unitOf(signature, args)
        : undefined;
  return {
    kind: 'call',
    name,
    args,
    type,
    ...withUnit(unit),
    ...(signature.isWindow && { isWindow: true }),
    ...(declaration.remembers && { memory: checking.scope.nextMemory() }),
    span,
  };
}

/** The form of the function for so many arguments; where two have as many, a duration at the end makes a window. */
function chosen(
  { signatures }: FunctionDeclaration,
  args: readonly Expr[],
): FunctionSignature | undefined {
  const fitting = signatures.filter(({ parameters }) => {
    const least = parameters.filter(({ isOptional }) => !isOptional).length;
    return args.length >= least && args.length <= parameters.length;
  });
  const last = args.at(-1);
  const isLength =
    last !== undefined &&
    (last.type === 'duration' || (last.kind === 'literal' && last.type === 'text'));
  return fitting.find(({ isWindow }) => (isWindow === true) === isLength) ?? fitting[0];
}

interface Place {
  readonly parameter: FunctionParameter;
  readonly signature: FunctionSignature;
  /** The first argument, as it was taken. */
  readonly first: Expr;
  readonly name: string;
  readonly usage: string;
}

/** The argument as the function takes it; undefined: it does not fit, and that was found. */
function fitted(arg: Expr, place: Place, checking: Checking): Expr | undefined {
  const { parameter, first, name, usage } = place;
  const { span } = arg;
  const text = checking.written(span);
  const what = `${name}(${parameter.name})`;
  const ofType = (wanted: ExprType): Expr | undefined => {
    if (arg.type === 'any' || arg.type === wanted) return arg;
    checking.find('rule.wrong-type', { what, wanted, text, found: arg.type }, span);
    return undefined;
  };
  // A mistake within the argument was found already.
  if (arg.kind === 'literal' && arg.type === 'any') return arg;
  switch (parameter.type) {
    case 'value':
      return arg;
    case 'condition':
      return ofType('flag');
    case 'number':
    case 'text':
      return ofType(parameter.type);
    case 'same': {
      const beside = first.type === 'duration' ? asDuration(arg) : arg;
      const isOfAny = first.type === 'any' && place.signature.returns === 'number';
      if (isOfAny && ofType('number') === undefined) return undefined;
      alike(first, beside, name, span, checking);
      return beside;
    }
    case 'tag':
    case 'number_tag':
    case 'countable_tag': {
      if (arg.kind !== 'tag') {
        checking.find('rule.tag-wanted', { name, text }, span);
        return undefined;
      }
      const { type } = arg;
      const isFit = parameter.type === 'tag' || type === 'any' || type === 'number';
      if (isFit || (parameter.type === 'countable_tag' && type === 'flag')) return arg;
      checking.find('rule.wrong-type', { what, wanted: 'number', text, found: type }, span);
      return undefined;
    }
    case 'window':
      return lengthOf(arg, place, checking);
    case 'percent': {
      if (arg.kind === 'literal' && typeof arg.value === 'number' && arg.type === 'number')
        if (arg.value >= 0 && arg.value <= 100) return arg;
      checking.find('rule.literal-percent', { text }, span);
      return undefined;
    }
    case 'literal_text': {
      if (arg.kind === 'literal' && typeof arg.value === 'string') return arg;
      checking.find('rule.literal-text', { text, usage }, span);
      return undefined;
    }
    case 'time_of_day': {
      if (arg.kind === 'literal' && TIME_OF_DAY.test(String(arg.value))) return arg;
      checking.find('rule.time-of-day', { text }, span);
      return undefined;
    }
  }
}

const TIME_OF_DAY = /^(?:[01]?\d|2[0-3]):[0-5]\d$/;

function lengthOf(arg: Expr, { name }: Place, checking: Checking): Expr | undefined {
  const { span } = arg;
  const text = checking.written(span);
  const length = asDuration(arg);
  if (length.kind !== 'literal' || length.type !== 'duration') {
    checking.find('rule.literal-duration', { text }, span);
    return undefined;
  }
  // A length that is only calculated with may be any.
  if (name === 'duration') return length;
  const value = Number(length.value);
  if (value >= 1 && value <= LONGEST_WINDOW_MS) return length;
  checking.find('rule.duration-range', { text, most: LONGEST_WINDOW_TEXT }, span);
  return undefined;
}

function typeOf(
  { returns }: FunctionSignature,
  first: Expr | undefined,
  second: Expr | undefined,
): ExprType {
  if (returns === 'tag') return first?.type ?? 'any';
  if (returns !== 'same') return returns;
  return first === undefined || first.type === 'any' ? (second?.type ?? 'any') : first.type;
}

function unitOf({ unit }: FunctionSignature, args: readonly Expr[]): string | undefined {
  // Of two that have to be alike a literal has none.
  const own = args.find((arg) => arg.unit !== undefined)?.unit;
  if (own === undefined || unit === undefined) return undefined;
  if (unit === 'per_second') return perSecond(own);
  return unit === 'seconds' ? timesSeconds(own) : own;
}

/** `clamp(x, lo, hi)`, both forms where there are two. */
export function usageOf({ name, signatures }: FunctionDeclaration): string {
  return signatures
    .map(({ parameters }) => `${name}(${parameters.map(argumentWord).join(', ')})`)
    .join(' · ');
}

function argumentWord({ name, type, isOptional }: FunctionParameter): string {
  const word =
    type === 'window'
      ? '"5m"'
      : type === 'time_of_day'
        ? '"06:00"'
        : type === 'literal_text'
          ? '"°C"'
          : name;
  return isOptional ? `[${word}]` : word;
}
