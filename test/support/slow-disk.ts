/** A slow disk for a child process: a small library, compiled here, that is preloaded into it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'slow-disk');

/** What to add to the environment of a process whose fsync shall take so much longer. Needs gcc. */
export function slowDisk(ms: number): Readonly<Record<string, string>> {
  mkdirSync(CACHE, { recursive: true });
  const library = join(CACHE, 'slow-fsync.so');
  const source = join(import.meta.dirname, 'slow-fsync.c');
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  return { LD_PRELOAD: library, SLOW_FSYNC_MS: String(ms) };
}
