/**
 * Blocks as messages, envelope v1: JSON text, one message per device and per part of a large block. Which samples make
 * which part depends on the block alone, never on the configuration or on how values print: (gw, epoch, seq, part)
 * names the same samples in every redelivery, also after a change of the site. A change of that split is a new version.
 */
import { type SampleBatch, VALUE_KINDS, type ValueKind } from '../journal/batch.ts';
import type { Block, Gap } from '../journal/journal.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import { type Decimal, decimalText, type TagId, TIME_BASES } from '../model/sample.ts';
import type { Tag } from '../model/tag.ts';
import { type Bytes, bytes } from '../model/units.ts';
import { BytePage } from './byte-page.ts';
import { isShort, LARGEST_SCALE } from './decimal-digits.ts';
import { type Body, omissionText, selectedOf, wholeOf } from './envelope-parts.ts';
import {
  type DeviceName,
  isSmall,
  NO_TAG,
  type Part,
  partsOf,
  RowSorter,
  type SentRows,
  type TagText,
} from './envelope-rows.ts';
import { PrintedNumbers } from './printed-numbers.ts';
import { factsOfBlocks, NUMBER } from './row-facts.ts';
import type { Selection } from './selection.ts';
import { writeUsualRows } from './usual-rows.ts';

/** One message. `device` is empty for what concerns the gateway itself. */
export interface EnvelopePart {
  readonly device: string;
  /** As UTF-8. */
  readonly text: Buffer<ArrayBuffer>;
}

export interface EnvelopeOptions {
  readonly gateway: string;
  readonly epoch: string;
  /**
   * Where the declared decimals are looked up; samples of tags that are gone are sent all the same.
   */
  readonly tags: readonly Tag[];
  readonly partLimit?: Bytes;
  /** What is sent of a block; parts keep their numbers, and those of which nothing is left do not come. */
  readonly selection?: Selection | undefined;
}

/**
 * The parts of a block, at least one where something of it is selected. `historical` is the only thing that may differ in a
 * redelivery. Texts hold until the next block that is as historical: made anew for each, they would have the collector go
 * through all of the heap again and again.
 */
export type EnvelopeEncoder = (block: Block, historical: boolean) => readonly EnvelopePart[];

/** No part is larger, unless a single text value is. */
export const PART_LIMIT = bytes(64 * 1024);
/** Digits that every JSON reader keeps in a number; more travel as text. */
const SAFE_DIGITS = 15;
/** The most a row takes with its comma: a time of 17 characters, a number of 24. */
const ROW_BOUND = 48;
/** The most that a quality and a time basis add to a row. */
const MARKS_BOUND = 48;
/** The envelope around the samples, without its names. */
const FRAME_BOUND = 200;

export function createEnvelopeEncoder(options: EnvelopeOptions): EnvelopeEncoder {
  const { gateway, epoch, tags, partLimit = PART_LIMIT, selection } = options;
  const head = `{"v":1,"gw":${JSON.stringify(gateway)},"epoch":${JSON.stringify(epoch)},"seq":`;
  const frameBound = FRAME_BOUND + Buffer.byteLength(head);
  const sorter = new RowSorter(tagTexts(tags));
  const pages = { live: new BytePage(), backlog: new BytePage() };
  const factsOf = factsOfBlocks();
  return (block, historical) => {
    const { gap, samples } = block;
    const rows = sorter.sort(block);
    const { areUsual, haveMarks } = factsOf(samples);
    const others = otherRows(samples);
    const boundOf = (row: number) => rowBound(samples, row, others[rows.otherAt[row] as number]);
    const mostOfRow = mostOfRows(samples, haveMarks);
    const parts = partsOf(block, rows, { boundOf, mostOfRow, frameBound, limit: partLimit });
    const all: readonly Body[] = [
      ...(gap ? [{ ...NO_DEVICE, text: `"gap":${gapText(gap)}` }] : []),
      ...(parts.length > 0 || gap ? parts : [EMPTY_BODY]),
    ];
    const sent = selection ? selectedOf(all, block, rows, selection) : wholeOf(all, rows);
    // What stayed of thinned blocks was measured long before its seq.
    const was = block.salvaged ? `"salvaged":${JSON.stringify(block.salvaged)},` : '';
    const isHistory = historical || gap?.reason === 'thinned';
    const opening = `${head}${block.seq},"part":`;
    const rest = `"hist":${isHistory},${was}${omissionText(sent)}`;
    const page = historical ? pages.backlog : pages.live;
    page.clear();
    const ends = sent.bodies.map(({ body, part }) => {
      page.write(`${opening}${part},"parts":${all.length},"device":${body.quoted},${rest}`);
      if ('text' in body) page.write(body.text);
      else writeRows(page, samples, sent.rows, { part: body, others, areUsual });
      page.ascii('}');
      return page.length;
    });
    return sent.bodies.map(({ body: { device } }, index) => ({
      device,
      text: page.text(ends[index - 1] ?? 0, ends[index] as number),
    }));
  };
}

/**
 * A gap as it travels, in its own message and in the watermark; `seq` is its place in the journal.
 */
export const gapText = (gap: Gap, seq?: number): string =>
  JSON.stringify({
    seq,
    reason: gap.reason,
    class: gap.class,
    count: gap.count ?? null,
    seqs: gap.seqs ? [gap.seqs.from, gap.seqs.to] : null,
    from: gap.from,
    to: gap.to,
  });

/** What concerns the gateway itself. */
const NO_DEVICE: DeviceName = { device: '', quoted: '""' };

/** A block without samples still tells the receiver that its seq is no hole. */
const EMPTY_BODY: Body = { ...NO_DEVICE, text: '"samples":{}' };

/** The rows whose values are in `others`, printed, in their order. */
function otherRows({ length, times, kinds, qualities, timeBases, others }: SampleBatch): string[] {
  const texts: string[] = [];
  if (others.length === 0) return texts;
  for (let row = 0; row < length; row++) {
    if (isSmall(kinds[row] as number)) continue;
    const value = otherText(others[texts.length] as bigint | string | Decimal);
    const quality = QUALITIES[qualities[row] as number] as Quality;
    texts.push(`[${times[row]},${value}${marksText(quality, timeBases[row] as number)}`);
  }
  return texts;
}

/** The most a row can take, from what the block says of it and not from how its number prints. */
function rowBound(samples: SampleBatch, row: number, other: string | undefined): number {
  const { kinds, qualities, timeBases } = samples;
  const marks = qualities[row] !== 0 || timeBases[row] !== 0 ? MARKS_BOUND : 0;
  return ROW_BOUND + marks + (isSmall(kinds[row] as number) ? 0 : Buffer.byteLength(other ?? ''));
}

/** No row takes more, as far as is known without looking at each. */
function mostOfRows({ others }: SampleBatch, haveMarks: boolean): number {
  if (others.length > 0) return Number.POSITIVE_INFINITY;
  return haveMarks ? ROW_BOUND + MARKS_BOUND : ROW_BOUND;
}

interface WrittenPart {
  readonly part: Part;
  /** The block's values that are not small, printed. */
  readonly others: readonly string[];
  /** All rows of the block are good numbers with the gateway's time. */
  readonly areUsual: boolean;
}

/** Tag by tag, with as few strings as can be. */
function writeRows(
  page: BytePage,
  samples: SampleBatch,
  rows: SentRows,
  { part, others, areUsual }: WrittenPart,
): void {
  const { order, nameAt, otherAt, slotAt, scales, pieces, pieceAt, pieceLengths } = rows;
  const { from, to } = part;
  const long = new PrintedNumbers(() => longNumbers(samples, rows, part));
  const { tags, times, kinds } = samples;
  let time = Number.NaN;
  let [timeAt, timeLength] = [0, 0];
  let open = NO_TAG;
  page.ascii('"samples":{');
  for (let place = from; place < to; ) {
    const row = order[place++] as number;
    const slot = slotAt[row] as number;
    const tag = tags[row] as number;
    if (tag === open) page.ascii(',');
    else if (open === NO_TAG) page.write(nameAt(row).opening);
    else page.piece(pieces, pieceAt[slot] as number, pieceLengths[slot] as number);
    open = tag;
    if (!isSmall(kinds[row] as number)) page.write(others[otherAt[row] as number] as string);
    else {
      if (times[row] === time) page.repeat(timeAt, timeLength);
      else {
        time = times[row] as number;
        timeAt = page.length;
        page.ascii('[');
        page.time(time);
        page.ascii(',');
        timeLength = page.length - timeAt;
      }
      writeSmall(page, samples, row, scales[slot] as number, long);
    }
    const run = { from: place, to, time, timeAt, timeLength, open, areUsual };
    place = writeUsualRows(page, samples, rows, run);
    if (place > run.from) open = tags[order[place - 1] as number] as number;
  }
  page.ascii(']}');
}

/** A value that is not among `others`, and what stands behind it. */
function writeSmall(
  page: BytePage,
  samples: SampleBatch,
  row: number,
  scale: number,
  long: PrintedNumbers,
): void {
  const { kinds, numbers, qualities, timeBases } = samples;
  const kind = VALUE_KINDS[kinds[row] as number] as ValueKind;
  const number = numbers[row] as number;
  let quality = QUALITIES[qualities[row] as number] as Quality;
  if (kind === 'none') page.ascii('null');
  else if (kind === 'boolean') page.ascii(number === 0 ? 'false' : 'true');
  else if (Number.isFinite(number)) writeNumber(page, number, scale, long);
  else {
    // Not a number and infinity have no JSON form; a device that sends them did not send a value.
    page.ascii('null');
    quality = 'bad:device';
  }
  page.ascii(marksText(quality, timeBases[row] as number));
}

/**
 * A number with declared decimals prints no more than those; without, all that the double holds. Where up to three are
 * enough they are printed from an integer, which needs no string: fifteen digits name one double, and its shortest text.
 */
function writeNumber(page: BytePage, number: number, scale: number, long: PrintedNumbers): void {
  const used = scale || LARGEST_SCALE;
  const rounded = Math.round(number * used);
  if (isShort(number, rounded, scale)) page.decimal(rounded, used);
  else long.write(page);
}

/** What is printed of the numbers of a part that are not short, in their order. */
function longNumbers(
  { kinds, numbers }: SampleBatch,
  { order, slotAt, scales }: SentRows,
  { from, to }: Part,
): number[] {
  const long: number[] = [];
  for (let place = from; place < to; place++) {
    const row = order[place] as number;
    const number = numbers[row] as number;
    if (kinds[row] !== NUMBER || !Number.isFinite(number)) continue;
    const scale = scales[slotAt[row] as number] as number;
    const scaled = number * (scale || LARGEST_SCALE);
    const rounded = Math.round(scaled);
    if (isShort(number, rounded, scale)) continue;
    const isRounded = scale > 0 && Math.abs(scaled) <= Number.MAX_SAFE_INTEGER;
    long.push(isRounded ? rounded / scale : number);
  }
  return long;
}

function otherText(value: bigint | string | Decimal): string {
  if (typeof value === 'string') return JSON.stringify(value);
  const unscaled = typeof value === 'bigint' ? value : value.unscaled;
  const text = typeof value === 'bigint' ? `${value}` : decimalText(value);
  const digits = `${unscaled < 0n ? -unscaled : unscaled}`.length;
  return digits > SAFE_DIGITS ? `"${text}"` : text;
}

function marksText(quality: Quality, basis: number): string {
  if (basis !== 0) return `,"${quality}","${TIME_BASES[basis]}"]`;
  return quality === 'good' ? ']' : `,"${quality}"]`;
}

function tagTexts(tags: readonly Tag[]): (tag: TagId) => TagText {
  const decimalsOf = new Map(tags.map((tag) => [tag.id, tag.decimals]));
  return (tag) => tagText(tag, decimalsOf.get(tag));
}

/** The quantity is the last part of the id, whatever the present site says of the tag. */
function tagText(tag: TagId, decimals: number | undefined): TagText {
  const dot = tag.lastIndexOf('.');
  return {
    device: tag.slice(0, Math.max(0, dot)),
    opening: `${JSON.stringify(tag.slice(dot + 1))}:[`,
    scale: decimals === undefined ? 0 : 10 ** decimals,
  };
}
