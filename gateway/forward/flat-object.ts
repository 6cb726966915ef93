/**
 * JSON from strangers, as strictly as it can be read: one object, flat, each key once. What is nested is refused at its first
 * bracket, so depth costs nothing, and nothing that was read has a prototype. Pure.
 */

/** What a flat object can hold. Numbers are finite, and integers exact: one that would become another is refused. */
export type Flat = string | number | boolean | null;

export type FlatProblem =
  | { readonly kind: 'not-json' }
  | { readonly kind: 'nested' }
  | { readonly kind: 'repeated-key'; readonly key: string }
  | { readonly kind: 'number'; readonly key: string }
  | { readonly kind: 'characters' };

export type FlatRead =
  | { readonly ok: true; readonly fields: ReadonlyMap<string, Flat> }
  | { readonly ok: false; readonly problem: FlatProblem };

/** RFC 8259 §2, §6, §7. */
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** The fields in the order in which they stand. The bytes have to be UTF-8, without a byte order mark. */
export function readFlatBytes(bytes: Uint8Array): FlatRead {
  try {
    return readFlat(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return wrong({ kind: 'characters' });
  }
}

export function readFlat(text: string): FlatRead {
  const reader = new Reader(text);
  const fields = new Map<string, Flat>();
  if (!reader.takes('{')) return wrong({ kind: 'not-json' });
  for (let more = !reader.takes('}'); more; ) {
    const key = reader.string();
    if (key === undefined || !reader.takes(':')) return wrong({ kind: 'not-json' });
    if (fields.has(key)) return wrong({ kind: 'repeated-key', key });
    if (reader.sees('{') || reader.sees('[')) return wrong({ kind: 'nested' });
    const value = reader.value();
    if (value === undefined) return wrong({ kind: 'not-json' });
    if (Number.isNaN(value)) return wrong({ kind: 'number', key });
    if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed()))
      return wrong({ kind: 'characters' });
    fields.set(key, value);
    more = reader.takes(',');
    if (!more && !reader.takes('}')) return wrong({ kind: 'not-json' });
  }
  return reader.isAtEnd() ? { ok: true, fields } : wrong({ kind: 'not-json' });
}

const wrong = (problem: FlatProblem): FlatRead => ({ ok: false, problem });

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  sees(mark: string): boolean {
    this.#match(SPACE);
    return this.#text.startsWith(mark, this.#at);
  }

  takes(mark: string): boolean {
    const isThere = this.sees(mark);
    if (isThere) this.#at += mark.length;
    return isThere;
  }

  string(): string | undefined {
    this.#match(SPACE);
    const literal = this.#match(STRING);
    return literal === undefined ? undefined : JSON.parse(literal);
  }

  /** Undefined: none is there; NaN: a number that cannot be had as it is written. */
  value(): Flat | undefined {
    const text = this.string();
    if (text !== undefined) return text;
    const word = this.#match(WORD);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const literal = this.#match(NUMBER);
    return literal === undefined ? undefined : exactly(literal);
  }

  isAtEnd(): boolean {
    this.#match(SPACE);
    return this.#at === this.#text.length;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}

/** NaN where a double would be infinite, would be 0 for what is not, or would be another integer. */
function exactly(literal: string): number {
  const value = Number(literal);
  const isGone = value === 0 && /[1-9]/.test(literal.split(/[eE]/, 1)[0] ?? '');
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  if (!Number.isFinite(value) || isGone || isRounded) return Number.NaN;
  // There is no negative zero in the field.
  return value === 0 ? 0 : value;
}
