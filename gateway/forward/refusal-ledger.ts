/**
 * Decides when a refusal is final. Hopeless is a topic that the broker has refused often enough while it took other
 * things. When it refuses everything, the fault is in its configuration, and giving up would empty the journal into nothing.
 */

/** How often a topic is tried that the broker refuses while it takes others. */
export const REFUSAL_LIMIT = 5;
/** Topics whose refusals are counted; beyond it counting begins anew. */
const MAX_TOPICS = 1_000;

export interface RefusalEvidence {
  readonly topic: string;
  /** The run of blocks it happened in: refusals of one run are one attempt. */
  readonly run: number;
  /** Blocks acknowledged so far. */
  readonly acknowledged: number;
  /** Parts of the refused block that were taken. */
  readonly partsTaken: number;
}

interface Refusal {
  attempts: number;
  run: number;
  readonly acknowledgedBefore: number;
  othersTaken: boolean;
}

export class RefusalLedger {
  readonly #refusals = new Map<string, Refusal>();

  /** Counts a refusal in and tells whether the block is to be given up. */
  isHopeless({ topic, run, acknowledged, partsTaken }: RefusalEvidence): boolean {
    if (this.#refusals.size >= MAX_TOPICS) this.#refusals.clear();
    const refusal = this.#refusals.get(topic) ?? {
      attempts: 0,
      run: -1,
      acknowledgedBefore: acknowledged,
      othersTaken: false,
    };
    this.#refusals.set(topic, refusal);
    if (refusal.run !== run) refusal.attempts++;
    refusal.run = run;
    refusal.othersTaken ||= partsTaken > 0 || acknowledged > refusal.acknowledgedBefore;
    return refusal.attempts >= REFUSAL_LIMIT && refusal.othersTaken;
  }

  /** A new connection may meet a broker that was put right. */
  clear(): void {
    this.#refusals.clear();
  }
}
