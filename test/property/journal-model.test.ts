import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import {
  BLOCK_CLASSES,
  type Block,
  type BlockClass,
  type Gap,
  seqOf,
} from '../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { everything, journalAt, temporaryDirectory } from '../support/journal-fixture.ts';
import { batchOf, numbered, samplesOf, T0 } from '../support/journal-samples.ts';
import { type ModelBlock, ModelJournal } from '../support/model-journal.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const UPLINKS = ['cloud', 'plant'];
/** Small enough that the longest runs have to sacrifice blocks. */
const MAX_SIZE = bytes(96 * 1024);
const KEEP = millis(60_000);

type Operation =
  | { readonly do: 'append'; readonly class: BlockClass; readonly rows: number }
  | { readonly do: 'repeat' | 'gap' | 'retain' | 'reopen' | 'crash' | 'save cursors' }
  | { readonly do: 'acknowledge'; readonly uplink: string; readonly back: number }
  | { readonly do: 'acknowledge all'; readonly uplink: string }
  | { readonly do: 'wait'; readonly seconds: number };

interface Appended {
  readonly class: BlockClass;
  readonly block: number;
  readonly rows: number;
}

const uplink = fc.constantFrom(...UPLINKS);
const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      class: fc.constantFrom(...BLOCK_CLASSES, 'telemetry' as const),
      rows: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 500, max: 2000 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('repeat', 'gap', 'retain', 'reopen', 'crash', 'save cursors'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('acknowledge' as const), uplink, back: fc.nat(10) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('acknowledge all' as const), uplink }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(90) }) },
);

/** Runs operations on the real journal and on the model, and compares. */
class Trial {
  readonly #directory = temporaryDirectory();
  readonly #clock: VirtualClock = virtualClock(utcMs(T0));
  readonly #model = new ModelJournal(UPLINKS);
  #files = 0;
  #number = 0;
  #last: Appended | undefined;
  #journal = this.#open();

  async run(operations: readonly Operation[]): Promise<void> {
    try {
      for (const each of operations) {
        await this.#apply(each);
        this.#compare();
      }
    } finally {
      await this.#journal.close();
    }
  }

  async #apply(operation: Operation): Promise<void> {
    switch (operation.do) {
      case 'append':
        this.#last = { class: operation.class, block: ++this.#number, rows: operation.rows };
        await this.#appendLast();
        return;
      case 'repeat':
        if (this.#last)
          expect(await this.#handOver(this.#last)).toBeLessThanOrEqual(this.#journal.head);
        return;
      case 'gap':
        await this.#journal.appendGap(lossOf(7));
        this.#adopt();
        return;
      case 'retain':
        while (await this.#journal.retain());
        this.#adopt();
        return;
      case 'acknowledge':
        this.#acknowledge(operation.uplink, Math.max(1, this.#journal.head - operation.back));
        return;
      case 'acknowledge all':
        for (let seq = 1; seq <= this.#journal.head; seq++)
          this.#acknowledge(operation.uplink, seq);
        return;
      case 'save cursors':
        await this.#clock.advance(millis(5000));
        this.#journal.saveCursors();
        this.#model.commit();
        return;
      case 'wait':
        await this.#clock.advance(millis(operation.seconds * 1000));
        return;
      case 'reopen':
        await this.#journal.close();
        this.#model.commit();
        this.#reopen();
        return;
      case 'crash':
        await this.#crash();
        return;
      default:
        operation satisfies never;
    }
  }

  /** The files as they are at this moment are what a killed process leaves. */
  async #crash(): Promise<void> {
    const before = this.#path();
    this.#files++;
    for (const part of ['', '-wal'])
      if (existsSync(before + part)) copyFileSync(before + part, this.#path() + part);
    await this.#journal.close();
    this.#reopen();
    const present = new Set(everything(this.#journal).map(({ seq }) => seq as number));
    this.#model.crash(
      (seq) => present.has(seq),
      (name, seq) => this.#journal.cursor(name).isAcknowledged(seqOf(seq)),
    );
  }

  async #appendLast(): Promise<void> {
    if (!this.#last) return;
    const seq = await this.#handOver(this.#last);
    expect(seq).toBe(this.#journal.head);
    this.#adopt();
  }

  #handOver({ class: blockClass, block, rows }: Appended) {
    const batch = batchOf(numbered(block, rows));
    return this.#journal.append(blockClass, batch, { origin: 'o1', number: block });
  }

  #acknowledge(name: string, seq: number): void {
    if (seq > this.#journal.head) return;
    this.#journal.cursor(name).acknowledge(seqOf(seq));
    this.#model.acknowledged.get(name)?.add(seq);
  }

  /** Takes the blocks that are new into the model: appended ones as they must be, gaps as they are. */
  #adopt(): void {
    const known = this.#model.blocks.length;
    for (const block of this.#journal.read(seqOf(known + 1), 1_000_000)) {
      const { class: blockClass, gap } = block;
      const last = gap || !this.#last ? [] : numbered(this.#last.block, this.#last.rows);
      const samples = gap?.reason === 'thinned' ? this.#essenceOf(block, gap) : last;
      this.#model.blocks.push({ class: blockClass, samples, gap });
    }
    expect(this.#model.blocks).toHaveLength(this.#journal.head);
  }

  /** What stayed is of what was there, and with what is lost it is all of that. */
  #essenceOf(block: Block, { seqs, count = 0 }: Gap): readonly Sample[] {
    const samples = samplesOf(block);
    const before = this.#model.blocks
      .slice((seqs?.from ?? 1) - 1, seqs?.to)
      .filter((each, i) => {
        const seq = (seqs?.from ?? 1) + i;
        return each.class === 'telemetry' && !each.gap && !this.#isThere(seq) && !this.#isGone(seq);
      })
      .flatMap((each) => each.samples);
    expect(samples.length + count).toBe(before.length);
    const known = new Set(before.map((sample) => JSON.stringify(sample)));
    expect(samples.filter((sample) => !known.has(JSON.stringify(sample)))).toEqual([]);
    return samples;
  }

  #isThere(seq: number): boolean {
    return this.#journal.read(seqOf(seq), 1)[0]?.seq === seq;
  }

  /** Before: all have acknowledged it, or it is in an earlier gap. */
  #isGone(seq: number): boolean {
    return this.#model.acknowledgedByAll(seq) || this.#model.gapsOver(seq).length > 0;
  }

  /** Every seq is there as it was written, or all have acknowledged it, or a gap that they have or will get names it. */
  #compare(): void {
    const present = new Map(everything(this.#journal).map((block) => [block.seq as number, block]));
    const isCertain = (seq: number) => present.has(seq) || this.#model.acknowledgedByAll(seq);
    this.#model.blocks.forEach((expected, index) => {
      const seq = index + 1;
      const block = present.get(seq);
      if (block) this.#compareBlock(block, expected);
      else if (!isCertain(seq) && !this.#model.gapsOver(seq).some(isCertain))
        throw new Error(`seq ${seq} is neither there nor accounted for`);
    });
  }

  #compareBlock(block: Block, expected: ModelBlock): void {
    expect([block.class, block.gap]).toEqual([expected.class, expected.gap]);
    const samples = samplesOf(block);
    if (!isSame(samples, expected.samples)) expect(samples).toEqual(expected.samples);
    for (const name of UPLINKS) {
      const isAcknowledged = this.#journal.cursor(name).isAcknowledged(block.seq);
      if (isAcknowledged !== this.#model.isAcknowledged(name, block.seq))
        throw new Error(`${name} and the model differ on the acknowledgement of ${block.seq}`);
    }
  }

  #reopen(): void {
    this.#journal = this.#open();
  }

  #path(): string {
    return join(this.#directory, `journal-${this.#files}.db`);
  }

  #open(): SqliteJournal {
    return journalAt(this.#path(), {
      uplinks: UPLINKS,
      maxSize: MAX_SIZE,
      keep: KEEP,
      clock: this.#clock,
    });
  }
}

/** As toEqual, but fast enough for every block after every operation. */
const isSame = (a: readonly Sample[], b: readonly Sample[]): boolean =>
  a.length === b.length &&
  a.every((sample, row) => {
    const other = b[row];
    return sample.tag === other?.tag && sample.value === other.value && sample.time === other.time;
  });

const lossOf = (count: number): Gap => ({
  reason: 'queue-overflow',
  class: 'telemetry',
  count,
  seqs: undefined,
  from: utcMs(T0),
  to: utcMs(T0 + count),
});

test('the journal is a list of blocks with cursors, whatever happens to it', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(operation, { minLength: 5, maxLength: 80, size: 'max' }),
      (operations) => new Trial().run(operations),
    ),
    { seed: SEED, numRuns: 30, interruptAfterTimeLimit: 90_000 },
  );
});
