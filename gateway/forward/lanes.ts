/**
 * Which blocks an uplink gets next. Two lanes over one cursor, each in seq order: what is new, and what waits from
 * earlier. After an outage the new goes first while the backlog drains beside it. Reads the journal, and sends nothing.
 */
import type { Clock } from '../host/clock.ts';
import { type Block, type Cursor, type Journal, type Seq, seqOf } from '../journal/journal.ts';
import { between, type MonoMs, seconds } from '../model/units.ts';
import type { Replay } from './replay.ts';

export type Lane = 'live' | 'backlog';

/** A block on its way to the uplink. */
export interface Outgoing {
  readonly lane: Lane;
  readonly block: Block;
  /** Who asked for it again. */
  readonly replay?: Replay;
}

/** What a lane may take: so many blocks, and of more than one no more than so many samples. */
export interface LaneRoom {
  readonly blocks: number;
  readonly samples: number;
}

export interface LanesOptions {
  readonly journal: Journal;
  readonly cursor: Cursor;
  readonly clock: Clock;
  /** Handed over and not settled: is not handed over again. */
  readonly isUnderWay: (seq: Seq) => boolean;
}

/** New blocks that an uplink has not taken for so long are not new any more. */
const STALE_AFTER = seconds(10);

export class Lanes {
  readonly #options: LanesOptions;
  /** What is behind it is live. */
  #historicalUpTo = seqOf(0);
  /** The last block that each lane has handed over. */
  #live = seqOf(0);
  #backlog = seqOf(0);
  /** To be sent once more, ascending. */
  #again: Seq[] = [];
  #resent = 0;
  /** One after the other. */
  #replays: Replay[] = [];
  /** When there was nothing new left to hand over. */
  #upToDateAt: MonoMs;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#upToDateAt = options.clock.mono();
  }

  /** Blocks handed over again. */
  get resent(): number {
    return this.#resent;
  }

  /** The connection is a new one: what is in the journal now is history. */
  connected(): void {
    this.#callAllHistory();
  }

  /** Nothing is under way: from the cursor on again. */
  restart(): void {
    this.#backlog = this.#options.cursor.upTo;
    this.#live = this.#historicalUpTo;
    this.#again.sort((a, b) => a - b);
  }

  /** These are in doubt although they were acknowledged. They go before the backlog, after the next `restart`. */
  sendAgain(seqs: readonly Seq[]): void {
    this.#again = [...new Set([...this.#again, ...seqs])];
  }

  /** Blocks that somebody asked for. They go before the backlog. */
  replay(replay: Replay): void {
    this.#replays.push(replay);
  }

  /** Requests under way. */
  get replays(): number {
    return this.#replays.length;
  }

  /** Whoever asked has to ask again. */
  forgetReplays(): void {
    this.#replays = [];
  }

  /** The next blocks: those of the first lane that has room and any. Throws when the journal cannot be read. */
  take(room: Readonly<Record<Lane, LaneRoom>>): readonly Outgoing[] {
    const live = hasRoom(room.live) ? this.#takeLive(room.live) : [];
    if (live.length > 0) return live.map((block) => ({ lane: 'live', block }));
    return hasRoom(room.backlog) ? this.#takeOld(room.backlog) : [];
  }

  #takeLive(room: LaneRoom): readonly Block[] {
    const { clock, journal } = this.#options;
    const now = clock.mono();
    if (this.#live >= journal.head) this.#upToDateAt = now;
    else if (between(this.#upToDateAt, now) > STALE_AFTER) this.#callAllHistory();
    return this.#takeOpen(room, this.#live, journal.head, (seq) => {
      this.#live = seq;
    });
  }

  #takeOld(room: LaneRoom): readonly Outgoing[] {
    const again = this.#takeAgain();
    if (again) return [{ lane: 'backlog', block: again }];
    const asked = this.#takeAsked(room);
    if (asked.length > 0) return asked;
    const open = this.#takeOpen(room, this.#backlog, this.#historicalUpTo, (seq) => {
      this.#backlog = seq;
    });
    return open.map((block) => ({ lane: 'backlog', block }));
  }

  #takeAsked(room: LaneRoom): readonly Outgoing[] {
    for (let [replay] = this.#replays; replay; [replay] = this.#replays) {
      const asked = replay;
      const blocks = asked.take(this.#options.journal, room);
      if (asked.isRead) this.#replays.shift();
      if (blocks.length > 0)
        return blocks.map((block) => ({ lane: 'backlog', block, replay: asked }));
    }
    return [];
  }

  /** Blocks behind `after` up to `last` that are neither acknowledged nor under way; `pass` is told how far it came. */
  #takeOpen(room: LaneRoom, after: Seq, last: Seq, pass: (seq: Seq) => void): readonly Block[] {
    const { journal, cursor, isUnderWay } = this.#options;
    let from = cursor.nextAfter(after);
    while (from <= last) {
      const limit = Math.min(room.blocks, last - from + 1);
      const found = journal.read(from, limit, room.samples).filter(({ seq }) => seq <= last);
      const newest = found.at(-1);
      if (newest === undefined) break;
      pass(newest.seq);
      const open = found.filter(({ seq }) => !cursor.isAcknowledged(seq) && !isUnderWay(seq));
      if (open.length > 0) return open;
      from = cursor.nextAfter(newest.seq);
    }
    return [];
  }

  #takeAgain(): Block | undefined {
    for (let seq = this.#again[0]; seq !== undefined; seq = this.#again[0]) {
      const block = this.#options.journal.read(seq, 1)[0];
      this.#again.shift();
      if (block?.seq !== seq) continue;
      this.#resent++;
      return block;
    }
    return undefined;
  }

  #callAllHistory(): void {
    const { clock, journal } = this.#options;
    this.#historicalUpTo = journal.head;
    this.#live = journal.head;
    this.#upToDateAt = clock.mono();
  }
}

const hasRoom = ({ blocks, samples }: LaneRoom): boolean => blocks > 0 && samples > 0;
