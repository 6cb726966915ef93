/**
 * Blocks that a target does not take, whatever else it takes: set aside so that they block nobody, kept in a file so that a
 * restart does not forget them, and sent again when somebody asks for it. The blocks themselves stay in the journal.
 */
import type { Kept, StateStore } from '../host/state-store.ts';
import { type BlockClass, type Seq, seqOf } from '../journal/journal.ts';
import { type UtcMs, utcMs } from '../model/units.ts';

/** A type alias: only those are taken for JSON. */
export type AsideBlock = {
  readonly seq: Seq;
  readonly class: BlockClass;
  readonly samples: number;
  readonly reason: string;
  readonly at: UtcMs;
};

export interface AsideFacts {
  /** All of them, those among them that are not listed any more. */
  readonly blocks: number;
  /** The newest ones. */
  readonly newest: readonly AsideBlock[];
}

/** Blocks that are listed; of older ones only the number is known. */
export const MOST_LISTED = 200;
const MOST_TOLD = 20;
const LONGEST_REASON = 200;
const KEY = 'aside';

export class Quarantine {
  readonly #state: StateStore;
  readonly #epoch: string;
  /** Oldest first. */
  readonly #listed = new Map<Seq, AsideBlock>();
  #unlisted = 0;

  constructor(state: StateStore, epoch: string) {
    this.#state = state;
    this.#epoch = epoch;
    const kept = readKept(state.get(KEY), epoch);
    this.#unlisted = kept.unlisted;
    for (const block of kept.blocks) this.#listed.set(block.seq, block);
  }

  has(seq: Seq): boolean {
    return this.#listed.has(seq);
  }

  /** Oldest first. */
  get seqs(): readonly Seq[] {
    return [...this.#listed.keys()];
  }

  /** Resolves when a restart would not forget it. */
  add(block: AsideBlock): Promise<void> {
    this.#listed.delete(block.seq);
    this.#listed.set(block.seq, { ...block, reason: block.reason.slice(0, LONGEST_REASON) });
    const [oldest] = this.#listed.keys();
    if (this.#listed.size > MOST_LISTED && oldest !== undefined) {
      this.#listed.delete(oldest);
      this.#unlisted++;
    }
    this.#keep();
    return this.#state.flush();
  }

  /** It was taken after all, or is not in the journal any more. */
  settled(seq: Seq): void {
    if (this.#listed.delete(seq)) this.#keep();
  }

  facts(): AsideFacts {
    const newest = [...this.#listed.values()].slice(-MOST_TOLD);
    return { blocks: this.#listed.size + this.#unlisted, newest };
  }

  #keep(): void {
    const blocks = [...this.#listed.values()];
    this.#state.set(KEY, { epoch: this.#epoch, unlisted: this.#unlisted, blocks });
  }
}

/** What is not as it was written is forgotten; so is what another journal had. */
function readKept(kept: Kept | undefined, epoch: string) {
  const nothing = { unlisted: 0, blocks: [] as readonly AsideBlock[] };
  if (!isRecord(kept) || kept.epoch !== epoch || !Array.isArray(kept.blocks)) return nothing;
  const blocks = kept.blocks.flatMap((block: Kept): AsideBlock[] => {
    if (!isRecord(block)) return [];
    const { seq, class: of, samples, reason, at } = block;
    if (typeof seq !== 'number' || typeof samples !== 'number' || typeof at !== 'number') return [];
    return [
      {
        ...{ seq: seqOf(seq), samples, reason: String(reason), at: utcMs(at) },
        class: classOf(of),
      },
    ];
  });
  return { unlisted: Number(kept.unlisted) || 0, blocks };
}

const classOf = (kept: Kept | undefined): BlockClass =>
  kept === 'record' || kept === 'alarm' ? kept : 'telemetry';

const isRecord = (kept: Kept | undefined): kept is { readonly [key: string]: Kept } =>
  typeof kept === 'object' && kept !== null && !Array.isArray(kept);
