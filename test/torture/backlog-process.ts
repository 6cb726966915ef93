/** Writes a journal of many hours that nobody has taken yet: `argv[2]` is its order. In a process of its own for its memory. */
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { type SampleBatch, VALUE_KINDS } from '../../gateway/journal/batch.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import { QUALITIES } from '../../gateway/model/quality.ts';
import { type TagId, TIME_BASES } from '../../gateway/model/sample.ts';
import { bytes, minutes } from '../../gateway/model/units.ts';

export interface BacklogOrder {
  readonly path: string;
  readonly tags: readonly TagId[];
  readonly uplink: string;
  /** One block holds one sample of each tag. */
  readonly blocks: number;
  readonly everyMs: number;
  /** Of the first block, UTC ms. */
  readonly from: number;
  readonly seed: number;
}

const order = JSON.parse(process.argv[2] ?? '{}') as BacklogOrder;
const journal = openJournal({
  path: order.path,
  tags: order.tags,
  uplinks: [order.uplink],
  maxSize: bytes(4e9),
  keep: minutes(60 * 24 * 30),
  clock: systemClock(),
  log: silentLog,
});
const number = VALUE_KINDS.indexOf('number');
const good = QUALITIES.indexOf('good');
const gateway = TIME_BASES.indexOf('gateway');
const REPORTED_EACH = 50;

/** Half of the tags go up and down, half wander, all with two decimals, as the simulated field does. */
const wandering = Float64Array.from(
  { length: order.tags.length },
  (_, tag) => (tag * 7 + order.seed) % 100,
);
let noise = order.seed >>> 0;

function batchAt(block: number): SampleBatch {
  const { length } = order.tags;
  const numbers = new Float64Array(length);
  for (let tag = 0; tag < length; tag++) {
    noise = (Math.imul(noise, 1_664_525) + 1_013_904_223) >>> 0;
    const step = noise / 2 ** 32 - 0.5;
    wandering[tag] = Math.min(100, Math.max(0, (wandering[tag] ?? 0) + step));
    const value = tag % 2 === 0 ? 50 + 50 * Math.sin((block + tag) / 6) : (wandering[tag] ?? 0);
    numbers[tag] = Math.round(value * 100) / 100;
  }
  return {
    length,
    tags: Uint32Array.from({ length }, (_, tag) => tag),
    times: new Float64Array(length).fill(order.from + block * order.everyMs),
    kinds: new Uint8Array(length).fill(number),
    qualities: new Uint8Array(length).fill(good),
    timeBases: new Uint8Array(length).fill(gateway),
    numbers,
    others: [],
  };
}

for (let block = 0; block < order.blocks; block++) {
  await journal.append('telemetry', batchAt(block), { origin: 'backlog', number: block + 1 });
  if (block % REPORTED_EACH === 0) process.send?.(block);
}
await journal.close();
process.disconnect?.();
