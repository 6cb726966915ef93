/** Damaged journals that were set aside: their names, and how many of them stay. */
import {
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { UtcMs } from '../../model/units.ts';

const PARTS = ['', '-wal', '-shm', '-journal'];
/** Of each journal. */
const KEPT_MAX = 2;
/** Together, of the disk, once what could be saved is saved. */
const DISK_SHARE = 0.1;
const SALVAGED = '.salvaged';

export interface Quarantined {
  readonly path: string;
  /** All that can be saved from it is in a journal again. */
  readonly isSalvaged: boolean;
}

/** Renames the file and what belongs to it; the oldest of earlier ones goes. Returns where the file is now. */
export function setAside(path: string, now: UtcMs): string {
  let time: number = now;
  const targetAt = (ms: number) =>
    `${path}.corrupt.${new Date(ms).toISOString().replaceAll(':', '')}`;
  const isTaken = (ms: number) =>
    quarantined(path).some((one) => one.path.startsWith(targetAt(ms)));
  while (isTaken(time)) time++;
  const target = targetAt(time);
  // A link that leads nowhere would lead to the new journal.
  if (isLoop(path)) rmSync(path);
  for (const part of PARTS) if (part !== '' && isEmpty(path + part)) rmSync(path + part);
  moveAll(path, target);
  // A WAL alone goes by the name of its file, too.
  if (!isThere(target)) writeFileSync(target, '');
  prune(path);
  return target;
}

/** The newest first. */
export function quarantined(path: string): readonly Quarantined[] {
  const prefix = `${basename(path)}.corrupt.`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && !/-(wal|shm|journal)$/.test(name))
    .sort()
    .reverse()
    .map((name) => ({ path: join(dirname(path), name), isSalvaged: name.endsWith(SALVAGED) }));
}

/** Everything in it that could be saved is. The disk gets back what is too much. */
export function markSalvaged(path: string, file: string): void {
  moveAll(file, `${file}${SALVAGED}`);
  prune(path);
}

/** Removes all but the newest two, and of those what takes more than its share of the disk. Never a folder. */
function prune(path: string): void {
  const { blocks, bsize } = statfsSync(dirname(path));
  let left = blocks * bsize * DISK_SHARE;
  for (const [place, { path: file, isSalvaged }] of quarantined(path).entries()) {
    left -= bytesOf(file);
    if (place < KEPT_MAX && (left >= 0 || !isSalvaged)) continue;
    for (const part of PARTS)
      if (isThere(file + part) && !isFolder(file + part)) rmSync(file + part);
  }
}

function moveAll(from: string, to: string): void {
  for (const part of PARTS) if (isThere(from + part)) renameSync(from + part, to + part);
}

const bytesOf = (file: string): number =>
  PARTS.reduce(
    (sum, part) => sum + (lstatSync(file + part, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
const isEmpty = (path: string): boolean => isThere(path) && !isFolder(path) && bytesOf(path) === 0;
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
export const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Where the journal is: SQLite has its WAL beside the file that a link leads to. */
export const realPath = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/** A link that leads to itself: nothing behind it can be opened. */
export const isLoop = (path: string): boolean =>
  (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false) && !existsSync(path);
