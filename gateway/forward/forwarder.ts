/**
 * Takes one uplink's blocks from the journal, the new ones before those of earlier, and moves its cursor when they are
 * acknowledged. A block is historical when it was in the journal before the present connection came up, or the uplink
 * did not take it in time.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { type BlockClass, type Cursor, type Journal, type Seq, seqOf } from '../journal/journal.ts';
import { type BackoffPolicy, backoff, type Random } from '../model/backoff.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { Confirmation, ReplayReply, ReplayRequest } from '../model/replay.ts';
import { between, later, type Millis, type MonoMs, monoMs, seconds } from '../model/units.ts';
import type { UpstreamReply } from '../model/upstream.ts';
import { Bell } from './bell.ts';
import { type Lane, type LaneRoom, Lanes, type Outgoing } from './lanes.ts';
import { Receipts } from './receipts.ts';
import { RefusalLedger } from './refusal-ledger.ts';
import { Replay } from './replay.ts';
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
  /** How long a receiver may take to confirm what the broker has taken; undefined: the broker's word is enough. */
  readonly confirmWithin?: Millis | undefined;
}

export const createForwarder = (options: ForwarderOptions): Forwarder =>
  new BlockForwarder(options);

/** Blocks on their way at once in a lane: a broker may answer the last of so many only 40 ms after the first. */
const MAX_IN_FLIGHT = 32;
/**
 * Samples in them from which on no other is taken: each is in memory as a row and as text. A process that drained a
 * backlog took 155 MB with so many; with twice as many it was 155 to 170.
 */
const MAX_SAMPLES_IN_FLIGHT = 2_048;
/** Requests for blocks again that wait or are under way. */
const MAX_REPLAYS = 4;
/** Acknowledged blocks remembered for sending again; the oldest are forgotten first. */
const MAX_REMEMBERED = 65_536;
/** Between two log lines about blocks given up. */
const GIVEN_UP_LOG_INTERVAL = seconds(10);
/** Between two attempts while the connection is up but the target does not take the block. */
const HOLD: BackoffPolicy = { first: seconds(1), longest: seconds(15), jitter: 1 };

/** What is known of a block that is on its way. */
interface Sent {
  readonly seq: Seq;
  readonly class: BlockClass;
  readonly samples: number;
}

const ROOM: LaneRoom = { blocks: MAX_IN_FLIGHT, samples: MAX_SAMPLES_IN_FLIGHT };

class BlockForwarder implements Forwarder {
  readonly name: string;
  readonly #options: ForwarderOptions;
  readonly #cursor: Cursor;
  readonly #lanes: Lanes;
  readonly #announcer: WatermarkAnnouncer;
  readonly #inFlight = new Set<Seq>();
  readonly #room: Record<Lane, LaneRoom> = { live: ROOM, backlog: ROOM };
  readonly #bell = new Bell();
  /** Undefined where the broker's word is enough. */
  readonly #receipts: Receipts | undefined;
  readonly #refusals = new RefusalLedger();
  /** Acknowledged on the present connection, oldest first. */
  #remembered: { readonly seq: Seq; readonly at: MonoMs }[] = [];
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
  #refusedBlocks = 0;
  #logGivenUpFrom = monoMs(Number.NEGATIVE_INFINITY);
  #movedAt: MonoMs;

  constructor(options: ForwarderOptions) {
    const { uplink, journal, clock, confirmWithin: within } = options;
    this.#options = options;
    this.name = `forward ${uplink.name}`;
    const cursor = journal.cursor(uplink.name);
    this.#cursor = cursor;
    const onSilent = () => within !== undefined && this.#onSilent(within);
    this.#receipts = within && new Receipts({ clock, within, onSilent });
    const isUnderWay = (seq: Seq) => this.#inFlight.has(seq) || this.#receipts?.has(seq) === true;
    this.#lanes = new Lanes({ journal, cursor, clock, isUnderWay });
    const announce = (watermark: Watermark) => uplink.announce(watermark);
    this.#announcer = new WatermarkAnnouncer({ journal, cursor, clock, announce });
    this.#movedAt = clock.mono();
  }

  async start(): Promise<void> {
    if (this.#running !== undefined || this.#stopping !== undefined) return;
    this.#options.uplink.open({
      up: () => this.#onUp(),
      down: () => this.#onDown(),
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

  /** One run: from the cursor on, until a send fails or the connection goes; all of it has settled then. */
  async #sendUntilFailure(): Promise<void> {
    this.#run++;
    this.#failure = undefined;
    this.#lanes.restart();
    const connection = this.#connection;
    while (this.#isOn(connection) && this.#failure === undefined) {
      const taken = this.#takeOrFail();
      for (const outgoing of taken) this.#send(outgoing);
      if (taken.length === 0 && this.#failure === undefined) await this.#bell.rung();
    }
    while (this.#inFlight.size > 0) await this.#bell.rung();
    this.#receipts?.forgetAll();
  }

  /** A journal that cannot be read is a failure like any other: said, waited for, tried again. */
  #takeOrFail(): readonly Outgoing[] {
    try {
      const most = this.#receipts?.room ?? MAX_IN_FLIGHT;
      const { live, backlog } = this.#room;
      return this.#lanes.take({
        live: { ...live, blocks: Math.min(live.blocks, most) },
        backlog: { ...backlog, blocks: Math.min(backlog.blocks, most) },
      });
    } catch (error) {
      this.#failure = error;
      return [];
    }
  }

  #send({ lane, block, replay }: Outgoing): void {
    const { seq, gap } = block;
    const { clock, uplink } = this.#options;
    // The block itself is not kept until it is settled: it is large, and many are on their way.
    const sent: Sent = { seq, class: block.class, samples: block.samples.length };
    if (gap) this.#announcer.remember(gap, seq);
    this.#sent++;
    this.#inFlight.add(seq);
    this.#widen(lane, -1, -sent.samples);
    this.#movedAt = clock.mono();
    const receipts = this.#cursor.isAcknowledged(seq) ? undefined : this.#receipts;
    receipts?.await(seq);
    uplink
      .send(block, lane === 'backlog')
      .then(
        (parts) => {
          replay?.settled(seq, true);
          if (receipts === undefined || receipts.taken(seq, parts)) this.#onAcknowledged(seq);
        },
        (error: unknown) => {
          replay?.settled(seq, false);
          receipts?.forget(seq);
          this.#onFailed(sent, error);
        },
      )
      .finally(() => {
        this.#inFlight.delete(seq);
        this.#widen(lane, 1, sent.samples);
        this.#movedAt = clock.mono();
        this.#bell.ring();
      });
  }

  #widen(lane: Lane, blocks: number, samples: number): void {
    const room = this.#room[lane];
    this.#room[lane] = { blocks: room.blocks + blocks, samples: room.samples + samples };
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
    if (this.#receipts === undefined)
      this.#remembered.push({ seq, at: this.#options.clock.mono() });
    if (this.#remembered.length >= 2 * MAX_REMEMBERED) this.#forgetOld();
    this.#announcer.soon();
  }

  #onFailed(sent: Sent, error: unknown): void {
    if (error instanceof GatewayError && error.kind === 'permanent') {
      const { topic, parts_taken } = error.details;
      const hopeless = this.#refusals.isHopeless({
        topic: String(topic),
        run: this.#run,
        acknowledged: this.#acknowledged,
        partsTaken: Number(parts_taken ?? 0),
      });
      if (hopeless) {
        this.#giveUp(sent, error);
        return;
      }
    }
    if (this.#cursor.isAcknowledged(sent.seq)) this.#lanes.sendAgain([sent.seq]);
    this.#failure ??= error;
  }

  #giveUp(sent: Sent, error: GatewayError): void {
    this.#cursor.acknowledge(sent.seq);
    this.#refusedBlocks++;
    const { clock, log, uplink } = this.#options;
    const now = clock.mono();
    if (now < this.#logGivenUpFrom) return;
    this.#logGivenUpFrom = later(now, GIVEN_UP_LOG_INTERVAL);
    log.error('forward.block-given-up', {
      uplink: uplink.name,
      blocks_given_up: this.#refusedBlocks,
      ...sent,
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
    this.#lanes.connected();
    this.#refusals.clear();
    this.#announcer.connected();
    this.#bell.ring();
  }

  /**
   * A broker that died has answered up to its last acknowledgement, so that is where the doubt
   * begins.
   */
  #onDown(): void {
    this.#up = false;
    this.#heldBy = undefined;
    this.#announcer.disconnected();
    this.#lanes.forgetReplays();
    this.#forgetOld();
    this.#lanes.sendAgain(this.#remembered.map(({ seq }) => seq));
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

  async #halt(): Promise<void> {
    this.#bell.ring();
    this.#announcer.stop();
    await this.#options.uplink.close();
    await this.#running;
  }
}
