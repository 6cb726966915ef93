/**
 * The link of a block: a hash over the link before it and everything the block says. What it says is its decoded content,
 * so the link does not depend on how a block is coded. Pure but for what is used again; the bytes are FORMAT.md, "Hash
 * chain".
 */
import { hash } from 'node:crypto';
import { type Decimal, decimalText, isDecimal, type TagId, tagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import { type SampleBatch, toBatch, VALUE_KINDS } from '../batch.ts';
import { scratch } from '../codec/scratch.ts';
import { TagTable } from '../codec/tag-chain.ts';
import { BLOCK_CLASSES, type BlockClass } from '../journal.ts';

/** 32 bytes. */
export type Link = Uint8Array;
export const LINK_BYTES = 32;

export interface ChainedSamples {
  readonly batch: SampleBatch;
  /** The id behind a tag number of the batch. */
  readonly tagOf: (tag: number) => TagId;
}

export interface ChainedBlock {
  readonly seq: number;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  /** As the row has it; undefined where it has none. */
  readonly gap: string | undefined;
  /** Undefined where the row has no data. */
  readonly samples: ChainedSamples | undefined;
}

const NUMBER = VALUE_KINDS.indexOf('number');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');
/** The link before, seq, committed_at, class, and five lengths. */
const FIXED_BYTES = LINK_BYTES + 8 + 8 + 1 + 5 * 4;
/** Place of the tag, time, kind, quality, time basis, number. */
const ROW_BYTES = 4 + 8 + 1 + 1 + 1 + 8;
const numberRoom = scratch((rows) => new Float64Array(rows));
const NO_SAMPLES: ChainedSamples = { batch: toBatch([], () => 0), tagOf: () => tagId('', '') };

/** What stands before the first block of a journal. */
export const firstLink = (epoch: string): Link =>
  hash('sha256', `headgate hash chain 1\n${epoch}\n`, 'buffer');

export function linkOf(before: Link, block: ChainedBlock): Link {
  const { gap = '', samples } = block;
  const { batch, tagOf } = samples ?? NO_SAMPLES;
  const { places, ids, count } = knownDictionary(batch.tags, tagOf);
  const others = batch.others.map(textOf);
  const text = others.join('');
  const lengths = Uint32Array.from(others, ({ length }) => length);
  const gapBytes = Buffer.byteLength(gap);
  const bytes = Buffer.allocUnsafe(
    FIXED_BYTES +
      gapBytes +
      ids.length +
      batch.length * ROW_BYTES +
      lengths.byteLength +
      2 * text.length,
  );
  bytes.set(before, 0);
  let at = bytes.writeBigUInt64LE(BigInt(block.seq), LINK_BYTES);
  at = bytes.writeDoubleLE(block.committedAt, at);
  at = bytes.writeUInt8(BLOCK_CLASSES.indexOf(block.class), at);
  for (const length of [gapBytes, batch.length, count, ids.length, lengths.length])
    at = bytes.writeUInt32LE(length, at);
  at += bytes.write(gap, at);
  at = put(bytes, ids, at);
  at = put(bytes, places, at);
  at = put(bytes, batch.times, at);
  at = put(bytes, batch.kinds, at);
  at = put(bytes, batch.qualities, at);
  at = put(bytes, batch.timeBases, at);
  at = put(bytes, numbersOf(batch), at);
  at = put(bytes, lengths, at);
  bytes.write(text, at, 'utf16le');
  return hash('sha256', bytes, 'buffer');
}

export const hexOf = (link: Link): string => Buffer.from(link).toString('hex');

/** Every digit of it; what has none behind the point, and zeros before it, with an exponent. */
export const exactText = (value: Decimal): string =>
  value.decimals < 0 ? `${value.unscaled}e${-value.decimals}` : decimalText(value);

type Column = Uint8Array | Uint32Array | Float64Array;

/** As the machine has it: Node.js runs on little-endian ones. */
function put(bytes: Buffer, column: Column, at: number): number {
  bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
  return at + column.byteLength;
}

/** Of one column of tags: its ids in the order in which they first appear, and the place of each row's tag. */
interface Dictionary {
  readonly tags: Uint32Array;
  readonly tagOf: ChainedSamples['tagOf'];
  readonly places: Uint32Array;
  /** As UTF-8, each with a line feed behind it. */
  readonly ids: Uint8Array;
  readonly count: number;
}

/** Block after block has the very same column of tags, mostly. */
let known: Dictionary | undefined;

function knownDictionary(tags: Uint32Array, tagOf: ChainedSamples['tagOf']): Dictionary {
  if (known?.tags !== tags || known.tagOf !== tagOf) known = dictionaryOf(tags, tagOf);
  return known;
}

function dictionaryOf(tags: Uint32Array, tagOf: ChainedSamples['tagOf']): Dictionary {
  const placeOf = new TagTable(tags);
  const places = new Uint32Array(tags.length);
  const ids: TagId[] = [];
  for (let row = 0; row < tags.length; row++) {
    const tag = tags[row] as number;
    let place = placeOf.get(tag);
    if (place === 0) {
      place = ids.push(tagOf(tag));
      placeOf.put(tag, place);
    }
    places[row] = place - 1;
  }
  const text = ids.length > 0 ? `${ids.join('\n')}\n` : '';
  return { tags, tagOf, places, ids: Buffer.from(text), count: ids.length };
}

/** 0 where the row has neither a number nor a switch; one NaN, whichever it was. */
function numbersOf({ length, kinds, numbers }: SampleBatch): Float64Array {
  const told = numberRoom(length);
  for (let row = 0; row < length; row++) {
    const kind = kinds[row];
    const number = numbers[row] as number;
    if (kind === NUMBER) told[row] = Number.isNaN(number) ? Number.NaN : number;
    else told[row] = kind === BOOLEAN && number !== 0 ? 1 : 0;
  }
  return told;
}

const textOf = (value: bigint | string | Decimal): string =>
  isDecimal(value as Decimal) ? exactText(value as Decimal) : `${value as bigint | string}`;
