import { afterEach } from 'vitest';

/**
 * For tests that start real parts: each part is handed in with the way to end it, and after the test all
 * are ended, the last one first.
 */
export function disposals(): <T>(part: T, dispose: (part: T) => Promise<unknown>) => T {
  let pending: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const dispose of pending.reverse()) await dispose();
    pending = [];
  });
  return (part, dispose) => {
    pending.push(() => dispose(part));
    return part;
  };
}
