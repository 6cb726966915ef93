import { readFileSync } from 'node:fs';
import { type Bytes, bytes } from '../model/units.ts';

/**
 * What this thread has had written to disks so far, by the kernel's count; 0 where it keeps none.
 */
export function threadBytesWritten(): Bytes {
  try {
    const counted = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/thread-self/io', 'utf8'));
    return bytes(Number(counted?.[1] ?? 0));
  } catch {
    return bytes(0);
  }
}
