/** Ends of commands that wait for a worker to store them: bounded, in order, apart from those that may be to blame. */
import type { LedgerEntry } from '../../command/ledger.ts';
import type { Log } from '../../host/log.ts';
import type { CommandOutcome } from '../../model/command.ts';
import type { SampleBatch } from '../batch.ts';

export interface WaitingEnd {
  readonly key: string;
  readonly outcome: CommandOutcome;
  /** JSON; undefined as in LedgerAction. */
  readonly end: string | undefined;
  readonly audit: SampleBatch;
}

/** As many as may be open: after many crashes all of them end at once. */
export const ENDS_MAX = 10_000;
/** An end that takes the worker down with it, or fails by an error of ours, this often is given up. */
const ATTEMPTS_MAX = 10;

export class LedgerEnds {
  readonly #log: Log;
  #fresh: WaitingEnd[] = [];
  /** A group failed with it, or the worker died: handed over again alone, it takes nothing else with it. */
  #suspects: WaitingEnd[] = [];
  readonly #attempts = new Map<WaitingEnd, number>();
  #lost = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  get length(): number {
    return this.#fresh.length + this.#suspects.length;
  }

  get hasFresh(): boolean {
    return this.#fresh.length > 0;
  }

  get hasSuspects(): boolean {
    return this.#suspects.length > 0;
  }

  /** Given up since the start; their commands look open at the next one. */
  get lost(): number {
    return this.#lost;
  }

  add(end: WaitingEnd): void {
    if (this.length < ENDS_MAX) this.#fresh.push(end);
    else this.#lose(end, 'too many wait');
  }

  find(key: string): WaitingEnd | undefined {
    return [...this.#suspects, ...this.#fresh].find((end) => end.key === key);
  }

  takeFresh(count: number): readonly WaitingEnd[] {
    return this.#fresh.splice(0, count);
  }

  takeSuspect(): readonly WaitingEnd[] {
    return this.#suspects.splice(0, 1);
  }

  /** Nothing is wrong with them: the disk was full. */
  putBack(ends: readonly WaitingEnd[]): void {
    this.#fresh.unshift(...ends);
  }

  /** One of them may be what the worker, or our own code, fails with. */
  suspect(ends: readonly WaitingEnd[]): void {
    for (const end of ends) {
      const attempts = (this.#attempts.get(end) ?? 0) + 1;
      this.#attempts.set(end, attempts);
      if (attempts < ATTEMPTS_MAX) this.#suspects.push(end);
      else this.#lose(end, 'it could not be stored');
    }
  }

  stored(ends: readonly WaitingEnd[]): void {
    for (const end of ends) this.#attempts.delete(end);
  }

  #lose(end: WaitingEnd, reason: string): void {
    this.#lost++;
    this.#attempts.delete(end);
    const { key, outcome } = end;
    this.#log.error('journal.command-end-lost', { key, outcome, reason });
  }
}

/** The entry with an end that is known and not stored yet. */
export function withEnd(
  entry: LedgerEntry,
  ended: Pick<WaitingEnd, 'outcome' | 'end'> | undefined,
): LedgerEntry {
  if (ended === undefined) return entry;
  const end = ended.end === undefined ? undefined : JSON.parse(ended.end);
  return { ...entry, outcome: ended.outcome, end };
}
