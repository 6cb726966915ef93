/**
 * Brings the blocks of a damaged file into the journal that replaced it: in small steps between its commits, what was not
 * delivered first, telemetry from the newest to the oldest, as far as the room goes. A step is told to run; nothing in
 * here waits.
 */
import type { Log } from '../../host/log.ts';
import { RangeSet } from '../../model/range-set.ts';
import type { TagId } from '../../model/sample.ts';
import { type Bytes, type UtcMs, utcMs } from '../../model/units.ts';
import type { SampleBatch } from '../batch.ts';
import {
  BLOCK_CLASSES,
  type BlockClass,
  type BlockName,
  type Gap,
  type SalvageFacts,
} from '../journal.ts';
import { DamagedJournal, type SoundBlock } from './damaged-journal.ts';
import type { SalvageProgress } from './salvage-rows.ts';
import { type KnownTags, knownRows } from './salvaged-batch.ts';

/** A block of a damaged file on its way into this one. */
export interface SalvagedBlock {
  readonly class: BlockClass;
  /** Its tags are indexes into `tags`. */
  readonly samples: { readonly batch: SampleBatch; readonly tags: readonly TagId[] } | undefined;
  readonly gap: Gap | undefined;
  readonly was: BlockName;
  /** The uplinks that have it already. */
  readonly delivered: readonly string[];
}

/** The journal that takes them. */
export interface SalvageTarget {
  readonly uplinks: readonly string[];
  /** Blocks of a journal that are here already. */
  saved(epoch: string): RangeSet;
  /** How far an earlier process came. */
  progress(): SalvageProgress | undefined;
  /** What may still be added without anything having to leave for it. */
  room(): Bytes;
  /** The first batch of the field side that is here: from it on all were handed over again. */
  firstBatch(): { readonly origin: string; readonly number: number } | undefined;
  /** One commit. */
  appendSalvaged(blocks: readonly SalvagedBlock[], progress: SalvageProgress): void;
  /** What is lost for good. */
  appendLoss(gap: Gap): void;
}

export interface SalvageOptions {
  readonly path: string;
  /** The name of the file, for people and the progress. */
  readonly file: string;
  readonly target: SalvageTarget;
  readonly tags: readonly TagId[];
  /** The epoch of the journal that was open before; it may be another one's. */
  readonly remembered: string | undefined;
  readonly now: () => UtcMs;
  readonly log: Log;
}

/** Of one step: a few milliseconds on a small board (guess). */
const PAGES_AT_ONCE = 256;
const BLOCKS_AT_ONCE = 32;
const SAMPLES_AT_ONCE = 5_000;
const SEQS_AT_ONCE = 4096;
/** Damaged blocks at the end of the file; beyond, nothing counts as delivered. */
const HEAD_TRIES_MAX = 1_000;
/** Where nothing says which journal it was. A receiver cannot tell repeats of these. */
export const UNKNOWN_EPOCH = '0000000000000000';

interface Part {
  readonly isDelivered: boolean;
  readonly class: BlockClass;
  readonly first: number;
  readonly last: number;
  readonly step: 1 | -1;
}

interface Loss {
  samples: number;
  from: number;
  to: number;
}

export class Salvage {
  readonly #options: SalvageOptions;
  readonly #source: DamagedJournal;
  readonly #known: KnownTags;
  #state: SalvageFacts['state'] = 'looking';
  #parts: Part[] = [];
  #partCount = 0;
  /** Of the first part: the next seq. */
  #next = 0;
  #epoch = UNKNOWN_EPOCH;
  #saved = new RangeSet();
  #delivered: ReadonlyMap<string, RangeSet> = new Map();
  #removed = new RangeSet();
  #refound: ReturnType<SalvageTarget['firstBatch']>;
  #span: { first: number; last: number } | undefined;
  #blocks = 0;
  #samples = 0;
  #damaged = 0;
  #left = 0;
  #seen = 0;
  readonly #losses = new Map<BlockClass, Loss>();

  constructor(options: SalvageOptions) {
    this.#options = options;
    const before = options.target.progress();
    const isResumed = before?.file === options.file;
    if (isResumed) {
      this.#blocks = before.blocks;
      this.#samples = before.samples;
    }
    const remembered = (isResumed ? before.epoch : undefined) ?? options.remembered;
    this.#source = new DamagedJournal(options.path, options.tags, remembered);
    this.#known = { tagOf: this.#source.tagOf };
  }

  /** A bounded piece of work; false when there is none left. Throws what the target throws. */
  step(): boolean {
    switch (this.#state) {
      case 'looking':
        if (!this.#source.scan(PAGES_AT_ONCE)) this.#begin();
        return true;
      case 'saving':
        if (this.#parts.length > 0) this.#copy();
        else this.#finish();
        return true;
      default:
        return false;
    }
  }

  close(): void {
    this.#source.close();
  }

  facts(): SalvageFacts {
    const done = this.#partCount === 0 ? 1 : 1 - this.#parts.length / this.#partCount;
    const lost = [...this.#losses.values()].reduce((sum, { samples }) => sum + samples, 0);
    return {
      state: this.#state,
      file: this.#options.file,
      share: this.#state === 'looking' ? this.#source.share : done,
      found: this.#source.index.count,
      blocks: this.#blocks,
      samples: this.#samples,
      damagedBlocks: this.#damaged,
      leftBlocks: this.#left,
      lostSamples: lost,
      missingBlocks: this.#state === 'done' ? this.#missing() : 0,
    };
  }

  /** Everything was looked at: what was delivered comes last. */
  #begin(): void {
    const { target } = this.#options;
    const { facts, index } = this.#source;
    this.#state = 'saving';
    this.#epoch = facts.epoch ?? UNKNOWN_EPOCH;
    this.#saved = target.saved(this.#epoch);
    this.#refound = target.firstBatch();
    const head = this.#headOf();
    this.#delivered = new Map(target.uplinks.map((name) => [name, facts.acknowledged(name, head)]));
    this.#removed = facts.removed(head);
    for (const isDelivered of [false, true])
      for (const blockClass of BLOCK_CLASSES) {
        const order = blockClass === 'telemetry' ? 'down' : 'up';
        const step = order === 'up' ? 1 : -1;
        for (const [first, last] of index.parts(order))
          this.#parts.push({ isDelivered, class: blockClass, first, last, step });
      }
    this.#partCount = this.#parts.length;
    this.#startPart();
  }

  #startPart(): void {
    const part = this.#parts[0];
    if (part) this.#next = part.step === 1 ? part.first : part.last;
  }

  #copy(): void {
    const part = this.#parts[0] as Part;
    const { index } = this.#source;
    const blocks: SalvagedBlock[] = [];
    let samples = 0;
    for (let seqs = 0; seqs < SEQS_AT_ONCE; seqs++) {
      const seq = this.#next;
      if (seq < part.first || seq > part.last) {
        this.#parts.shift();
        this.#startPart();
        break;
      }
      if (blocks.length >= BLOCKS_AT_ONCE || samples >= SAMPLES_AT_ONCE) break;
      this.#next += part.step;
      const place = index.get(seq);
      if (place?.class !== part.class || this.#isDelivered(seq) !== part.isDelivered) continue;
      const block = this.#blockOf(seq);
      if (block === undefined) continue;
      blocks.push(block);
      samples += block.samples?.batch.length ?? 0;
    }
    if (blocks.length > 0) this.#append(blocks, samples);
  }

  #append(blocks: readonly SalvagedBlock[], samples: number): void {
    const { target, file } = this.#options;
    if (target.room() <= 0) {
      this.#left += blocks.length;
      for (const block of blocks) this.#lose(block.class, block.samples?.batch.length ?? 0);
      return;
    }
    this.#blocks += blocks.length;
    this.#samples += samples;
    const [epoch, saved, inThem] = [this.#epoch, this.#blocks, this.#samples];
    target.appendSalvaged(blocks, { file, epoch, blocks: saved, samples: inThem });
    for (const { was } of blocks) if (was.epoch === this.#epoch) this.#saved.add(was.seq);
  }

  #blockOf(seq: number): SalvagedBlock | undefined {
    const sound = this.#source.block(seq);
    const place = this.#source.index.get(seq);
    if (sound === undefined) {
      this.#damaged++;
      if (place) this.#lose(place.class, place.samples);
      return undefined;
    }
    this.#seen++;
    this.#span = {
      first: Math.min(seq, this.#span?.first ?? seq),
      last: Math.max(seq, this.#span?.last ?? seq),
    };
    const was = this.#source.facts.salvaged(seq) ?? { epoch: this.#epoch, seq };
    if (this.#saved.has(seq) || this.#isHandedOverAgain(sound)) return undefined;
    const { batch, gap } = sound;
    const rows = batch && knownRows(batch, this.#known);
    if (rows && rows.lost > 0) this.#lose(sound.class, rows.lost);
    const delivered = this.#options.target.uplinks.filter((name) =>
      this.#delivered.get(name)?.has(seq),
    );
    return { class: sound.class, samples: rows, gap, was, delivered };
  }

  /** The field side kept it, and the journal that replaced the file has it. */
  #isHandedOverAgain({ origin }: SoundBlock): boolean {
    const first = this.#refound;
    return (
      origin !== undefined &&
      first !== undefined &&
      origin.origin === first.origin &&
      origin.number >= first.number
    );
  }

  /** To all. */
  #isDelivered(seq: number): boolean {
    for (const acknowledged of this.#delivered.values()) if (!acknowledged.has(seq)) return false;
    return true;
  }

  #lose(blockClass: BlockClass, samples: number): void {
    const now = this.#options.now();
    const loss = this.#losses.get(blockClass) ?? { samples: 0, from: 0, to: now };
    loss.samples += samples;
    this.#losses.set(blockClass, loss);
  }

  #finish(): void {
    const { target, log } = this.#options;
    for (const [blockClass, { samples, from, to }] of this.#losses)
      if (samples > 0)
        target.appendLoss({
          ...{ reason: 'journal-lost', class: blockClass, count: samples, seqs: undefined },
          ...{ from: utcMs(from), to: utcMs(to) },
        });
    this.#state = 'done';
    this.close();
    const { state: _, share: __, ...facts } = this.facts();
    const isWhole = this.#damaged + this.#left + this.#missing() === 0;
    log[isWhole ? 'info' : 'error']('journal.salvage-ended', { ...facts });
  }

  #missing(): number {
    if (this.#span === undefined) return 0;
    const { first, last } = this.#span;
    const removed = this.#removed.intersect(new RangeSet([[first, last]])).size;
    return Math.max(0, last - first + 1 - this.#seen - this.#damaged - removed);
  }

  /** The highest seq of which its row proves to be right. */
  #headOf(): number {
    const { index } = this.#source;
    let tries = HEAD_TRIES_MAX;
    for (const [first, last] of index.parts('down'))
      for (let seq = last; seq >= first && tries > 0; seq--) {
        if (index.get(seq) === undefined) continue;
        if (this.#source.block(seq)) return seq;
        tries--;
      }
    return 0;
  }
}
