/**
 * The ledger of commands in the journal's own database, on the thread that has it open. It keeps what has to be known
 * again, within its limits; its owner says when a transaction begins and stores the audit in the same one.
 */
import type { LedgerEntry, LedgerHistory } from '../../command/ledger.ts';
import type { Log } from '../../host/log.ts';
import { type Bytes, minutes, type UtcMs, utcMs } from '../../model/units.ts';
import type { Connection } from '../file/journal-file.ts';
import type { Mark } from '../salvage/salvaged-marks.ts';
import type { LedgerAction } from './ledger-action.ts';
import { type LedgerPlan, ledgerPlan, OPEN_COMMANDS_MAX } from './ledger-plan.ts';
import {
  type CommandRow,
  type LeavingCommand,
  LedgerRows,
  type LedgerTotals,
} from './ledger-rows.ts';

/** How long an ended command is known again. */
const KEEP = minutes(24 * 60);
export const COMMANDS_MAX = 50_000;
/** Of the file: so much of the journal's capacity, and never more than what is checked in a moment. */
const CAPACITY_SHARE = 0.25;
const BYTES_MAX = 32 * 2 ** 20;
/** The upkeep leaves this much free below the limits, so that a commit seldom has to. */
const TARGET_SHARE = 0.9;
/** One step is one short transaction: each command that leaves touches four pages. */
const STEP_COMMANDS_MAX = 256;
const RECENT = minutes(60);
const RECENT_COMMANDS_MAX = 10_000;
/** The most text that is told at an opening, 600 bytes a command when all places are taken. */
const HISTORY_BYTES_MAX = 6 * 2 ** 20;

export class JournalLedger {
  readonly #rows: LedgerRows;
  readonly #log: Log;
  readonly #bytesMax: number;

  /** The tables have to be there. */
  constructor(connection: Connection, capacity: Bytes, log: Log) {
    this.#rows = new LedgerRows(connection);
    this.#bytesMax = Math.min(capacity * CAPACITY_SHARE, BYTES_MAX);
    this.#log = log;
  }

  /** What these actions come to; nothing is written. */
  plan(actions: readonly LedgerAction[]): LedgerPlan {
    return ledgerPlan(actions, (key) => this.find(key), this.#rows.openCount());
  }

  /** Inside a transaction of the owner. */
  write({ intents, ends }: LedgerPlan, now: UtcMs): void {
    if (intents.length === 0 && ends.length === 0) return;
    let { rows, bytes } = this.#rows.totals();
    for (const intent of intents) {
      rows++;
      bytes += this.#rows.insert(intent);
      if (intent.counter) this.#rows.mark('counter', intent.counter.signer, intent.counter.value);
      if (intent.issued !== undefined) this.#rows.mark('issued', intent.tag, intent.issued);
    }
    for (const end of ends) bytes += this.#rows.end(end, now);
    this.#rows.saveTotals(this.#withinLimits({ rows, bytes }));
  }

  /** Of a damaged journal; inside a transaction of the owner. */
  restore(marks: readonly Mark[]): void {
    for (const { kind, name, value } of marks) this.#rows.mark(kind, name, value);
  }

  find(key: string): LedgerEntry | undefined {
    const row = this.#rows.find(key);
    return row && this.#entryOf(row);
  }

  history(now: UtcMs, wasCleanStop: boolean): LedgerHistory {
    return {
      wasCleanStop,
      open: this.#told(this.#rows.open(OPEN_COMMANDS_MAX)),
      recent: this.#told(this.#rows.recent(utcMs(now - RECENT), RECENT_COMMANDS_MAX)).toReversed(),
      counters: this.#rows.marks('counter'),
      issued: this.#rows.marks('issued'),
    };
  }

  /** What the upkeep removes next; empty when nothing has to go. */
  leaving(now: UtcMs): readonly LeavingCommand[] {
    const expired = this.#rows.succeededBefore(now - KEEP, STEP_COMMANDS_MAX);
    if (expired.length > 0) return expired;
    const { rows, bytes } = this.#rows.totals();
    const excess = rows - COMMANDS_MAX * TARGET_SHARE;
    const isLarge = bytes > this.#bytesMax * TARGET_SHARE;
    if (excess <= 0 && !isLarge) return [];
    return this.#oldest(isLarge ? STEP_COMMANDS_MAX : Math.min(excess, STEP_COMMANDS_MAX));
  }

  /** Inside a transaction of the owner. */
  remove(leaving: readonly LeavingCommand[]): void {
    this.#rows.saveTotals(this.#without(this.#rows.totals(), leaving));
  }

  /** Holds the limits at every moment, also between two upkeeps. Open commands stay. */
  #withinLimits(totals: LedgerTotals): LedgerTotals {
    let left = totals;
    while (left.rows > COMMANDS_MAX || left.bytes > this.#bytesMax) {
      const leaving = this.#oldest(Math.max(1, left.rows - COMMANDS_MAX));
      if (leaving.length === 0) break;
      left = this.#without(left, leaving);
    }
    return left;
  }

  /** The oldest end first; the latest of a tag and origin only when nothing else is left. */
  #oldest(count: number): readonly LeavingCommand[] {
    const succeeded = this.#rows.succeededBefore(Number.MAX_SAFE_INTEGER, count);
    return succeeded.length > 0 ? succeeded : this.#rows.oldestEnded(count);
  }

  #without({ rows, bytes }: LedgerTotals, leaving: readonly LeavingCommand[]): LedgerTotals {
    for (const command of leaving) this.#rows.remove(command);
    const freed = leaving.reduce((sum, command) => sum + command.bytes, 0);
    return { rows: rows - leaving.length, bytes: Math.max(0, bytes - freed) };
  }

  #told(rows: Iterable<CommandRow>): readonly LedgerEntry[] {
    const entries: LedgerEntry[] = [];
    let bytes = 0;
    for (const row of rows) {
      bytes += row.bytes;
      if (bytes > HISTORY_BYTES_MAX) break;
      entries.push(this.#entryOf(row));
    }
    return entries;
  }

  #entryOf({ entry, isDamaged }: CommandRow): LedgerEntry {
    if (isDamaged) this.#log.error('journal.command-damaged', { key: entry.key, tag: entry.tag });
    return entry;
  }
}
