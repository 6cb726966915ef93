/**
 * The last bytes of a line in a fixed piece of memory. Adding costs two copies and no object, so
 * that it can always be on; the oldest entries make room for new ones.
 */
import { type Bytes, bytes as byteCount, type MonoMs, monoMs } from '../../gateway/model/units.ts';
import type { EventKind } from './recording.ts';

/** What an entry is; its content is bytes, settings (`9600 8E1`) or a reason. */
const ENTRY_KINDS: readonly EventKind[] = ['sent', 'heard', 'opened', 'tuned', 'closed'];

export interface RingEntry {
  readonly kind: EventKind;
  readonly at: MonoMs;
  readonly content: Uint8Array;
}

/** Some five minutes of a busy line at 9600 baud. */
export const RING_LIMIT: Bytes = byteCount(256 * 1024);
/** A longer piece becomes several entries. */
const CONTENT_LIMIT_BYTES = 4_096;

/** Kind, length of the content, time. */
const HEADER_BYTES = 1 + 2 + 8;

export class FrameRing {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  readonly #limit: number;
  #memory: Buffer | undefined;
  /** Positions that only grow; the place in memory is the remainder. */
  #begin = 0;
  #end = 0;
  #first = 0;
  #next = 0;
  #settings: RingEntry | undefined;

  constructor(limit: Bytes = RING_LIMIT) {
    if (limit < 2 * (HEADER_BYTES + CONTENT_LIMIT_BYTES)) throw new Error('a ring too small');
    this.#limit = limit;
  }

  /** The number that the next entry gets; the first ever has 0. */
  get next(): number {
    return this.#next;
  }

  /** The number of the oldest entry that is still there. */
  get first(): number {
    return this.#first;
  }

  /** The settings that the oldest entries were sent with, when their own entry was overwritten. */
  get settings(): RingEntry | undefined {
    return this.#settings;
  }

  add(kind: EventKind, at: MonoMs, content: Uint8Array): void {
    const code = ENTRY_KINDS.indexOf(kind);
    let rest = content;
    for (; rest.length > CONTENT_LIMIT_BYTES; rest = rest.subarray(CONTENT_LIMIT_BYTES))
      this.#append(code, at, rest.subarray(0, CONTENT_LIMIT_BYTES));
    this.#append(code, at, rest);
  }

  /** The entries from this number on, the oldest first, as copies. */
  entries(from = 0): readonly RingEntry[] {
    const entries: RingEntry[] = [];
    let number = this.#first;
    for (let position = this.#begin; position < this.#end; number++) {
      const size = this.#sizeAt(position);
      if (number >= from) entries.push(this.#entryAt(position, size));
      position += size;
    }
    return entries;
  }

  #append(kind: number, at: MonoMs, content: Uint8Array): void {
    const size = HEADER_BYTES + content.length;
    while (this.#end + size - this.#begin > this.#limit) this.#dropOldest();
    this.#header.writeUInt8(kind, 0);
    this.#header.writeUInt16LE(content.length, 1);
    this.#header.writeDoubleLE(at, 3);
    this.#copyIn(this.#header);
    this.#copyIn(content);
    this.#next++;
  }

  #dropOldest(): void {
    const size = this.#sizeAt(this.#begin);
    const kind = this.#kindAt(this.#begin);
    if (kind === 'opened' || kind === 'tuned') this.#settings = this.#entryAt(this.#begin, size);
    this.#begin += size;
    this.#first++;
  }

  #copyIn(content: Uint8Array): void {
    // Memory that was never written costs nothing yet.
    this.#memory ??= Buffer.alloc(this.#limit);
    const place = this.#end % this.#limit;
    const fits = this.#limit - place;
    if (content.length <= fits) this.#memory.set(content, place);
    else {
      this.#memory.set(content.subarray(0, fits), place);
      this.#memory.set(content.subarray(fits), 0);
    }
    this.#end += content.length;
  }

  #copyOut(begin: number, length: number): Buffer {
    const copy = Buffer.allocUnsafe(length);
    const place = begin % this.#limit;
    const taken = this.#memory?.copy(copy, 0, place, Math.min(place + length, this.#limit)) ?? 0;
    if (taken < length) this.#memory?.copy(copy, taken, 0, length - taken);
    return copy;
  }

  #kindAt(position: number): EventKind {
    const kind = ENTRY_KINDS[this.#memory?.[position % this.#limit] ?? 0];
    if (kind === undefined) throw new Error('a ring out of step');
    return kind;
  }

  /** Of the whole entry; read byte by byte, because it is needed for each entry that makes room. */
  #sizeAt(position: number): number {
    const low = this.#memory?.[(position + 1) % this.#limit] ?? 0;
    const high = this.#memory?.[(position + 2) % this.#limit] ?? 0;
    return HEADER_BYTES + low + high * 0x100;
  }

  #entryAt(position: number, size: number): RingEntry {
    return {
      kind: this.#kindAt(position),
      at: monoMs(this.#copyOut(position + 3, 8).readDoubleLE()),
      content: this.#copyOut(position + HEADER_BYTES, size - HEADER_BYTES),
    };
  }
}
