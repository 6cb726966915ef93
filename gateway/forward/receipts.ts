/**
 * What receivers have confirmed of the blocks that were sent, with `ack: receiver`. Receivers share the parts of a block
 * among them and each confirms its own, so a block is delivered when all its parts are. What nobody confirms in time is
 * in doubt, and then one block at a time finds out when somebody listens again.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Seq } from '../journal/journal.ts';
import type { Confirmation } from '../model/replay.ts';
import { later, type Millis, type MonoMs } from '../model/units.ts';

export interface ReceiptsOptions {
  readonly clock: Clock;
  /** How long a receiver may take. */
  readonly within: Millis;
  /** It took longer; what is awaited has to be sent again. */
  readonly onSilent: () => void;
}

interface Awaited {
  readonly since: MonoMs;
  /** How many parts it has; undefined until the broker has taken all. */
  parts: number | undefined;
  isWhole: boolean;
  readonly confirmed: Set<number>;
}

/** Blocks that wait for a receiver, at most. */
const MAX_AWAITED = 1_024;

export class Receipts {
  readonly #options: ReceiptsOptions;
  /** In the order of sending. */
  readonly #awaited = new Map<Seq, Awaited>();
  #isSilent = false;
  #cancel: Cancel | undefined;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#awaited.size;
  }

  /** Blocks that may still be sent before something is confirmed. */
  get room(): number {
    return (this.#isSilent ? 1 : MAX_AWAITED) - this.#awaited.size;
  }

  has(seq: Seq): boolean {
    return this.#awaited.has(seq);
  }

  /** The block leaves now: a receiver can be faster than the broker's acknowledgement. */
  await(seq: Seq): void {
    const since = this.#options.clock.mono();
    const awaited = { since, parts: undefined, isWhole: false, confirmed: new Set<number>() };
    this.#awaited.set(seq, awaited);
    this.#watch();
  }

  /** The broker has taken all parts of it. True when receivers have confirmed them already. */
  taken(seq: Seq, parts: number): boolean {
    const awaited = this.#awaited.get(seq);
    if (awaited === undefined) return false;
    awaited.parts = parts;
    return this.#isDelivered(seq);
  }

  /** It was not delivered. */
  forget(seq: Seq): void {
    this.#awaited.delete(seq);
  }

  /** All of it will be sent again. */
  forgetAll(): void {
    this.#awaited.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The blocks that are delivered by that; of others it may say what it likes. */
  confirm({ seqs, parts }: Confirmation): readonly Seq[] {
    const isNamed = (seq: Seq) => seqs.some(([from, to]) => from <= seq && seq <= to);
    for (const [seq, awaited] of this.#awaited) awaited.isWhole ||= isNamed(seq);
    for (const [seq, part] of parts) this.#awaited.get(seq as Seq)?.confirmed.add(part);
    const delivered = [...this.#awaited.keys()].filter((seq) => this.#isDelivered(seq));
    if (delivered.length > 0) this.#isSilent = false;
    return delivered;
  }

  #isDelivered(seq: Seq): boolean {
    const awaited = this.#awaited.get(seq);
    if (awaited?.parts === undefined) return false;
    if (!awaited.isWhole && awaited.confirmed.size < awaited.parts) return false;
    return this.#awaited.delete(seq);
  }

  /** One timer for all, at the end of the oldest's time. */
  #watch(): void {
    const { clock, within, onSilent } = this.#options;
    const [oldest] = this.#awaited.values();
    if (oldest === undefined || this.#cancel) return;
    const due = later(oldest.since, within);
    if (clock.mono() >= due) {
      this.#isSilent = true;
      onSilent();
      return;
    }
    this.#cancel = clock.at('forward.receipts', due, () => {
      this.#cancel = undefined;
      this.#watch();
    });
  }
}
