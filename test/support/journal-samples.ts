/** Samples and batches that the tests of the journal store; free of the test runner, for child processes. */
import { fromBatch, type SampleBatch, toBatch } from '../../gateway/journal/batch.ts';
import type { Block } from '../../gateway/journal/journal.ts';
import { deviceName, type Sample, type TagId, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { utcMs } from '../../gateway/model/units.ts';

export const T0 = Date.UTC(2026, 0, 1);

export const siteTags = (count: number): Tag[] =>
  Array.from({ length: count }, (_, index) => ({
    index,
    id: tagId('press', `t${index}`),
    device: deviceName('press'),
    quantity: `t${index}`,
    unit: undefined,
    decimals: undefined,
    report: { deadband: undefined, heartbeat: undefined },
  }));

export const TAGS: readonly TagId[] = siteTags(8).map(({ id }) => id);

export const sampleOf = (value: Sample['value'], tag = 0, time = T0): Sample => ({
  tag: TAGS[tag] as TagId,
  value,
  quality: value === null ? 'bad:comm' : 'good',
  time: utcMs(time),
  timeBasis: 'gateway',
});

export const batchOf = (samples: readonly Sample[]): SampleBatch =>
  toBatch(samples, (tag) => TAGS.indexOf(tag));

/** `count` samples that tell which block they belong to, and hardly compress. */
export const numbered = (block: number, count = 3): Sample[] =>
  Array.from({ length: count }, (_, row) =>
    sampleOf(scattered(block * 7919 + row) / 1000, row % TAGS.length, T0 + block * 1000 + row),
  );

/** 32 bits that look random, in differences too. */
function scattered(number: number): number {
  let bits = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

export const samplesOf = ({ samples, tagOf }: Block): Sample[] => fromBatch(samples, tagOf);
