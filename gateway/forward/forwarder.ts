/**
 * Takes one uplink's blocks from the journal, in seq order, and moves its cursor when they are acknowledged. A block
 * is historical when it was in the journal before the present connection came up.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import {
  type Block,
  type Cursor,
  type Gap,
  type Journal,
  type Seq,
  seqOf,
} from '../journal/journal.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import { between, later, type Millis, type MonoMs, monoMs, seconds } from '../model/units.ts';
import type { UpstreamReply } from '../model/upstream.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import type { ForwardedSite, Forwarder, ForwarderFacts, Uplink } from './uplink.ts';

export interface ForwarderOptions {
  readonly uplink: Uplink;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** 0..1, for the jitter of the back-off. */
  readonly random: Random;
  /**
   * After a lost connection, what was acknowledged this shortly before the last acknowledgement is
   * sent again.
   */
  readonly resend: Millis;
}

export const createForwarder = (options: ForwarderOptions): Forwarder =>
  new BlockForwarder(options);

/** Blocks on their way at once: a broker may answer the last of so many only 40 ms after the first. */
const MAX_IN_FLIGHT = 32;
/**
 * Samples in them from which on no other is taken: each is in memory as a row and as text. With twice as many, a process
 * that drained a backlog took 166 MB, not 152.
 */
const MAX_SAMPLES_IN_FLIGHT = 4_096;
/** Acknowledged blocks remembered for sending again; the oldest are forgotten first. */
const MAX_REMEMBERED = 65_536;
const MAX_GAPS_IN_WATERMARK = 100;
const MAX_CORRECTIONS_IN_WATERMARK = 100;
const WATERMARK_INTERVAL = seconds(5);
/** Between two log lines about blocks given up. */
const GIVEN_UP_LOG_INTERVAL = seconds(10);
/** Between two attempts while the connection is up but the target does not take the block. */
const HOLD: BackoffPolicy = { first: seconds(1), longest: seconds(15), jitter: 1 };

class BlockForwarder implements Forwarder {
  readonly name: string;
  readonly #options: ForwarderOptions;
  readonly #cursor: Cursor;
  readonly #inFlight = new Set<Seq>();
  #samplesInFlight = 0;
  readonly #bell = new Bell();
  readonly #gaps: (Gap & { readonly seq: Seq })[] = [];
  readonly #refusals = new RefusalLedger();
  /** Acknowledged on the present connection, oldest first. */
  #remembered: { readonly seq: Seq; readonly at: MonoMs }[] = [];
  /** To be sent once more, ascending. */
  #again: Seq[] = [];
  #running: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #up = false;
  /** Counts the connections: what failed on a lost one says nothing about the next. */
  #connection = 0;
  /** What was in the journal when the connection came up. */
  #historicalUpTo = seqOf(0);
  /** The last block of the present run that was handed over. */
  #position = seqOf(0);
  #run = 0;
  #failure: unknown;
  #heldBy: string | undefined;
  #holds = 0;
  #heldAt = seqOf(0);
  #sent = 0;
  #acknowledged = 0;
  #resent = 0;
  #refusedBlocks = 0;
  #logGivenUpFrom = monoMs(Number.NEGATIVE_INFINITY);
  #movedAt: MonoMs;
  #announceFrom: MonoMs;
  #cancelAnnouncement: Cancel | undefined;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.name = `forward ${options.uplink.name}`;
    this.#cursor = options.journal.cursor(options.uplink.name);
    this.#movedAt = options.clock.mono();
    this.#announceFrom = this.#movedAt;
  }

  async start(): Promise<void> {
    if (this.#running !== undefined || this.#stopping !== undefined) return;
    this.#options.uplink.open({ up: () => this.#onUp(), down: () => this.#onDown() });
    this.#running = this.#loop();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#halt();
    return this.#stopping;
  }

  onAppended(): void {
    this.#bell.ring();
    this.#announceSoon();
  }

  configure(site: ForwardedSite): void {
    this.#options.uplink.configure?.(site);
  }

  reply(reply: UpstreamReply): void {
    this.#options.uplink.reply?.(reply);
  }

  /** Idle is progress; only blocks that nobody settles are not. */
  lastProgress(): MonoMs {
    return this.#inFlight.size > 0 ? this.#movedAt : this.#options.clock.mono();
  }

  facts(): ForwarderFacts {
    const { uplink, journal } = this.#options;
    return {
      ...uplink.facts(),
      uplink: uplink.name,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      inFlight: this.#inFlight.size,
      resent: this.#resent,
      refusedBlocks: this.#refusedBlocks,
      heldBy: this.#heldBy,
      backlog: journal.head - this.#cursor.upTo,
    };
  }

  async #loop(): Promise<void> {
    while (this.#stopping === undefined) {
      if (!this.#up) await this.#bell.rung();
      else {
        const connection = this.#connection;
        await this.#sendUntilFailure();
        if (this.#isOn(connection) && this.#failure !== undefined) await this.#hold(this.#failure);
      }
    }
  }

  /**
   * One run: from the cursor on, in seq order, until a send fails or the connection goes; all of it
   * has settled then.
   */
  async #sendUntilFailure(): Promise<void> {
    this.#run++;
    this.#failure = undefined;
    this.#position = this.#cursor.upTo;
    this.#again.sort((a, b) => a - b);
    const connection = this.#connection;
    while (this.#isOn(connection) && this.#failure === undefined) {
      const blocks = this.#takeOrFail();
      for (const block of blocks) this.#send(block);
      if (blocks.length === 0 && this.#failure === undefined) await this.#bell.rung();
    }
    while (this.#inFlight.size > 0) await this.#bell.rung();
  }

  /** A journal that cannot be read is a failure like any other: said, waited for, tried again. */
  #takeOrFail(): readonly Block[] {
    const blocks = MAX_IN_FLIGHT - this.#inFlight.size;
    const samples = MAX_SAMPLES_IN_FLIGHT - this.#samplesInFlight;
    if (blocks <= 0 || samples <= 0) return [];
    try {
      return this.#takeAgain() ?? this.#take(blocks, samples);
    } catch (error) {
      this.#failure = error;
      return [];
    }
  }

  #takeAgain(): readonly Block[] | undefined {
    for (let seq = this.#again[0]; seq !== undefined; seq = this.#again[0]) {
      const block = this.#options.journal.read(seq, 1)[0];
      this.#again.shift();
      if (block?.seq !== seq) continue;
      this.#resent++;
      return [block];
    }
    return undefined;
  }

  #take(limit: number, samples: number): readonly Block[] {
    const { journal } = this.#options;
    for (;;) {
      const from = this.#cursor.nextAfter(this.#position);
      const blocks = from > journal.head ? [] : journal.read(from, limit, samples);
      const last = blocks.at(-1);
      if (last === undefined) return [];
      this.#position = last.seq;
      const open = blocks.filter((block) => !this.#cursor.isAcknowledged(block.seq));
      if (open.length > 0) return open;
    }
  }

  #send(block: Block): void {
    const { seq, gap, samples } = block;
    if (gap) this.#rememberGap(gap, seq);
    this.#sent++;
    this.#inFlight.add(seq);
    this.#samplesInFlight += samples.length;
    this.#movedAt = this.#options.clock.mono();
    this.#options.uplink
      .send(block, seq <= this.#historicalUpTo)
      .then(
        () => this.#onAcknowledged(seq),
        (error: unknown) => this.#onFailed(block, error),
      )
      .finally(() => {
        this.#inFlight.delete(seq);
        this.#samplesInFlight -= samples.length;
        this.#movedAt = this.#options.clock.mono();
        this.#bell.ring();
      });
  }

  #onAcknowledged(seq: Seq): void {
    this.#cursor.acknowledge(seq);
    this.#acknowledged++;
    if (this.#heldBy !== undefined)
      this.#options.log.info('forward.hold-ended', { uplink: this.#options.uplink.name });
    this.#heldBy = undefined;
    this.#remembered.push({ seq, at: this.#options.clock.mono() });
    if (this.#remembered.length >= 2 * MAX_REMEMBERED) this.#forgetOld();
    this.#announceSoon();
  }

  #onFailed(block: Block, error: unknown): void {
    if (error instanceof GatewayError && error.kind === 'permanent') {
      const { topic, parts_taken } = error.details;
      const hopeless = this.#refusals.isHopeless({
        topic: String(topic),
        run: this.#run,
        acknowledged: this.#acknowledged,
        partsTaken: Number(parts_taken ?? 0),
      });
      if (hopeless) {
        this.#giveUp(block, error);
        return;
      }
    }
    if (this.#cursor.isAcknowledged(block.seq)) this.#again.push(block.seq);
    this.#failure ??= error;
  }

  #giveUp(block: Block, error: GatewayError): void {
    this.#cursor.acknowledge(block.seq);
    this.#refusedBlocks++;
    const { clock, log, uplink } = this.#options;
    const now = clock.mono();
    if (now < this.#logGivenUpFrom) return;
    this.#logGivenUpFrom = later(now, GIVEN_UP_LOG_INTERVAL);
    log.error('forward.block-given-up', {
      uplink: uplink.name,
      blocks_given_up: this.#refusedBlocks,
      seq: block.seq,
      class: block.class,
      samples: block.samples.length,
      reason: error.message,
      hint: error.hint('en'),
    });
  }

  /**
   * Waits before the next run, longer each time the cursor has not moved; a lost connection ends
   * it.
   */
  async #hold(failure: unknown): Promise<void> {
    const { clock, log, random, uplink } = this.#options;
    const reason = reasonOf(failure);
    if (reason !== this.#heldBy) log.warn('forward.hold-began', { uplink: uplink.name, reason });
    this.#heldBy = reason;
    if (this.#cursor.upTo > this.#heldAt) this.#holds = 0;
    this.#heldAt = this.#cursor.upTo;
    const due = later(clock.mono(), backoff(HOLD, ++this.#holds, random));
    let over = false;
    const cancel = clock.at('forward.hold', due, () => {
      over = true;
      this.#bell.ring();
    });
    const connection = this.#connection;
    while (!over && this.#isOn(connection)) await this.#bell.rung();
    cancel();
  }

  /** Whether the connection with this number is there to be used. */
  #isOn(connection: number): boolean {
    return this.#up && this.#connection === connection && this.#stopping === undefined;
  }

  #onUp(): void {
    this.#up = true;
    this.#connection++;
    this.#historicalUpTo = this.#options.journal.head;
    this.#refusals.clear();
    this.#announceFrom = this.#options.clock.mono();
    this.#announceSoon();
    this.#bell.ring();
  }

  /**
   * A broker that died has answered up to its last acknowledgement, so that is where the doubt
   * begins.
   */
  #onDown(): void {
    this.#up = false;
    this.#heldBy = undefined;
    this.#forgetOld();
    const again = new Set([...this.#again, ...this.#remembered.map(({ seq }) => seq)]);
    this.#again = [...again];
    this.#remembered = [];
    this.#bell.ring();
  }

  #forgetOld(): void {
    const last = this.#remembered.at(-1);
    if (last === undefined) return;
    this.#remembered = this.#remembered
      .filter(({ at }) => between(at, last.at) <= this.#options.resend)
      .slice(-MAX_REMEMBERED);
  }

  #rememberGap(gap: Gap, seq: Seq): void {
    if (this.#gaps.some((known) => known.seq === seq)) return;
    this.#gaps.push({ ...gap, seq });
    if (this.#gaps.length > MAX_GAPS_IN_WATERMARK) this.#gaps.shift();
  }

  /** At once when the last announcement is old enough, otherwise when it is. */
  #announceSoon(): void {
    if (!this.#up || this.#cancelAnnouncement) return;
    const { clock } = this.#options;
    if (clock.mono() >= this.#announceFrom) this.#announce();
    else
      this.#cancelAnnouncement = clock.at('forward.watermark', this.#announceFrom, () => {
        this.#cancelAnnouncement = undefined;
        this.#announce();
      });
  }

  #announce(): void {
    const { clock, journal, uplink } = this.#options;
    if (!this.#up) return;
    this.#announceFrom = later(clock.mono(), WATERMARK_INTERVAL);
    const corrections = journal.corrections().slice(-MAX_CORRECTIONS_IN_WATERMARK);
    uplink.announce({
      ...(corrections.length > 0 && { corrections }),
      epoch: journal.epoch,
      head: journal.head,
      acknowledged: this.#cursor.upTo,
      gaps: [...this.#gaps],
      day: journal.lastDay,
    });
  }

  async #halt(): Promise<void> {
    this.#bell.ring();
    this.#cancelAnnouncement?.();
    this.#announce();
    await this.#options.uplink.close();
    await this.#running;
  }
}

/** Wakes the one loop that waits; rung while nobody waits, it answers the next wait at once. */
class Bell {
  #pending = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#pending = true;
    this.#wake?.();
  }

  async rung(): Promise<void> {
    if (!this.#pending) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#pending = false;
  }
}
