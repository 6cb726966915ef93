/**
 * The pages of an SQLite file in WAL mode that another process may have open, exclusively even: read without a lock,
 * a write or a file beside it, so that its owner is never disturbed and may come or go meanwhile. The layout is
 * https://www.sqlite.org/fileformat2.html §1.3 and §4.
 *
 * What is read between two calls of `refresh` that both say "nothing new" is one consistent state: a writer changes
 * pages of the file only by a checkpoint, and what a checkpoint copies is in the WAL before.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { type Checksum, walChecksum } from './wal-frames.ts';

/** What is there is not what such a file can hold. */
export class MalformedFile extends Error {
  override readonly name = 'MalformedFile';
}

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';
const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Neighbours are mostly read together: the pages of one block lie side by side. */
const CHUNK_BYTES = 32_768;

export class SqlitePages {
  readonly pageSize: number;
  /** Of a page, without what is reserved at its end. */
  readonly usable: number;
  readonly #path: string;
  readonly #file: number;
  #wal: number | undefined;
  #walHeader = '';
  /** Where the newest committed copy of a page is in the WAL. */
  readonly #frames = new Map<number, number>();
  #isReadable = false;
  #scannedTo = WAL_HEADER_BYTES;
  #checksum: Checksum = [0, 0];
  #chunk: { readonly at: number; readonly bytes: Buffer } | undefined;

  /** Throws the file system's error, or MalformedFile. */
  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    try {
      const header = bytesAt(this.#file, 0, HEADER_BYTES);
      if (header.toString('latin1', 0, MAGIC.length) !== MAGIC)
        throw new MalformedFile('no SQLite file');
      const size = header.readUInt16BE(16);
      this.pageSize = size === 1 ? 65_536 : size;
      this.usable = this.pageSize - header.readUInt8(20);
      if (this.pageSize < 512 || (this.pageSize & (this.pageSize - 1)) !== 0 || this.usable < 480)
        throw new MalformedFile(`pages of ${this.pageSize} bytes`);
      this.refresh();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The first page has the header of the file before its own. */
  page(number: number): Buffer {
    const frame = this.#frames.get(number);
    if (frame !== undefined && this.#wal !== undefined)
      return bytesAt(this.#wal, frame + FRAME_HEADER_BYTES, this.pageSize);
    const at = (number - 1) * this.pageSize;
    const start = at - (at % CHUNK_BYTES);
    if (this.#chunk?.at !== start) {
      const bytes = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, this.pageSize));
      const length = readSync(this.#file, bytes, 0, bytes.length, start);
      this.#chunk = { at: start, bytes: bytes.subarray(0, length) };
    }
    const found = this.#chunk.bytes.subarray(at - start, at - start + this.pageSize);
    if (found.length < this.pageSize) throw new MalformedFile(`no page ${number}`);
    return found;
  }

  /** The pages of the file alone, as the last checkpoint left them. */
  withoutWal(): { usable: number; pageCount: number; page(number: number): Buffer } {
    const { usable, pageCount, pageSize } = this;
    const page = (number: number) => bytesAt(this.#file, (number - 1) * pageSize, pageSize);
    return { usable, pageCount, page };
  }

  /** No tree has more. */
  get pageCount(): number {
    return Math.ceil(fstatSync(this.#file).size / this.pageSize) + this.#frames.size;
  }

  /**
   * Looks at what was committed since the last call. True where there was something, or may have been: then nothing
   * that was read in between may be believed.
   */
  refresh(): boolean {
    const isReplaced = this.#openWal();
    const header = this.#wal === undefined ? '' : headerOf(this.#wal);
    const isRestarted = header !== this.#walHeader;
    if (isRestarted || isReplaced) {
      this.#walHeader = header;
      this.#frames.clear();
      this.#scannedTo = WAL_HEADER_BYTES;
      this.#begin();
    }
    const hasGrown = this.#scan();
    const isChanged = isReplaced || isRestarted || hasGrown;
    if (isChanged) this.#chunk = undefined;
    return isChanged;
  }

  close(): void {
    closeSync(this.#file);
    if (this.#wal !== undefined) closeSync(this.#wal);
    this.#wal = undefined;
  }

  /** The WAL that stands there now; true where it is another one than before. */
  #openWal(): boolean {
    const isSameFile = statSync(this.#path, { throwIfNoEntry: false })?.ino === inode(this.#file);
    if (!isSameFile) throw new MalformedFile('it was replaced while it was read');
    const path = `${this.#path}-wal`;
    const now = statSync(path, { throwIfNoEntry: false })?.ino;
    if (now === (this.#wal === undefined ? undefined : inode(this.#wal))) return false;
    if (this.#wal !== undefined) closeSync(this.#wal);
    this.#wal = undefined;
    try {
      this.#wal = openSync(path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return true;
  }

  /** A header that is wrong is one of a WAL that nothing was ever committed to. */
  #begin(): void {
    const header = Buffer.from(this.#walHeader, 'latin1');
    this.#isReadable = false;
    if (header.length < WAL_HEADER_BYTES || header.readUInt32BE(8) !== this.pageSize) return;
    this.#checksum = walChecksum([0, 0], header.subarray(0, 24), isBig(header));
    const [s0, s1] = this.#checksum;
    this.#isReadable = s0 === header.readUInt32BE(24) && s1 === header.readUInt32BE(28);
  }

  /** Takes in every frame up to the last commit; true where there was one. */
  #scan(): boolean {
    if (this.#wal === undefined || !this.#isReadable) return false;
    const header = Buffer.from(this.#walHeader, 'latin1');
    const frameBytes = FRAME_HEADER_BYTES + this.pageSize;
    const uncommitted = new Map<number, number>();
    let sum = this.#checksum;
    let hasCommit = false;
    for (let at = this.#scannedTo; ; at += frameBytes) {
      const frame = Buffer.allocUnsafe(frameBytes);
      if (readSync(this.#wal, frame, 0, frameBytes, at) < frameBytes) return hasCommit;
      // The salts of the frame are those of the header it belongs to.
      if (frame.compare(header, 16, 24, 8, 16) !== 0) return hasCommit;
      sum = walChecksum(sum, frame.subarray(0, 8), isBig(header));
      sum = walChecksum(sum, frame.subarray(FRAME_HEADER_BYTES), isBig(header));
      if (sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) return hasCommit;
      uncommitted.set(frame.readUInt32BE(0), at);
      if (frame.readUInt32BE(4) === 0) continue;
      for (const [page, place] of uncommitted) this.#frames.set(page, place);
      uncommitted.clear();
      this.#scannedTo = at + frameBytes;
      this.#checksum = sum;
      hasCommit = true;
    }
  }
}

const inode = (file: number): number => fstatSync(file).ino;

/** Empty while it has none. */
function headerOf(wal: number): string {
  const header = Buffer.alloc(WAL_HEADER_BYTES);
  return header.toString('latin1', 0, readSync(wal, header, 0, WAL_HEADER_BYTES, 0));
}

/** The last bit of the magic number tells the byte order of the checksums. */
const isBig = (header: Buffer): boolean => (header.readUInt32BE(0) & 1) === 1;

function bytesAt(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  if (readSync(file, bytes, 0, length, at) < length) throw new MalformedFile('it ends too early');
  return bytes;
}
