/** A north side that samples are handed to while calls fail, and the account of what became of each of them. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { BLOCK_CLASSES, type BlockClass, seqOf } from '../../gateway/journal/journal.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { bytes, type MonoMs, millis, monoMs, utcMs } from '../../gateway/model/units.ts';
import { mqttConfig } from '../support/forward-fixture.ts';
import { siteTags, T0 } from '../support/journal-samples.ts';

const WORKER = new URL('./io-worker.ts', import.meta.url);
const TAGS = siteTags(8);
/** So few that a disk that fails for some ms is enough to run over. */
const QUEUE_LIMIT = 40;
/** Waits between two attempts run so much faster. */
const HURRY = 200;
const HURRIED = new Set(['journal.retry', 'journal.worker-restart']);

function hurriedClock(): Clock {
  const clock = systemClock();
  return {
    ...clock,
    at(name, due, run, options) {
      const now = clock.mono();
      const soon: MonoMs = HURRIED.has(name) ? monoMs(now + (due - now) / HURRY) : due;
      return clock.at(name, soon, run, options);
    },
  };
}

export class IoLife {
  readonly path: string;
  readonly #random: Random;
  readonly #link: NorthLink;
  readonly #maxSize;
  /** Class of each sample, by its number. */
  readonly #handed: BlockClass[] = [];
  #committed = 0;
  #isOver = false;

  /** The file must not be there yet. */
  constructor(path: string, random: Random) {
    this.path = path;
    this.#random = random;
    // In half of the lives what nobody acknowledges has to give way, so that commits and removals fail in turn.
    this.#maxSize = bytes(random() < 0.5 ? 128 * 1024 : 2 ** 21);
    const config = mqttConfig();
    this.#link = new NorthLink({
      site: {
        gateway: { id: 'hurt', timezone: 'UTC' },
        journal: { path, lossWindow: millis(0), maxSize: this.#maxSize, keep: millis(1e12) },
        uplinks: [{ name: 'cloud', mqtt: config, commands: 'refuse' }],
        tags: TAGS,
        hash: 'c0ffee',
      },
      clock: hurriedClock(),
      log: silentLog,
      random: () => 0,
      worker: WORKER,
      queueLimit: QUEUE_LIMIT,
    });
    this.#link.onCommitted(({ samples }) => {
      this.#committed += samples;
    });
  }

  get handed(): number {
    return this.#handed.length;
  }

  start(): Promise<void> {
    return this.#link.start();
  }

  /** A few samples of some class. */
  append(): void {
    const blockClass = BLOCK_CLASSES[Math.floor(this.#random() * BLOCK_CLASSES.length)];
    if (blockClass === undefined) return;
    const count = 1 + Math.floor(this.#random() * 6);
    const first = this.#handed.length;
    const samples = Array.from({ length: count }, (_, row): Sample => {
      this.#handed.push(blockClass);
      return {
        tag: TAGS[(first + row) % TAGS.length]?.id as TagId,
        value: first + row,
        quality: 'good',
        time: utcMs(T0 + first + row),
        timeBasis: 'gateway',
      };
    });
    this.#link.append(blockClass, samples);
  }

  /** Lets the worker go on for a moment: until all is stored, or a little longer. */
  async moment(): Promise<void> {
    const over = new AbortController();
    const wait = setTimeout(3, undefined, { signal: over.signal }).catch(() => {});
    await Promise.race([this.#link.flush().catch(() => {}), wait]);
    over.abort();
    await setImmediate();
  }

  /** The fault is over: all is stored or in a gap. Gives back what does not add up. */
  async settled(): Promise<readonly string[]> {
    await this.#link.flush();
    const { link } = await this.#link.stats();
    const accounted = this.#committed + link.dropped;
    return accounted === this.handed && link.waiting === 0
      ? []
      : [`${this.handed} handed over, ${this.#committed} stored, ${link.dropped} dropped`];
  }

  /** Ends it. */
  async stop(): Promise<void> {
    await this.#link.stop();
    this.#isOver = true;
  }

  /** Opens the file and compares it with what was handed over. Gives back what does not add up. */
  async account(): Promise<{ readonly problems: readonly string[]; readonly lost: number }> {
    if (!this.#isOver) throw new Error('it is running');
    const errors: string[] = [];
    const journal = openJournal({
      path: this.path,
      tags: TAGS.map(({ id }) => id),
      uplinks: ['cloud'],
      maxSize: this.#maxSize,
      keep: millis(1e12),
      clock: systemClock(),
      log: { ...silentLog, error: (event) => void errors.push(event) },
    });
    const problems = [...errors];
    const seen = new Set<number>();
    const lastOf = new Map<BlockClass, number>();
    let inGaps = 0;
    for (const { samples, gap, class: blockClass } of journal.read(seqOf(1), 1_000_000)) {
      if (gap) inGaps += gap.count ?? Number.NaN;
      for (const number of samples.numbers) {
        if (seen.has(number)) problems.push(`sample ${number} is there twice`);
        if (this.#handed[number] !== blockClass) problems.push(`sample ${number} is invented`);
        if (number <= (lastOf.get(blockClass) ?? -1)) problems.push(`sample ${number} is late`);
        lastOf.set(blockClass, number);
        seen.add(number);
      }
    }
    const { lostSamples, head } = journal.stats();
    if (seen.size + inGaps !== this.handed)
      problems.push(`${this.handed} handed over, ${seen.size} there, ${inGaps} in gaps`);
    if (lostSamples !== inGaps) problems.push(`${lostSamples} counted as lost, ${inGaps} in gaps`);
    for (let seq = 1; seq <= head; seq++)
      if (
        journal.cursor('cloud').isAcknowledged(seqOf(seq)) &&
        journal.read(seqOf(seq), 1)[0]?.seq === seq
      )
        problems.push(`block ${seq} counts as acknowledged`);
    await journal.close();
    rmSync(dirname(this.path), { recursive: true, force: true });
    return { problems: problems.slice(0, 5), lost: inGaps };
  }
}
