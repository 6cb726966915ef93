/**
 * Commands waiting for a bus: they go before every poll, one at a time, in the order they came. Each settles
 * exactly once.
 */
import type { WriteRequest, Written } from '../../drivers/driver.ts';
import type { ErrorCode, ErrorDetails } from '../model/errors.ts';
import type { Withheld, WriteGate } from './bus-facts.ts';

/** A person or a rule gives a handful of commands; more in a row are a mistake in a rule. */
export const MOST_WAITING = 32;

/** A write on its way to the bus. */
export interface Command {
  readonly device: string;
  readonly request: WriteRequest;
  readonly gate: WriteGate | undefined;
  readonly settle: (written: Written | Withheld) => void;
}

/** A command that never left. */
export const failed = (code: ErrorCode, details: ErrorDetails): Written => ({
  outcome: 'failed',
  refusal: { code, details },
  turnaround: undefined,
});

export class CommandQueue {
  readonly #waiting: Command[] = [];

  /** False when there is no room; the command is the caller's to settle then. */
  add(command: Command): boolean {
    if (this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push(command);
    return true;
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  next(): Command | undefined {
    return this.#waiting.shift();
  }

  /** Settles everything that waits. */
  drain(written: Written): void {
    for (const command of this.#waiting.splice(0)) command.settle(written);
  }
}
