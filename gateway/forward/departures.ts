/** Which blocks leave next, and what is on its way: so many of each lane, and a suspect alone. */
import type { Journal, Seq } from '../journal/journal.ts';
import type { Lane, LaneRoom, Lanes, Outgoing } from './lanes.ts';
import type { Misfits } from './misfits.ts';

export interface DeparturesOptions {
  readonly journal: Journal;
  readonly misfits: Misfits;
  /** How many blocks may leave for other reasons. */
  readonly most: () => number;
}

/** Blocks on their way at once in a lane: a broker may answer the last of so many only 40 ms after the first. */
const MAX_IN_FLIGHT = 32;
/**
 * Samples in them from which on no other is taken: each is in memory as a row or as text. Half of them are enough for 20,000
 * samples a second where the answer takes 0.2 s.
 */
const MAX_SAMPLES_IN_FLIGHT = 8_192;
/**
 * With less room than this no more of the backlog is read: two blocks at once cost less. And no less may be on its way: where
 * nothing is left to send, a broker's answers wait for ours (RFC 896, RFC 1122 §4.2.3.2).
 */
const WORTH_A_READ = MAX_SAMPLES_IN_FLIGHT / 4;

const ROOM: LaneRoom = { blocks: MAX_IN_FLIGHT, samples: MAX_SAMPLES_IN_FLIGHT };

export class Departures {
  readonly #options: DeparturesOptions;
  readonly #inFlight = new Set<Seq>();
  readonly #room: Record<Lane, LaneRoom> = { live: ROOM, backlog: ROOM };

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#inFlight.size;
  }

  has(seq: Seq): boolean {
    return this.#inFlight.has(seq);
  }

  /** A suspect only when nothing else is on its way, and nothing beside it. Throws when the journal cannot be read. */
  take(lanes: Lanes): readonly Outgoing[] {
    const { journal, misfits } = this.#options;
    if ([...this.#inFlight].some((seq) => misfits.isSuspect(seq))) return [];
    const taken = misfits.nextSuspect(false) === undefined ? this.#takeFrom(lanes) : [];
    if (taken.length > 0 || this.#inFlight.size > 0) return taken;
    for (let seq = misfits.nextSuspect(true); seq; seq = misfits.nextSuspect(true)) {
      const block = journal.read(seq, 1)[0];
      if (block?.seq === seq) return [{ lane: 'backlog', block }];
      misfits.settled(seq);
    }
    return [];
  }

  left({ lane, block: { seq, samples } }: Outgoing): void {
    this.#inFlight.add(seq);
    this.#widen(lane, -1, -samples.length);
  }

  /** Settled, whichever way. `samples`: how many it had. */
  settled(lane: Lane, seq: Seq, samples: number): void {
    this.#inFlight.delete(seq);
    this.#widen(lane, 1, samples);
  }

  #takeFrom(lanes: Lanes): readonly Outgoing[] {
    const most = this.#options.most();
    const { live, backlog } = this.#room;
    const isWorthIt = backlog.samples >= WORTH_A_READ;
    return lanes.take({
      live: { ...live, blocks: Math.min(live.blocks, most) },
      backlog: { ...backlog, blocks: isWorthIt ? Math.min(backlog.blocks, most) : 0 },
    });
  }

  #widen(lane: Lane, blocks: number, samples: number): void {
    const room = this.#room[lane];
    this.#room[lane] = { blocks: room.blocks + blocks, samples: room.samples + samples };
  }
}
