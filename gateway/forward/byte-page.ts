/**
 * A page that text is written to as UTF-8. Pieces of text put together as strings would be objects each, ten times the
 * text, and most of the work of the collector while a backlog drains.
 */
import { longer } from '../model/columns.ts';
import { LARGEST_SCALE, MOST_DIGITS, writeDecimal, writeWhole } from './decimal-digits.ts';

const FIRST_BYTES = 64 * 1024;
/** The text of 10,000 samples fits. */
const KEPT_BYTES = 1024 * 1024;
/** As many as can be moved at once, as a double: no eight bytes of UTF-8 are one that is not a number. */
export const WORD_BYTES = 8;
const FIRST_WORDS = 128;
/** Of a piece, so that they can be moved without asking. */
const LEAST_WORDS = 2;
const COMMA = 0x2c;
const CLOSING = 0x5d;
/** The most of UTF-8 for one unit of a string. */
export const UTF8_BYTES = 3;
/** Of a double: sign, 17 digits, point, exponent. */
const LONGEST_NUMBER = 24;

/**
 * Texts as they are written, eight bytes at a time: what stands behind the length of one is written over. Side by side, so
 * that those of 10,000 tags fit where the processor has them at hand.
 */
export class Pieces {
  #words = new Float64Array(FIRST_WORDS);
  #length = 0;

  /** With room that is not used yet. */
  get words(): Float64Array {
    return this.#words;
  }

  /** In words. */
  get length(): number {
    return this.#length;
  }

  /** Gives back where it begins, in words. */
  add(text: string): number {
    const bytes = Buffer.from(text);
    const from = this.#length;
    this.#length += Math.max(LEAST_WORDS, wordsOf(bytes.length));
    if (this.#length > this.#words.length) this.#words = longer(this.#words, 2 * this.#length);
    new Uint8Array(this.#words.buffer).set(bytes, from * WORD_BYTES);
    return from;
  }
}

export class BytePage {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = viewOf(this.#bytes);
  #length = 0;

  /** Bytes since the last `clear`. */
  get length(): number {
    return this.#length;
  }

  /** Any text. */
  write(text: string): void {
    this.#want(text.length * UTF8_BYTES);
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Short text of ASCII alone: by hand, without a call into C++. */
  ascii(text: string): void {
    const { length } = text;
    this.#want(length);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < length; index++) bytes[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  /** The number that stands there in a JSON list of numbers. Gives back where the next one does. */
  listed(list: string, from: number): number {
    this.#want(LONGEST_NUMBER);
    const bytes = this.#bytes;
    let at = this.#length;
    let index = from;
    for (; index < list.length; index++) {
      const code = list.charCodeAt(index);
      if (code === COMMA || code === CLOSING) break;
      bytes[at++] = code;
    }
    this.#length = at;
    return index + 1;
  }

  /** Text that comes again and again, made ready before: so many bytes of one of them. */
  piece({ words }: Pieces, from: number, length: number): void {
    this.#want(length + LEAST_WORDS * WORD_BYTES);
    writeWords(this.#view, this.#length, words, from, length);
    this.#length += length;
  }

  /** What was written from there on, once more. */
  repeat(from: number, length: number): void {
    this.#want(length + WORD_BYTES);
    writeAgain(this.#view, this.#length, from, length);
    this.#length += length;
  }

  /** Most are whole, from 0 on, and need no string. */
  time(value: number): void {
    if (!(Number.isSafeInteger(value) && value >= 0)) this.ascii(`${value}`);
    else {
      this.#want(MOST_DIGITS + WORD_BYTES);
      this.#length = writeWhole(this.#view, this.#length, value);
    }
  }

  /** `value`, of 32 bits, / `scale`, a power of ten up to a thousand, without zeros behind the last digit. */
  decimal(value: number, scale: number): void {
    this.#want(MOST_DIGITS);
    this.#length = writeDecimal(this.#view, this.#length, value, scale, LARGEST_SCALE / scale);
  }

  /** With room for so many bytes more behind `length`, to be written by hand up to the `end` that is told then. */
  room(bytes: number): DataView {
    this.#want(bytes);
    return this.#view;
  }

  end(length: number): void {
    this.#length = length;
  }

  /** What was written there; it holds until the next `clear`. */
  text(from: number, to: number): Buffer<ArrayBuffer> {
    return this.#bytes.subarray(from, to);
  }

  /** Begins anew; a page that has become very long is let go. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length <= KEPT_BYTES) return;
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#view = viewOf(this.#bytes);
  }

  #want(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * wanted);
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length);

const wordsOf = (length: number): number => (length + WORD_BYTES - 1) >> 3;

/** A piece, in whole words and two at least. */
export function writeWords(
  view: DataView,
  at: number,
  words: Float64Array,
  from: number,
  length: number,
): void {
  view.setFloat64(at, words[from] as number, true);
  view.setFloat64(at + WORD_BYTES, words[from + 1] as number, true);
  for (let index = LEAST_WORDS; index < wordsOf(length); index++)
    view.setFloat64(at + WORD_BYTES * index, words[from + index] as number, true);
}

/** What stands at `from`, in whole words as well. */
function writeAgain(view: DataView, at: number, from: number, length: number): void {
  for (let done = 0; done < length; done += WORD_BYTES)
    view.setFloat64(at + done, view.getFloat64(from + done, true), true);
}
