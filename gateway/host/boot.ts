/** This boot of the machine: its id, and how long it has lasted. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Milliseconds since boot, without the time the machine was suspended: CLOCK_MONOTONIC. */
export const kernelNow = (): number => Number(process.hrtime.bigint()) / 1e6;

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
let known: string | undefined;

/**
 * 32 hexadecimal digits. The service has a /proc without the kernel's files, so there systemd hands the id over. Where
 * nobody tells it, each process counts as a boot of its own.
 */
export function bootId(): string {
  known ??= (process.env.HEADGATE_BOOT_ID ?? bootIdInProc() ?? randomUUID()).replaceAll('-', '');
  return known;
}

function bootIdInProc(): string | undefined {
  try {
    return readFileSync(BOOT_ID, 'utf8').trim();
  } catch {
    return undefined;
  }
}
