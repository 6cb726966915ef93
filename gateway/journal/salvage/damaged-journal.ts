/**
 * A journal that cannot be opened any more: which blocks are in it, and each of them as far as it proves to be what was
 * stored. Reads only; works through the file in steps of a bounded size.
 */
import { type TagId, tagId } from '../../model/sample.ts';
import type { UtcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import { BlockDecoder } from '../blocks/block-decoder.ts';
import { firstLink, linkOf } from '../chain/hash-chain.ts';
import { MalformedBlock } from '../codec/byte-stream.ts';
import { cellHead, type FoundPage, foundPage, recordAt, rowAt } from '../file/sqlite-cells.ts';
import { MalformedFile } from '../file/sqlite-pages.ts';
import type { BlockClass, Gap } from '../journal.ts';
import { DamagedFacts } from './damaged-facts.ts';
import { DamagedPages } from './damaged-pages.ts';
import { type DamagedRow, headOf, rowOf } from './damaged-row.ts';
import { type BlockPlace, SalvageIndex } from './salvage-index.ts';

/** A block that is what was stored, as far as it can be told. */
export interface SoundBlock {
  readonly seq: number;
  readonly class: BlockClass;
  readonly committedAt: UtcMs;
  /** With the tag numbers of the damaged file. */
  readonly batch: SampleBatch | undefined;
  readonly gap: Gap | undefined;
  /** The batch of the field side it is, where its row says so. */
  readonly origin: { readonly origin: string; readonly number: number } | undefined;
}

const NO_TAG = tagId('', '');
/** The newest rows of the file; an alarm's row may name none. */
const ROWS_ASKED = 64;

export class DamagedJournal {
  readonly facts: DamagedFacts;
  readonly index = new SalvageIndex();
  readonly #pages: DamagedPages;
  readonly #site: readonly TagId[];
  readonly #known: ReadonlySet<TagId>;
  /** Ids that no table says any more, and that the chain has proven. */
  readonly #proven = new Map<number, TagId>();
  readonly #decoder = new BlockDecoder((seq) => this.#row(seq));
  #scanned = 0;
  #last: { readonly place: BlockPlace; readonly row: DamagedRow | undefined } | undefined;

  /** `tags` are the site's, `remembered` as of `DamagedFacts`. Never throws for what is there. */
  constructor(path: string, tags: readonly TagId[], remembered?: string) {
    this.facts = new DamagedFacts(remembered);
    this.#pages = new DamagedPages(path);
    this.#site = tags;
    this.#known = new Set(tags);
  }

  /** How much has been looked at, 0…1. */
  get share(): number {
    return this.#pages.slots === 0 ? 1 : this.#scanned / this.#pages.slots;
  }

  /** Looks at the next pages; false when it has seen them all. */
  scan(pages: number): boolean {
    const end = Math.min(this.#scanned + pages, this.#pages.slots);
    for (; this.#scanned < end; this.#scanned++) {
      if (this.#scanned === this.#pages.filePages && !this.#isOwnWal()) {
        this.#pages.leaveOutWal();
        break;
      }
      this.#look(this.#scanned);
    }
    if (this.#scanned < this.#pages.slots) return true;
    this.facts.takeMark(this.#mark());
    return false;
  }

  tagOf = (number: number): TagId | undefined =>
    this.#proven.get(number) ?? this.facts.tag(number, this.#known);

  /** Undefined where there is none, or none that proves to be right. */
  block(seq: number): SoundBlock | undefined {
    const place = this.index.get(seq);
    return place && this.#blockAt(place);
  }

  close(): void {
    this.#pages.close();
  }

  #look(slot: number): void {
    let found: FoundPage | undefined;
    try {
      const { number, view } = this.#pages.slot(slot);
      found = foundPage(view, number);
    } catch (error) {
      // The file shrank, or its disk fails here: this page is not there.
      if (!(error instanceof MalformedFile) && !isDiskError(error)) throw error;
      return;
    }
    if (found === undefined) return;
    const { page, cells } = found;
    if (found.kind === 'index') {
      const source = this.#pages.asOf(slot);
      for (const cell of cells) {
        const record = recordAt(source, page, cell);
        if (record) this.facts.takeRecord(record);
      }
      return;
    }
    const heads = cells.map((cell) => cellHead(this.#pages, page, cell));
    for (const [i, head] of heads.entries()) {
      if (head === undefined) continue;
      const { rowid } = head;
      const block = headOf(head);
      if (block === undefined) {
        const row = rowAt(this.#pages.asOf(slot), page, cells[i] as number);
        if ('columns' in row) this.facts.takeRow(row.rowid, row.columns);
        continue;
      }
      const before = heads[i - 1]?.rowid ?? rowid - 1;
      const behind = heads[i + 1]?.rowid ?? rowid + 1;
      const isOrderly = before < rowid && rowid < behind && rowid - before < 1_000;
      this.#take({ ...block, seq: rowid, slot, cell: cells[i] as number, isOrderly });
    }
  }

  /** Of two versions the one that is whole stays. */
  #take(place: BlockPlace): void {
    const { seq } = place;
    if (!Number.isSafeInteger(seq) || seq < 1) return;
    if (this.index.get(seq) === undefined) {
      this.index.put(place);
      return;
    }
    if (this.index.isTried(seq)) return;
    if (this.block(seq) === undefined) this.index.put(place);
    else this.index.markTried(seq);
  }

  #blockAt(place: BlockPlace): SoundBlock | undefined {
    const row = this.#rowAt(place);
    if (row === undefined) return undefined;
    const { seq, gap, committedAt, state } = row;
    let batch: SampleBatch | undefined;
    if (row.data)
      try {
        batch = this.#decoder.decode(row);
        if (batch.length !== row.samples) return undefined;
      } catch (error) {
        if (!(error instanceof MalformedBlock) && !(error instanceof RangeError)) throw error;
        return undefined;
      }
    // A checksum of version 1 holds in any row.
    const isLikely = batch !== undefined && (!row.isOld || place.isOrderly);
    if (!this.#isProven(row, batch) && !isLikely && !isPlainGap(row, place)) return undefined;
    const [origin, number] = state?.[7] === seq ? [state[5], state[6]] : [];
    return {
      ...{ seq, committedAt, batch, gap, class: row.class },
      origin: origin !== undefined && number !== undefined ? { origin, number } : undefined,
    };
  }

  /** Whether the chain leads from the block before to this one. */
  #isProven(row: DamagedRow, batch: SampleBatch | undefined): boolean {
    const { seq, link, committedAt, gapText } = row;
    const before = this.#linkOf(seq - 1);
    if (!link || !before) return false;
    const guessed = new Map<number, TagId>();
    const tagOf = (tag: number) => {
      const known = this.tagOf(tag);
      if (known !== undefined) return known;
      // A journal numbers the site's tags in their order.
      const guess = this.#site[tag - 1] ?? NO_TAG;
      guessed.set(tag, guess);
      return guess;
    };
    const samples = batch && { batch, tagOf };
    const block = { seq, class: row.class, committedAt, gap: gapText, samples };
    const isProven = Buffer.from(link).equals(linkOf(before, block));
    if (isProven) for (const [tag, id] of guessed) this.#proven.set(tag, id);
    return isProven;
  }

  #linkOf(seq: number): Uint8Array | undefined {
    const { epoch } = this.facts;
    if (seq === 0) return epoch === undefined ? undefined : firstLink(epoch);
    return this.#row(seq)?.link ?? this.facts.link(seq);
  }

  #row(seq: number): DamagedRow | undefined {
    const place = this.index.get(seq);
    return place && this.#rowAt(place);
  }

  #rowAt(place: BlockPlace): DamagedRow | undefined {
    const last = this.#last;
    if (last?.place.slot === place.slot && last.place.cell === place.cell) return last.row;
    const row = this.#readRow(place);
    this.#last = { place, row };
    return row;
  }

  #readRow({ slot, cell }: BlockPlace): DamagedRow | undefined {
    try {
      const { number, view } = this.#pages.slot(slot);
      const page = foundPage(view, number)?.page;
      const row = page && rowAt(this.#pages.asOf(slot), page, cell);
      return row && 'columns' in row ? rowOf(row.rowid, row.columns) : undefined;
    } catch (error) {
      if (!(error instanceof MalformedFile) && !isDiskError(error)) throw error;
      return undefined;
    }
  }

  /**
   * The WAL of another journal, or of another database, is no part of this one. Each row names the start of the process
   * that wrote it, and the first row after another start writes the name of the one before.
   */
  #isOwnWal(): boolean {
    const own = new Set(this.#newestRows().flatMap(({ state }) => state?.[5] ?? []));
    return own.size === 0 || [...own].some((origin) => this.#pages.walMentions(origin));
  }

  /** Undefined where no row says it. */
  #mark(): string | undefined {
    const marks = this.#newestRows().flatMap(({ state }) => state?.[4] ?? []);
    const [most] = [...Map.groupBy(marks, (mark) => mark).values()].sort(
      (a, b) => b.length - a.length,
    );
    return most?.[0];
  }

  #newestRows(): readonly DamagedRow[] {
    const rows: DamagedRow[] = [];
    for (const [first, last] of this.index.parts('down'))
      for (let seq = last; seq >= first && rows.length < ROWS_ASKED; seq--) {
        const row = this.#row(seq);
        if (row) rows.push(row);
      }
    return rows;
  }
}

/** A loss has no checksum of its own: it is believed where its place is right, and its row was never linked. */
const isPlainGap = ({ gap, link, data }: DamagedRow, { isOrderly }: BlockPlace): boolean =>
  gap !== undefined && data === undefined && link === undefined && isOrderly;

const isDiskError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EIO';
