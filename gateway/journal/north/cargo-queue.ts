/**
 * What waits on the field side to be stored: bounded, oldest due first, every drop turned into a
 * gap. It decides; the link acts.
 */
import type { ClockMark } from '../../model/clock-mark.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import { type Millis, type MonoMs, millis, monoMs, utcMs } from '../../model/units.ts';
import { BLOCK_CLASSES, type BlockClass, type Gap, type GapReason } from '../journal.ts';
import { type Dropped, Lane } from './lane.ts';
import type { Cargo } from './north-protocol.ts';

/** 13 MB of columns: some minutes of a large site while the disk is gone. */
export const QUEUE_SAMPLES_MAX = 500_000;

/** How many samples each lane had taken in at some moment. */
export type QueueMarks = readonly number[];

/** Samples as they come. */
export interface Added {
  readonly samples: readonly Sample[];
  /** Of the clock that stamped them: the same object while nothing changes. */
  readonly clock: ClockMark;
  readonly now: MonoMs;
  readonly underWay: number;
}

export class CargoQueue {
  readonly #limit: number;
  readonly #lanes: readonly Lane[];
  readonly #gaps = new Map<string, Gap>();
  #dropped = 0;

  constructor(lossWindow: Millis, indexOf: (tag: TagId) => number, limit = QUEUE_SAMPLES_MAX) {
    this.#limit = limit;
    this.#lanes = BLOCK_CLASSES.map(
      (each) => new Lane(each, each === 'telemetry' ? lossWindow : millis(0), indexOf),
    );
  }

  /** Samples that wait. */
  get waiting(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  }

  /** How long telemetry waits from now on; records and alarms never do. */
  set lossWindow(window: Millis) {
    this.#lane('telemetry').window = window;
  }

  /** Samples given up since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.waiting === 0 && this.#gaps.size === 0;
  }

  /** When the next cargo is to be taken; undefined when nothing waits. */
  get due(): MonoMs | undefined {
    if (this.#gaps.size > 0) return monoMs(Number.NEGATIVE_INFINITY);
    return this.#first()?.due;
  }

  /** `underWay` samples count against the limit although they are not here. */
  add(blockClass: BlockClass, { samples, clock, now, underWay }: Added): void {
    this.#lane(blockClass).add(samples, now, clock);
    while (this.waiting > 0 && this.waiting + underWay > this.#limit) {
      const victim = this.#lanes.findLast((lane) => lane.waiting > 0) as Lane;
      this.giveUp('queue-overflow', victim.class, victim.drop());
    }
  }

  marks(): QueueMarks {
    return this.#lanes.map((lane) => lane.added);
  }

  /** Whether all that had been added at the marks has left, gaps included. */
  hasPassed(marks: QueueMarks): boolean {
    const gone = this.#lanes.every((lane, i) => lane.added - lane.waiting >= (marks[i] as number));
    return gone && this.#gaps.size === 0;
  }

  /** A gap, else the oldest batch of the lane that is due first; undefined when nothing waits. */
  take(): Cargo | undefined {
    for (const [name, gap] of this.#gaps) {
      this.#gaps.delete(name);
      return { class: gap.class, gap };
    }
    const lane = this.#first();
    return lane && { class: lane.class, ...lane.take() };
  }

  /** Records a loss; losses of one class and reason that wait together become one gap. */
  giveUp(reason: GapReason, blockClass: BlockClass, { count, from, to }: Dropped): void {
    this.#dropped += count;
    const name = `${reason} ${blockClass}`;
    const known = this.#gaps.get(name);
    this.#gaps.set(name, {
      reason,
      class: blockClass,
      count: count + (known?.count ?? 0),
      seqs: undefined,
      from: utcMs(Math.min(from, known?.from ?? from)),
      to: utcMs(Math.max(to, known?.to ?? to)),
    });
  }

  #first(): Lane | undefined {
    let first: Lane | undefined;
    for (const lane of this.#lanes)
      if (lane.due !== undefined && (first?.due === undefined || lane.due < first.due))
        first = lane;
    return first;
  }

  #lane(blockClass: BlockClass): Lane {
    return this.#lanes[BLOCK_CLASSES.indexOf(blockClass)] as Lane;
  }
}
