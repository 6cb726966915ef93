/** The bytes of a WAL that may be in memory only, brought to the disk. */
import { closeSync, existsSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 65_536;
/** Where it fails, all that is left is to close the file, and closing it copies the frames. */
const ATTEMPTS_MAX = 5;

/**
 * Writes what can be read of a WAL into the places it was read from, and syncs it: a second sync alone has nothing to do
 * after one that failed. Without that, frames which SQLite has read may be missing on the disk below those that it appends,
 * and while it copies them into the file: after a power cut then, an older WAL would be copied into a newer file.
 * For whoever has locked the file. Throws the file system's error.
 */
export function renewWal(path: string): void {
  if (!existsSync(path)) return;
  const wal = openSync(path, 'r+');
  try {
    for (let attempt = 1; ; attempt++)
      try {
        rewrite(wal);
        fsyncSync(wal);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS_MAX) throw error;
      }
  } finally {
    closeSync(wal);
  }
}

function rewrite(file: number): void {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0; ; ) {
    const length = readSync(file, chunk, 0, CHUNK_BYTES, at);
    if (length === 0) return;
    at += writeSync(file, chunk, 0, length, at);
  }
}
