/**
 * Answers on a wire that were given up but may still come. The protocol has no transaction id, so an
 * answer fits every request to the same unit with the same function and as much data. Pure.
 */
import { later, type Millis, type MonoMs, millis } from '../../gateway/model/units.ts';
import { isBitTable, type Table } from './address.ts';
import type { ModbusDevice } from './options.ts';
import { dataBytes } from './plan.ts';
import type { ReadRequest } from './read-client.ts';

interface LateReply {
  readonly table: Table;
  readonly dataBytes: number;
  readonly until: MonoMs;
}

/** A guess: what has not come after this many time-outs will not come any more. */
const TIMEOUTS_TO_WAIT = 4;
const MOST_LATE_REPLIES = 8;
const HIGHEST_ADDRESS = 0xffff;
/** Lengths to tell a separator by; eight bits more are one byte more. */
const REGISTER_QUANTITIES = [1, 2, 3, 4];
const BIT_QUANTITIES = [1, 9, 17, 25];

export class LateReplies {
  readonly #device: ModbusDevice;
  readonly #patience: Millis;
  #late: readonly LateReply[] = [];

  constructor(device: ModbusDevice) {
    this.#device = device;
    this.#patience = millis(TIMEOUTS_TO_WAIT * device.timeout);
  }

  /** The request got no answer by `now`. */
  expect({ table, quantity }: ReadRequest, now: MonoMs): void {
    const reply = {
      table,
      dataBytes: dataBytes(table, quantity),
      until: later(now, this.#patience),
    };
    this.#late = [...this.#late, reply].slice(-MOST_LATE_REPLIES);
  }

  /** The unit answered; it answers in order, so nothing older is to come. */
  clear(): void {
    this.#late = [];
  }

  /** Whether an answer that is still on its way would fit this request. */
  mayAnswer(request: ReadRequest, now: MonoMs): boolean {
    this.#late = this.#late.filter(({ until }) => now < until);
    return this.#fits(request);
  }

  /** A read of the same table that no late answer fits; undefined when the device allows none. */
  separatorFor({ table, start, quantity }: ReadRequest): ReadRequest | undefined {
    const isBits = isBitTable(table);
    const largest = isBits ? this.#device.maxBits : this.#device.maxRegisters;
    return (isBits ? BIT_QUANTITIES : REGISTER_QUANTITIES)
      .map((candidate) => ({ table, start, quantity: candidate }))
      .find(
        (candidate) =>
          candidate.quantity <= largest &&
          start + candidate.quantity - 1 <= HIGHEST_ADDRESS &&
          dataBytes(table, candidate.quantity) !== dataBytes(table, quantity) &&
          !this.#fits(candidate),
      );
  }

  #fits({ table, quantity }: ReadRequest): boolean {
    const bytes = dataBytes(table, quantity);
    return this.#late.some((reply) => reply.table === table && reply.dataBytes === bytes);
  }
}
