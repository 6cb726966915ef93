/**
 * The books of the attack `kill`, of one journal: what was handed over, what was declared stored, what is in the journal,
 * what has come to the receiver. Every sample has a number, see kill-samples.ts, and a byte of marks here.
 */
import type { ReceivedPart } from '../../firmware-sim/subscriber.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import { BLOCK_CLASSES, type Block, type BlockClass } from '../../gateway/journal/journal.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { byClass, numberOf, sampleOf, textOf } from './kill-samples.ts';

const HANDED = 1;
const STORED = 2;
const DELIVERED = 4;
const CONTRADICTIONS_MAX = 10;

interface Range {
  readonly from: number;
  readonly count: number;
}

/** Between a start and a kill. */
interface Life {
  readonly handed: (Range & { readonly at: number })[];
  /** By class, the numbers that are not declared stored yet, oldest first. */
  readonly open: ReadonlyMap<BlockClass, number[]>;
  /** What commits were declared, by seq: their class and the numbers in them. */
  readonly declared: Map<
    number,
    { readonly class: BlockClass; readonly numbers: readonly number[] }
  >;
}

/** What one kill has cost. */
export interface Loss {
  /** Samples that were handed over and are not in the journal. */
  readonly samples: number;
  /** How long before the kill the oldest of them had been handed over, ms. */
  readonly ageMs: number;
}

export interface KillCounts {
  handed: number;
  declared: number;
  stored: number;
  delivered: number;
  /** Declared stored, and not in the journal. */
  declaredLost: number;
  storedTwice: number;
  /** After repeats are dropped by (epoch, seq, part). */
  deliveredTwice: number;
  /** Stored, and never delivered. */
  deliveredLost: number;
  /** Delivered, and not stored; or never handed over at all. */
  fromNowhere: number;
  /** Stored or delivered with another value, tag, quality or time. */
  wrong: number;
  /** Seqs that are missing in the journal. */
  holes: number;
  gaps: number;
  blocks: number;
  /** Blocks whose commit the field side had not been told of yet. */
  blocksUntold: number;
}

export class KillAccount {
  /** What was found that must not be, in words; the first ten. */
  readonly contradictions: string[] = [];
  readonly counts: KillCounts = {
    handed: 0,
    declared: 0,
    stored: 0,
    delivered: 0,
    declaredLost: 0,
    storedTwice: 0,
    deliveredTwice: 0,
    deliveredLost: 0,
    fromNowhere: 0,
    wrong: 0,
    holes: 0,
    gaps: 0,
    blocks: 0,
    blocksUntold: 0,
  };
  #marks = new Uint8Array(1 << 16);
  #life = newLife();
  #end = 0;
  #head = 0;

  /** Number of the next sample: nobody has handed it over. */
  get end(): number {
    return this.#end;
  }

  /** Seq of the newest block found in the journal. */
  get head(): number {
    return this.#head;
  }

  /** The victim is about to hand over these, all classes together, at this UTC time. */
  handing(first: number, count: number, at: number): void {
    this.#reserve(first + count);
    this.#end = first + count;
    this.counts.handed += count;
    this.#life.handed.push({ from: first, count, at });
    for (let number = first; number < first + count; number++) this.#mark(number, HANDED);
    for (const part of byClass(first, count)) {
      const open = this.#life.open.get(part.class) ?? [];
      for (let number = part.from; number < part.from + part.count; number++) open.push(number);
    }
  }

  /** The field side was told of a commit: within a class, samples are stored in the order they came. */
  declared(seq: number, blockClass: BlockClass, samples: number): void {
    const numbers = this.#life.open.get(blockClass)?.splice(0, samples) ?? [];
    this.counts.declared += samples;
    if (samples === 0) {
      this.counts.gaps++;
      this.#contradict(`seq ${seq} is a gap`);
    }
    this.#life.declared.set(seq, { class: blockClass, numbers });
  }

  /** What is in the journal after the newest block known so far; ends the life. */
  found(blocks: readonly Block[], killedAt: number): Loss {
    const { declared, handed } = this.#life;
    for (const block of blocks) this.#take(block);
    for (const [seq, { numbers }] of declared) {
      const lost = numbers.filter((number) => !this.#has(number, STORED)).length;
      this.counts.declaredLost += lost;
      if (lost > 0) this.#contradict(`${lost} samples of seq ${seq} are gone`);
    }
    let [samples, ageMs] = [0, 0];
    for (const { from, count, at } of handed)
      for (let number = from; number < from + count; number++)
        if (!this.#has(number, STORED)) {
          samples++;
          ageMs = Math.max(ageMs, killedAt - at);
        }
    this.#life = newLife();
    return { samples, ageMs };
  }

  /** A message that came for the first time. */
  arrived(part: ReceivedPart): void {
    if (part.gap) {
      this.counts.gaps++;
      this.#contradict(`seq ${part.seq} arrived as a gap: ${JSON.stringify(part.gap)}`);
    }
    for (const [quantity, rows] of Object.entries(part.samples ?? {}))
      for (const [time, value, quality = 'good', basis = 'gateway'] of rows) {
        const number = numberOf(time);
        if (!this.#has(number, HANDED)) {
          this.counts.fromNowhere++;
          this.#contradict(`a sample of ${time} arrived, which nobody handed over`);
          continue;
        }
        const sent = sampleOf(number);
        const isWhole =
          sent.tag === `${part.device}.${quantity}` &&
          textOf(sent.value) === String(value) &&
          sent.quality === quality &&
          sent.timeBasis === basis;
        if (!isWhole)
          this.#wrong(number, `${part.device}.${quantity} ${value} ${quality} ${basis}`);
        this.counts.delivered++;
        if (this.#has(number, DELIVERED)) {
          this.counts.deliveredTwice++;
          this.#contradict(`sample ${number} arrived again in seq ${part.seq} part ${part.part}`);
        }
        this.#mark(number, DELIVERED);
      }
  }

  /** Everything has been delivered that will be: what is stored has arrived, and nothing else. */
  settle(): void {
    for (let number = 0; number < this.#end; number++) {
      const [stored, delivered] = [this.#has(number, STORED), this.#has(number, DELIVERED)];
      if (stored === delivered) continue;
      this.counts[stored ? 'deliveredLost' : 'fromNowhere']++;
      this.#contradict(
        `sample ${number} was ${stored ? 'not delivered' : 'delivered, not stored'}`,
      );
    }
  }

  #take(block: Block): void {
    const { seq } = block;
    this.counts.blocks++;
    if (seq !== this.#head + 1) {
      this.counts.holes += Math.max(1, seq - this.#head - 1);
      this.#contradict(`seq ${seq} follows ${this.#head}`);
    }
    this.#head = seq;
    if (block.gap) {
      this.counts.gaps++;
      this.#contradict(`seq ${seq} is a gap: ${JSON.stringify(block.gap)}`);
    }
    const told = this.#life.declared.get(seq);
    if (told === undefined) this.counts.blocksUntold++;
    else if (told.class !== block.class || told.numbers.length !== block.samples.length)
      this.#contradict(`seq ${seq} is not what was declared`);
    for (const sample of fromBatch(block.samples, block.tagOf)) this.#store(sample, seq);
  }

  #store(sample: Sample, seq: number): void {
    const number = numberOf(sample.time);
    if (!this.#has(number, HANDED)) {
      this.counts.fromNowhere++;
      this.#contradict(`a sample of ${sample.time} is in seq ${seq}, which nobody handed over`);
      return;
    }
    const sent = sampleOf(number);
    const isWhole =
      sent.tag === sample.tag &&
      typeof sent.value === typeof sample.value &&
      textOf(sent.value) === textOf(sample.value) &&
      sent.quality === sample.quality &&
      sent.timeBasis === sample.timeBasis;
    if (!isWhole) this.#wrong(number, `${sample.tag} ${textOf(sample.value)} in seq ${seq}`);
    this.counts.stored++;
    if (this.#has(number, STORED)) {
      this.counts.storedTwice++;
      this.#contradict(`sample ${number} is stored again in seq ${seq}`);
    }
    this.#mark(number, STORED);
  }

  #wrong(number: number, found: string): void {
    this.counts.wrong++;
    this.#contradict(`sample ${number} is ${found}`);
  }

  #contradict(what: string): void {
    if (this.contradictions.length < CONTRADICTIONS_MAX) this.contradictions.push(what);
  }

  #has(number: number, mark: number): boolean {
    return ((this.#marks[number] ?? 0) & mark) !== 0;
  }

  #mark(number: number, mark: number): void {
    this.#marks[number] = (this.#marks[number] ?? 0) | mark;
  }

  #reserve(numbers: number): void {
    if (numbers <= this.#marks.length) return;
    const marks = new Uint8Array(Math.max(numbers, this.#marks.length * 2));
    marks.set(this.#marks);
    this.#marks = marks;
  }
}

const newLife = (): Life => ({
  handed: [],
  open: new Map(BLOCK_CLASSES.map((each) => [each, []])),
  declared: new Map(),
});
