/** The lines of a file, one at a time, whatever its size. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 2 ** 20;
/** No block of a journal makes a longer one. */
const LINE_BYTES_MAX = 400 * 2 ** 20;
const LINE_FEED = 0x0a;

export interface FileLine {
  readonly text: string;
  /** Its line feed is there. */
  readonly isWhole: boolean;
}

export class FileLines {
  readonly #file: number;
  readonly #size: number;
  #done = 0;

  /** Throws the file system's error. */
  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.#size = fstatSync(this.#file).size;
  }

  /** 0…1 */
  get share(): number {
    return this.#size === 0 ? 1 : this.#done / this.#size;
  }

  /** Throws RangeError where a line is longer than any of an export. */
  *lines(): Generator<FileLine> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let parts: Buffer[] = [];
    let length = 0;
    while (true) {
      const count = readSync(this.#file, chunk, 0, CHUNK_BYTES, this.#done);
      if (count === 0) break;
      this.#done += count;
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0 && end < count; ) {
        parts.push(chunk.subarray(start, end));
        yield { text: Buffer.concat(parts).toString('utf8'), isWhole: true };
        parts = [];
        length = 0;
        start = end + 1;
        end = chunk.indexOf(LINE_FEED, start);
      }
      // The chunk is read into again.
      parts.push(Buffer.from(chunk.subarray(start, count)));
      length += count - start;
      if (length > LINE_BYTES_MAX) throw new RangeError('a line that never ends');
    }
    if (length > 0) yield { text: Buffer.concat(parts).toString('utf8'), isWhole: false };
  }

  close(): void {
    closeSync(this.#file);
  }
}
