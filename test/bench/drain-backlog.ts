/** The backlog that the bench of the drain has stored, and the messages that it is. */
import { plainUplink } from '../../config/build.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { StoredSamples, tagsOf } from './stored-samples.ts';

/** What each of the two processes is told, which then drains or publishes it at each message it gets. */
export interface DrainOrder {
  readonly journal: string;
  readonly url: string;
}

const TAGS = 1_000;
/** Half an hour of 10,000 samples a second. */
export const BLOCKS = 18_000;
export const SAMPLES = TAGS * BLOCKS;
export const SPEAKER = { gateway: 'bench', epoch: '9f3c2a17d04be586', version: '0', config: '0' };

export const mqttConfig = (url: string) => plainUplink(SPEAKER.gateway, 'cloud', url).mqtt;

export const backlogAt = (path: string): SqliteJournal =>
  openJournal({
    ...{ path, tags: tagsOf(TAGS), uplinks: [], clock: systemClock(), log: silentLog },
    ...{ maxSize: bytes(4e9), keep: millis(30 * 86_400_000) },
  });

export async function storeBacklog(journal: SqliteJournal): Promise<void> {
  const samples = new StoredSamples(TAGS, 'slow');
  for (let number = 1; number <= BLOCKS; number++) {
    samples.advance();
    await journal.append('telemetry', samples.batch(number), { origin: 'bench', number });
  }
}
