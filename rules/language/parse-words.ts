/**
 * Around the parser of expressions: words that CEL keeps for itself but a site may have as names, and its complaints
 * in our words. Pure; linear in the text.
 */
import { printable } from '../../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import { insteadOf, percentAtEnd, plainOf, slipAt } from './parse-slips.ts';
import { EXPRESSION_LIMITS, type ExpressionFinding } from './syntax.ts';

/** Refused by CEL as the beginning of a name: a device may well be called `loop`. */
const KEPT_FIRST: ReadonlySet<string> = new Set(
  (
    'as break const continue else for function if import let loop package namespace ' +
    'return var void while __proto__ prototype'
  ).split(' '),
);
/** Refused by CEL behind a dot. */
const KEPT_LATER: ReadonlySet<string> = new Set(['in', 'true', 'false', 'null']);

/**
 * The text with such words changed into others of the same length, so that every place stays what it was. The names
 * have to be taken from the text as written.
 */
export function shielded(text: string): string {
  let out = '';
  let at = 0;
  let isBehindDot = false;
  while (at < text.length) {
    const end = endOfPiece(text, at);
    const piece = text.slice(at, end);
    const kept = isBehindDot ? KEPT_LATER : KEPT_FIRST;
    out += kept.has(piece) && nextOf(text, end) !== '(' ? `x${piece.slice(1)}` : piece;
    if (!BLANK.test(piece)) isBehindDot = piece === '.';
    at = end;
  }
  return out;
}

const BLANK = /^\s/;
const WORD = /\w+/y;
const BLANKS = /\s+/y;
const COMMENT = /\/\/[^\n]*/y;

/** Of a word, a text in quotes, blanks, a comment, or one character. */
function endOfPiece(text: string, at: number): number {
  for (const pattern of [WORD, BLANKS, COMMENT]) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return pattern.lastIndex;
  }
  const quote = text[at];
  if (quote !== '"' && quote !== "'") return at + 1;
  const mark = text.startsWith(quote.repeat(3), at) ? quote.repeat(3) : quote;
  for (let end = at + mark.length; end < text.length; end++) {
    if (text[end] === '\\') end++;
    else if (text.startsWith(mark, end)) return end + mark.length;
  }
  return text.length;
}

function nextOf(text: string, from: number): string | undefined {
  BLANKS.lastIndex = from;
  return text[BLANKS.test(text) ? BLANKS.lastIndex : from];
}

/** What the library tells of a text that it cannot read. */
interface Complaint {
  readonly code?: string;
  readonly range?: { readonly start: number; readonly end: number };
}

/** Findings for anything that the library throws: one, or one for each full-width character. */
export function complaintsOf(error: unknown, text: string): readonly ExpressionFinding[] {
  const found = complaintOf(error, text);
  return found.code === 'rule.full-width' ? fullWidthIn(text) : [found];
}

/** All outside of texts, so that nobody has to find them one at a time. */
function fullWidthIn(text: string): readonly ExpressionFinding[] {
  const findings: ExpressionFinding[] = [];
  for (let at = 0, end = 0; at < text.length; at = end) {
    end = BLANK.test(text.charAt(at)) ? at + 1 : endOfPiece(text, at);
    const found = text.slice(at, end);
    const instead = plainOf(found);
    if (instead !== undefined)
      findings.push({
        code: 'rule.full-width',
        details: { found: visible(found), instead },
        span: { start: at, end },
      });
  }
  return findings;
}

/** Blanks by their number, because nobody sees them. */
const visible = (character: string): string =>
  character.trim() === ''
    ? `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`
    : character;

function complaintOf(error: unknown, text: string): ExpressionFinding {
  const { code = '', range } = error instanceof Error ? (error as Complaint) : {};
  const start = Math.min(Math.max(range?.start ?? 0, 0), text.length);
  const end = Math.min(Math.max(range?.end ?? text.length, start), text.length);
  const span = { start, end };
  const written = text.slice(start, end);
  const find = (own: ErrorCode, details: ErrorDetails = {}): ExpressionFinding => ({
    code: own,
    details,
    span,
  });
  const found = printable(written);
  const instead = insteadOf(written);
  switch (code) {
    case 'limit_exceeded': {
      const { depth, nodes } = EXPRESSION_LIMITS;
      return find('rule.expression-too-complex', { depth, nodes });
    }
    case 'unterminated_string':
    case 'unterminated_triple_quoted_string':
    case 'newline_in_string':
      return find('rule.text-open');
    case 'invalid_number':
    case 'invalid_integer':
    case 'invalid_hex_integer':
    case 'invalid_exponent':
      return find('rule.number-form', { found });
    case 'reserved_identifier':
      return instead === undefined
        ? find('rule.unknown-function', { name: found, known: '—' })
        : find('rule.instead', { found, instead });
  }
  if (code.includes('escape') || code === 'invalid_unicode_surrogate')
    return find('rule.escape', { found });
  if (code.startsWith('invalid_macro')) return find('rule.not-in-language', { what: found });
  if (plainOf(written) !== undefined) return find('rule.full-width');
  const isCutShort = text.slice(start).trim() === '';
  const slip = isCutShort ? percentAtEnd(text) : slipAt(text, start);
  if (slip !== undefined) {
    const slipped = printable(text.slice(slip.span.start, slip.span.end));
    return {
      code: slip.code,
      details: { found: slipped, instead: slip.instead },
      span: slip.span,
    };
  }
  return isCutShort ? find('rule.cut-short') : find('rule.unexpected', { found });
}
