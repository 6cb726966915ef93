/**
 * Where in a YAML file a character of a scalar's value stands: plain, in either kind of quotes, or in a block. The
 * source is read again along the value, up to the character asked for, so nothing is kept for those nobody asks
 * about. Total: what cannot be followed ends at the last place that could. Pure.
 */

/** `start`: where the scalar begins in the text of the file. The answer is an offset in that text. */
export function offsetInScalar(text: string, start: number, value: string, offset: number): number {
  const most = Math.max(0, Math.min(offset, value.length));
  switch (text[start]) {
    case "'":
      return alongFlow(text, start + 1, value, most, singleQuoted);
    case '"':
      return alongFlow(text, start + 1, value, most, doubleQuoted);
    case '|':
    case '>':
      return alongBlock(text, start, value, most);
    default:
      return alongFlow(text, start, value, most, plain);
  }
}

/** How many units of the source and of the value one character takes. */
type Character = (text: string, at: number) => { readonly source: number; readonly value: number };

const ONE = { source: 1, value: 1 };
const plain: Character = () => ONE;

const singleQuoted: Character = (text, at) =>
  text[at] === "'" && text[at + 1] === "'" ? { source: 2, value: 1 } : ONE;

const HEX_DIGITS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
/** A line break behind a backslash says nothing, and neither do the blanks that begin the next line. */
const ESCAPED_BREAK = /\\\r?\n[ \t]*/y;
const LAST_OF_ONE_UNIT = 0xffff;

const doubleQuoted: Character = (text, at) => {
  if (text[at] !== '\\') return ONE;
  const broken = lengthOf(ESCAPED_BREAK, text, at);
  if (broken > 0) return { source: broken, value: 0 };
  const digits = HEX_DIGITS[text[at + 1] ?? ''] ?? 0;
  const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
  return { source: 2 + digits, value: code > LAST_OF_ONE_UNIT ? 2 : 1 };
};

/** Lines are folded: one break is a blank, each further one a line feed. */
const FOLD = /[ \t]*(?:\r?\n[ \t]*)+/y;

function alongFlow(
  text: string,
  start: number,
  value: string,
  offset: number,
  character: Character,
): number {
  let at = start;
  let reached = 0;
  while (reached < offset && at < text.length) {
    const fold = lengthOf(FOLD, text, at);
    if (fold > 0) {
      const breaks = text.slice(at, at + fold).split('\n').length - 1;
      const folded = breaks === 1 ? 1 : breaks - 1;
      if (reached + folded > offset) return at;
      reached += folded;
      at += fold;
      continue;
    }
    const step = character(text, at);
    if (reached + step.value > offset) return at;
    reached += step.value;
    at += step.source;
  }
  // What says nothing before the character is not its place.
  for (;;) {
    const { source, value: none } = character(text, at);
    if (none > 0 || reached >= value.length || at >= text.length) return at;
    at += source;
  }
}

/** The header and the empty lines behind it, which the value has as well. */
const HEADER = /[|>][^\n]*\n?/y;
const EMPTY_LINES = /(?:[ \t]*\r?\n)*/y;
const BLANKS = /[ ]*/y;

function alongBlock(text: string, start: number, value: string, offset: number): number {
  const header = start + lengthOf(HEADER, text, start);
  const lead = /^\n*/.exec(value)?.[0].length ?? 0;
  const first = header + lengthOf(EMPTY_LINES, text, header);
  const indent = lengthOf(BLANKS, text, first) - lengthOf(BLANKS, value, lead);
  if (offset < lead) return header;
  let at = first + indent;
  let reached = lead;
  while (reached < offset && at < text.length) {
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    if (text[at] !== '\n') {
      at++;
      reached++;
      continue;
    }
    const breaks = at;
    while (text[at] === '\n') at = afterBreak(text, at, indent);
    const folded = value[reached] === ' ' ? 1 : lineFeeds(value, reached);
    if (reached + folded > offset) return breaks;
    reached += folded;
  }
  return Math.min(at, text.length);
}

/** Behind a line break and the indentation of the next line, where it has one. */
function afterBreak(text: string, at: number, indent: number): number {
  const line = at + 1;
  const blanks = Math.min(indent, lengthOf(BLANKS, text, line));
  const isEmpty = text[line + blanks] === '\r' && text[line + blanks + 1] === '\n';
  return line + blanks + (isEmpty ? 1 : 0);
}

function lineFeeds(value: string, from: number): number {
  let to = from;
  while (value[to] === '\n') to++;
  return to - from;
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
