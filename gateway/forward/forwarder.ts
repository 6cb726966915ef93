/**
 * Takes one uplink's blocks from the journal, the new ones before those of earlier, and moves its cursor when they are
 * acknowledged. A block is historical when it was in the journal before the present connection came up, or the uplink
 * did not take it in time.
 */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { memoryStateStore, type StateStore } from '../host/state-store.ts';
import { type Cursor, type Journal, type Seq, seqOf } from '../journal/journal.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { Range } from '../model/range-set.ts';
import type { Confirmation, ReplayReply, ReplayRequest } from '../model/replay.ts';
import { later, type Millis, type MonoMs, seconds } from '../model/units.ts';
import type { UpstreamReply } from '../model/upstream.ts';
import { Bell } from './bell.ts';
import { Departures } from './departures.ts';
import { Lanes, type Outgoing } from './lanes.ts';
import { Misfits, type Sent } from './misfits.ts';
import { Omissions } from './omissions.ts';
import { Receipts } from './receipts.ts';
import { Recent } from './recent.ts';
import { Replay } from './replay.ts';
import { leavesOut, type Selection } from './selection.ts';
import type { ForwardedSite, Forwarder, ForwarderFacts, Uplink, Watermark } from './uplink.ts';
import { WatermarkAnnouncer } from './watermark-announcer.ts';

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
  /** What the uplink wants; undefined: everything. */
  readonly selection?: Selection | undefined;
  /** Where blocks are noted that were set aside; left out: a restart forgets them. */
  readonly state?: StateStore;
  /** How long a receiver may take to confirm what the broker has taken; undefined: the broker's word is enough. */
  readonly confirmWithin?: Millis | undefined;
}

export const createForwarder = (options: ForwarderOptions): Forwarder =>
  new BlockForwarder(options);

/** Requests for blocks again that wait or are under way. */
const MAX_REPLAYS = 4;
/** Between two attempts while the connection is up but the target does not take the block. */
const HOLD: BackoffPolicy = { first: seconds(1), longest: seconds(15), jitter: 1 };

class BlockForwarder implements Forwarder {
  readonly name: string;
  readonly #options: ForwarderOptions;
  readonly #cursor: Cursor;
  readonly #lanes: Lanes;
  readonly #announcer: WatermarkAnnouncer;
  readonly #inFlight: Departures;
  readonly #bell = new Bell();
  /** Undefined where the broker's word is enough. */
  readonly #receipts: Receipts | undefined;
  /** Undefined where everything is wanted. */
  readonly #omissions: Omissions | undefined;
  readonly #misfits: Misfits;
  /** Acknowledged on the present connection. */
  readonly #recent: Recent;
  #running: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #up = false;
  /** Counts the connections: what failed on a lost one says nothing about the next. */
  #connection = 0;
  #run = 0;
  #failure: unknown;
  #heldBy: string | undefined;
  #holds = 0;
  #heldAt = seqOf(0);
  #sent = 0;
  #acknowledged = 0;
  #movedAt: MonoMs;

  constructor(options: ForwarderOptions) {
    const { uplink, journal, clock, confirmWithin: within, state = memoryStateStore() } = options;
    this.#options = options;
    this.name = `forward ${uplink.name}`;
    const cursor = journal.cursor(uplink.name);
    this.#cursor = cursor;
    const onSilent = () => within !== undefined && this.#onSilent(within);
    this.#receipts = within && new Receipts({ clock, within, onSilent });
    this.#omissions = options.selection && this.#newOmissions();
    this.#misfits = new Misfits({
      ...{ uplink: uplink.name, journal, state, clock, log: options.log },
      onAside: (seq) => this.#onPassed([[seq, seq]]),
    });
    this.#recent = new Recent(options.resend);
    const most = () => this.#receipts?.room ?? Number.POSITIVE_INFINITY;
    this.#inFlight = new Departures({ journal, misfits: this.#misfits, most });
    const held = [this.#inFlight, this.#receipts, this.#omissions, this.#misfits];
    const isUnderWay = (seq: Seq) => held.some((blocks) => blocks?.has(seq));
    this.#lanes = new Lanes({ journal, cursor, clock, isUnderWay });
    const announce = (watermark: Watermark) => uplink.announce(watermark);
    this.#announcer = new WatermarkAnnouncer({ journal, cursor, clock, announce });
    this.#movedAt = clock.mono();
  }

  async start(): Promise<void> {
    if (this.#running !== undefined || this.#stopping !== undefined) return;
    this.#options.uplink.open({
      up: () => this.#onUp(),
      down: (_, inOrder = false) => this.#onDown(inOrder),
      confirmed: (confirmation) => this.#onConfirmed(confirmation),
      asked: (request) => this.#onAsked(request),
    });
    this.#running = this.#loop();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#halt();
    return this.#stopping;
  }

  onAppended(): void {
    this.#bell.ring();
    this.#announcer.soon();
  }

  configure(site: ForwardedSite): void {
    this.#options.uplink.configure?.(site);
  }

  sendAside(): void {
    this.#lanes.sendAgain(this.#misfits.again());
    this.#bell.ring();
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
      resent: this.#lanes.resent,
      ...(this.#receipts && { unconfirmed: this.#receipts.size }),
      ...(this.#omissions && { omitted: this.#omissions.passed }),
      refusedBlocks: this.#misfits.facts().blocks,
      aside: this.#misfits.facts().newest,
      heldBy: this.#heldBy ?? this.#omissions?.refusedBy,
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

  /** One run: from the cursor on, until a send fails or the connection goes; all of it has settled then. */
  async #sendUntilFailure(): Promise<void> {
    this.#run++;
    this.#failure = undefined;
    this.#lanes.restart();
    const connection = this.#connection;
    while (this.#isOn(connection) && this.#failure === undefined) {
      const taken = this.#takeOrFail();
      const isSending = taken.map((outgoing) => this.#sendOrOmit(outgoing)).includes(true);
      this.#omissions?.tellDue();
      if (taken.length === 0 && this.#failure === undefined) await this.#bell.rung();
      // A long backlog of which nothing is wanted leaves the others their turn.
      else if (!isSending) await setImmediate();
    }
    while (this.#inFlight.size > 0) await this.#bell.rung();
    this.#receipts?.forgetAll();
    if (this.#stopping === undefined) this.#misfits.runEnded();
  }

  /** A journal that cannot be read is a failure like any other: said, waited for, tried again. */
  #takeOrFail(): readonly Outgoing[] {
    try {
      return this.#omissions?.isFull ? [] : this.#inFlight.take(this.#lanes);
    } catch (error) {
      this.#failure = error;
      return [];
    }
  }

  /** Whether it was sent. */
  #sendOrOmit(outgoing: Outgoing): boolean {
    const { selection } = this.#options;
    const { block, replay } = outgoing;
    const isOmitted = selection !== undefined && leavesOut(selection, block);
    if (isOmitted) this.#omissions?.add(block.seq, replay);
    else this.#send(outgoing);
    return !isOmitted;
  }

  #newOmissions(): Omissions {
    const { clock, uplink, log } = this.#options;
    return new Omissions({
      ...{ clock, tell: uplink.passOver, onDue: () => this.#bell.ring() },
      onPassed: (seqs) => this.#onPassed(seqs),
      onRefused: (reason) => log.warn('forward.omissions-refused', { uplink: uplink.name, reason }),
      onHeardAgain: () => this.#lanes.restart(),
    });
  }

  /** Delivery goes on behind them. */
  #onPassed(seqs: readonly Range[]): void {
    for (const [from, to] of seqs)
      for (let seq = from; seq <= to; seq++) this.#cursor.acknowledge(seqOf(seq));
    this.#announcer.soon();
    this.#bell.ring();
  }

  #send(outgoing: Outgoing): void {
    const { lane, block, replay } = outgoing;
    const { seq, gap } = block;
    const { clock, uplink } = this.#options;
    // The block itself is not kept until it is settled: it is large, and many are on their way.
    const sent: Sent = { seq, class: block.class, samples: block.samples.length };
    if (gap) this.#announcer.remember(gap, seq);
    this.#sent++;
    this.#inFlight.left(outgoing);
    this.#movedAt = clock.mono();
    const receipts = this.#cursor.isAcknowledged(seq) ? undefined : this.#receipts;
    receipts?.await(seq);
    uplink
      .send(block, lane === 'backlog')
      .then(
        (parts) => {
          replay?.settled(seq, true);
          this.#misfits.settled(seq);
          if (receipts === undefined || receipts.taken(seq, parts)) this.#onAcknowledged(seq);
        },
        (error: unknown) => {
          replay?.settled(seq, false);
          receipts?.forget(seq);
          this.#onFailed(sent, error);
        },
      )
      .finally(() => {
        this.#inFlight.settled(lane, seq, sent.samples);
        this.#movedAt = clock.mono();
        this.#bell.ring();
      });
  }

  #onSilent(within: Millis): void {
    const details = { uplink: this.#options.uplink.name, seconds: within / 1_000 };
    this.#failure ??= new GatewayError('forward.receiver-silent', details);
    this.#bell.ring();
  }

  #onConfirmed(confirmation: Confirmation): void {
    if (confirmation.epoch !== this.#options.journal.epoch) return;
    for (const seq of this.#receipts?.confirm(confirmation) ?? []) this.#onAcknowledged(seq);
    this.#bell.ring();
  }

  #onAsked(request: ReplayRequest): void {
    const { id, epoch } = request;
    const connection = this.#connection;
    const reply = (about: ReplayReply) => {
      if (this.#isOn(connection)) this.reply({ about: 'replay', reply: about });
    };
    const refuse = (reason: string) => reply({ id, outcome: 'refused', reason });
    if (epoch !== this.#options.journal.epoch)
      refuse(`the journal is another one now: ${this.#options.journal.epoch}`);
    else if (this.#lanes.replays >= MAX_REPLAYS) refuse('too many requests under way');
    else {
      this.#lanes.replay(new Replay(request, reply));
      this.#bell.ring();
    }
  }

  #onAcknowledged(seq: Seq): void {
    this.#cursor.acknowledge(seq);
    this.#acknowledged++;
    if (this.#heldBy !== undefined)
      this.#options.log.info('forward.hold-ended', { uplink: this.#options.uplink.name });
    this.#heldBy = undefined;
    // A receiver that has stored it says so itself.
    if (this.#receipts === undefined) this.#recent.add(seq, this.#options.clock.mono());
    this.#announcer.soon();
  }

  #onFailed(sent: Sent, error: unknown): void {
    if (this.#misfits.failed(sent, error, this.#run, this.#acknowledged)) return;
    if (this.#cursor.isAcknowledged(sent.seq)) this.#lanes.sendAgain([sent.seq]);
    this.#failure ??= error;
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
    this.#lanes.connected();
    this.#misfits.forgetRefusals();
    this.#announcer.connected();
    this.#bell.ring();
  }

  #onDown(inOrder: boolean): void {
    this.#up = false;
    this.#heldBy = undefined;
    this.#announcer.disconnected();
    this.#lanes.forgetReplays();
    this.#omissions?.forgetReplays();
    const doubtful = this.#recent.take();
    if (!inOrder) this.#lanes.sendAgain(doubtful);
    this.#bell.ring();
  }

  async #halt(): Promise<void> {
    this.#bell.ring();
    this.#announcer.stop();
    this.#omissions?.stop();
    await this.#options.uplink.close();
    await this.#running;
  }
}
