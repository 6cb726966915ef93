/**
 * The samples of the attack `full-disk`. Each has a number, which its time tells, and everything in it follows from that:
 * so whoever finds one can say which it is and whether it is whole.
 */
import type { BlockClass } from '../../gateway/journal/journal.ts';
import { deviceName, type Sample, tagId } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { utcMs } from '../../gateway/model/units.ts';

const FIRST_TIME = Date.UTC(2026, 0, 1);
const DEVICE = deviceName('press');
const TAGS = 20;
/** The last one is a text that is never the same. */
const TEXT_TAG = TAGS - 1;

export const FULL_DISK_TAGS: readonly Tag[] = Array.from({ length: TAGS }, (_, index) => ({
  index,
  id: tagId(DEVICE, `t${index}`),
  device: DEVICE,
  quantity: `t${index}`,
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
}));

/** Of each hundred samples one is a record's and one an alarm's. */
export const classOf = (number: number): BlockClass =>
  number % 100 === 0 ? 'record' : number % 100 === 50 ? 'alarm' : 'telemetry';

const mixed = (number: number): number => Math.imul(number + 1, 0x9e37_79b1) >>> 0;

function valueAt(number: number, words: number): number | string {
  if (number % TAGS !== TEXT_TAG) return 20 + mixed(number) / 2 ** 24 + Math.sin(number / 5_000);
  return Array.from({ length: words }, (_, i) => mixed(number * 31 + i).toString(36)).join('');
}

/** `words` is the length of its text. */
export const sampleOf = (number: number, words: number): Sample => ({
  tag: (FULL_DISK_TAGS[number % TAGS] as Tag).id,
  value: valueAt(number, words),
  quality: 'good',
  time: utcMs(FIRST_TIME + number),
  timeBasis: 'gateway',
});

export const numberOf = ({ time }: Sample): number => time - FIRST_TIME;
