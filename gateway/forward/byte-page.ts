/**
 * A page that text is written to as bytes, and read from as one string. Pieces of text put together as strings would
 * be objects each, ten times the text, and most of the work of the collector while a backlog drains.
 */
import { longer } from '../model/columns.ts';

const FIRST_BYTES = 64 * 1024;
/** As many as can be moved at once, as a double: no eight bytes of UTF-8 are one that is not a number. */
const WORD_BYTES = 8;
const FIRST_WORDS = 128;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const COMMA = 0x2c;
const CLOSING = 0x5d;
/** Of an integer of 32 bits, with sign and point, and what is written over behind it. */
const MOST_DIGITS = 16;
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
  #isAscii = true;

  /** With room that is not used yet. */
  get words(): Float64Array {
    return this.#words;
  }

  /** In words. */
  get length(): number {
    return this.#length;
  }

  /** Whether all of them are. */
  get isAscii(): boolean {
    return this.#isAscii;
  }

  /** Gives back where it begins, in words. */
  add(text: string): number {
    const bytes = Buffer.from(text);
    const from = this.#length;
    this.#length += wordsOf(bytes.length);
    if (this.#length > this.#words.length) this.#words = longer(this.#words, 2 * this.#length);
    new Uint8Array(this.#words.buffer).set(bytes, from * WORD_BYTES);
    if (bytes.length !== text.length) this.#isAscii = false;
    return from;
  }
}

export class BytePage {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #view = viewOf(this.#bytes);
  #length = 0;
  #isAscii = true;

  /** Bytes since the last `take`. */
  get length(): number {
    return this.#length;
  }

  /** Any text. */
  text(text: string): void {
    this.#want(text.length * UTF8_BYTES);
    const written = this.#bytes.write(text, this.#length);
    if (written !== text.length) this.#isAscii = false;
    this.#length += written;
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
  piece({ words, isAscii }: Pieces, from: number, length: number): void {
    this.#want(length + WORD_BYTES);
    writeWords(this.#view, this.#length, words, from, length);
    this.#length += length;
    if (!isAscii) this.#isAscii = false;
  }

  /** What was written from there on, once more. */
  repeat(from: number, length: number): void {
    this.#want(length + WORD_BYTES);
    writeAgain(this.#view, this.#length, from, length);
    this.#length += length;
  }

  /** `value`, of 32 bits, / `scale`, a power of ten up to a thousand, without zeros behind the last digit. */
  decimal(value: number, scale: number): void {
    this.#want(MOST_DIGITS);
    this.#length = writeDecimal(this.#view, this.#length, value, scale);
  }

  /** A piece, what was written from `from` on once more, a decimal, a bracket: most rows, in one go. */
  row(
    { words, isAscii }: Pieces,
    piece: number,
    pieceLength: number,
    from: number,
    length: number,
    value: number,
    scale: number,
  ): void {
    this.#want(pieceLength + length + 2 * WORD_BYTES + MOST_DIGITS);
    writeWords(this.#view, this.#length, words, piece, pieceLength);
    const at = this.#length + pieceLength;
    writeAgain(this.#view, at, from, length);
    const end = writeDecimal(this.#view, at + length, value, scale);
    this.#view.setInt8(end, CLOSING);
    this.#length = end + 1;
    if (!isAscii) this.#isAscii = false;
  }

  /** All that was written since the last call. */
  take(): string {
    // One byte a character is the faster way, and in memory the smaller one.
    const text = this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', 0, this.#length);
    this.#length = 0;
    this.#isAscii = true;
    return text;
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

/** Whole words: up to seven bytes more than the text has. */
function writeWords(
  view: DataView,
  at: number,
  words: Float64Array,
  from: number,
  length: number,
): void {
  for (let index = 0; index < wordsOf(length); index++)
    view.setFloat64(at + WORD_BYTES * index, words[from + index] as number, true);
}

/** What stands at `from`, in whole words as well. */
function writeAgain(view: DataView, at: number, from: number, length: number): void {
  for (let done = 0; done < length; done += WORD_BYTES)
    view.setFloat64(at + done, view.getFloat64(from + done, true), true);
}

/** Gives back where it ends. */
function writeDecimal(view: DataView, from: number, value: number, scale: number): number {
  let at = from;
  let size = value;
  if (value < 0) {
    view.setInt8(at++, MINUS);
    size = -value;
  }
  const whole = Math.floor(size / scale) | 0;
  const thousandths = (size - whole * scale) * (1_000 / scale);
  at = writeInteger(view, at, whole);
  view.setInt32(at, FRACTIONS[thousandths] as number, true);
  return at + (FRACTION_LENGTHS[thousandths] as number);
}

/** From 0 to 2^31. */
function writeInteger(view: DataView, at: number, value: number): number {
  if (value < 10_000) {
    const digits = value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4;
    view.setInt32(at, (FOURS[value] as number) >>> (8 * (4 - digits)), true);
    return at + digits;
  }
  const high = (value / 10_000) | 0;
  const end = writeInteger(view, at, high);
  view.setInt32(end, FOURS[value - high * 10_000] as number, true);
  return end + 4;
}

/** The four digits of 0000 to 9999 as one number, the first of them in the lowest byte. */
const FOURS = new Int32Array(10_000);
/** What stands behind a number of so many thousandths, as four bytes of which so many count: `.125`, `.5`, nothing. */
const FRACTIONS = new Int32Array(1_000);
const FRACTION_LENGTHS = new Uint8Array(1_000);
for (let value = 0; value < FOURS.length; value++)
  for (let digit = 3, rest = value; digit >= 0; digit--, rest = (rest / 10) | 0)
    (FOURS[value] as number) |= (ZERO + (rest % 10)) << (8 * digit);
for (let value = 0; value < FRACTIONS.length; value++) {
  FRACTIONS[value] = ((FOURS[value] as number) & ~0xff) | POINT;
  FRACTION_LENGTHS[value] = value % 100 > 0 ? (value % 10 > 0 ? 4 : 3) : value > 0 ? 2 : 0;
}
