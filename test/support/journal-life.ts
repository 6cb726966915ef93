/** A journal with a life under one clock: opened again and again, its blocks growing old. */
import { join } from 'node:path';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { BlockClass } from '../../gateway/journal/journal.ts';
import type { JournalOptions } from '../../gateway/journal/sqlite-journal.ts';
import { millis, minutes, utcMs } from '../../gateway/model/units.ts';
import { journalAt, temporaryDirectory } from './journal-fixture.ts';
import { batchOf, numbered, T0 } from './journal-samples.ts';
import { proofOf, tamper } from './proven-journal.ts';

export const hours = (count: number) => minutes(60 * count);

export class JournalLife {
  readonly path = join(temporaryDirectory(), 'journal.db');
  readonly clock: VirtualClock;
  #number = 0;
  #journal;

  constructor(start = T0, options: Partial<JournalOptions> = {}) {
    this.clock = virtualClock(utcMs(start));
    this.#options = { clock: this.clock, keep: millis(3_600_000), ...options };
    this.#journal = journalAt(this.path, this.#options);
  }

  readonly #options: Partial<JournalOptions>;

  get journal() {
    return this.#journal;
  }

  async append(count = 1, rows = 3, blockClass: BlockClass = 'telemetry'): Promise<void> {
    for (let i = 0; i < count; i++)
      await this.#journal.append(blockClass, batchOf(numbered(++this.#number, rows)), {
        origin: 'life',
        number: this.#number,
      });
  }

  async reopen(meanwhile?: (path: string) => void): Promise<void> {
    await this.#journal.close();
    meanwhile?.(this.path);
    this.#journal = journalAt(this.path, this.#options);
  }

  /** Everything that is older than an hour goes. */
  async expire(): Promise<void> {
    await this.clock.advance(hours(2));
    while (await this.#journal.retain());
  }

  async proof() {
    await this.#journal.close();
    return proofOf(this.path);
  }
}

/** As version 1 had it. */
export const asVersion1 = (path: string) =>
  tamper(path, (database) => {
    for (const column of ['key', 'state', 'link'])
      database.exec(`ALTER TABLE block DROP COLUMN ${column}`);
    for (const table of ['link', 'day', 'clock', 'summary', 'salvage'])
      database.exec(`DROP TABLE ${table}`);
    const totals = { head: 4, blocks: 4, samples: 12, gaps: 0, lost: 0 };
    database
      .prepare(`INSERT OR REPLACE INTO position VALUES ('journal', 'totals', ?)`)
      .run(JSON.stringify(totals));
    database.pragma('user_version = 1');
  });
