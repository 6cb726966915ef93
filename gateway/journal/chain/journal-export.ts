/** The lines of an export, and the proof of one from its lines. Both go line by line. */
import { createHash } from 'node:crypto';
import type { BlockClass } from '../journal.ts';
import { ChainCheck, type ChainReport, type KnownDay } from './chain-check.ts';
import type { AbsentBlocks, ChainEvent } from './chain-event.ts';
import {
  type ExportCounts,
  type ExportHeader,
  eventLine,
  headerLine,
  MalformedLine,
  readHeader,
  readLine,
  trailerLine,
} from './export-line.ts';

const NOTHING = { lines: 0, blocks: 0, samples: 0, gaps: 0, damaged: 0, days: 0 };

/** Counts what it is shown, and hashes the bytes. */
class Tally {
  readonly #hash = createHash('sha256');
  #counts = NOTHING;

  add(line: string, event?: ChainEvent): void {
    this.#hash.update(line).update('\n');
    const { lines, blocks, samples, gaps, damaged, days } = this.#counts;
    const isBlock = event?.kind === 'block';
    this.#counts = {
      lines: lines + 1,
      blocks: blocks + (isBlock ? 1 : 0),
      samples: samples + (isBlock ? (event.samples?.batch.length ?? 0) : 0),
      gaps: gaps + (isBlock && event.gap !== undefined ? 1 : 0),
      damaged: damaged + (event?.kind === 'damaged' ? 1 : 0),
      days: days + (event?.kind === 'day' ? 1 : 0),
    };
  }

  told(): ExportCounts {
    return { ...this.#counts, sha256: this.#hash.copy().digest('hex') };
  }
}

/** Each line without its end; gives back what the trailer says. */
export function* exportLines(
  header: ExportHeader,
  events: Iterable<ChainEvent>,
): Generator<string, ExportCounts> {
  const tally = new Tally();
  const first = headerLine(header);
  tally.add(first);
  yield first;
  for (const event of ofClass(events, header.class)) {
    const line = eventLine(event);
    tally.add(line, event);
    yield line;
  }
  const counts = tally.told();
  yield trailerLine(counts);
  return counts;
}

/** Blocks of other classes are skipped, neighbours as one. */
export function* ofClass(
  events: Iterable<ChainEvent>,
  wanted: BlockClass | undefined,
): Generator<ChainEvent> {
  let skipped: AbsentBlocks | undefined;
  for (const event of events) {
    if (event.kind === 'block' && wanted !== undefined && event.class !== wanted) {
      const { seq, link } = event;
      skipped = { kind: 'skipped', from: skipped?.from ?? seq, to: seq, link };
      continue;
    }
    if (skipped) yield skipped;
    skipped = undefined;
    yield event;
  }
  if (skipped) yield skipped;
}

/** Takes the lines of an export one by one. */
export class ExportCheck {
  readonly header: ExportHeader;
  readonly #check: ChainCheck;
  readonly #tally = new Tally();
  #line = 1;
  #end: 'open' | 'trailer' | 'cut' = 'open';

  /** `first`: its first line. Throws MalformedLine where that is not the one of an export. */
  constructor(first: string, known?: KnownDay) {
    this.header = readHeader(first);
    this.#check = new ChainCheck(this.header, known);
    this.#tally.add(first);
  }

  /** `isWhole`: the line has its end. Gives back what the line tells; undefined for the end, and for what is none. */
  take(text: string, isWhole: boolean): ChainEvent | undefined {
    this.#line++;
    if (this.#end === 'trailer') {
      this.#check.note('line', this.#line, 'behind the end');
      return undefined;
    }
    try {
      const line = readLine(text);
      if (line.kind === 'end') this.#trailer(line);
      else {
        this.#tally.add(text, line);
        this.#check.take(line);
        return line;
      }
    } catch (error) {
      if (!(error instanceof MalformedLine)) throw error;
      this.#tally.add(text);
      if (isWhole) this.#check.note('line', this.#line, error.message);
      else this.#end = 'cut';
    }
    return undefined;
  }

  end(): ChainReport {
    const isCut = this.#end !== 'trailer';
    if (isCut) this.#check.note('cut', this.#line);
    return this.#check.end(isCut ? 0 : this.header.to);
  }

  #trailer({ kind: _, ...said }: ExportCounts & { readonly kind: 'end' }): void {
    this.#end = 'trailer';
    const found = this.#tally.told();
    for (const name of ['lines', 'blocks', 'samples', 'gaps', 'damaged', 'days'] as const)
      if (said[name] !== found[name])
        this.#check.note('end', this.#line, `${name}: ${said[name]}, found ${found[name]}`);
    if (said.sha256 !== found.sha256) this.#check.note('bytes', this.#line);
  }
}
