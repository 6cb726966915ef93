/**
 * From the text of an expression to its form. The language is a part of CEL: its parser reads the text, and whatever
 * of its language is not ours is refused here. Promises: never throws, whatever the text; time is
 * linear in a text of limited length; spans are places in the text as written.
 */
import { Environment } from '@marcbachmann/cel-js';
import { printable } from '../../gateway/host/quoted.ts';
import type { ErrorCode, ErrorDetails } from '../../gateway/model/errors.ts';
import type { BinaryOperator, Span } from '../expression.ts';
import { complaintsOf, shielded } from './parse-words.ts';
import {
  EXPRESSION_LIMITS,
  type ExpressionFinding,
  type LiteralSyntax,
  type NameSyntax,
  type Parsed,
  type Syntax,
} from './syntax.ts';

/** The library counts round brackets too, and every dot while it reads a path. */
const LIBRARY_DEPTH = 3 * EXPRESSION_LIMITS.depth;
const MOST_ARGUMENTS = 8;

/**
 * The library keeps every name of a function that it ever read, those that do not exist too; so it is made anew
 * before they can come to much: 2 MB in so many texts of the greatest length.
 */
const MOST_READINGS = 1_000;

const newLibrary = () => ({
  readings: 0,
  cel: new Environment({
    limits: {
      // Each part of a dotted name is a node of the library's.
      maxAstNodes: 4 * EXPRESSION_LIMITS.nodes,
      maxDepth: LIBRARY_DEPTH,
      maxListElements: EXPRESSION_LIMITS.list,
      maxMapEntries: 1,
      maxCallArguments: MOST_ARGUMENTS,
    },
    // Environments without a function of their own share the place of those names.
  }).registerFunction('own(): bool', () => true),
});

let library = newLibrary();

/** Reads an expression; all that its form alone can tell to be wrong is found. */
export function parseExpression(text: string): Parsed {
  if (text.length > EXPRESSION_LIMITS.characters)
    return refused(
      'rule.expression-too-long',
      { max: EXPRESSION_LIMITS.characters },
      {
        start: 0,
        end: text.length,
      },
    );
  if (text.trim() === '') return refused('rule.expression-empty', {}, { start: 0, end: 0 });
  let parsed: Cel;
  try {
    if (++library.readings > MOST_READINGS) library = newLibrary();
    parsed = library.cel.parse(shielded(text)).ast;
  } catch (error) {
    return { ok: false, findings: complaintsOf(error, text) };
  }
  const reading = new Reading(text);
  const root = reading.read(parsed, 0);
  return reading.findings.length === 0
    ? { ok: true, root }
    : { ok: false, findings: reading.findings };
}

/** A node of the library, of which only the form is believed. */
interface Cel {
  readonly op: string;
  readonly args: unknown;
  readonly pos: number;
  readonly start: number;
  readonly end: number;
}

const BINARY: ReadonlySet<string> = new Set<BinaryOperator>([
  ...(['+', '-', '*', '/', '%'] as const),
  ...(['<', '<=', '>', '>=', '==', '!=', '&&', '||'] as const),
]);
const isBinary = (op: string): op is BinaryOperator => BINARY.has(op);

/** What of CEL is not ours, as people see it. */
const FOREIGN: Readonly<Record<string, string>> = {
  map: '{…}',
  list: '[…]',
  '[]': 'x[…]',
  '[?]': 'x[?…]',
  '.?': 'x.?y',
};

class Reading {
  readonly findings: ExpressionFinding[] = [];
  readonly #text: string;
  #nodes = 0;
  #isTooComplex = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(node: Cel, depth: number): Syntax {
    const span = spanOf(node);
    this.#nodes++;
    const { depth: deepest, nodes } = EXPRESSION_LIMITS;
    if (depth > deepest || this.#nodes > nodes) {
      // Said once; nothing of the rest is read.
      if (!this.#isTooComplex)
        this.#find('rule.expression-too-complex', { depth: deepest, nodes }, span);
      this.#isTooComplex = true;
      this.#nodes = nodes;
      return nothing(span);
    }
    const { op, args } = node;
    if (op === 'value') return this.#literal(args, span);
    if (op === 'id') return this.#name(node);
    if (op === '.') return this.#path(node, depth);
    if (op === '!_') return { kind: 'not', of: this.read(args as Cel, depth + 1), span };
    if (op === '-_') return this.#negated(args as Cel, depth, span);
    if (op === 'in') return this.#membership(args as [Cel, Cel], depth, span);
    if (op === 'call') return this.#call(args as [string, Cel[]], depth, span);
    if (op === 'rcall') return this.#method(args as [string, Cel, Cel[]], depth, span);
    if (op === '?:') {
      const [when, then, otherwise] = (args as [Cel, Cel, Cel]).map((part) =>
        this.read(part, depth + 1),
      ) as [Syntax, Syntax, Syntax];
      return { kind: 'choose', when, then, otherwise, span };
    }
    if (isBinary(op)) {
      const [left, right] = args as [Cel, Cel];
      // A chain leans to the left and is no deeper for being long.
      const of = this.read(left, isBinary(left.op) ? depth : depth + 1);
      return { kind: 'binary', op, left: of, right: this.read(right, depth + 1), span };
    }
    return this.#foreign(FOREIGN[op] ?? op, span);
  }

  #literal(value: unknown, span: Span): Syntax {
    if (typeof value === 'boolean') return { kind: 'literal', value, span };
    if (typeof value === 'number') return { kind: 'literal', value, span };
    if (typeof value === 'bigint') {
      if (value > Number.MAX_SAFE_INTEGER + 1)
        this.#find('rule.number-too-large', { found: printable(String(value)) }, span);
      return { kind: 'literal', value: Number(value), span };
    }
    if (typeof value === 'string') {
      if (value.length > EXPRESSION_LIMITS.text)
        this.#find('rule.text-too-long', { max: EXPRESSION_LIMITS.text }, span);
      return { kind: 'literal', value, span };
    }
    if (value === null) {
      this.#find('rule.instead', { found: 'null', instead: 'isBad(x)' }, span);
      return nothing(span);
    }
    return this.#foreign(this.#written(span), span);
  }

  #name(node: Cel): NameSyntax {
    const span = spanOf(node);
    return { kind: 'name', path: this.#written(span), span };
  }

  /** The parts of a dotted name; every part has its own place behind the dot. */
  #path(node: Cel, depth: number): Syntax {
    const parts: string[] = [];
    let at = node;
    while (at.op === '.') {
      parts.unshift(this.#text.slice(at.pos, at.end));
      at = (at.args as [Cel, string])[0];
    }
    const span = spanOf(node);
    if (at.op !== 'id') {
      this.read(at, depth + 1);
      return this.#foreign(`(…).${parts.join('.')}`, span);
    }
    return { kind: 'name', path: [this.#written(spanOf(at)), ...parts].join('.'), span };
  }

  #negated(of: Cel, depth: number, span: Span): Syntax {
    const read = this.read(of, depth + 1);
    return read.kind === 'literal' && typeof read.value === 'number' && read.value >= 0
      ? { kind: 'literal', value: 0 - read.value, span }
      : { kind: 'negate', of: read, span };
  }

  #membership([of, list]: [Cel, Cel], depth: number, span: Span): Syntax {
    const left = this.read(of, depth + 1);
    if (list.op !== 'list') {
      this.#find('rule.list-wanted', {}, spanOf(list));
      return nothing(span);
    }
    const entries: (LiteralSyntax | NameSyntax)[] = [];
    for (const entry of list.args as Cel[]) {
      const read = this.read(entry, depth + 1);
      if (read.kind === 'literal' || read.kind === 'name') entries.push(read);
      else this.#find('rule.list-entry', { found: printable(this.#written(read.span)) }, read.span);
    }
    if (entries.length === 0 && (list.args as Cel[]).length === 0)
      this.#find('rule.list-wanted', {}, spanOf(list));
    return { kind: 'in', of: left, list: entries, span };
  }

  #call([name, args]: [string, Cel[]], depth: number, span: Span): Syntax {
    return {
      kind: 'call',
      name,
      isMethod: false,
      args: args.map((arg) => this.read(arg, depth + 1)),
      span,
    };
  }

  #method([name, of, args]: [string, Cel, Cel[]], depth: number, span: Span): Syntax {
    // What CEL itself expands: the arguments name variables of their own.
    if (MACROS.has(name)) return this.#foreign(`.${name}(…)`, span);
    const all = [of, ...args].map((arg) => this.read(arg, depth + 1));
    return { kind: 'call', name, isMethod: true, args: all, span };
  }

  #foreign(what: string, span: Span): Syntax {
    this.#find('rule.not-in-language', { what: printable(what) }, span);
    return nothing(span);
  }

  #find(code: ErrorCode, details: ErrorDetails, span: Span): void {
    this.findings.push({ code, details, span });
  }

  #written({ start, end }: Span): string {
    return this.#text.slice(start, end);
  }
}

const MACROS: ReadonlySet<string> = new Set([
  'all',
  'exists',
  'exists_one',
  'map',
  'filter',
  'bind',
]);

const spanOf = ({ start, end }: Cel): Span => ({ start, end });
const nothing = (span: Span): Syntax => ({ kind: 'literal', value: false, span });

const refused = (code: ErrorCode, details: ErrorDetails, span: Span): Parsed => ({
  ok: false,
  findings: [{ code, details, span }],
});
