/**
 * One YAML file, as a tree with places: YAML 1.2, core schema, without anchors, aliases, merge keys,
 * tags and directives. The text is read token by token; depth and forbidden features are refused
 * at the token that shows them, so a hostile file costs no more than its length. The one file that
 * knows yaml.
 */
import {
  Composer,
  CST,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLParseError,
} from 'yaml';
import { printable, quoted } from '../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../gateway/model/errors.ts';
import { type Problem, problem } from './problem.ts';
import type { Entry, MapNode, Node, Place, SourceText } from './tree.ts';
import { written } from './tree.ts';

export const DEEPEST = 32;
/** In one map or list. */
export const MOST_ENTRIES = 10_000;
/** What follows the first mistakes in a file's syntax is mostly their echo. */
const MOST_SYNTAX_PROBLEMS = 5;

export interface YamlDocument {
  /** Undefined when the text is not YAML, or not a map. */
  readonly root: MapNode | undefined;
  readonly problems: readonly Problem[];
}

/** `file` is the name to print in places. */
export function parseYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), col: Math.max(1, col) };
  };
  const refused = (offset: number, code: ErrorCode, details?: ErrorDetails): YamlDocument => ({
    root: undefined,
    problems: [problem(placeAt(offset), code, details)],
  });

  const tokens = tokensOf(text, lines);
  if ('code' in tokens) return refused(tokens.offset, tokens.code, tokens.details);
  const [document] = new Composer({
    version: '1.2',
    schema: 'core',
    merge: false,
    // yaml's own check compares every key with every other; the tree below does it with a map.
    uniqueKeys: false,
    logLevel: 'silent',
  }).compose(tokens.list, true, text.length);
  if (document && document.errors.length > 0) {
    const some = document.errors.slice(0, MOST_SYNTAX_PROBLEMS);
    const problems = some.map((error) => syntaxProblem(error, text, placeAt));
    // A line that went wrong once goes on being wrong.
    const isFirst = ({ line }: Problem, index: number) =>
      problems.findIndex((one) => one.line === line) === index;
    return { root: undefined, problems: problems.filter(isFirst) };
  }
  const contents = document?.contents as ParsedNode | null | undefined;
  if (!contents || (isScalar(contents) && contents.value === null))
    return refused(0, 'config.empty');
  if (!isMap(contents))
    return refused(contents.range[0], 'config.not-map', { key: file, found: foundIn(contents) });
  const problems: Problem[] = [];
  const note = (offset: number, code?: ErrorCode, details?: ErrorDetails): Place => {
    const place = placeAt(offset);
    if (code !== undefined) problems.push(problem(place, code, details));
    return place;
  };
  const root = mapOf(
    contents as YAMLMap.Parsed,
    Object.assign(note, { source: { text, placeAt } }),
  );
  return { root, problems };
}

interface Refused {
  readonly offset: number;
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
}

const FORBIDDEN: ReadonlySet<string | null> = new Set(['anchor', 'alias', 'tag', 'directive-line']);
const CONTROL = /(?![\t\n\r])\p{Cc}/u;

function tokensOf(text: string, lines: LineCounter): { readonly list: CST.Token[] } | Refused {
  lines.addNewLine(0);
  const control = text.search(CONTROL);
  if (control >= 0) {
    for (let at = text.indexOf('\n'); at >= 0 && at < control; at = text.indexOf('\n', at + 1))
      lines.addNewLine(at + 1);
    const character = `U+${text.charCodeAt(control).toString(16).toUpperCase().padStart(4, '0')}`;
    return { offset: control, code: 'config.control-character', details: { character } };
  }
  const parser = new Parser(lines.addNewLine);
  const list: CST.Token[] = [];
  let documents = 0;
  const take = (tokens: Iterable<CST.Token>): CST.Token | undefined => {
    for (const token of tokens) {
      list.push(token);
      if (token.type === 'document' && ++documents > 1) return token;
    }
    return undefined;
  };
  for (const lexeme of new Lexer().lex(text)) {
    const { offset } = parser;
    if (FORBIDDEN.has(CST.tokenType(lexeme)))
      return { offset, code: 'config.yaml-feature', details: { found: lexeme.charAt(0) } };
    const second = take(parser.next(lexeme));
    if (second) return { offset: second.offset, code: 'config.several-documents' };
    const { stack } = parser;
    if (stack.length > DEEPEST && stack.filter(CST.isCollection).length > DEEPEST)
      return { offset, code: 'config.too-deep', details: { max: DEEPEST } };
  }
  const second = take(parser.end());
  return second ? { offset: second.offset, code: 'config.several-documents' } : { list };
}

function syntaxProblem(
  error: YAMLParseError,
  text: string,
  placeAt: (offset: number) => Place,
): Problem {
  const [offset] = error.pos;
  if (error.code === 'TAB_AS_INDENT') return problem(placeAt(offset), 'config.tab');
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const bare = text.slice(lineStart, offset + 1).search(BARE_REFERENCE);
  if (bare >= 0) return problem(placeAt(lineStart + bare), 'config.reference-unquoted');
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const own = ownWords(error, line);
  if (own !== undefined) return problem(placeAt(offset), own);
  const [reason] = error.message.split('\n');
  return problem(placeAt(offset), 'config.yaml-syntax', {
    reason: printable(reason ?? '', LONGEST_REASON),
  });
}

/** The mistakes of everyday in words of the catalogue; the others are told as the library does. */
function ownWords({ code, message }: YAMLParseError, line: string): ErrorCode | undefined {
  if (code === 'BAD_INDENT' && MISPLACED.test(message)) return 'config.yaml-indent';
  if (message.startsWith('Sequence item without')) return 'config.yaml-indent';
  if (message.startsWith('Implicit keys need to be')) return 'config.yaml-colon';
  const isBroken =
    code === 'BLOCK_IN_FLOW' ||
    (code === 'UNEXPECTED_TOKEN' && message.includes('at node end')) ||
    (code === 'MISSING_CHAR' && message.startsWith('Missing , or :')) ||
    (code === 'BLOCK_AS_IMPLICIT_KEY' && TWO_VALUES.test(line));
  return isBroken && A_VALUE.test(line) ? 'config.yaml-quotes' : undefined;
}

const MISPLACED = /^All (?:mapping|sequence) items must start at the same column/;
const A_VALUE = /: +\S/;
const TWO_VALUES = /: [^:]*(?:: | \? )/;

const LONGEST_REASON = 200;

/** In a flow map the brace of a reference begins another map. */
const BARE_REFERENCE = /(?<=: *)\$\{/;

/** Notes a problem when given a code; returns the place. */
type Note = ((offset: number, code?: ErrorCode, details?: ErrorDetails) => Place) & {
  readonly source: SourceText;
};

function treeOf(node: ParsedNode | null, at: number, note: Note): Node {
  if (isMap(node)) return mapOf(node, note);
  if (isSeq(node)) {
    const place = note(node.range[0]);
    if (node.items.length > MOST_ENTRIES) tooMany(node, note);
    const items = node.items.slice(0, MOST_ENTRIES) as (ParsedNode | null)[];
    return { kind: 'list', at: place, items: items.map((item) => treeOf(item, at, note)) };
  }
  if (!isScalar(node)) return { kind: 'scalar', at: note(at), value: null };
  return scalarOf(node, note);
}

function mapOf(map: YAMLMap.Parsed, note: Note): MapNode {
  const entries = new Map<string, Entry>();
  if (map.items.length > MOST_ENTRIES) tooMany(map, note);
  for (const { key, value } of map.items.slice(0, MOST_ENTRIES)) {
    const [offset] = key.range;
    if (!isScalar(key)) {
      note(offset, 'config.key-not-text');
      continue;
    }
    const name = key.source ?? String(key.value);
    const shown = printable(name);
    const first = entries.get(name)?.key;
    if (first) note(offset, 'config.duplicate-key', { key: shown, first: written(first) });
    else if (name === '<<') note(offset, 'config.yaml-feature', { found: name });
    else if (POLLUTING.has(name)) note(offset, 'config.key-forbidden', { key: shown });
    else entries.set(name, { key: note(offset), value: treeOf(value, offset, note) });
  }
  return { kind: 'map', at: note(map.range[0]), entries };
}

const tooMany = ({ range }: ParsedNode, note: Note): Place =>
  note(range[0], 'config.too-many-keys', { max: MOST_ENTRIES });

const POLLUTING: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function scalarOf(scalar: Scalar.Parsed, note: Note): Node {
  const { value, source, type } = scalar;
  const at = note(scalar.range[0]);
  if (typeof value === 'string')
    return { kind: 'scalar', at, value, source: note.source, start: scalar.range[0] };
  if (typeof value !== 'number' || type !== 'PLAIN')
    return { kind: 'scalar', at, value: value as boolean | null };
  if (SERIAL_FORMAT.test(source)) return { kind: 'scalar', at, value: source };
  const [, lead = '', digits = ''] = /^[-+]?(0*)([\d.]*)/.exec(source) ?? [];
  const whole = !/[.eE]/.test(source) || /^0[xo]/.test(source);
  const inexact = whole ? !Number.isSafeInteger(value) : digits.replace('.', '').length > 15;
  if (lead !== '' && /^\d/.test(digits)) note(scalar.range[0], 'config.leading-zero');
  else if (inexact) note(scalar.range[0], 'config.number-inexact');
  return { kind: 'scalar', at, value };
}

/** Here `8E1` is eight data bits, even parity and one stop bit; to YAML it is eighty. */
const SERIAL_FORMAT = /^\dE\d$/;

const foundIn = (node: ParsedNode): string =>
  quoted(isSeq(node) ? [] : isScalar(node) ? node.value : node);
