/** The samples of a block as formats of other platforms see them: by device and time, values as they print. Pure. */
import { fromBatch } from '../../journal/batch.ts';
import type { Block, BlockClass, Seq } from '../../journal/journal.ts';
import type { Quality } from '../../model/quality.ts';
import { decimalText, isDecimal, type TagId, type Value } from '../../model/sample.ts';
import type { Tag } from '../../model/tag.ts';
import type { Selection } from '../selection.ts';

/** One sample. */
export interface Reading {
  readonly device: string;
  /** The last part of the tag's id. */
  readonly quantity: string;
  readonly unit: string | undefined;
  /** UTC ms. */
  readonly time: number;
  /** Null where the quality is bad. */
  readonly value: Value | null;
  readonly quality: Quality;
}

/** What stands around the samples of a block. */
export interface BlockFacts {
  readonly gateway: string;
  readonly seq: Seq;
  readonly class: BlockClass;
  readonly hist: boolean;
}

/** One message of a format. `quantity` is set where it is about one tag alone. */
export interface FormatMessage {
  readonly device: string;
  readonly quantity?: string;
  readonly text: string;
}

/** The messages of a block; none of a gap, and none where there is nothing that the platform could take. */
export type BlockFormat = (facts: BlockFacts, readings: readonly Reading[]) => FormatMessage[];

/** No message is larger, unless a single line of it is. */
export const MESSAGE_LIMIT = 64 * 1024;

export function readingsOf(
  block: Block,
  tagOf: (id: TagId) => Tag | undefined,
  selection?: Selection,
): Reading[] {
  const samples = fromBatch(block.samples, block.tagOf);
  const selected = selection
    ? samples.filter(({ tag }) => selection.has(block.class, tag))
    : samples;
  return selected.map(({ tag, time, value, quality }) => {
    const dot = tag.lastIndexOf('.');
    const known = tagOf(tag);
    const isNumber = typeof value !== 'number' || Number.isFinite(value);
    return {
      device: tag.slice(0, Math.max(0, dot)),
      quantity: tag.slice(dot + 1),
      unit: known?.unit,
      time,
      // Not a number and infinity have no place in any of them.
      value: isNumber ? rounded(value, known?.decimals) : null,
      quality: isNumber ? quality : 'bad:device',
    };
  });
}

/** The readings of one device at one time, in the order in which they come. */
export interface Moment {
  readonly device: string;
  readonly time: number;
  readonly readings: readonly Reading[];
}

export function momentsOf(readings: readonly Reading[]): Moment[] {
  const moments = new Map<string, { device: string; time: number; readings: Reading[] }>();
  for (const reading of readings) {
    const { device, time } = reading;
    const key = `${time} ${device}`;
    const moment = moments.get(key);
    if (moment) moment.readings.push(reading);
    else moments.set(key, { device, time, readings: [reading] });
  }
  return [...moments.values()];
}

/** Every digit of a value; text as it is. */
export function plainText(value: Value): string {
  return isDecimal(value) ? decimalText(value) : `${value}`;
}

/** As JSON: a number with all its digits, also of those that a double does not hold. */
export const jsonText = (value: Value | null): string =>
  value === null || typeof value === 'string' ? JSON.stringify(value) : plainText(value);

/** Lines or items put together to messages that keep the limit. */
export function packed(items: readonly string[], limit = MESSAGE_LIMIT): string[][] {
  const packs: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = Buffer.byteLength(item) + 1;
    if (bytes + size > limit) {
      packs.push([]);
      bytes = 0;
    }
    packs.at(-1)?.push(item);
    bytes += size;
  }
  return packs;
}

/** A number with declared decimals has no more than those. */
function rounded(value: Value | null, decimals: number | undefined): Value | null {
  if (typeof value !== 'number' || decimals === undefined) return value;
  const scaled = value * 10 ** decimals;
  return Math.abs(scaled) <= Number.MAX_SAFE_INTEGER ? Math.round(scaled) / 10 ** decimals : value;
}
