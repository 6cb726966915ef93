/** What kind of file system a folder is on, by the number that statfs(2) gives. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Those that a database with a log cannot trust: without a journal of their own and without real locks (FAT, exFAT), or
 * far away, where a sync and a lock are what the other side makes of them.
 */
const UNFIT: ReadonlyMap<number, string> = new Map([
  [0x4d44, 'FAT'],
  [0x2011_bab0, 'exFAT'],
  [0x6969, 'NFS'],
  [0xff53_4d42, 'CIFS'],
  [0xfe53_4d42, 'SMB'],
  [0x0102_1997, '9P'],
]);

/** The name of one that a journal should not be on; undefined for any other. */
export const unfitFileSystem = (type: number): string | undefined => UNFIT.get(type);

/** The same of a path, which need not be there yet: the nearest folder above it that is, decides. */
export function unfitFileSystemOf(path: string): string | undefined {
  let folder = dirname(path);
  while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
  return unfitFileSystem(statfsSync(folder).type);
}
