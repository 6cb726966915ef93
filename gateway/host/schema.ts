/**
 * One declaration per option: parser, default, bounds, words for people and JSON Schema together.
 * The one file that knows zod. zod walks a value and collects every issue; what an issue says is
 * ours: the message given to zod is a code of the catalogue and its details.
 */
import * as z from 'zod';
import { CATALOGUE, type ErrorCode, fill } from '../model/errors.ts';
import type { Decimal } from '../model/sample.ts';
import { type Bytes, bytes, type Millis, millis } from '../model/units.ts';
import { type Form, formOf } from './form.ts';
import { byLikeness } from './likeness.ts';
import { amountsOf, DURATION, type Quantity, RATE, SHARE, SIZE } from './quantity.ts';
import { keyOf, printable, quoted, unquoted } from './quoted.ts';

/**
 * A problem with a value: where inside it, what, and a frozen code. With `details` the words are the
 * catalogue's, in every language; without, `message` is all there is.
 */
export interface SchemaIssue {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
  readonly details?: IssueDetails;
}

export type IssueDetails = Readonly<Record<string, string | number>>;

export type JsonSchema = Readonly<Record<string, unknown>>;
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

export interface Schema<T> {
  /** Never throws; reports every issue at once. */
  parse(value: unknown): Parsed<T>;
  readonly json: JsonSchema;
}

/** A schema that can be part of a larger one. */
export interface Option<T> extends Schema<T> {
  readonly type: z.ZodType;
}

/** What an option says about itself. `default` and `example` are as written in YAML. */
export interface Words<Written = never> {
  /** A sentence or two for the reference and the editor. */
  readonly doc?: string;
  readonly default?: Written;
  readonly example?: Written;
}

export interface Bounds<Written> {
  readonly min?: Written;
  readonly max?: Written;
}

export interface TextOptions extends Words<string> {
  /** The longest, in characters. Text is never empty. */
  readonly max?: number;
  readonly pattern?: RegExp;
  /** The code for text that does not match the pattern. */
  readonly code?: ErrorCode;
  /** The code for what is not text at all. */
  readonly wrongType?: ErrorCode;
}

/** Why a value is refused; `found` and `key` are added to the details. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly details?: IssueDetails;
}

const LONGEST_TEXT = 1_000;

// zod compiles parsers with `eval` where it may; this process may not, and parses once.
z.config({ jitless: true });

/** Text. A number is not text: YAML has already dropped its leading zeros and its last digits. */
export function text(options: TextOptions = {}): Option<string> {
  return option(textType(options), options);
}

/** Text with a meaning: `parse` returns it, or says what is wrong. */
export function parsedText<T>(
  parse: (written: string) => { readonly value: T } | Refusal,
  options: TextOptions = {},
): Option<T> {
  return option(transformed(textType(options), parse), options);
}

export function number(options: Words<number> & Bounds<number> = {}): Option<number> {
  return option(within(z.number(says('config.not-number')), options), options);
}

/** A whole number that a double holds exactly. */
export function integer(options: Words<number> & Bounds<number> = {}): Option<number> {
  return option(within(z.int(says('config.not-integer')), options), options);
}

export function flag(options: Words<boolean> = {}): Option<boolean> {
  return option(z.boolean(says('config.not-flag')), options);
}

/** One of a few named modes. */
export function oneOf<const V extends string | number>(
  values: readonly V[],
  options: Words<V> = {},
): Option<V> {
  const known = values.map(String);
  const type = z.literal([...values], {
    error: ({ input }) =>
      says('config.not-one-of', { known: byLikeness(unquoted(input), known).join(', ') }),
  });
  return option(type, options);
}

/** A length of time with its unit: `500ms`, `10s`, `15m`, `1h`, `30d`. */
export function duration(options: Words<string> & Bounds<string> = {}): Option<Millis> {
  return option(quantityType(DURATION, options, millis), withRange(options), kind('duration'));
}

/** An amount of bytes with its unit: `512KiB`, `2GB`. */
export function size(options: Words<string> & Bounds<string> = {}): Option<Bytes> {
  return option(quantityType(SIZE, options, bytes), withRange(options), kind('size'));
}

/** A share in percent, `5%`; its value is between 0 and 1. */
export function share(options: Words<string> & Bounds<string> = {}): Option<number> {
  const bounded = { min: '0%', max: '100%', ...options };
  return option(quantityType(SHARE, bounded, Number), withRange(bounded), kind('share'));
}

/** How fast something grows, `2/s`, `120/h`; its value is per hour. */
export function rate(options: Words<string> & Bounds<string> = {}): Option<number> {
  return option(quantityType(RATE, options, Number), withRange(options), kind('rate'));
}

/** A decimal number above 0, exact: a number, or text where it has more digits than a number keeps. */
export function decimal(options: Words<number | string> = {}): Option<Decimal> {
  const written = z.union([z.number(), z.string()], says('config.not-decimal'));
  const type = transformed(written, (input) => {
    const [, whole = '', fraction = ''] = DECIMAL.exec(String(input)) ?? [];
    const unscaled = BigInt(whole + fraction);
    if (unscaled === 0n) return { code: 'config.not-decimal' };
    return { value: { unscaled, decimals: fraction.length } };
  });
  return option(type, options, kind('decimal'));
}

const DECIMAL = /^(\d{1,30})(?:\.(\d{1,15}))?$/;

export function list<T>(of: Option<T>, options: Words & Bounds<number> = {}): Option<readonly T[]> {
  const { min = 0, max = LONGEST_LIST } = options;
  const length = says('config.list-length', { min, max });
  const type = z.array(of.type, says('config.not-list')).min(min, length).max(max, length);
  return option(type, options);
}

const LONGEST_LIST = 1_000;

/** Names that people choose, each with a value. `name` says what a name may look like. */
export function map<T>(
  name: TextOptions,
  of: Option<T>,
  options: Words<Nothing> = {},
): Option<ReadonlyMap<string, T>> {
  const entries = z.record(textType(name), of.type, says('config.not-map'));
  return option(
    entries.transform((values) => new Map(Object.entries(values))),
    options,
  );
}

type Nothing = Readonly<Record<string, never>>;
type Shape = Readonly<Record<string, Option<unknown>>>;
type ValueOf<O> = O extends Option<infer T> ? T : never;
type Values<S extends Shape> = { readonly [K in keyof S]: ValueOf<S[K]> };

/**
 * A fixed set of keys; any other key is an issue. `default: {}` makes a left-out object one of
 * defaults.
 */
export function object<S extends Shape>(shape: S, options: Words<Nothing> = {}): Option<Values<S>> {
  const known = Object.keys(shape).join(' ');
  const type = z.strictObject(typesOf(shape), {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? says('config.unknown-key', { known }) : says('config.not-map'),
  });
  return option(type, options);
}

/** A set of keys beside others that somebody else checks; those are kept as they are. */
export function openObject<S extends Shape>(
  shape: S,
  options: Words = {},
): Option<Values<S> & Readonly<Record<string, unknown>>> {
  return option(z.looseObject(typesOf(shape), says('config.not-map')), options);
}

/** A value that somebody else checks. */
export function anything(doc?: string): Option<unknown> {
  const isThere = (value: unknown) => value !== undefined;
  return option(z.custom(isThere, says('config.missing-key')), doc === undefined ? {} : { doc });
}

/** A value that may be left out; it is then undefined. */
export function optional<T>(of: Option<T>): Option<T | undefined> {
  return option(of.type.optional());
}

/**
 * Objects told apart by a key that only one of them has. The key that is present picks the object, so
 * a slip inside it is reported as what it is and not as "fits none".
 */
export function oneKeyOf<const V extends Shape>(
  variants: V,
  options: Words = {},
): Option<ValueOf<V[keyof V]>> {
  const keys = Object.keys(variants);
  const type = chosen((input) => {
    if (formOf(input) !== 'map') return { code: 'config.not-map' };
    const present = keys.filter((key) => Object.hasOwn(input as object, key));
    const variant = present.length === 1 ? variants[present[0] ?? ''] : undefined;
    return variant ?? { code: 'config.not-one-key', details: { known: keys.join(', ') } };
  });
  const json = () => ({ oneOf: Object.values(variants).map((variant) => variant.json) });
  return option(type, options, json);
}

/**
 * A value that may have one of several forms, told apart by what YAML makes of it. `code` is for a value of none of
 * them; `kind` is what the reference calls them together.
 */
export function byForm<const V extends Partial<Record<Form, Option<unknown>>>>(
  forms: V,
  words: Words<string> & { readonly code: ErrorCode; readonly kind?: string },
): Option<ValueOf<V[keyof V]>> {
  const type = chosen((input) => {
    const form = formOf(input);
    return (form !== 'none' && forms[form]) || { code: words.code };
  });
  return option(type, words, () => ({
    anyOf: Object.values(forms).map((form) => form.json),
    ...(words.kind !== undefined && { 'x-kind': words.kind }),
  }));
}

/** A value that one schema of several is for. */
const chosen = (schemaFor: (input: unknown) => Schema<unknown> | Refusal): z.ZodType =>
  z.unknown().transform((input, context) => {
    const one = schemaFor(input);
    const parsed = 'parse' in one ? one.parse(input) : undefined;
    if (parsed?.ok) return parsed.value;
    const issues = 'parse' in one ? (parsed?.issues ?? []) : [{ path: [], ...one }];
    for (const { path, code, details } of issues)
      context.issues.push({ code: 'custom', path: [...path], message: says(code, details), input });
    return z.NEVER;
  });

/** Bounds with units have no place in JSON Schema; the sentence says them. */
const withRange = (options: Words<string> & Bounds<string>): Words<string> => ({
  ...options,
  doc: `${options.doc ?? ''} From ${options.min ?? '0'} to ${options.max ?? 'any'}.`.trim(),
});

const kind = (name: string) => (): JsonSchema => ({ 'x-kind': name });

function quantityType<T>(
  quantity: Quantity,
  { min, max }: Bounds<string>,
  brand: (value: number) => T,
): z.ZodType {
  const { code, example } = quantity;
  const { pattern, amountOf } = amountsOf(quantity);
  const least = min === undefined ? 0 : amountOf(min);
  const most = max === undefined ? Number.MAX_SAFE_INTEGER : amountOf(max);
  const written = z
    .string({
      error: ({ input }) =>
        typeof input === 'number'
          ? says('config.unit-missing', { example: `${input}${example}` })
          : says(code),
    })
    .regex(pattern, says(code));
  return transformed(written, (input) => {
    const value = amountOf(input);
    if (value >= least && value <= most) return { value: brand(value) };
    return { code: 'config.out-of-range', details: { min: min ?? '0', max: max ?? '∞' } };
  });
}

function textType({ max = LONGEST_TEXT, pattern, code, wrongType }: TextOptions): z.ZodString {
  const sized = z
    .string(says(wrongType ?? 'config.not-text'))
    .min(1, says('config.text-empty'))
    .max(max, says('config.text-too-long', { max }));
  return pattern === undefined ? sized : sized.regex(pattern, says(code ?? 'config.text-form'));
}

function within(type: z.ZodNumber, { min, max }: Bounds<number>): z.ZodType {
  const range = says('config.out-of-range', { min: min ?? '-∞', max: max ?? '∞' });
  const atLeast = min === undefined ? type : type.min(min, range);
  return max === undefined ? atLeast : atLeast.max(max, range);
}

function transformed<W, T>(
  type: z.ZodType<W>,
  parse: (written: W) => { readonly value: T } | Refusal,
): z.ZodType {
  return type.transform((input, context) => {
    const result = parse(input);
    if ('value' in result) return result.value;
    context.issues.push({ code: 'custom', message: says(result.code, result.details), input });
    return z.NEVER;
  });
}

const typesOf = (shape: Shape): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(shape).map(([key, of]) => [key, of.type]));

/**
 * What the JSON Schema of a type says that zod does not know, or drops where a value is
 * transformed.
 */
const ownJson = new WeakMap<z.core.$ZodType, () => JsonSchema>();

function option<T>(
  bare: z.ZodType,
  words: Words<unknown> = {},
  json?: () => JsonSchema,
): Option<T> {
  // Every option's type is its own object, because what JSON Schema says beside zod hangs on it.
  const type = words.default === undefined ? bare.clone() : bare.prefault(words.default);
  ownJson.set(type, () => ({
    ...(words.doc !== undefined && { description: words.doc }),
    ...(words.example !== undefined && { examples: [words.example] }),
    ...json?.(),
  }));
  return {
    type,
    parse(value) {
      const result = type.safeParse(value, { reportInput: true });
      if (result.success) return { ok: true, value: result.data as T };
      return { ok: false, issues: result.error.issues.flatMap(issuesOf) };
    },
    get json() {
      const { $schema: _, ...json } = z.toJSONSchema(type, {
        io: 'input',
        target: 'draft-7',
        unrepresentable: 'any',
        override({ zodSchema, jsonSchema }) {
          Object.assign(jsonSchema, ownJson.get(zodSchema)?.());
          if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
          if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
        },
      });
      return json;
    },
  };
}

const says = (code: string, details: IssueDetails = {}): string =>
  JSON.stringify({ code, details });

function issuesOf(issue: z.core.$ZodIssue): SchemaIssue[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  const said = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
  const { code, details } = JSON.parse(said ?? '') as Required<Refusal>;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey([...path, key], String(details.known).split(' ')));
  const key = printable(keyOf(path));
  if (issue.code !== 'invalid_key' && issue.input === undefined)
    return [schemaIssue(path, 'config.missing-key', { key })];
  const found = quoted(issue.code === 'invalid_key' ? path.at(-1) : issue.input);
  return [schemaIssue(path, code, { key, found, ...details })];
}

/** The issue of a key that nobody knows, with the keys that are known, the likeliest first. */
export function unknownKey(
  path: readonly (string | number)[],
  known: readonly string[],
): SchemaIssue {
  const key = String(path.at(-1));
  const likely = byLikeness(key, known);
  return schemaIssue(path, 'config.unknown-key', {
    key: printable(key),
    nearest: likely[0] ?? '',
    known: likely.join(', '),
  });
}

/** An issue with the catalogue's words. */
export function schemaIssue(
  path: readonly (string | number)[],
  code: ErrorCode,
  details: IssueDetails,
): SchemaIssue {
  return { path, code, message: fill(CATALOGUE[code].message.en, details), details };
}
