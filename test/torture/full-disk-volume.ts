/** A small volume of its own, and whoever else writes there. Needs to be root in its own mount namespace. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type FileSystem = 'tmpfs' | 'ext4';

const INODES_FEW = 64;
const FILLER_PIECE = new Uint8Array(64 * 1024).fill(0x5a);

const isFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOSPC';

export class SmallVolume {
  readonly path: string;
  readonly #home: string;
  readonly #filler: number;
  readonly #files: string[] = [];

  constructor(kind: FileSystem, mebibytes: number) {
    this.#home = mkdtempSync(join(tmpdir(), 'full-disk-'));
    this.path = join(this.#home, 'volume');
    mkdirSync(this.path);
    if (kind === 'tmpfs') {
      const options = `size=${mebibytes}m,nr_inodes=${INODES_FEW}`;
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'full-disk', this.path]);
    } else {
      const image = join(this.#home, 'image');
      writeFileSync(image, '');
      execFileSync('truncate', ['-s', `${mebibytes}M`, image]);
      const options = ['-q', '-F', '-m', '0', '-N', '256', '-b', '1024', '-O', '^has_journal'];
      execFileSync('mkfs.ext4', [...options, image]);
      execFileSync('mount', ['-o', 'loop', image, this.path]);
    }
    this.#filler = openSync(join(this.path, 'somebody-elses'), 'w');
  }

  get free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }

  /** Somebody takes up to `most` bytes of what is left. */
  take(most = Number.POSITIVE_INFINITY): void {
    try {
      for (let taken = 0; taken < most; )
        taken += writeSync(
          this.#filler,
          FILLER_PIECE,
          0,
          Math.min(FILLER_PIECE.length, most - taken),
        );
      return;
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    // What a piece does not fit into.
    for (let size = FILLER_PIECE.length / 2; size >= 512; size /= 2)
      try {
        writeSync(this.#filler, FILLER_PIECE, 0, size);
      } catch (error) {
        if (!isFull(error)) throw error;
      }
  }

  /** … and gives it back. */
  giveBack(): void {
    ftruncateSync(this.#filler, 0);
  }

  /** Somebody makes files until no more can be made. */
  takeInodes(): void {
    try {
      for (;;) {
        const path = join(this.path, `file-${this.#files.length}`);
        closeSync(openSync(path, 'wx'));
        this.#files.push(path);
      }
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }

  giveBackInodes(): void {
    for (const path of this.#files.splice(0)) rmSync(path);
  }

  dispose(): void {
    closeSync(this.#filler);
    execFileSync('umount', ['--lazy', this.path]);
    rmSync(this.#home, { recursive: true, force: true });
  }
}
