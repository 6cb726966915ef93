/**
 * A ledger in memory that keeps the ledger's word: what it says is durable survives `crash`, what it has not said may not. A test
 * says how its disk is, and sees when what became durable.
 */
import type { Ledger, LedgerEntry, LedgerHistory } from '../../gateway/command/ledger.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import type { Kept } from '../../gateway/host/state-store.ts';
import type { CommandOutcome } from '../../gateway/model/command.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import {
  later,
  type Millis,
  type MonoMs,
  millis,
  minutes,
  seconds,
} from '../../gateway/model/units.ts';

type Intent = Omit<LedgerEntry, 'outcome' | 'end'>;
type Marks = Parameters<Ledger['intend']>[2];
type Intended = Awaited<ReturnType<Ledger['intend']>>;

/** `full`: refuses what has to be durable, at once; ends are kept until there is room. `stuck`: says nothing at all. */
export type DiskState = 'works' | 'full' | 'stuck';

export interface LedgerDisk {
  readonly entries: Map<string, LedgerEntry>;
  readonly audit: Sample[];
  readonly counters: Map<string, number>;
  readonly issued: Map<string, number>;
}

export const emptyDisk = (): LedgerDisk => ({
  entries: new Map(),
  audit: [],
  counters: new Map(),
  issued: new Map(),
});

interface Action {
  readonly commit: () => void;
  readonly isKept: boolean;
}

const PATIENCE: Millis = seconds(2);
const RECENT: Millis = minutes(60);

export class MemoryLedger implements Ledger {
  readonly disk: LedgerDisk;
  /** From being handed over to being durable. */
  delay: Millis;
  readonly #clock: Clock;
  readonly #wasCleanStop: boolean;
  readonly #onDurable: (key: string) => void;
  /** Of intents that are not durable: they become so with their end. */
  readonly #waiting = new Map<string, { readonly intent: Intent; readonly marks: Marks }>();
  readonly #opened: LedgerHistory;
  #state: DiskState = 'works';
  #queue: Action[] = [];
  #isDead = false;

  constructor(
    clock: Clock,
    options: {
      readonly disk?: LedgerDisk;
      readonly wasCleanStop?: boolean;
      readonly delay?: Millis;
      readonly onDurable?: (key: string) => void;
    } = {},
  ) {
    this.#clock = clock;
    this.disk = options.disk ?? emptyDisk();
    this.#wasCleanStop = options.wasCleanStop ?? true;
    this.delay = options.delay ?? millis(0);
    this.#onDurable = options.onDurable ?? (() => {});
    this.#opened = this.#readHistory();
  }

  /** What was not durable is gone, and the ledger says nothing any more. */
  crash(): LedgerDisk {
    this.#isDead = true;
    return this.disk;
  }

  /** Everything that was handed over becomes durable. */
  close(): LedgerDisk {
    this.set('works');
    while (this.#queue.length > 0) this.#commitNext();
    return this.crash();
  }

  set(state: DiskState): void {
    this.#state = state;
    if (state === 'works') for (const _ of this.#queue) this.#commitLater();
  }

  intend(
    intent: Intent,
    audit: readonly Sample[],
    marks: Marks,
    way: 'before' | 'meanwhile' = 'before',
  ): Promise<Intended> {
    return new Promise((resolve, reject) => {
      const known = this.disk.entries.get(intent.key);
      const waiting = this.#waiting.get(intent.key);
      const entry = known ?? (waiting && { ...waiting.intent, outcome: undefined, end: undefined });
      if (entry) {
        this.#push(
          () => resolve({ kind: 'known', entry: this.disk.entries.get(intent.key) ?? entry }),
          false,
        );
        return;
      }
      this.#waiting.set(intent.key, { intent, marks });
      if (this.#state === 'full') {
        queueMicrotask(() => reject(new GatewayError('journal.disk-full', { path: 'memory' })));
        return;
      }
      const cancel = this.#at(PATIENCE, () =>
        reject(new GatewayError('journal.disk-full', { path: `memory, ${way}` })),
      );
      this.#push(() => {
        cancel();
        if (this.#waiting.has(intent.key)) this.#insert(intent, marks);
        this.disk.audit.push(...audit);
        resolve({ kind: 'new' });
      }, false);
    });
  }

  settle(key: string, outcome: CommandOutcome, end: Kept, audit: readonly Sample[]): void {
    this.#push(() => {
      const waiting = this.#waiting.get(key);
      if (waiting) this.#insert(waiting.intent, waiting.marks);
      const entry = this.disk.entries.get(key);
      if (entry?.end !== undefined) return;
      if (entry) this.disk.entries.set(key, { ...entry, outcome, end });
      this.disk.audit.push(...audit);
    }, true);
  }

  note(audit: readonly Sample[]): void {
    this.#push(() => void this.disk.audit.push(...audit), true);
  }

  async find(key: string): Promise<LedgerEntry | undefined> {
    return this.disk.entries.get(key);
  }

  history(): LedgerHistory {
    return this.#opened;
  }

  /** Every sample that was stored, as the JSON in it. */
  audited(): readonly Record<string, unknown>[] {
    return this.disk.audit.map(({ value }) => JSON.parse(String(value)));
  }

  #insert(intent: Intent, { counter, issued }: Marks): void {
    this.#waiting.delete(intent.key);
    // What crosses a thread and lies on a disk is a copy.
    const entry: LedgerEntry = { ...structuredClone(intent), outcome: undefined, end: undefined };
    this.disk.entries.set(intent.key, entry);
    if (counter) this.disk.counters.set(counter.signer, counter.value);
    if (issued !== undefined) this.disk.issued.set(intent.tag, issued);
    this.#onDurable(intent.key);
  }

  #push(commit: () => void, isKept: boolean): void {
    if (this.#isDead) return;
    this.#queue.push({ commit, isKept });
    this.#commitLater();
  }

  #commitLater(): void {
    if (this.delay <= 0) queueMicrotask(() => this.#commitIfWorking());
    else this.#at(this.delay, () => this.#commitIfWorking());
  }

  #commitIfWorking(): void {
    if (this.#isDead || this.#state === 'stuck') return;
    if (this.#state === 'full') this.#queue = this.#queue.filter(({ isKept }) => isKept);
    else this.#commitNext();
  }

  #commitNext(): void {
    this.#queue.shift()?.commit();
  }

  #at(delay: Millis, run: () => void): () => void {
    const due: MonoMs = later(this.#clock.mono(), delay);
    return this.#clock.at('test.ledger', due, () => {
      if (!this.#isDead) run();
    });
  }

  #readHistory(): LedgerHistory {
    const { entries, counters, issued } = this.disk;
    const all = [...entries.values()].toSorted((a, b) => a.time - b.time);
    const since = this.#clock.utc() - RECENT;
    const latest = new Map(all.map((entry) => [`${entry.origin} ${entry.tag}`, entry]));
    const kept = new Set(latest.values());
    return {
      wasCleanStop: this.#wasCleanStop,
      open: all.filter(({ outcome }) => outcome === undefined),
      recent: all.filter((entry) => entry.time >= since || kept.has(entry)),
      counters: Object.fromEntries(counters),
      issued: Object.fromEntries(issued),
    };
  }
}
