/** What this thread writes, by the kernel's own books: one open file, read again and again. */
import { openSync, readSync } from 'node:fs';
import { type Bytes, bytes } from '../../model/units.ts';

/** Since the thread began. */
export interface ThreadIo {
  /**
   * Pages made dirty, whole ones: what goes to the disk. 0 on file systems that do not keep the books, as in memory.
   */
  readonly writeBytes: number;
  /** Bytes of all calls that write. */
  readonly wchar: number;
}

const NOTHING: ThreadIo = { writeBytes: 0, wchar: 0 };
/** Seven lines with a number each. */
const buffer = Buffer.alloc(512);
let books: number | 'none' | undefined;

/** Undefined where the kernel keeps no books. 5 µs. */
export function threadIo(): ThreadIo | undefined {
  books ??= openBooks();
  if (books === 'none') return undefined;
  try {
    const text = buffer.toString('latin1', 0, readSync(books, buffer, 0, buffer.length, 0));
    return {
      writeBytes: numberBehind(text, '\nwrite_bytes: '),
      wchar: numberBehind(text, 'wchar: '),
    };
  } catch {
    books = 'none';
    return undefined;
  }
}

/** What this thread has had written to disks so far; 0 where nobody counts. */
export const threadBytesWritten = (): Bytes => bytes((threadIo() ?? NOTHING).writeBytes);

function openBooks(): number | 'none' {
  try {
    return openSync('/proc/thread-self/io', 'r');
  } catch {
    return 'none';
  }
}

function numberBehind(text: string, name: string): number {
  const at = text.indexOf(name);
  return at < 0 ? 0 : Number.parseInt(text.slice(at + name.length), 10);
}
