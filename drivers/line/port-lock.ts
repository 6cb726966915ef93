/**
 * Who holds the lock of a device file, from /proc. Asked before a port is opened, because
 * serialport sets a port's parity before it finds out that another program has it.
 */
import { readFile, stat } from 'node:fs/promises';

/** A line of /proc/locks: `1: FLOCK  ADVISORY  WRITE 1234 00:05:87 0 EOF` (proc_locks(5)). */
const LOCK = /^\d+: FLOCK\s+\S+\s+WRITE\s+(-?\d+)\s+([0-9a-f]+):([0-9a-f]+):(\d+)\s/;

/**
 * The process that has locked the file, as `name (pid 1234)`; undefined when nobody has, or
 * nobody can tell. Rejects when the file is not there.
 */
export async function lockHolder(path: string): Promise<string | undefined> {
  const { dev, ino } = await stat(path);
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
  const pid = holderIn(locks, dev, ino);
  if (pid === undefined) return undefined;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name === '' ? `pid ${pid}` : `${name.trimEnd()} (pid ${pid})`;
}

/**
 * The process in the text of /proc/locks that has locked the inode `ino` of the device `dev`. Pure.
 */
export function holderIn(locks: string, dev: number, ino: number): number | undefined {
  for (const line of locks.split('\n')) {
    const [, pid, major = '', minor = '', inode] = LOCK.exec(line) ?? [];
    if (Number(inode) === ino && deviceNumber(parseInt(major, 16), parseInt(minor, 16)) === dev)
      return Number(pid);
  }
  return undefined;
}

/** As stat gives it (glibc's makedev), for the numbers below 2^32 that Linux uses. */
const deviceNumber = (major: number, minor: number): number =>
  (minor & 0xff) + ((major & 0xfff) << 8) + (minor >>> 8) * 2 ** 20;
