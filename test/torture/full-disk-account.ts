/** What a journal holds after the disk was full, held against what had been handed over. */

import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import { BLOCK_CLASSES, type BlockClass, seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { classOf, FULL_DISK_TAGS, numberOf } from './full-disk-samples.ts';

export interface Account {
  readonly handed: Readonly<Record<BlockClass, number>>;
  readonly stored: Readonly<Record<BlockClass, number>>;
  /** Samples in gaps. */
  readonly lost: Readonly<Record<BlockClass, number>>;
  /** Samples in gaps by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly twice: number;
  /** Not what was handed over. */
  readonly wrong: number;
}

const READ_BLOCKS = 64;
const none = (): Record<BlockClass, number> => ({ record: 0, alarm: 0, telemetry: 0 });

/** Opens the journal, reads all of it and closes it. `handed`: samples 0 to that number. */
export async function accountOf(
  path: string,
  maxSize: number,
  handed: number,
  sampleOf: (number: number) => Sample,
): Promise<Account> {
  const journal = openJournal({
    path,
    tags: FULL_DISK_TAGS.map(({ id }) => id),
    uplinks: ['cloud'],
    maxSize: bytes(maxSize),
    keep: millis(86_400_000),
    clock: systemClock(),
    log: silentLog,
  });
  const [stored, lost, reasons] = [none(), none(), new Map<string, number>()];
  const seen = new Uint8Array(handed);
  let [twice, wrong] = [0, 0];
  for (let from = 1; from <= journal.head; ) {
    const blocks = journal.read(seqOf(from), READ_BLOCKS);
    for (const { class: blockClass, samples, tagOf, gap } of blocks) {
      if (gap) {
        lost[gap.class] += gap.count ?? Number.NaN;
        reasons.set(gap.reason, (reasons.get(gap.reason) ?? 0) + (gap.count ?? Number.NaN));
      }
      for (const sample of fromBatch(samples, tagOf)) {
        const number = numberOf(sample);
        stored[blockClass]++;
        if (seen[number] === 1) twice++;
        seen[number] = 1;
        if (classOf(number) !== blockClass || !isSame(sample, sampleOf(number))) wrong++;
      }
    }
    const last = blocks.at(-1);
    if (last === undefined) break;
    from = last.seq + 1;
  }
  await journal.close();
  const all = none();
  for (let number = 0; number < handed; number++) all[classOf(number)]++;
  return { handed: all, stored, lost, reasons: Object.fromEntries(reasons), twice, wrong };
}

const isSame = (a: Sample, b: Sample): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Samples of which nobody knows where they are, over all classes. */
export const unaccounted = ({ handed, stored, lost }: Account): number =>
  BLOCK_CLASSES.reduce((sum, each) => sum + Math.abs(handed[each] - stored[each] - lost[each]), 0);
