/** What a recorded process has said so far: what is durable, what is under way, what may be acknowledged. */
import { type BlockClass, type Gap, seqOf } from '../../gateway/journal/journal.ts';
import { gapNumbered, type Mark, type NumberedBatch, type UplinkName } from './power-content.ts';

/** What was handed over as one block. */
export type Handed =
  | { readonly kind: 'batch'; readonly class: BlockClass; readonly batch: NumberedBatch }
  | { readonly kind: 'gap'; readonly class: BlockClass; readonly gap: Gap }
  /** Audit of commands: what it says, in order. */
  | {
      readonly kind: 'audit';
      readonly class: BlockClass;
      readonly intents: readonly string[];
      readonly ends: readonly string[];
    };

export const samplesIn = (handed: Handed): number =>
  handed.kind === 'batch'
    ? handed.batch.count
    : handed.kind === 'audit'
      ? handed.intents.length + handed.ends.length
      : 0;

/** An acknowledgement that is older goes with the next commit (FORMAT.md, `position`). */
const ACKNOWLEDGED_FOR = 5_001;

export class PowerLedger {
  /** By seq: answered as durable. */
  readonly stored = new Map<number, Handed>();
  /** Handed over and not answered. */
  underWay: Handed | undefined;
  /** All that the uplinks have acknowledged, durable or not, and when. */
  readonly acknowledged: Readonly<Record<UplinkName, Map<number, number>>> = {
    cloud: new Map(),
    lab: new Map(),
  };
  /** Those until then are durable. */
  certain = Number.NEGATIVE_INFINITY;
  /** Values of the state store. */
  set = 0;
  flushed = 0;
  #certainThen = Number.NEGATIVE_INFINITY;

  take(mark: Mark): void {
    if ('begin' in mark) this.#begin(mark);
    else if ('done' in mark) this.#done(mark);
    else if ('acknowledged' in mark) this.acknowledged[mark.acknowledged].set(mark.seq, mark.now);
    else if ('set' in mark) this.set = mark.set;
    else if ('flushed' in mark) this.flushed = Math.max(this.flushed, mark.flushed);
  }

  /** The newest block that was answered for. */
  get head(): number {
    return Math.max(0, ...[...this.stored.keys()].slice(-1));
  }

  #begin(mark: Extract<Mark, { readonly begin: string }>): void {
    this.#certainThen = mark.begin === 'close' ? mark.now : mark.now - ACKNOWLEDGED_FOR;
    if (mark.begin === 'append')
      this.underWay = { kind: 'batch', class: mark.batch.class, batch: mark.batch };
    else if (mark.begin === 'gap') {
      const gap = gapNumbered(mark.number, mark.class);
      this.underWay = { kind: 'gap', class: mark.class, gap };
    } else if (mark.begin === 'enter')
      this.underWay = { kind: 'audit', class: 'alarm', intents: mark.intents, ends: mark.ends };
  }

  #done(mark: Extract<Mark, { readonly done: string }>): void {
    if (mark.done === 'block' && this.underWay) this.stored.set(seqOf(mark.seq), this.underWay);
    this.underWay = undefined;
    if (mark.done !== 'step') this.certain = Math.max(this.certain, this.#certainThen);
  }
}
