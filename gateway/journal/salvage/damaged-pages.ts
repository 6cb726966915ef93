/**
 * The pages of a journal that cannot be opened any more, in every version that is there: those of the file, and those of
 * its WAL, whether or not the checksums in between hold. Whoever reads them judges by the content.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { JOURNAL_PAGE_BYTES } from '../file/journal-format.ts';
import type { PageSource } from '../file/sqlite-cells.ts';
import { MalformedFile } from '../file/sqlite-pages.ts';
import { type WalFrame, walFrames } from '../file/wal-frames.ts';

/** Of a journal it is 2 MiB at most; what stands behind is somebody else's. */
const WAL_BYTES_MAX = 16 * 2 ** 20;
const CHUNK_BYTES = 32_768;

/** One version of a page. Slots count from 0: first the pages of the file, then those of the WAL, oldest first. */
export interface Slot {
  readonly number: number;
  readonly view: Buffer;
}

export class DamagedPages implements PageSource {
  readonly usable = JOURNAL_PAGE_BYTES;
  readonly #file: number | undefined;
  readonly #filePages: number;
  readonly #wal: Buffer;
  readonly #frames: readonly WalFrame[];
  /** The versions of a page in the WAL, ascending. */
  readonly #versions: ReadonlyMap<number, readonly number[]>;
  #usesWal = true;
  #chunk: { readonly at: number; readonly bytes: Buffer } | undefined;

  /** Never throws for what is there, nor for what is not. */
  constructor(path: string) {
    this.#file = openedFile(path);
    this.#filePages = Math.floor(sizeOf(this.#file) / JOURNAL_PAGE_BYTES);
    this.#wal = readWal(`${path}-wal`);
    this.#frames = walFrames(this.#wal);
    const indexes = this.#frames.map((_, index) => index);
    this.#versions = Map.groupBy(indexes, (index) => this.#frames[index]?.page ?? 0);
  }

  get slots(): number {
    return this.#filePages + (this.#usesWal ? this.#frames.length : 0);
  }

  /** Of the file; the slots behind are the WAL's. */
  get filePages(): number {
    return this.#filePages;
  }

  get pageCount(): number {
    return this.slots;
  }

  walMentions(text: string): boolean {
    return this.#frames.some((frame) => this.#walPage(frame).includes(text));
  }

  /** The WAL is of another file. */
  leaveOutWal(): void {
    this.#usesWal = false;
  }

  slot(index: number): Slot {
    if (index < this.#filePages) return { number: index + 1, view: this.#filePage(index + 1) };
    const frame = this.#frames[index - this.#filePages];
    if (frame === undefined) throw new MalformedFile(`no slot ${index}`);
    return { number: frame.page, view: this.#walPage(frame) };
  }

  /** The newest version. */
  page(number: number): Buffer {
    return this.#pageUpTo(number, Number.POSITIVE_INFINITY);
  }

  /** The pages as they belonged to the page in this slot. */
  asOf(slot: number): PageSource {
    const { usable, pageCount } = this;
    if (slot < this.#filePages)
      return {
        ...{ usable, pageCount },
        page: (number) => (number <= this.#filePages ? this.#filePage(number) : this.page(number)),
      };
    let last = slot - this.#filePages;
    while (last + 1 < this.#frames.length && this.#frames[last]?.isCommit === false) last++;
    return { usable, pageCount, page: (number) => this.#pageUpTo(number, last) };
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #pageUpTo(number: number, last: number): Buffer {
    const versions = this.#usesWal ? (this.#versions.get(number) ?? []) : [];
    const version = versions.findLast((index) => index <= last);
    const frame = version === undefined ? undefined : this.#frames[version];
    return frame ? this.#walPage(frame) : this.#filePage(number);
  }

  #walPage({ at }: WalFrame): Buffer {
    return this.#wal.subarray(at, at + JOURNAL_PAGE_BYTES);
  }

  #filePage(number: number): Buffer {
    if (this.#file === undefined || number < 1 || number > this.#filePages)
      throw new MalformedFile(`no page ${number}`);
    const at = (number - 1) * JOURNAL_PAGE_BYTES;
    const start = at - (at % CHUNK_BYTES);
    if (this.#chunk?.at !== start) {
      const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
      const length = readSync(this.#file, bytes, 0, CHUNK_BYTES, start);
      this.#chunk = { at: start, bytes: bytes.subarray(0, length) };
    }
    const found = this.#chunk.bytes.subarray(at - start, at - start + JOURNAL_PAGE_BYTES);
    if (found.length < JOURNAL_PAGE_BYTES) throw new MalformedFile(`no page ${number}`);
    return found;
  }
}

function openedFile(path: string): number | undefined {
  try {
    const file = openSync(path, 'r');
    if (fstatSync(file).isFile()) return file;
    closeSync(file);
  } catch {
    // It is not there, or no file: then there are no pages.
  }
  return undefined;
}

const sizeOf = (file: number | undefined): number =>
  file === undefined ? 0 : fstatSync(file).size;

/** What is there of a WAL, empty where it is none. */
export function readWal(path: string): Buffer {
  const file = openedFile(path);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const bytes = Buffer.alloc(Math.min(sizeOf(file), WAL_BYTES_MAX));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}
