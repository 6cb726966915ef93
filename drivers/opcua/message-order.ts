/**
 * The messages of one subscription in their order and without holes: what did not come is asked for again, what came
 * later waits for it (OPC 10000-4 §5.14.6).
 */
import { followsOn, isExpected, missingBefore } from './sequence.ts';
import type { NotificationMessage } from './stack.ts';

export interface OrderParts {
  /** Takes what is next; each message once. */
  readonly deliver: (message: NotificationMessage) => void;
  /** A message has come, was it the next one or not, and the server need not keep it. */
  readonly acknowledge: (sequenceNumber: number) => void;
  /** The message again; undefined when the server has it no more. Rejects when the connection is lost. */
  readonly republish: (sequenceNumber: number) => Promise<NotificationMessage | undefined>;
  /** So many messages cannot be had again. At most once. */
  readonly lost: (count: number, reason: string) => void;
}

/** More missing messages than this are not asked for one by one. */
const MOST_REPUBLISHED = 100;
const MOST_HELD = 100;

export class MessageOrder {
  readonly #parts: OrderParts;
  #next = 1;
  /** Behind one that is being asked for again. */
  #held: NotificationMessage[] | undefined;

  constructor(parts: OrderParts) {
    this.#parts = parts;
  }

  /** A message as it comes. */
  take(message: NotificationMessage): void {
    if (this.#held) {
      if (this.#held.push(message) > MOST_HELD) this.#parts.lost(1, 'too many messages at once');
      return;
    }
    const missing = missingBefore(this.#next, message.sequenceNumber);
    if (missing.length === 0) this.#deliver(message);
    else void this.#fillHole(missing, message);
  }

  /** Fetches everything that was published since the last message. */
  async catchUp(): Promise<void> {
    for (let asked = 0; asked < MOST_REPUBLISHED; asked++) {
      const message = await this.#parts.republish(this.#next);
      if (message === undefined) return;
      this.#deliver(message);
    }
  }

  async #fillHole(missing: readonly number[], message: NotificationMessage): Promise<void> {
    const held = [message];
    this.#held = held;
    try {
      for (const number of missing.slice(0, MOST_REPUBLISHED)) {
        const again = await this.#parts.republish(number);
        if (again === undefined) {
          this.#parts.lost(missing.length, `message ${number} is lost`);
          return;
        }
        this.#deliver(again);
      }
      for (const waiting of held) this.#deliver(waiting);
    } catch {
      // The connection is lost; the next one begins with what is missing.
    } finally {
      this.#held = undefined;
    }
  }

  #deliver(message: NotificationMessage): void {
    const { sequenceNumber, notificationData } = message;
    const isKeepAlive = !notificationData || notificationData.length === 0;
    if (isKeepAlive) return;
    this.#parts.acknowledge(sequenceNumber);
    // One that came before, or was asked for again, is not taken twice.
    if (!isExpected(sequenceNumber, this.#next)) return;
    this.#next = followsOn(sequenceNumber);
    this.#parts.deliver(message);
  }
}
