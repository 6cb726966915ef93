/**
 * The hash chain of a journal, read beside its owner. What retention removes meanwhile is told as removed; days are told
 * where they end. Needs the memory of a few blocks and of the ranges that were removed.
 */

import { type Range, RangeSet } from '../../model/range-set.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import type { JournalReader, ReadRow } from '../file/journal-reader.ts';
import type { SmallTables } from '../file/small-tables.ts';
import { MalformedFile } from '../file/sqlite-pages.ts';
import type { Column, FoundRow } from '../file/sqlite-tree.ts';
import { BLOCK_CLASSES, type FinishedDay } from '../journal.ts';
import type { AbsentBlocks, ChainEvent, ChainHead, DayRow } from './chain-event.ts';
import { hexOf, LINK_BYTES, type Link } from './hash-chain.ts';

/** What a journal says of itself beside its blocks, at one moment. */
export interface JournalBook {
  /** Empty where nothing says it any more. */
  readonly epoch: string;
  readonly begins: number;
  readonly removed: RangeSet;
  /** Ascending. */
  readonly days: readonly FinishedDay[];
  /** The highest block that is spoken of anywhere. */
  readonly known: number;
  /** The tables beside the blocks that cannot be read wholly: what they say may be missing above. */
  readonly damaged: readonly string[];
}

/** Tables with row ids whose damage shows elsewhere: in blocks that name a tag, or that stand behind removed ones. */
const BESIDE = ['tag', 'clock', 'link'];

export const bookOf = (reader: JournalReader): JournalBook => reader.look(readBook);

/** An export tells what was removed, and which days are over. Throws MalformedFile where it cannot. */
export function requireWhole({ damaged }: JournalBook): void {
  const table = damaged.find((each) => !BESIDE.includes(each));
  if (table !== undefined) throw new MalformedFile(`damage in the table ${table}`);
}

/** What stands before the block `from`. */
export function headAt(
  reader: JournalReader,
  { epoch, begins }: JournalBook,
  from: number,
): ChainHead {
  const before = from > begins ? reader.look((tables) => linkAt(tables, from - 1)) : undefined;
  return { epoch, begins, from, before };
}

/** The blocks `from` to `to` and the days that end among them. `to` may not be there yet. */
export class ChainSource {
  readonly #reader: JournalReader;
  readonly #days: readonly FinishedDay[];
  #removed: RangeSet;
  #next: number;

  constructor(reader: JournalReader, book: JournalBook, from: number) {
    this.#reader = reader;
    this.#days = book.days.filter(({ last }) => last >= from);
    this.#removed = book.removed;
    this.#next = from;
  }

  *events(to: number): Generator<ChainEvent> {
    const days = [...this.#days];
    const due = function* (seq: number): Generator<DayRow> {
      while (days[0] && days[0].last < seq) yield { kind: 'day', ...(days.shift() as FinishedDay) };
    };
    for (const row of this.#reader.rows(this.#next)) {
      const { rowid } = row;
      if (rowid === undefined) {
        yield this.#eventOf(row);
        continue;
      }
      if (rowid > to) break;
      const absent = rowid > this.#next ? this.#absentBefore(rowid) : [];
      if (absent === 'gone') continue;
      for (const blocks of absent) {
        yield* due(blocks.from);
        yield blocks;
      }
      yield* due(rowid);
      yield this.#eventOf(row);
      this.#next = rowid + 1;
    }
    yield* this.#rest(to);
    yield* due(to + 1);
  }

  /** What was removed at the end: nothing stands behind it yet. */
  *#rest(to: number): Generator<AbsentBlocks> {
    if (this.#next > to) return;
    const { removed, link } = this.#look(to);
    const end = Math.min(to, removed.firstMissingAfter(this.#next - 1) - 1);
    if (end >= this.#next)
      yield { kind: 'removed', from: this.#next, to: end, link: end === to ? link : undefined };
    this.#next = Math.max(this.#next, end + 1);
  }

  /** What is missing before a row; 'gone' where the row itself went meanwhile. */
  #absentBefore(seq: number): readonly AbsentBlocks[] | 'gone' {
    let link = this.#reader.look((tables) => keptLink(tables, seq - 1));
    if (link === undefined || !this.#removed.has(seq - 1)) {
      const found = this.#look(seq - 1);
      this.#removed = found.removed;
      link = found.link;
      if (link === undefined && found.removed.has(seq)) return 'gone';
    }
    return this.#rangesIn(this.#next, seq - 1).map(([from, to]) => ({
      kind: 'removed',
      from,
      to,
      link: to === seq - 1 ? link : undefined,
    }));
  }

  #rangesIn(from: number, to: number): readonly Range[] {
    const removed = this.#removed;
    if (removed.has(from) && removed.firstMissingAfter(from) > to) return [[from, to]];
    return removed.intersect(new RangeSet([[from, to]])).ranges;
  }

  #look(seq: number) {
    return this.#reader.look((tables) => ({
      removed: removedIn(tables),
      link: keptLink(tables, seq),
    }));
  }

  #eventOf(row: FoundRow): ChainEvent {
    if ('damage' in row)
      return { kind: 'damaged', seq: row.rowid, link: undefined, reason: row.damage };
    const { rowid: seq, columns } = row;
    const [, classIndex, committed, count, gap, data] = columns;
    const link = linkIn(columns[8]);
    try {
      const blockClass = BLOCK_CLASSES[Number(classIndex)];
      if (blockClass === undefined) throw new MalformedBlock(`class ${Number(classIndex)}`);
      if (typeof committed !== 'number') throw new MalformedBlock('no time of its commit');
      return {
        kind: 'block',
        seq,
        class: blockClass,
        committedAt: utcMs(committed),
        count: Number(count),
        gap: typeof gap === 'string' ? gapIn(gap) : undefined,
        samples: data === null && typeof gap === 'string' ? undefined : this.#samplesIn(row),
        link,
      };
    } catch (error) {
      if (!(error instanceof MalformedBlock)) throw error;
      return { kind: 'damaged', seq, link, reason: error.message };
    }
  }

  #samplesIn(row: ReadRow) {
    const { tagOf } = this.#reader;
    const batch = this.#reader.samplesIn(row);
    let last: number | undefined;
    for (const tag of batch.tags) {
      if (tag !== last) tagOf(tag);
      last = tag;
    }
    return { batch, tagOf };
  }
}

/** When a block was committed, where it is there. */
export const committedAt = (reader: JournalReader, seq: number): UtcMs | undefined =>
  reader.look((tables) => {
    const time = tables.row('block', seq)?.[2];
    return typeof time === 'number' ? utcMs(time) : undefined;
  });

function readBook(tables: SmallTables): JournalBook {
  const damaged = new Set(BESIDE.filter((table) => !tables.isWhole(table)));
  const onDamage = (table: string) => damaged.add(table);
  const meta = new Map(
    tables
      .records('meta', () => onDamage('meta'))
      .map(([key, value]) => [String(key), String(value)]),
  );
  const positions = positionsIn(tables, () => onDamage('position'));
  const ofJournal = (wanted: string) =>
    positions.find(({ kind, name }) => kind === 'journal' && name === wanted)?.value;
  const epochs = [meta.get('epoch'), ofJournal('epoch')].filter((each) => typeof each === 'string');
  if (epochs.length === 0 || epochs[0] !== (epochs[1] ?? epochs[0])) onDamage('meta');
  const removed = rangesOf(ofJournal('removed'));
  const days = daysIn(tables, () => onDamage('day'));
  const acknowledged = positions
    .filter(({ kind }) => kind === 'uplink')
    .map(({ value }) => rangesOf(value));
  const totals = ofJournal('totals');
  const head = Number((totals as { head?: number } | undefined)?.head ?? 0);
  return {
    epoch: epochs[0] ?? '',
    damaged: [...damaged],
    begins: tables.has('day') ? Number(meta.get('chain') ?? 1) : Number.POSITIVE_INFINITY,
    removed,
    days,
    known: Math.max(
      head,
      ...acknowledged.map(({ ranges }) => ranges.at(-1)?.[1] ?? 0),
      removed.ranges.at(-1)?.[1] ?? 0,
      days.at(-1)?.last ?? 0,
    ),
  };
}

/** As a gap is written. */
function gapIn(text: string): string {
  if (isPlain(text)) return text;
  throw new MalformedBlock('a gap that is none');
}

function isPlain(text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === text;
  } catch {
    return false;
  }
}

const daysIn = (tables: SmallTables, onDamage: () => void): FinishedDay[] =>
  tables
    .records('day', onDamage)
    .map(([day, first, last, link]) => ({
      day: String(day),
      first: Number(first),
      last: Number(last),
      link: hexOf(linkIn(link) ?? new Uint8Array()),
    }))
    .sort((a, b) => a.last - b.last);

const removedIn = (tables: SmallTables): RangeSet =>
  rangesOf(
    positionsIn(tables).find(({ kind, name }) => kind === 'journal' && name === 'removed')?.value,
  );

/** What can be read of them. */
function positionsIn(tables: SmallTables, onDamage: () => void = () => {}) {
  return tables.records('position', onDamage).flatMap(([kind, name, text]) => {
    try {
      return [{ kind, name, value: JSON.parse(String(text)) as unknown }];
    } catch {
      onDamage();
      return [];
    }
  });
}

const rangesOf = (value: unknown): RangeSet =>
  new RangeSet(Array.isArray(value) ? value.filter(isRange) : []);

const isRange = (range: unknown): range is Range =>
  Array.isArray(range) && range.length === 2 && range.every(Number.isSafeInteger);

const linkAt = (tables: SmallTables, seq: number): Link | undefined =>
  linkIn(tables.row('block', seq)?.[8]) ?? keptLink(tables, seq);

const keptLink = (tables: SmallTables, seq: number): Link | undefined =>
  linkIn(tables.row('link', seq)?.[1]);

const linkIn = (column: Column | undefined): Link | undefined =>
  column instanceof Uint8Array && column.length === LINK_BYTES ? column : undefined;
