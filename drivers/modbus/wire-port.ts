/**
 * Modbus RTU. Gaps between characters say nothing behind a USB adapter or a serial server, so an
 * answer is found by what it must be: unit, function, known data and CRC of exactly the expected
 * length, anywhere in the noise. Our own echo, other units' frames and everything behind the answer are
 * dropped.
 */
import { type MonoMs, monoMs } from '../../gateway/model/units.ts';
import { crc16 } from '../codec/checksums.ts';
import { hasEcho, learnEcho } from './echo.ts';
import {
  beginsAt,
  CRC_BYTES,
  EXCEPTION_BYTES,
  type Expectation,
  GuardPort,
  isExceptionTo,
  longestOf,
} from './guard-port.ts';
import { identificationLength } from './identification.ts';

/** Twice the longest frame: an answer is found even when as much noise comes before it. */
const BUFFER_BYTES = 512;

export class WirePort extends GuardPort {
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #length = 0;
  #request: Buffer = Buffer.alloc(0);
  #firstAt: MonoMs = monoMs(0);

  get answerCharacters(): number {
    return this.expected ? longestOf(this.expected) + CRC_BYTES : 0;
  }

  /** Whether bytes came that are neither the echo nor the answer. */
  get hasNoise(): boolean {
    return this.expected !== undefined && this.#length > this.#echoLength();
  }

  /** Bytes from the line, inside a window; others are dropped. */
  receive(bytes: Uint8Array, at: MonoMs): void {
    if (!this.expected) return;
    if (this.#length === 0) {
      const character = this.line.timing?.character ?? 0;
      this.#firstAt = monoMs(at - (bytes.length - 1) * character);
    }
    this.#append(bytes);
    this.#look(this.expected, { isFinal: false });
  }

  /** Whether a frame as expected by an earlier request has come since the last request went out. */
  heard(earlier: Expectation): boolean {
    return this.#find(earlier, this.#echoLength(), { isFinal: true }) !== undefined;
  }

  protected send(frame: Buffer): void {
    this.#request = frame;
    this.#length = 0;
    this.line.write(frame);
  }

  /** Noise that looked like the head of an answer may have hidden a short one behind it. */
  protected override searchOnceMore(expected: Expectation): void {
    if (this.#look(expected, { isFinal: true })) return;
    const echo = this.#echoLength();
    this.garbled = this.#length > echo;
    if (echo > 0 && !expected.isCopy) learnEcho(this.line, true);
  }

  #look(expected: Expectation, options: { readonly isFinal: boolean }): boolean {
    const echo = this.#echoLength();
    const isEchoMissing = echo === 0 && expected.isCopy && hasEcho(this.line) === true;
    let found = this.#find(expected, this.#isOwnAnswer(expected) ? 0 : echo, options);
    if (found && isEchoMissing && !isException(found.frame))
      found = this.#find(expected, found.end, options);
    if (!found) return false;
    if (!expected.isCopy) learnEcho(this.line, echo > 0);
    this.deliver(found.frame, this.#firstAt);
    return true;
  }

  /** Keeps the newest bytes. */
  #append(bytes: Uint8Array): void {
    const news = bytes.subarray(Math.max(0, bytes.length - BUFFER_BYTES));
    const surplus = this.#length + news.length - BUFFER_BYTES;
    if (surplus > 0) {
      this.#buffer.copyWithin(0, surplus, this.#length);
      this.#length -= surplus;
    }
    this.#buffer.set(news, this.#length);
    this.#length += news.length;
  }

  #find(
    expected: Expectation,
    from: number,
    { isFinal }: { readonly isFinal: boolean },
  ): { readonly frame: Buffer; readonly end: number } | undefined {
    const buffer = this.#buffer;
    const unit = expected.head[0];
    for (let i = from; i + 2 < this.#length; i++) {
      if (buffer[i] !== unit) continue;
      if (beginsAt(buffer, i, expected)) {
        const length = expected.length ?? identificationLength(buffer, i, this.#length);
        if (length !== undefined && this.#isFrame(i, length)) return this.#copy(i, length);
        const isIncomplete = length === undefined || i + length + CRC_BYTES > this.#length;
        if (isIncomplete && !isFinal) return undefined;
      } else if (isExceptionTo(buffer, i, expected) && this.#isFrame(i, EXCEPTION_BYTES)) {
        return this.#copy(i, EXCEPTION_BYTES);
      }
    }
    return undefined;
  }

  #isFrame(at: number, length: number): boolean {
    const end = at + length;
    if (end + CRC_BYTES > this.#length) return false;
    return this.#buffer.readUInt16LE(end) === crc16(this.#buffer, at, end);
  }

  /**
   * A two-wire adapter may hand back what it sent, before anything else; a short answer of coils can
   * look exactly like it.
   */
  #echoLength(): number {
    const { length } = this.#request;
    const isEcho = length <= this.#length && this.#request.equals(this.#buffer.subarray(0, length));
    return isEcho ? length : 0;
  }

  /** On a line without an echo a copy of the request is the answer. */
  #isOwnAnswer({ isCopy }: Expectation): boolean {
    return isCopy && hasEcho(this.line) !== true;
  }

  #copy(at: number, length: number): { readonly frame: Buffer; readonly end: number } {
    const frame = Buffer.from(this.#buffer.subarray(at, at + length));
    return { frame, end: at + length + CRC_BYTES };
  }
}

const isException = (frame: Buffer): boolean => frame.length === EXCEPTION_BYTES;
