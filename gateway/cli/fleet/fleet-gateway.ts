/**
 * A gateway that is played as far as a broker can see: its id, its epoch, its connection and fallbacks, its envelopes,
 * status and watermark are the real ones. In place of the journal it keeps what is not delivered yet, so much and no more.
 */
import { plainUplink } from '../../../config/build.ts';
import type { MqttMessage } from '../../forward/mqtt-message.ts';
import { createMqttUplink } from '../../forward/mqtt-uplink.ts';
import { Receipts } from '../../forward/receipts.ts';
import type { Uplink } from '../../forward/uplink.ts';
import type { Clock } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import { BatchWriter } from '../../journal/batch.ts';
import { type Block, type Seq, seqOf } from '../../journal/journal.ts';
import type { Random } from '../../model/backoff.ts';
import type { Tag } from '../../model/tag.ts';
import { between, later, type Millis, type MonoMs, seconds } from '../../model/units.ts';
import type { Latencies } from './latencies.ts';

/** What all gateways of a fleet have in common. */
export interface FleetOptions {
  /** The preferred one first. */
  readonly brokers: readonly string[];
  readonly version: 4 | 5;
  readonly window: number;
  readonly ack: 'broker' | 'receiver';
  /** How long a receiver may take. */
  readonly ackWithin: Millis;
  readonly tags: readonly Tag[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Counted over the fleet. */
export interface FleetCount {
  /** Blocks, and the messages, payload bytes and samples of them, each counted once. */
  blocks: number;
  messages: number;
  bytes: number;
  samples: number;
  /** Blocks that are delivered. */
  acknowledged: number;
  /** Blocks sent again. */
  resent: number;
  /** Blocks that were not made: too many waited. */
  skipped: number;
  /** Times that a connection was lost. */
  lost: number;
  /** From the hand-over of a block to its delivery. */
  readonly latencies: Latencies;
}

interface Open {
  readonly block: Block;
  readonly since: MonoMs;
  /** On its way, and that it was before. */
  isOut: boolean;
  wasOut: boolean;
}

/** Blocks that wait, at most. */
const MOST_OPEN = 256;
/** As a gateway does. */
const ANNOUNCE_EVERY = seconds(5);

export class FleetGateway {
  readonly #options: FleetOptions;
  readonly #count: FleetCount;
  readonly #epoch: string;
  readonly #uplink: Uplink;
  readonly #receipts: Receipts | undefined;
  /** In the order of their seqs. */
  readonly #open = new Map<Seq, Open>();
  #head = 0;
  #isUp = false;
  #announceFrom: MonoMs;

  constructor(id: string, epoch: string, options: FleetOptions, count: FleetCount) {
    const { brokers, version, window, ack, ackWithin, tags, clock, random } = options;
    const [url = '', ...fallback] = brokers;
    const { mqtt } = plainUplink(id, 'fleet', url);
    const speaker = { gateway: id, epoch, version: 'sim', config: 'fleet' };
    const config = { ...mqtt, fallback, version, window, ack, replay: 'refuse' as const };
    this.#options = options;
    this.#count = count;
    this.#epoch = epoch;
    this.#announceFrom = clock.mono();
    this.#uplink = createMqttUplink({
      ...{ name: 'fleet', config, speaker, tags, clock, random, log: silentLog },
      onMessages: ({ seq }, messages) => this.#countOnce(seq, messages),
    });
    if (ack === 'receiver')
      this.#receipts = new Receipts({
        ...{ clock, within: ackWithin },
        onSilent: () => this.#sendAgain(),
      });
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Blocks that are not delivered yet. */
  get waiting(): number {
    return this.#open.size;
  }

  open(): void {
    this.#uplink.open({
      up: () => {
        this.#isUp = true;
        this.#announce();
        this.#sendAgain();
      },
      down: () => {
        this.#isUp = false;
        this.#count.lost++;
        this.#receipts?.forgetAll();
      },
      confirmed: (confirmation) => {
        for (const seq of this.#receipts?.confirm(confirmation) ?? []) this.#delivered(seq);
        this.#sendMore();
      },
    });
  }

  /** One sample of each tag, as a poll of all of them makes. */
  poll(): void {
    const { clock, tags } = this.#options;
    if (this.#open.size >= MOST_OPEN) {
      this.#count.skipped++;
      return;
    }
    const seq = seqOf(++this.#head);
    const block = this.#blockOf(seq);
    const open = { block, since: clock.mono(), isOut: false, wasOut: false };
    this.#open.set(seq, open);
    this.#count.blocks++;
    this.#count.samples += tags.length;
    this.#sendMore();
    if (clock.mono() >= this.#announceFrom) this.#announce();
  }

  /** Says a last time how far it came, and takes leave. */
  async close(): Promise<void> {
    this.#announce();
    this.#receipts?.forgetAll();
    await this.#uplink.close();
  }

  #blockOf(seq: Seq): Block {
    const { clock, tags } = this.#options;
    const time = clock.utc();
    const writer = new BatchWriter();
    for (const { id, index } of tags) {
      const value = ((seq * 7 + index * 13) % 10_000) / 10;
      writer.add({ tag: id, value, quality: 'good', time, timeBasis: 'gateway' }, index);
    }
    return {
      ...{ seq, class: 'telemetry', committedAt: time, samples: writer.take(), gap: undefined },
      tagOf: (index) => (tags[index] as Tag).id,
    };
  }

  #sendAgain(): void {
    this.#receipts?.forgetAll();
    for (const open of this.#open.values()) open.isOut = false;
    this.#sendMore();
  }

  /** What is not on its way, as far as there is room: where no receiver speaks, one block finds out when one does. */
  #sendMore(): void {
    if (!this.#isUp) return;
    for (const open of this.#open.values()) {
      if (open.isOut) continue;
      if (this.#receipts && this.#receipts.room <= 0) return;
      this.#send(open);
    }
  }

  #send(open: Open): void {
    const { seq } = open.block;
    const isAgain = open.wasOut;
    if (isAgain) this.#count.resent++;
    this.#receipts?.await(seq);
    this.#uplink.send(open.block, isAgain).then(
      (parts) => {
        if (!this.#receipts || this.#receipts.taken(seq, parts)) this.#delivered(seq);
      },
      // The connection is gone, and all goes out again over the next; or the broker refused it, and it stays.
      () => {},
    );
    open.isOut = true;
    open.wasOut = true;
  }

  #countOnce(seq: Seq, messages: readonly MqttMessage[]): void {
    if (this.#open.get(seq)?.wasOut !== false) return;
    this.#count.messages += messages.length;
    for (const { payload } of messages) this.#count.bytes += Buffer.byteLength(payload);
  }

  #delivered(seq: Seq): void {
    const open = this.#open.get(seq);
    if (open === undefined) return;
    this.#open.delete(seq);
    this.#count.acknowledged++;
    this.#count.latencies.add(between(open.since, this.#options.clock.mono()));
  }

  #announce(): void {
    if (!this.#isUp) return;
    this.#announceFrom = later(this.#options.clock.mono(), ANNOUNCE_EVERY);
    const [oldest] = this.#open.keys();
    this.#uplink.announce({
      ...{ epoch: this.#epoch, head: seqOf(this.#head), gaps: [] },
      acknowledged: seqOf(oldest === undefined ? this.#head : oldest - 1),
    });
  }
}
