/** The journal of the guide's site over two days, to the last bit the same each time: exported, proven, and broken. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { watermarkText } from '../../gateway/forward/announcement.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { Language } from '../../gateway/model/errors.ts';
import { type Sample, type TagId, type TimeBasis, tagId } from '../../gateway/model/sample.ts';
import { bytes, minutes, utcMs } from '../../gateway/model/units.ts';
import { printed } from './guide-plant.ts';
import { lineKey, type Scene } from './journal-guide.ts';
import { tamper } from './proven-journal.ts';

const LANGUAGES: readonly Language[] = ['en', 'zh'];
const TAGS: readonly TagId[] = [tagId('press', 'oil_temp'), tagId('press', 'pump')];
const EPOCH = '9f3c2a17d04be586';
const BEGIN = Date.UTC(2026, 0, 1, 6);
const END = Date.UTC(2026, 0, 2, 6);

/** `lines`: those of the guide, in its order; the last comes when somebody has removed a block. */
export async function proofScene(
  yaml: string,
  lines: readonly (readonly [name: string, line: string])[],
  folder: string,
): Promise<Scene> {
  writeFileSync(join(folder, 'gateway.yaml'), yaml);
  mkdirSync(join(folder, 'data'));
  const path = join(folder, 'data', 'journal.db');
  const messages = new Map([['day', await twoDays(path)]]);
  const told = new Map<string, string>();
  for (const [name, line] of lines) {
    if (name === 'broken')
      tamper(path, (database) => database.prepare('DELETE FROM block WHERE seq = 21').run());
    for (const language of LANGUAGES)
      told.set(lineKey(name, language), await printed({ line, folder, language }));
  }
  return { lines: told, messages };
}

/** What the press tells every ten minutes. Gives back the watermark behind it. */
async function twoDays(path: string): Promise<string> {
  const clock = virtualClock(utcMs(BEGIN));
  const options = {
    ...{ path, tags: TAGS, uplinks: ['cloud'], maxSize: bytes(2e9), keep: minutes(43_200) },
    ...{ clock, log: silentLog },
  };
  await openJournal(options).close();
  tamper(path, (database) =>
    database.exec(`UPDATE meta SET value = '${EPOCH}' WHERE key = 'epoch';
      UPDATE position SET value = '"${EPOCH}"' WHERE name = 'epoch'`),
  );
  const journal = openJournal(options);
  for (let number = 0; clock.utc() < END; number++) {
    const oil = Math.round((62 + 8 * Math.sin(number / 10)) * 10) / 10;
    await journal.append('telemetry', batchOf(clock.utc(), oil, 'gateway'), {
      ...{ origin: 'guide', number: number + 1 },
    });
    await clock.advance(minutes(10));
  }
  const { epoch, head, lastDay } = journal;
  await journal.close();
  return watermarkText(SPEAKER, { epoch, head, acknowledged: head, gaps: [], day: lastDay });
}

const SPEAKER = { gateway: 'plant', epoch: EPOCH, version: '', config: '' };

function batchOf(time: number, oil: number, timeBasis: TimeBasis) {
  const samples = [oil, true].map(
    (value, i): Sample => ({
      ...{ tag: TAGS[i] ?? tagId('press', 'pump'), value, quality: 'good', timeBasis },
      time: utcMs(time),
    }),
  );
  return toBatch(samples, (tag) => TAGS.indexOf(tag));
}

/** Three blocks before anybody has set the clock, and one behind; gives back the watermark. */
export async function correctedWatermark(folder: string): Promise<string> {
  const clock = virtualClock(utcMs(5_000));
  clock.setSynced(false);
  const journal = openJournal({
    ...{ path: join(folder, 'journal.db'), tags: TAGS, uplinks: ['cloud'], maxSize: bytes(2e9) },
    ...{ keep: minutes(43_200), clock, log: silentLog },
  });
  let number = 0;
  const append = (basis: TimeBasis) =>
    journal.append('telemetry', batchOf(clock.utc(), 62, basis), {
      ...{ origin: 'guide', number: ++number },
    });
  for (let minute = 0; minute < 3; minute++) {
    await append('unsynced');
    await clock.advance(minutes(1));
  }
  clock.stepWallClock(utcMs(END));
  clock.setSynced(true);
  await append('gateway');
  const { head } = journal;
  const corrections = journal.corrections();
  await journal.close();
  const watermark = { epoch: EPOCH, head, acknowledged: head, gaps: [], day: undefined };
  return watermarkText(SPEAKER, { ...watermark, corrections });
}
