/**
 * The samples of the attack `kill`. Each has a number, and everything in it follows from that number, the time too: so
 * whoever finds a sample, in a journal or in a message, can say which one it is and whether it is whole.
 */
import { BLOCK_CLASSES, type BlockClass } from '../../gateway/journal/journal.ts';
import {
  decimalText,
  deviceName,
  isDecimal,
  type Sample,
  tagId,
  type Value,
} from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { utcMs } from '../../gateway/model/units.ts';

/** The time of sample 0; sample n is n ms later. */
export const FIRST_TIME = Date.UTC(2026, 0, 1);
const DEVICES = ['press', 'meter', 'robot'];
const TAGS_PER_DEVICE = 12;

export const KILL_TAGS: readonly Tag[] = DEVICES.flatMap((device, place) =>
  Array.from({ length: TAGS_PER_DEVICE }, (_, i): Tag => {
    const quantity = `t${i}`;
    return {
      index: place * TAGS_PER_DEVICE + i,
      id: tagId(device, quantity),
      device: deviceName(device),
      quantity,
      unit: undefined,
      decimals: undefined,
      report: { deadband: undefined, heartbeat: undefined },
    };
  }),
);

/** What of each hundred samples goes into which class, in this order. */
const SHARES: Readonly<Record<BlockClass, number>> = { record: 3, alarm: 2, telemetry: 95 };

/** Of `count` samples from number `from` on, those of each class: consecutive numbers. */
export function byClass(
  from: number,
  count: number,
): readonly { readonly class: BlockClass; readonly from: number; readonly count: number }[] {
  let next = from;
  return BLOCK_CLASSES.map((each) => {
    const isLast = each === 'telemetry';
    const taken = isLast ? from + count - next : Math.floor((count * SHARES[each]) / 100);
    next += taken;
    return { class: each, from: next - taken, count: taken };
  });
}

const mixed = (number: number): number => Math.imul(number + 1, 0x9e37_79b1) >>> 0;

function valueAt(number: number): Value | null {
  const noise = mixed(number);
  switch (number % TAGS_PER_DEVICE) {
    case 0:
      return number;
    case 1:
      return noise % 2 === 0;
    case 2:
      return 9_007_199_254_740_993n + BigInt(noise);
    case 3:
      return `步 ${noise % 100}`;
    case 4:
      return { unscaled: BigInt(noise) * 1_000_003n, decimals: 3 };
    case 5:
      return noise % 4 === 0 ? null : noise / 7;
    default:
      return Math.round(noise / 1000) / 100;
  }
}

/** The sample with this number. */
export function sampleOf(number: number): Sample {
  const value = valueAt(number);
  const tag = KILL_TAGS[number % KILL_TAGS.length] as Tag;
  return {
    tag: tag.id,
    value,
    quality: value === null ? 'bad:comm' : number % 11 === 0 ? 'uncertain:range' : 'good',
    time: utcMs(FIRST_TIME + number),
    timeBasis: number % 13 === 0 ? 'source' : 'gateway',
  };
}

export const numberOf = (time: number): number => time - FIRST_TIME;

/** A value as text; what travelled as JSON gives the same text as what is stored. */
export const textOf = (value: Value | null): string =>
  isDecimal(value) ? decimalText(value) : String(value);
