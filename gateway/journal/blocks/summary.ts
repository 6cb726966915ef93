/**
 * Lowest, highest and last value of each tag over a stretch of telemetry, so that a trend need not read the stretch.
 * A summary is a batch: a row with the lowest of each tag, then one with the highest, then one with the last. So it is
 * stored by the codec of blocks, and a summary of summaries is gathered like one of blocks.
 */
import { longer } from '../../model/columns.ts';
import { QUALITIES } from '../../model/quality.ts';
import { decimalText, isDecimal, TIME_BASES } from '../../model/sample.ts';
import type { SampleBatch } from '../batch.ts';
import { VALUE_KINDS } from '../batch.ts';

/** How much a summary of the first level covers: whichever comes first. */
const BLOCKS_MAX = 32;
const SPAN_MAX_MS = 60_000;
/** How many summaries one of the next level covers. */
const PARTS = 8;
/** The last one covers a day and a half where a commit takes a second. */
export const SUMMARY_LEVELS = 5;

const NONE = VALUE_KINDS.indexOf('none');
const STRING = VALUE_KINDS.indexOf('string');
const NUMBER = VALUE_KINDS.indexOf('number');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');
const GOOD = QUALITIES.indexOf('good');
const GATEWAY = TIME_BASES.indexOf('gateway');
const UNSYNCED = TIME_BASES.indexOf('unsynced');
const FIRST_TAGS = 64;

/** Gathers batches until their summary is taken. Values without a number (text, bad samples) are left out. */
export class SummaryGatherer {
  /** By tag number: its slot, if that has this tag; so nothing is to be cleared. */
  #slots = new Int32Array(FIRST_TAGS);
  #tags = new Uint32Array(FIRST_TAGS);
  #count = 0;
  #lows = new Float64Array(FIRST_TAGS);
  #highs = new Float64Array(FIRST_TAGS);
  #lasts = new Float64Array(FIRST_TAGS);
  #parts = 0;
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  /** Of the first batch. */
  #firstTo = Number.NEGATIVE_INFINITY;
  #hasUnsynced = false;
  #hasOthers = false;

  /** Batches taken in. */
  get parts(): number {
    return this.#parts;
  }

  /** From the latest sample of the first batch to the latest of all, in ms: what came late does not make it longer. */
  get span(): number {
    return this.#parts === 0 ? 0 : this.#to - this.#firstTo;
  }

  /** A block, or a summary of a lower level. */
  add(batch: SampleBatch): void {
    this.#parts++;
    let other = 0;
    for (let row = 0; row < batch.length; row++) {
      const time = batch.times[row] as number;
      if (time < this.#from) this.#from = time;
      if (time > this.#to) this.#to = time;
      if (batch.timeBases[row] === UNSYNCED) this.#hasUnsynced = true;
      else this.#hasOthers = true;
      const kind = batch.kinds[row] as number;
      if (kind === NUMBER || kind === BOOLEAN)
        this.#note(batch.tags[row] as number, batch.numbers[row] as number);
      else if (kind !== NONE) {
        const value = batch.others[other++];
        if (kind !== STRING && value !== undefined)
          this.#note(
            batch.tags[row] as number,
            Number(isDecimal(value) ? decimalText(value) : value),
          );
      }
    }
    if (this.#parts === 1) this.#firstTo = this.#to;
  }

  /**
   * The summary of what was added since the last one; begins anew. Its times are of basis `unsynced` where all samples
   * are; where only some are, all but those of the lowest.
   */
  take(): SampleBatch {
    const count = this.#count;
    const order = this.#tags.slice(0, count).sort();
    const length = count * 3;
    const tags = new Uint32Array(length);
    for (let part = 0; part < 3; part++) tags.set(order, part * count);
    const numbers = new Float64Array(length);
    const timeBases = new Uint8Array(length).fill(this.#hasUnsynced ? UNSYNCED : GATEWAY);
    if (this.#hasOthers) timeBases.fill(GATEWAY, 0, count);
    for (let index = 0; index < count; index++) {
      const slot = this.#slots[order[index] as number] as number;
      numbers[index] = this.#lows[slot] as number;
      numbers[count + index] = this.#highs[slot] as number;
      numbers[2 * count + index] = this.#lasts[slot] as number;
    }
    const batch = {
      length,
      tags,
      times: new Float64Array(length).fill(this.#to).fill(this.#from, 0, count),
      kinds: new Uint8Array(length).fill(NUMBER),
      qualities: new Uint8Array(length).fill(GOOD),
      timeBases,
      numbers,
      others: [],
    };
    this.#begin();
    return batch;
  }

  #begin(): void {
    this.#count = 0;
    this.#parts = 0;
    this.#from = Number.POSITIVE_INFINITY;
    this.#to = Number.NEGATIVE_INFINITY;
    this.#hasUnsynced = false;
    this.#hasOthers = false;
  }

  #note(tag: number, value: number): void {
    if (Number.isNaN(value)) return;
    const slot = this.#slots[tag] ?? 0;
    if (slot >= this.#count || this.#tags[slot] !== tag) {
      this.#addTag(tag, value);
      return;
    }
    if (value < (this.#lows[slot] as number)) this.#lows[slot] = value;
    if (value > (this.#highs[slot] as number)) this.#highs[slot] = value;
    this.#lasts[slot] = value;
  }

  #addTag(tag: number, value: number): void {
    const slot = this.#count++;
    if (tag >= this.#slots.length) this.#slots = longer(this.#slots, 2 * (tag + 1));
    if (slot === this.#tags.length) {
      this.#tags = longer(this.#tags, 2 * slot);
      this.#lows = longer(this.#lows, 2 * slot);
      this.#highs = longer(this.#highs, 2 * slot);
      this.#lasts = longer(this.#lasts, 2 * slot);
    }
    this.#slots[tag] = slot;
    this.#tags[slot] = tag;
    this.#lows[slot] = value;
    this.#highs[slot] = value;
    this.#lasts[slot] = value;
  }
}

/** A summary that is complete; `level` counts from 1. */
export interface Summary {
  readonly level: number;
  /** Of the blocks it covers. */
  readonly first: number;
  readonly last: number;
  readonly batch: SampleBatch;
}

/**
 * The summaries of all levels, fed with telemetry block by block. It lives in memory alone: what was not complete when
 * the process ended has no summary, and is read block by block.
 */
export class SummaryLevels {
  readonly #levels = Array.from({ length: SUMMARY_LEVELS }, () => ({
    gatherer: new SummaryGatherer(),
    first: 0,
  }));

  /** The summaries that this block completes, lowest level first. */
  add(seq: number, batch: SampleBatch): readonly Summary[] {
    const complete: Summary[] = [];
    let part = { first: seq, last: seq, batch };
    for (const [index, open] of this.#levels.entries()) {
      const { gatherer } = open;
      if (gatherer.parts === 0) open.first = part.first;
      gatherer.add(part.batch);
      const isComplete =
        index === 0
          ? gatherer.parts >= BLOCKS_MAX || gatherer.span >= SPAN_MAX_MS
          : gatherer.parts >= PARTS;
      if (!isComplete) break;
      part = { first: open.first, last: seq, batch: gatherer.take() };
      complete.push({ level: index + 1, ...part });
    }
    return complete;
  }

  /** Nothing that was added so far is in a later summary: it was not stored, or under another row of the clock. */
  reset(): void {
    for (const { gatherer } of this.#levels) gatherer.take();
  }
}

/** Whether samples of an unset clock are in a summary beside others: then its times cannot be moved. */
export const isMixed = ({ timeBases }: SampleBatch): boolean => timeBases[0] !== timeBases.at(-1);

/** What a summary says of one tag. */
export interface TagSummary {
  readonly low: number;
  readonly high: number;
  readonly last: number;
}

/** Undefined where the tag had no value. */
export function summaryOf(batch: SampleBatch, tag: number): TagSummary | undefined {
  const count = batch.length / 3;
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((batch.tags[middle] as number) < tag) from = middle + 1;
    else to = middle;
  }
  if (from === count || batch.tags[from] !== tag) return undefined;
  const { numbers } = batch;
  return {
    low: numbers[from] as number,
    high: numbers[count + from] as number,
    last: numbers[2 * count + from] as number,
  };
}
