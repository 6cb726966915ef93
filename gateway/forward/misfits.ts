/**
 * Blocks that a target does not take, whatever else it takes: refused again and again, or the connection is lost at them. They
 * are set aside after a bounded number of attempts, so that they block nobody.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { StateStore } from '../host/state-store.ts';
import type { BlockClass, Journal, Seq } from '../journal/journal.ts';
import { type ErrorCode, GatewayError } from '../model/errors.ts';
import { later, monoMs, seconds } from '../model/units.ts';
import { type AsideFacts, Quarantine } from './quarantine.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import { Suspects } from './suspects.ts';

/** What is known of a block that is on its way. */
export interface Sent {
  readonly seq: Seq;
  readonly class: BlockClass;
  readonly samples: number;
}

export interface MisfitsOptions {
  readonly uplink: string;
  readonly journal: Journal;
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  /** It is noted durably that the block was set aside: delivery goes on behind it. */
  readonly onAside: (seq: Seq) => void;
}

/** Between two log lines about blocks that are set aside. */
const LOG_INTERVAL = seconds(10);
/** What a broker does that cannot bear a block, and what a bad line does. */
const LOSSES: ReadonlySet<ErrorCode> = new Set([
  'forward.connection-lost',
  'forward.no-answer',
  'forward.protocol-broken',
]);

export class Misfits {
  readonly #options: MisfitsOptions;
  readonly #refusals = new RefusalLedger();
  readonly #suspects = new Suspects();
  readonly #quarantine: Quarantine;
  /** Under way when the connection of the present run was lost. */
  #unanswered: Sent[] = [];
  #logFrom = monoMs(Number.NEGATIVE_INFINITY);

  constructor(options: MisfitsOptions) {
    this.#options = options;
    this.#quarantine = new Quarantine(options.state, options.journal.epoch);
  }

  /** It is not sent with the others. */
  has(seq: Seq): boolean {
    return this.#suspects.has(seq) || this.#quarantine.has(seq);
  }

  isSuspect(seq: Seq): boolean {
    return this.#suspects.has(seq);
  }

  /** See Suspects. */
  nextSuspect(isIdle: boolean): Seq | undefined {
    return this.#suspects.next(isIdle);
  }

  /** The target has it, or the journal does not any more. */
  settled(seq: Seq): void {
    this.#suspects.settled(seq);
    this.#quarantine.settled(seq);
  }

  /** True when it was set aside. `acknowledged`: blocks so far. */
  failed(sent: Sent, error: unknown, run: number, acknowledged: number): boolean {
    if (!(error instanceof GatewayError)) return false;
    if (LOSSES.has(error.code)) this.#unanswered.push(sent);
    if (error.kind !== 'permanent') return false;
    const { topic, parts_taken } = error.details;
    const partsTaken = Number(parts_taken ?? 0);
    const evidence = { topic: String(topic), run, acknowledged, partsTaken };
    if (!this.#refusals.isHopeless(evidence)) return false;
    this.#setAside(sent, error);
    return true;
  }

  /** Nothing is under way any more. */
  runEnded(): void {
    const unanswered = this.#unanswered.splice(0);
    if (unanswered.length === 0) return;
    const convicted = this.#suspects.lost(unanswered.map(({ seq }) => seq));
    const sent = unanswered.find(({ seq }) => seq === convicted);
    if (sent) this.#setAside(sent, new GatewayError('forward.lost-at-block', { seq: sent.seq }));
  }

  /** A new connection may meet a broker that was put right. */
  forgetRefusals(): void {
    this.#refusals.clear();
  }

  /** Those that were set aside and that the journal still has. */
  again(): readonly Seq[] {
    const { journal } = this.#options;
    for (const seq of this.#quarantine.seqs)
      if (journal.read(seq, 1)[0]?.seq !== seq) this.#quarantine.settled(seq);
    this.forgetRefusals();
    return this.#quarantine.seqs;
  }

  facts(): AsideFacts {
    return this.#quarantine.facts();
  }

  #setAside(sent: Sent, error: GatewayError): void {
    const { uplink, clock, log, onAside } = this.#options;
    const block = { ...sent, reason: error.message, at: clock.utc() };
    void this.#quarantine.add(block).then(() => onAside(sent.seq));
    const now = clock.mono();
    if (now < this.#logFrom) return;
    this.#logFrom = later(now, LOG_INTERVAL);
    const { blocks } = this.facts();
    log.error('forward.block-set-aside', { uplink, blocks, ...block, hint: error.hint('en') });
  }
}
