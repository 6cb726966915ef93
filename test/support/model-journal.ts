/**
 * What a journal has to be, as plainly as it can be said: a list of blocks and a set of acknowledged seqs
 * an uplink. Nothing leaves the list, so every seq can be accounted for.
 */
import type { BlockClass, Gap } from '../../gateway/journal/journal.ts';
import type { Sample } from '../../gateway/model/sample.ts';

export interface ModelBlock {
  readonly class: BlockClass;
  readonly samples: readonly Sample[];
  readonly gap: Gap | undefined;
}

export class ModelJournal {
  readonly blocks: ModelBlock[] = [];
  /** Acknowledged by uplink; `durable` is what a crash leaves of it. */
  readonly acknowledged = new Map<string, Set<number>>();
  #durable = new Map<string, Set<number>>();

  constructor(uplinks: readonly string[]) {
    for (const uplink of uplinks) this.acknowledged.set(uplink, new Set());
    this.commit();
  }

  commit(): void {
    this.#durable = new Map(
      [...this.acknowledged].map(([uplink, seqs]) => [uplink, new Set(seqs)]),
    );
  }

  /**
   * A crash may forget acknowledgements of blocks that are still there, those of the last commit of cursors not among
   * them; it invents none. Takes over what the journal still knows.
   */
  crash(
    isPresent: (seq: number) => boolean,
    isKnown: (uplink: string, seq: number) => boolean,
  ): void {
    for (const [uplink, seqs] of this.acknowledged) {
      const durable = this.#durable.get(uplink);
      for (let seq = 1; seq <= this.blocks.length; seq++) {
        if (!isPresent(seq)) continue;
        const known = isKnown(uplink, seq);
        if (known ? !seqs.has(seq) : durable?.has(seq))
          throw new Error(`a crash changed what ${uplink} has acknowledged at ${seq}`);
        if (!known) seqs.delete(seq);
      }
    }
  }

  isAcknowledged(uplink: string, seq: number): boolean {
    return this.acknowledged.get(uplink)?.has(seq) === true;
  }

  acknowledgedByAll(seq: number): boolean {
    return [...this.acknowledged.values()].every((seqs) => seqs.has(seq));
  }

  /** The seqs of all gaps that retention ever put in the place of `seq`. */
  gapsOver(seq: number): number[] {
    const lost = this.blocks[seq - 1]?.class;
    return this.blocks.flatMap(({ gap }, index) => {
      const isRemoval = gap?.reason === 'retention' || gap?.reason === 'thinned';
      if (!isRemoval || gap.class !== lost || !gap.seqs) return [];
      return gap.seqs.from <= seq && seq <= gap.seqs.to ? [index + 1] : [];
    });
  }
}
