/** A slow disk for a child process: a small library, compiled here, that is preloaded into it. Needs gcc. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'slow-disk');

/** What to add to the environment of a process whose fsync shall take so much longer. */
export function slowDisk(ms: number): Readonly<Record<string, string>> {
  return { LD_PRELOAD: library(), SLOW_FSYNC_MS: String(ms) };
}

export interface ChangingDisk {
  /** What to add to the environment of a process. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on each fsync takes so much longer; those under way, too. */
  set(ms: number): void;
  close(): void;
}

/** A disk whose syncs get slower and faster while the process runs; `path` is where the present delay is kept. */
export function changingDisk(path: string): ChangingDisk {
  const file = openSync(path, 'w+');
  const set = (ms: number) => {
    const bytes = Buffer.alloc(4);
    if (endianness() === 'LE') bytes.writeUInt32LE(ms);
    else bytes.writeUInt32BE(ms);
    writeSync(file, bytes, 0, bytes.length, 0);
  };
  set(0);
  return {
    environment: { LD_PRELOAD: library(), SLOW_FSYNC_FILE: path },
    set,
    close: () => closeSync(file),
  };
}

function library(): string {
  mkdirSync(CACHE, { recursive: true });
  const path = join(CACHE, 'slow-fsync.so');
  const source = join(import.meta.dirname, 'slow-fsync.c');
  const made = `${path}.${process.pid}`;
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', made, source, '-ldl']);
  // A process may have the one before in use.
  renameSync(made, path);
  return path;
}
