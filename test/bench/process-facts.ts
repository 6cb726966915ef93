/** What Linux has booked for a process, from /proc. */
import { readFileSync } from 'node:fs';

/** USER_HZ is 100 on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** User and system time of all threads, in µs. */
export function cpuMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold anything; the numbers begin behind it, with the state.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME]);
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** `rss` now, `peak` since the start, in MB of 2^20 bytes. */
export function memoryMb(pid: number): { readonly rss: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return { rss: numberAfter(status, 'VmRSS') / 1024, peak: numberAfter(status, 'VmHWM') / 1024 };
}

export interface Writes {
  /** Sent towards the disk: the pages of a file that got dirty, 4096 bytes each. */
  readonly disk: number;
  /** Handed to `write` and its like, pipes and sockets included. */
  readonly calls: number;
}

export function bytesWritten(pid: number): Writes {
  const io = readFileSync(`/proc/${pid}/io`, 'utf8');
  return { disk: numberAfter(io, 'write_bytes'), calls: numberAfter(io, 'wchar') };
}

/** The only child of a process; undefined while it has none. */
export function childOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children === '' ? undefined : Number(children.split(' ')[0]);
}

const numberAfter = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
