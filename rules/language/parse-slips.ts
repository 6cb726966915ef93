/**
 * What people write who think in another language: SQL, Python, a PLC, Chinese. Tells what was written and what
 * stands for it here. Pure; looks at the places around one complaint of the parser and is linear in the text.
 */
import type { Span } from '../expression.ts';

/** Where it was written, and what is written instead. */
export interface Slip {
  readonly code: 'rule.instead' | 'rule.unit-in-expression';
  readonly span: Span;
  readonly instead: string;
}

const AND = '&&';
const OR = '||';
const NOT = '!';
const CHOICE = 'a ? b : c';

/** Words and signs that mean an operator elsewhere; words in small letters. */
const OPERATORS: ReadonlyMap<string, string> = new Map([
  ...of(AND, 'and 且 并且 而且 和 与'),
  ...of(OR, 'or | 或 或者'),
  ...of(NOT, 'not ~ 非 不 不是'),
  ...of('==', '= === is equals eq 等于'),
  ...of('!=', '!== <> =! ~= xor ne 不等于'),
  ...of('>=', '=> ge 大于等于 不小于'),
  ...of('<=', '=< le 小于等于 不大于'),
  ...of('>', '>> gt 大于 高于'),
  ...of('<', '<< lt 小于 低于'),
  ['&', '&&, bit(x, 2)'],
  ...of('x * x', '^ **'),
  ...of('%', 'mod'),
  ...of(CHOICE, 'if then else 如果 那么 否则'),
  ...of('x >= 1 && x <= 5', 'between ..'),
]);

function of(instead: string, words: string): readonly (readonly [string, string])[] {
  return words.split(' ').map((word) => [word, instead]);
}

/** Words in the place of a value or a function. */
const VALUES: ReadonlyMap<string, string> = new Map([
  ...of('true', 'on yes 开 是 真'),
  ...of('false', 'off no 关 否 假'),
  ...of('isBad(x)', 'null bad none nan undefined'),
  ...of('isGood(x)', 'good'),
  ...of('avg', 'mean average 平均'),
  ...of('hour(), between("22:00", "06:00")', 'now time clock'),
  ...of('size', 'len length'),
  ...of('text', 'str string'),
  ...of('round, floor', 'int'),
  ...of('x * x', 'pow'),
]);

/** What stands here for a word that nothing is called by. */
export const insteadOf = (word: string): string | undefined =>
  VALUES.get(word.toLowerCase()) ?? OPERATORS.get(word.toLowerCase());

const LONGEST_SIGN = 4;
const SIGNS = new Set('=<>!&|^*~.');
/** Begins a unit and nothing else. */
const SIGN_OF_UNIT = /^[°℃Ω]/;
const WORD = /^[\p{L}\p{N}_]{1,20}/u;
const LAST_WORD = /(?<![\p{L}\p{N}_.])([\p{L}_]+)\s*$/u;
const LAST_NUMBER = /(?<![\p{L}\p{N}_.])[\d.]*\d\s*$/u;
const UNIT = /^[%°℃µμΩ\p{L}][%°℃µμΩ²³/\p{L}]{0,20}/u;
const DURATION_UNITS: ReadonlySet<string> = new Set(['ms', 's', 'm', 'h', 'd']);

/** The slip at the place where the parser stopped, if it is one that people make. */
export function slipAt(text: string, at: number): Slip | undefined {
  return (
    operatorAt(text, at) ?? brokenNumberAt(text, at) ?? unitAt(text, at) ?? wordBefore(text, at)
  );
}

/** Words and numbers that are looked for are short; a text of nothing but digits is not searched again and again. */
const LOOKED_BACK = 40;

function lastBefore(pattern: RegExp, text: string, at: number): readonly string[] {
  const start = Math.max(0, at - LOOKED_BACK);
  const found = pattern.exec(text.slice(start, at));
  return found === null || (found.index === 0 && start > 0) ? [] : found;
}

function operatorAt(text: string, at: number): Slip | undefined {
  const [word] = WORD.exec(text.slice(at)) ?? [];
  if (word !== undefined) return known(text, at, at + word.length);
  let start = at;
  let end = at;
  if (!SIGNS.has(text.charAt(at))) return undefined;
  while (at - start < LONGEST_SIGN && SIGNS.has(text.charAt(start - 1))) start--;
  while (end - at < LONGEST_SIGN && SIGNS.has(text.charAt(end))) end++;
  // Of `a =!b` both signs, of `a &!b` the first alone.
  return known(text, start, end) ?? known(text, at, at + 1);
}

function known(text: string, start: number, end: number): Slip | undefined {
  const instead = OPERATORS.get(text.slice(start, end).toLowerCase());
  return instead === undefined
    ? undefined
    : { code: 'rule.instead', span: { start, end }, instead };
}

/** `3,5` for 3.5; `22:00` without its quotes. */
function brokenNumberAt(text: string, at: number): Slip | undefined {
  const mark = text.charAt(at);
  if (mark !== ',' && mark !== ':') return undefined;
  const [before] = lastBefore(LAST_NUMBER, text, at);
  const [behind] = /^\d{1,15}/.exec(text.slice(at + 1)) ?? [];
  if (before === undefined || before.endsWith(' ') || behind === undefined) return undefined;
  const start = at - before.length;
  const instead =
    mark === ',' ? `${before.replaceAll('.', '')}.${behind}` : `"${before}:${behind}"`;
  return { code: 'rule.instead', span: { start, end: at + 1 + behind.length }, instead };
}

/** `5m`, `80 %`, `3 bar`, and `press.oil_temp °C` too. */
function unitAt(text: string, at: number): Slip | undefined {
  const [unit] = UNIT.exec(text.slice(at)) ?? [];
  if (unit === undefined) return undefined;
  const [number] = lastBefore(LAST_NUMBER, text, at);
  if (number === undefined)
    return !SIGN_OF_UNIT.test(unit)
      ? undefined
      : {
          code: 'rule.unit-in-expression',
          span: { start: at, end: at + unit.length },
          instead: '',
        };
  const span = { start: at - number.length, end: at + unit.length };
  return DURATION_UNITS.has(unit)
    ? { code: 'rule.instead', span, instead: `"${number.trim()}${unit}"` }
    : { code: 'rule.unit-in-expression', span, instead: number.trim() };
}

/** The percent sign of `humidity > 80 %` is a modulo whose second half is missing. */
export function percentAtEnd(text: string): Slip | undefined {
  const trimmed = text.trimEnd();
  if (!trimmed.endsWith('%')) return undefined;
  const [number] = lastBefore(LAST_NUMBER, trimmed, trimmed.length - 1);
  return number === undefined ? undefined : unitAt(trimmed, trimmed.length - 1);
}

/** `not press.pump`, `if press.pump`: the parser stops one word later. */
function wordBefore(text: string, at: number): Slip | undefined {
  const [, word] = lastBefore(LAST_WORD, text, at);
  if (word === undefined) return undefined;
  const start = text.lastIndexOf(word, at);
  return known(text, start, start + word.length);
}

/** Signs of a Chinese keyboard and of word processors that are no others made wide. */
const TYPOGRAPHIC: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '。': '.',
    '、': ',',
    '【': '[',
    '】': ']',
    '“': '"',
    '”': '"',
    '‘': "'",
    '’': "'",
    '「': '"',
    '」': '"',
    '《': '<',
    '》': '>',
    '`': '"',
    '´': "'",
    '×': '*',
    '÷': '/',
    '≥': '>=',
    '≤': '<=',
    '≠': '!=',
    '≈': '==',
    '−': '-',
    '–': '-',
    '\u3000': '" "',
    '\u00a0': '" "',
  }),
);

const FULL_WIDTH_FIRST = 0xff01;
const FULL_WIDTH_LAST = 0xff5e;
const FULL_WIDTH_OFFSET = 0xfee0;

/** The plain character for a full-width or typographic one. */
export function plainOf(character: string): string | undefined {
  const code = character.codePointAt(0) ?? 0;
  // No expression has a semicolon, wide or not.
  if (character === '；') return undefined;
  if (code >= FULL_WIDTH_FIRST && code <= FULL_WIDTH_LAST)
    return String.fromCharCode(code - FULL_WIDTH_OFFSET);
  return TYPOGRAPHIC.get(character);
}
