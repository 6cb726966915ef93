/**
 * Modbus ASCII. A frame is a line of hexadecimal digits, so it is found by its colon and its end,
 * whatever pauses lie in between and whatever noise around it. Small digits, a missing CR and a
 * parity bit that an adapter left in the byte are tolerated.
 */
import { type MonoMs, monoMs } from '../../gateway/model/units.ts';
import { asciiLength, fromAscii, toAscii } from './ascii-text.ts';
import { hasEcho, learnEcho } from './echo.ts';
import {
  CRC_BYTES,
  EXCEPTION_BYTES,
  type Expectation,
  GuardPort,
  isExpected,
  longestOf,
} from './guard-port.ts';

/** A frame has 513 characters at most (Modbus over Serial Line V1.02 §2.5.2.1). */
const LONGEST_LINE = 513;
const COLON = 0x3a;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SEVEN_BITS = 0x7f;

export class AsciiPort extends GuardPort {
  /** The characters since the last colon; undefined outside a frame. */
  #digits: string | undefined;
  #request: Buffer = Buffer.alloc(0);
  /** All good frames since the request, its echo among them. */
  #frames: Buffer[] = [];
  #hasBytes = false;
  #firstAt: MonoMs = monoMs(0);

  get answerCharacters(): number {
    return this.expected ? asciiLength(longestOf(this.expected) + CRC_BYTES) : 0;
  }

  /** Whether a frame came that is neither the echo nor the answer. */
  get hasNoise(): boolean {
    const [first, second] = this.#frames;
    return second !== undefined || (first !== undefined && !first.equals(this.#request));
  }

  /** Bytes from the line, inside a window; others are dropped. */
  receive(bytes: Uint8Array, at: MonoMs): void {
    const character = this.line.timing?.character ?? 0;
    for (const [i, byte] of bytes.entries()) {
      if (!this.expected) return;
      this.#hasBytes = true;
      this.#take(byte & SEVEN_BITS, monoMs(at - (bytes.length - 1 - i) * character));
    }
  }

  /** Whether a frame as expected by an earlier request has come since the last request went out. */
  heard(earlier: Expectation): boolean {
    const isEchoFirst = this.#frames[0]?.equals(this.#request) ?? false;
    return this.#frames.slice(isEchoFirst ? 1 : 0).some((frame) => isExpected(frame, earlier));
  }

  protected send(frame: Buffer): void {
    this.#request = frame.subarray(0, -CRC_BYTES);
    this.#frames = [];
    this.#digits = undefined;
    this.#hasBytes = false;
    this.line.write(Buffer.from(toAscii(this.#request), 'latin1'));
  }

  protected override searchOnceMore(expected: Expectation): void {
    const hasOnlyEcho = this.#frames.length === 1 && this.#frames[0]?.equals(this.#request);
    if (hasOnlyEcho && !expected.isCopy) learnEcho(this.line, true);
    this.garbled = this.#hasBytes && !hasOnlyEcho;
  }

  #take(byte: number, at: MonoMs): void {
    if (byte === COLON) {
      if (this.#frames.length === 0 || this.#digits === undefined) this.#firstAt = at;
      this.#digits = '';
    } else if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      if (this.#digits) this.#finish(this.#digits);
      this.#digits = undefined;
    } else if (this.#digits !== undefined) {
      this.#digits =
        this.#digits.length < LONGEST_LINE ? this.#digits + String.fromCharCode(byte) : undefined;
    }
  }

  #finish(digits: string): void {
    const read = fromAscii(digits);
    if ('reject' in read || !this.expected) return;
    this.#frames.push(read.body);
    const { expected } = this;
    if (this.#isEcho(read.body, expected) || !isExpected(read.body, expected)) return;
    if (!expected.isCopy) learnEcho(this.line, this.#frames[0]?.equals(this.#request) ?? false);
    this.deliver(read.body, this.#firstAt);
  }

  /** The first copy of a request whose answer is a copy too, on a line that echoes. */
  #isEcho(frame: Buffer, { isCopy }: Expectation): boolean {
    if (!isCopy || frame.length === EXCEPTION_BYTES || hasEcho(this.line) !== true) return false;
    return this.#frames.filter((other) => other.equals(this.#request)).length < 2;
  }
}
