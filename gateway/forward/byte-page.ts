/**
 * A page that text is written to as bytes, and read from as one string. Pieces of text put together as strings would
 * be objects each, ten times the text, and most of the work of the collector while a backlog drains.
 */
const FIRST_BYTES = 64 * 1024;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Of an integer of 32 bits, with sign and point. */
const MOST_DIGITS = 12;

export class BytePage {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  #isAscii = true;

  /** Any text. */
  text(text: string): void {
    this.#want(text.length * 3);
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

  /** A few bytes of any text. */
  bytes(piece: Uint8Array): void {
    const { length } = piece;
    this.#want(length);
    const bytes = this.#bytes;
    let at = this.#length;
    let bits = 0;
    for (let index = 0; index < length; index++) {
      const byte = piece[index] as number;
      bits |= byte;
      bytes[at++] = byte;
    }
    if (bits >= 0x80) this.#isAscii = false;
    this.#length = at;
  }

  /** `value` / `scale`, a power of ten, without zeros behind the last digit. `value` is an integer of 32 bits. */
  decimal(value: number, scale: number): void {
    let rest = Math.abs(value) | 0;
    let fraction = scale | 0;
    while (fraction > 1 && rest % 10 === 0) {
      rest = (rest / 10) | 0;
      fraction = (fraction / 10) | 0;
    }
    this.#want(MOST_DIGITS);
    const bytes = this.#bytes;
    if (value < 0) bytes[this.#length++] = MINUS;
    const whole = (rest / fraction) | 0;
    let unit = 1;
    while (((whole / unit) | 0) >= 10) unit *= 10;
    for (; unit >= 1; unit = (unit / 10) | 0)
      bytes[this.#length++] = ZERO + (((whole / unit) | 0) % 10);
    if (fraction > 1) bytes[this.#length++] = POINT;
    for (unit = (fraction / 10) | 0; unit >= 1; unit = (unit / 10) | 0)
      bytes[this.#length++] = ZERO + (((rest / unit) | 0) % 10);
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
  }
}
