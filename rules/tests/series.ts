/**
 * The series of a rule's test, from text: what a tag shows at each step. Items stand between blanks: `60x10` ten steps
 * of 60 · `60+0.5x20` 60 and twenty more, each 0.5 higher · `_` no sample · `bad:device` · `80?` uncertain. Pure and
 * total: every text is a series or an error with its place, after work that is bounded by the length of both.
 */
import { printable } from '../../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { isBad, QUALITIES, type Quality } from '../../gateway/model/quality.ts';
import type { Plain } from '../expression.ts';

/** The longest series of a test, in steps. */
export const MOST_STEPS = 100_000;

/** What a tag shows at one step; undefined: no sample then. */
export type SeriesSample = { readonly value: Plain | null; readonly quality: Quality } | undefined;

/** `at`: UTF-16 units from the beginning of the text to the item that is wrong. */
export type ParsedSeries =
  | { readonly ok: true; readonly samples: readonly SeriesSample[] }
  | {
      readonly ok: false;
      readonly at: number;
      readonly code: ErrorCode;
      readonly details: ErrorDetails;
    };

const NUMBER = String.raw`\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const BAD = 'bad';
const REASONS = QUALITIES.filter(isBad).map((quality) => quality.slice(BAD.length + 1));
/** Sticky and without choices that overlap: each character is looked at once or twice. */
const ITEM = new RegExp(
  [
    '(?<none>_)',
    `(?<bad>${BAD}(?::(?:${REASONS.join('|')}))?)`,
    `(?<from>-?${NUMBER})(?<by>[+-]${NUMBER})(?=x)`,
    `(?:(?<number>-?${NUMBER})|(?<flag>true|false)|(?<text>'(?:[^']|'')*'))(?<doubt>\\?)?`,
  ].join('|'),
  'y',
);
const TIMES = /x(\d+)/y;
const BLANKS = /\s*/y;

/** The steps that a text stands for. */
export function parseSeries(text: string): ParsedSeries {
  const samples: SeriesSample[] = [];
  let at = endOf(BLANKS, text, 0);
  if (at === text.length) return wrong(text, at);
  while (at < text.length) {
    const item = matchAt(ITEM, text, at);
    if (item === undefined) return wrong(text, at);
    let end = at + item[0].length;
    const times = matchAt(TIMES, text, end);
    end += times?.[0].length ?? 0;
    const count = times === undefined ? 1 : Number(times[1]);
    const next = endOf(BLANKS, text, end);
    if (count < 1 || (next === end && end < text.length)) return wrong(text, at);
    const { from, by } = item.groups ?? {};
    const isSlope = from !== undefined && by !== undefined;
    if (samples.length + count + (isSlope ? 1 : 0) > MOST_STEPS)
      return { ok: false, at, code: 'rules.series-too-long', details: { max: MOST_STEPS } };
    const added = isSlope ? slope(from, by, count) : repeated(item, count);
    if (added === undefined) return wrong(text, at);
    for (const sample of added) samples.push(sample);
    at = next;
  }
  return { ok: true, samples };
}

/** The same sample `count` times; undefined: a number that is too large. */
function repeated(item: RegExpExecArray, count: number): SeriesSample[] | undefined {
  const { none, bad, number, flag, text = '', doubt } = item.groups ?? {};
  if (none !== undefined) return filled(undefined, count);
  if (bad !== undefined)
    return filled({ value: null, quality: (bad === BAD ? 'bad:comm' : bad) as Quality }, count);
  const quality = doubt === undefined ? 'good' : 'uncertain:range';
  if (flag !== undefined) return filled({ value: flag === 'true', quality }, count);
  if (number === undefined)
    return filled({ value: text.slice(1, -1).replaceAll("''", "'"), quality }, count);
  const value = Number(number);
  return Number.isFinite(value) ? filled({ value, quality }, count) : undefined;
}

const filled = (sample: SeriesSample, count: number): SeriesSample[] =>
  new Array<SeriesSample>(count).fill(sample);

/** In units of the last digit that is written, so that `0+0.1x3` ends at 0.3; undefined: too large a number. */
function slope(from: string, by: string, count: number): SeriesSample[] | undefined {
  const scale = 10 ** Math.min(Math.max(digitsOf(from), digitsOf(by)), MOST_DIGITS);
  const [first, rise] = [Number(from) * scale, Number(by) * scale].map(nearlyWhole);
  if (first === undefined || rise === undefined) return undefined;
  const values = Array.from({ length: count + 1 }, (_, step) => (first + step * rise) / scale);
  return Number.isFinite(values[0]) && Number.isFinite(values.at(-1))
    ? values.map((value) => ({ value, quality: 'good' }))
    : undefined;
}

/** As many as a double holds of a number about one. */
const MOST_DIGITS = 15;
const digitsOf = (number: string): number => {
  const [, fraction = '', exponent = '0'] = /^[+-]?\d+\.?(\d*)(?:[eE](.+))?$/.exec(number) ?? [];
  return Math.max(0, fraction.length - Number(exponent));
};
const nearlyWhole = (value: number): number =>
  Math.abs(value) <= Number.MAX_SAFE_INTEGER ? Math.round(value) : value;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

const endOf = (pattern: RegExp, text: string, at: number): number =>
  at + (matchAt(pattern, text, at)?.[0].length ?? 0);

const LONGEST_ITEM = 40;
function wrong(text: string, at: number): ParsedSeries {
  const item = /^\S*/.exec(text.slice(at, at + LONGEST_ITEM + 1))?.[0] ?? '';
  return {
    ok: false,
    at,
    code: 'rules.series-item',
    details: { item: printable(item, LONGEST_ITEM) },
  };
}
