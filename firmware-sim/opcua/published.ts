/** What a server put into its PublishResponses: the truth that a client's samples are held against. */
import type { UtcMs } from '../../gateway/model/units.ts';

/** One value change that left the server in a notification. */
export interface PublishedChange {
  /** The name of the variable; the NodeId of one that has no name here. */
  readonly name: string;
  /** As the stack holds it: Int64 and UInt64 are bigint. */
  readonly value: unknown;
  /** The whole status code with its info bits, 0 is Good (OPC 10000-4 §7.39). */
  readonly status: number;
  /** Undefined where the server sent no source timestamp. */
  readonly sourceTime: UtcMs | undefined;
}

/** Keeps the newest changes, up to a limit, and counts those it had to forget. */
export class PublishedLog {
  readonly #limit: number;
  #changes: PublishedChange[] = [];
  #total = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(change: PublishedChange): void {
    this.#total += 1;
    this.#changes.push(change);
    if (this.#changes.length < 2 * this.#limit) return;
    this.#dropped += this.#changes.length - this.#limit;
    this.#changes = this.#changes.slice(-this.#limit);
  }

  /** All changes ever published, forgotten ones included. */
  get total(): number {
    return this.#total;
  }

  /** Changes that nobody can look at any more because the log was full. */
  get dropped(): number {
    return this.#dropped + Math.max(0, this.#changes.length - this.#limit);
  }

  /** In the order of publishing. */
  all(): readonly PublishedChange[] {
    return this.#changes.slice(-this.#limit);
  }

  of(name: string): readonly PublishedChange[] {
    return this.all().filter((change) => change.name === name);
  }

  /** The changes since the last time somebody took them; for runs longer than the limit. */
  take(): readonly PublishedChange[] {
    const taken = this.all();
    this.#dropped = this.dropped;
    this.#changes = [];
    return taken;
  }
}
