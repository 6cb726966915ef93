/**
 * What waits for room on a connection, in the order in which it goes: what is announced, answers, new blocks, and the
 * backlog at its own pace. Bounded by those who fill it.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { GatewayError } from '../model/errors.ts';
import type { Departure, DrainPace } from './drain-pace.ts';
import type { MqttMessage } from './mqtt-message.ts';

/** A block under way: settled when the last of its parts has come back, refused or taken. */
export interface Delivery {
  /** Parts that are not back. */
  open: number;
  taken: number;
  refused: GatewayError | undefined;
  /** With the number of parts. */
  readonly resolve: (parts: number) => void;
  readonly reject: (error: unknown) => void;
}

export interface Outgoing {
  readonly message: MqttMessage;
  /** Undefined for what is no block. */
  readonly delivery: Delivery | undefined;
  readonly isBacklog: boolean;
}

/** A block that becomes messages when the first of them may leave: as text it takes the more room. */
export interface WaitingBlock {
  readonly isBacklog: boolean;
  readonly delivery: Delivery;
  /** None where there is nothing to be sent. What it gives has left before the next one that is as old is opened. */
  readonly open: () => readonly MqttMessage[];
}

export class Outbox {
  readonly #clock: Clock;
  readonly #pace: DrainPace;
  readonly #onBudget: () => void;
  /** Only the newest counts. */
  #announced: MqttMessage | undefined;
  #replies: MqttMessage[] = [];
  readonly #new = new Parts();
  readonly #backlog = new Parts();
  #cancel: Cancel | undefined;

  /** `onBudget` is called when the budget lets the backlog go on. */
  constructor(clock: Clock, pace: DrainPace, onBudget: () => void) {
    this.#clock = clock;
    this.#pace = pace;
    this.#onBudget = onBudget;
  }

  /** Small, rare, and says how the rest is doing. */
  announce(message: MqttMessage): void {
    this.#announced = message;
  }

  /** Somebody waits for it. */
  reply(message: MqttMessage): void {
    this.#replies.push(message);
  }

  add(block: WaitingBlock): void {
    (block.isBacklog ? this.#backlog : this.#new).add(block);
  }

  /** Undefined when there is nothing, or only what has to wait. */
  next(): Outgoing | undefined {
    const message = this.#announced ?? this.#replies.shift();
    this.#announced = undefined;
    if (message) return { message, delivery: undefined, isBacklog: false };
    return this.#new.take() ?? this.#nextOfBacklog();
  }

  departs({ message, isBacklog }: Outgoing): Departure {
    return this.#pace.departs(sizeOf(message), isBacklog, this.#clock.mono());
  }

  answered(departure: Departure): void {
    this.#pace.answered(departure, this.#clock.mono());
  }

  /** The connection is gone, and so is whoever waited. */
  lost(): void {
    this.#pace.lost();
    this.#announced = undefined;
    this.#replies = [];
    this.dropBlocks();
  }

  dropBlocks(): void {
    this.#new.clear();
    this.#backlog.clear();
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #nextOfBacklog(): Outgoing | undefined {
    if (this.#backlog.isEmpty || !this.#pace.hasRoom()) return undefined;
    const now = this.#clock.mono();
    const from = this.#pace.affordableFrom(now);
    if (from <= now) return this.#backlog.take();
    this.#cancel ??= this.#clock.at('forward.budget', from, () => {
      this.#cancel = undefined;
      this.#onBudget();
    });
    return undefined;
  }
}

/** The parts of blocks, one block after the other. */
class Parts {
  #blocks: WaitingBlock[] = [];
  #parts: readonly Outgoing[] = [];
  #next = 0;

  /** Of blocks that have nothing to send, it may be none all the same. */
  get isEmpty(): boolean {
    return this.#next === this.#parts.length && this.#blocks.length === 0;
  }

  add(block: WaitingBlock): void {
    this.#blocks.push(block);
  }

  take(): Outgoing | undefined {
    while (this.#next === this.#parts.length) {
      const block = this.#blocks.shift();
      if (block === undefined) return undefined;
      const { isBacklog, delivery } = block;
      this.#parts = block.open().map((message) => ({ message, delivery, isBacklog }));
      this.#next = 0;
    }
    const part = this.#parts[this.#next++];
    if (this.#next === this.#parts.length) this.#forgetParts();
    return part;
  }

  /** The last ones have left: what is kept until the next block grows old. */
  #forgetParts(): void {
    this.#parts = [];
    this.#next = 0;
  }

  clear(): void {
    this.#blocks = [];
    this.#forgetParts();
  }
}

/** Characters stand for bytes: texts beyond ASCII are few. */
const sizeOf = ({ topic, payload }: MqttMessage): number => topic.length + payload.length;
