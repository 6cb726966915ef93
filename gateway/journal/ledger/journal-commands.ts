/**
 * Commands in the open journal: intents and ends are stored with their audit in one transaction, and what the ledger
 * knew when it was opened is told once. Its owner turns SQLite's errors into the journal's.
 */
import type { LedgerEntry, LedgerHistory } from '../../command/ledger.ts';
import type { Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import { utcMs } from '../../model/units.ts';
import { joinBatches } from '../batch.ts';
import type { BlockMaker } from '../blocks/block-maker.ts';
import type { JournalFile } from '../file/journal-file.ts';
import type { Commit } from '../journal.ts';
import { EVERY_TAG, salvagedMarks } from '../salvage/salvaged-marks.ts';
import type { JournalSpace } from '../space/journal-space.ts';
import { JournalLedger } from './journal-ledger.ts';
import type { LedgerAction, LedgerAnswer } from './ledger-action.ts';
import { createLedgerTables, hasLedgerTables } from './ledger-rows.ts';

/** What became of a group of actions. */
export interface LedgerEntered {
  /** One for each action, in order. */
  readonly answers: readonly LedgerAnswer[];
  /** The block of their audit; undefined where there was none to store. */
  readonly audit: Commit | undefined;
}

export interface JournalCommandsOptions {
  readonly file: JournalFile;
  readonly space: JournalSpace;
  readonly clock: Clock;
  readonly log: Log;
  readonly maker: () => BlockMaker;
  /** Hears how many bytes of a block were stored. */
  readonly onStored: (bytes: number) => void;
}

export class JournalCommands {
  readonly #options: JournalCommandsOptions;
  readonly #space: JournalSpace;
  readonly #ledger: JournalLedger;
  /** Read while the journal opens, where damage in it is met as damage of the file. */
  #history: LedgerHistory | undefined;

  constructor(options: JournalCommandsOptions) {
    const { file, space, clock, log } = options;
    this.#options = options;
    this.#space = space;
    if (!hasLedgerTables(file.connection)) this.#createTables(file);
    this.#ledger = new JournalLedger(file.connection, file.capacity, log);
    if (file.quarantined) this.#restoreMarks(file.quarantined.path);
    this.#history = this.#ledger.history(clock.utc(), file.wasCleanStop);
  }

  /** Commands that are written down or end, and one block of their audit, in one transaction. */
  enter(actions: readonly LedgerAction[]): LedgerEntered {
    const space = this.#space;
    const plan = this.#ledger.plan(actions);
    const batch = joinBatches(plan.audit);
    const isTold = batch.length > 0;
    const isWritten = isTold || plan.intents.length > 0 || plan.ends.length > 0;
    if (!isWritten) return { answers: plan.answers, audit: undefined };
    const block = this.#options.maker().make('alarm', batch, () => space.nextPlace());
    const facts = JSON.stringify([plan.intents, plan.ends]).length;
    space.makingRoom(facts + block.data.length, () => {
      space.wear.countAs('commands');
      this.#ledger.write(plan, this.#options.clock.utc());
      return isTold ? space.insert(space.totals, block, space.clock.timeOf()) : undefined;
    });
    if (!isTold) return { answers: plan.answers, audit: undefined };
    this.#options.onStored(block.data.length);
    const audit = { class: block.class, seq: space.head, samples: batch.length };
    return { answers: plan.answers, audit };
  }

  /** A command that was written down. */
  find(key: string): LedgerEntry | undefined {
    return this.#ledger.find(key);
  }

  /** What the ledger knew when it was opened. Told once: it is large, and not kept. */
  takeHistory(): LedgerHistory {
    const history = this.#history;
    if (history === undefined) throw new Error('the history was taken');
    this.#history = undefined;
    return history;
  }

  /** Removes what nobody has to know again, one step; false when no command has to go. */
  prune(): boolean {
    const { clock } = this.#options;
    // By a clock that nobody believes no command is too old: only what is too much leaves.
    const leaving = this.#ledger.leaving(clock.isSynced() ? clock.utc() : utcMs(0));
    if (leaving.length === 0) return false;
    this.#space.transaction(() => {
      this.#space.wear.countAs('retention');
      this.#ledger.remove(leaving);
      return undefined;
    });
    return true;
  }

  /** A journal that was made before there was a ledger gets its tables now. */
  #createTables({ connection }: JournalFile): void {
    this.#space.makingRoom(0, () => {
      this.#space.wear.countAs('opening');
      createLedgerTables(connection);
      return undefined;
    });
  }

  /** What had been issued before now may have been carried out: nobody can look it up any more. */
  #restoreMarks(damaged: string): void {
    const value = this.#options.clock.utc();
    const marks = [...salvagedMarks(damaged), { kind: 'issued', name: EVERY_TAG, value } as const];
    this.#space.makingRoom(0, () => {
      this.#ledger.restore(marks);
      return undefined;
    });
  }
}
