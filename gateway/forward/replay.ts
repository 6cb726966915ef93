/** One request for blocks again: takes them from the journal, range by range, and knows what of them there is. */
import { type Block, type Journal, type Seq, seqOf } from '../journal/journal.ts';
import type { Range } from '../model/range-set.ts';
import type { ReplayReply, ReplayRequest } from '../model/replay.ts';
import type { LaneRoom } from './lanes.ts';

/** Ranges that an answer names. */
const MOST_GONE = 100;

export class Replay {
  readonly #request: ReplayRequest;
  readonly #reply: (reply: ReplayReply) => void;
  readonly #gone: Range[] = [];
  #range = 0;
  /** The next seq in the range; undefined at its beginning. */
  #from: number | undefined;
  #blocks = 0;
  #open = 0;

  /** `reply` is called once, unless the connection goes first. */
  constructor(request: ReplayRequest, reply: (reply: ReplayReply) => void) {
    this.#request = request;
    this.#reply = reply;
  }

  /** Nothing is left to be taken. */
  get isRead(): boolean {
    return this.#range >= this.#request.seqs.length;
  }

  /** The next blocks, none when all are taken; each is to be followed by `settled`. */
  take(journal: Journal, room: LaneRoom): readonly Block[] {
    for (;;) {
      const range = this.#request.seqs[this.#range];
      if (range === undefined) {
        this.#endIfSettled();
        return [];
      }
      const from = this.#from ?? Math.max(range[0], 1);
      const to = Math.min(range[1], journal.head);
      const limit = Math.min(room.blocks, to - from + 1);
      const read = limit > 0 ? journal.read(seqOf(from), limit, room.samples) : [];
      const found = read.filter(({ seq }) => seq <= to);
      this.#note(found, from, range[1]);
      if (found.length > 0) return found;
    }
  }

  /** The broker has acknowledged one of them, or refused it. */
  settled(seq: Seq, isTaken: boolean): void {
    this.#open--;
    if (isTaken) this.#blocks++;
    else this.#miss(seq, seq);
    if (this.isRead) this.#endIfSettled();
  }

  #note(found: readonly Block[], from: number, to: number): void {
    let next = from;
    for (const { seq } of found) {
      this.#miss(next, seq - 1);
      next = seq + 1;
    }
    this.#open += found.length;
    this.#from = next;
    if (found.length > 0 && next <= to) return;
    this.#miss(next, to);
    this.#from = undefined;
    this.#range++;
  }

  #miss(from: number, to: number): void {
    if (from <= to && this.#gone.length < MOST_GONE) this.#gone.push([from, to]);
  }

  #endIfSettled(): void {
    if (this.#open > 0) return;
    const { id } = this.#request;
    this.#reply({ id, outcome: 'done', blocks: this.#blocks, gone: this.#gone });
  }
}
