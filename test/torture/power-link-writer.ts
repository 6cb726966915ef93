/**
 * The north side as a gateway runs it, its worker thread and its loss window, recorded: samples are handed over as they
 * come, some alarms among them. `argv`: folder, seed, ms. It says to descriptor 3 what it hands over and what is stored.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { BlockClass } from '../../gateway/journal/journal.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import type { TagId } from '../../gateway/model/sample.ts';
import { millis, utcMs } from '../../gateway/model/units.ts';
import { T0 } from '../support/journal-samples.ts';
import { MARK_FD } from './disk-recorder.ts';
import { LINK_MAX_SIZE, type Mark, POWER_TAGS, TAG_IDS } from './power-content.ts';
import { WINDOW_MS } from './power-judges.ts';

const [, , folder = '', seed = '', ms = ''] = process.argv;
const random = seededRandom(Number(seed));
const say = (mark: Mark) => void writeSync(MARK_FD, JSON.stringify(mark));
const link = new NorthLink({
  site: {
    gateway: { id: 'cut', timezone: 'UTC' },
    journal: {
      path: join(folder, 'journal.db'),
      lossWindow: millis(WINDOW_MS),
      maxSize: LINK_MAX_SIZE,
      keep: millis(1e12),
    },
    uplinks: [],
    tags: POWER_TAGS,
    hash: 'c0ffee',
  },
  clock: systemClock(),
  log: silentLog,
  random: () => 0,
});
const handed: Record<BlockClass, number> = { record: 0, alarm: 0, telemetry: 0 };
const stored: Record<BlockClass, number> = { record: 0, alarm: 0, telemetry: 0 };
link.onCommitted(({ class: blockClass, samples }) => {
  stored[blockClass] += samples;
  say({ stored: stored[blockClass], class: blockClass });
});

function hand(blockClass: BlockClass, count: number): void {
  const first = handed[blockClass] + 1;
  handed[blockClass] += count;
  say({ handed: handed[blockClass], class: blockClass });
  const samples = Array.from({ length: count }, (_, row) => ({
    tag: TAG_IDS[row % TAG_IDS.length] as TagId,
    value: first + row,
    quality: 'good' as const,
    time: utcMs(T0 + first + row),
    timeBasis: 'gateway' as const,
  }));
  link.append(blockClass, samples);
}

await link.start();
const end = performance.now() + Number(ms);
while (performance.now() < end) {
  hand('telemetry', 1 + Math.floor(random() * 4));
  if (random() < 0.05) hand('alarm', 1);
  await setTimeout(5);
}
await link.stop();
