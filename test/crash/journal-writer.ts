/** Appends to the journal at `argv[2]` until it is killed; each line says what is durable: seq and number of the batch. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { BLOCK_CLASSES, type BlockClass } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { batchOf, numbered, TAGS } from '../support/journal-samples.ts';

const [, , path = '', origin = '', first = ''] = process.argv;
const journal = openJournal({
  path,
  tags: TAGS,
  uplinks: [],
  maxSize: bytes(2 ** 30),
  keep: millis(1e12),
  clock: systemClock(),
  log: silentLog,
});
for (let number = Number(first); ; number++) {
  const blockClass = BLOCK_CLASSES[number % BLOCK_CLASSES.length] as BlockClass;
  const batch = batchOf(numbered(number, 1 + (number % 700)));
  const seq = await journal.append(blockClass, batch, { origin, number });
  writeSync(1, `${seq} ${number}\n`);
}
