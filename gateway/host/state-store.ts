/** Small facts that have to outlive a restart: pulses counted, totals reached. */

/** What can be kept: whatever JSON can say. */
export type Kept =
  | null
  | boolean
  | number
  | string
  | readonly Kept[]
  | { readonly [key: string]: Kept };

/**
 * A handful of values by key, in one small file beside the journal. Writing is gathered: a power cut costs at most
 * the last ten seconds, a stop nothing.
 */
export interface StateStore {
  /** What was kept under the key; undefined when nothing was, or the file was damaged beyond repair. */
  get(key: string): Kept | undefined;
  /** Kept from now on; on disk within ten seconds. Never waits. */
  set(key: string, value: Kept): void;
  /** Resolves when everything set so far is on disk. */
  flush(): Promise<void>;
}

/** For tools that end without a trace, and for tests. */
export function memoryStateStore(): StateStore {
  const kept = new Map<string, Kept>();
  return {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
    flush: async () => {},
  };
}
