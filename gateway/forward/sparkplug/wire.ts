/** The wire format of Protocol Buffers, as far as Sparkplug needs it; read with every bound checked. */

import type { ErrorText } from '../../model/errors.ts';

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const FIRST_ROOM = 256;
const TWO_32 = 2 ** 32;
const LONGEST_VARINT = 10;

/** Writes fields into bytes that grow. */
export class WireWriter {
  #bytes = new Uint8Array(FIRST_ROOM);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** `value` is a whole number from 0 to 2^53. */
  unsigned(field: number, value: number): void {
    this.#tag(field, WIRE.varint);
    this.#varint(value);
  }

  /** The lowest 64 bits of `value`. */
  long(field: number, value: bigint): void {
    this.#tag(field, WIRE.varint);
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.#byte(Number(rest & 0x7fn) | 0x80);
    this.#byte(Number(rest));
  }

  flag(field: number, value: boolean): void {
    this.unsigned(field, value ? 1 : 0);
  }

  float(field: number, value: number): void {
    this.#tag(field, WIRE.fixed32);
    this.#room(4);
    this.#view.setFloat32(this.#length, value, true);
    this.#length += 4;
  }

  double(field: number, value: number): void {
    this.#tag(field, WIRE.fixed64);
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  text(field: number, value: string): void {
    this.bytes(field, Buffer.from(value, 'utf8'));
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, WIRE.bytes);
    this.#varint(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A message inside: what `write` writes. Most are short, so that one byte is kept for the length. */
  message(field: number, write: () => void): void {
    this.#tag(field, WIRE.bytes);
    this.#byte(0);
    const from = this.#length;
    write();
    const size = this.#length - from;
    let more = 0;
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 0x80)) more++;
    this.#room(more);
    this.#bytes.copyWithin(from + more, from, this.#length);
    this.#length = from - 1;
    this.#varint(size);
    this.#length += size;
  }

  /** What was written, in bytes of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#byte((rest % 0x80) | 0x80);
    this.#byte(rest);
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** What is wrong with bytes from somebody else, and where; the words for people, the message for logs. */
export class WireError extends Error {
  readonly at: number;
  readonly words: ErrorText['message'];

  constructor(at: number, en: string, zh: string) {
    super(en);
    this.at = at;
    this.words = { en, zh };
  }
}

const CUT = ['it ends too early', '报文不完整'] as const;

/** One field as it stands in the bytes. */
export interface WireField {
  readonly field: number;
  readonly wire: number;
  /** Where its tag is. */
  readonly at: number;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads one message, from its first byte to its end. Every method throws a WireError for what does not fit. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, from = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = from;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  /** The next field; undefined at the end. */
  next(): WireField | undefined {
    if (this.#at === this.#end) return undefined;
    const at = this.#at;
    const tag = this.#varint();
    const [field, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    if (field < 1 || tag >= BigInt(TWO_32))
      throw new WireError(at, 'a field without a number', '字段没有编号');
    return { field, wire, at };
  }

  /** Passes over the value of a field that nobody knows. */
  skip({ wire, at }: WireField): void {
    if (wire === WIRE.varint) this.#varint();
    else if (wire === WIRE.fixed64) this.#take(8);
    else if (wire === WIRE.fixed32) this.#take(4);
    else if (wire === WIRE.bytes) this.#span();
    else throw new WireError(at, `an unknown kind of field, ${wire}`, `未知的字段类型 ${wire}`);
  }

  /** The lowest 32 bits, as the format wants it. */
  uint32(field: WireField): number {
    return Number(
      BigInt.asUintN(
        32,
        this.#of(field, WIRE.varint, () => this.#varint()),
      ),
    );
  }

  uint64(field: WireField): bigint {
    return this.#of(field, WIRE.varint, () => this.#varint());
  }

  flag(field: WireField): boolean {
    return this.uint64(field) !== 0n;
  }

  float(field: WireField): number {
    return this.#of(field, WIRE.fixed32, () => this.#view.getFloat32(this.#take(4), true));
  }

  double(field: WireField): number {
    return this.#of(field, WIRE.fixed64, () => this.#view.getFloat64(this.#take(8), true));
  }

  text(field: WireField): string {
    const bytes = this.bytes(field);
    try {
      return UTF8.decode(bytes);
    } catch {
      throw new WireError(field.at, 'a text that is not UTF-8', '文本不是 UTF-8');
    }
  }

  /** A view into the bytes that are read. */
  bytes(field: WireField): Uint8Array {
    const [from, to] = this.#of(field, WIRE.bytes, () => this.#span());
    return this.#bytes.subarray(from, to);
  }

  message(field: WireField): WireReader {
    const [from, to] = this.#of(field, WIRE.bytes, () => this.#span());
    return new WireReader(this.#bytes, from, to);
  }

  #of<T>({ wire, at, field }: WireField, wanted: number, read: () => T): T {
    if (wire !== wanted)
      throw new WireError(
        at,
        `field ${field} is of the wrong kind, ${wire}`,
        `字段 ${field} 的类型错误：${wire}`,
      );
    return read();
  }

  #span(): readonly [number, number] {
    const at = this.#at;
    const length = this.#varint();
    if (length > BigInt(this.#end - this.#at)) throw new WireError(at, ...CUT);
    const from = this.#take(Number(length));
    return [from, this.#at];
  }

  #take(length: number): number {
    const from = this.#at;
    if (length > this.#end - from) throw new WireError(from, ...CUT);
    this.#at += length;
    return from;
  }

  #varint(): bigint {
    const from = this.#at;
    let value = 0n;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = this.#bytes[this.#take(1)] as number;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError(from, 'a number of more than ten bytes', '数值超过十个字节');
  }
}
