/** A file beside the journal whose room is given back when the disk is full. */
import { randomFillSync } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import type { Bytes } from '../../model/units.ts';

const ballastPath = (journal: string): string => `${journal}.ballast`;

/** 0 where there is none. */
export const ballastBytes = (journal: string): number =>
  statSync(ballastPath(journal), { throwIfNoEntry: false })?.size ?? 0;

export const giveUpBallast = (journal: string): void =>
  rmSync(ballastPath(journal), { force: true });

/**
 * Really written: some file systems store zeros, or what repeats, as nothing. Throws what the disk says, and leaves
 * nothing then.
 */
export function makeBallast(journal: string, size: Bytes): void {
  const content = randomFillSync(new Uint8Array(size));
  try {
    const fd = openSync(ballastPath(journal), 'w', 0o600);
    try {
      for (let at = 0; at < size; ) at += writeSync(fd, content, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    giveUpBallast(journal);
    throw error;
  }
}
