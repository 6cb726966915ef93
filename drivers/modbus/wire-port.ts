/**
 * Modbus RTU. Gaps between characters say nothing behind a USB adapter or a serial server, so an
 * answer is found by what it must be: unit, function, byte count and CRC of exactly the expected
 * length, anywhere in the noise. Our own echo, other units' frames and everything behind the answer are
 * dropped.
 */
import { type MonoMs, monoMs } from '../../gateway/model/units.ts';
import { crc16 } from '../codec/checksums.ts';
import { EXCEPTION_FLAG, type Expectation, GuardPort } from './guard-port.ts';

/** Unit, function, byte count, CRC. */
const OVERHEAD_BYTES = 5;
/** Unit, function, code, CRC. */
const EXCEPTION_BYTES = 5;
/** Twice the longest frame: an answer is found even when as much noise comes before it. */
const BUFFER_BYTES = 512;

export class WirePort extends GuardPort {
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #length = 0;
  #request: Buffer = Buffer.alloc(0);
  #firstAt: MonoMs = monoMs(0);

  protected send(frame: Buffer): void {
    this.#request = frame;
    this.#length = 0;
    this.line.write(frame);
  }

  protected search(expected: Expectation, bytes: Uint8Array, at: MonoMs): void {
    if (this.#length === 0) {
      const character = this.line.timing?.character ?? 0;
      this.#firstAt = monoMs(at - (bytes.length - 1) * character);
    }
    this.#append(bytes);
    const frame = this.#find(expected, { isFinal: false });
    if (frame) this.deliver(frame, this.#firstAt);
  }

  /** Noise that looked like the head of an answer may have hidden a short one behind it. */
  protected searchOnceMore(expected: Expectation): void {
    const frame = this.#find(expected, { isFinal: true });
    if (frame) this.deliver(frame, this.#firstAt);
    else this.garbled = this.#length > this.#echoLength();
  }

  protected forget(): void {}

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
    { unit, function: code, dataBytes }: Expectation,
    { isFinal }: { readonly isFinal: boolean },
  ): Buffer | undefined {
    const buffer = this.#buffer;
    for (let i = this.#echoLength(); i + 2 < this.#length; i++) {
      if (buffer[i] !== unit) continue;
      if (buffer[i + 1] === code && buffer[i + 2] === dataBytes) {
        const length = OVERHEAD_BYTES + dataBytes;
        if (this.#isFrame(i, length)) return this.#copy(i, length);
        if (i + length > this.#length && !isFinal) return undefined;
      } else if (buffer[i + 1] === (code | EXCEPTION_FLAG) && this.#isFrame(i, EXCEPTION_BYTES)) {
        return this.#copy(i, EXCEPTION_BYTES);
      }
    }
    return undefined;
  }

  #isFrame(at: number, length: number): boolean {
    const end = at + length;
    if (end > this.#length) return false;
    return this.#buffer.readUInt16LE(end - 2) === crc16(this.#buffer, at, end - 2);
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

  #copy(at: number, length: number): Buffer {
    return Buffer.from(this.#buffer.subarray(at, at + length));
  }
}
