/**
 * Answers on a wire that were given up but may still come. The protocol has no transaction id, so an
 * answer to a read fits every request to the same unit with the same function and as much data, and
 * an exception fits every request with the same function. Pure.
 */
import {
  between,
  later,
  type Millis,
  type MonoMs,
  millis,
  minutes,
} from '../../gateway/model/units.ts';
import { isBitTable, type Table } from './address.ts';
import type { Expectation } from './guard-port.ts';
import type { ModbusDevice } from './options.ts';
import { dataBytes } from './plan.ts';
import { functionOf, type ModbusRequest, type ReadRequest } from './request.ts';

interface LateReply {
  readonly request: ModbusRequest;
  readonly answer: Expectation;
  /** When the request ended without an answer. */
  readonly since: MonoMs;
}

/** A guess: what has not come after this many time-outs will not come any more. */
const TIMEOUTS_TO_WAIT = 4;
/** A unit that was late is waited for this much longer than it was. */
const MARGIN = 2;
const LONGEST_WAIT: Millis = minutes(2);
const MOST_LATE_REPLIES = 8;
const HIGHEST_ADDRESS = 0xffff;
/** Lengths to tell a separator by; eight bits more are one byte more. */
const REGISTER_QUANTITIES = [1, 2, 3, 4];
const BIT_QUANTITIES = [1, 9, 17, 25];

export class LateReplies {
  readonly #device: ModbusDevice;
  /** How long after its time-out an answer is still reckoned with. */
  #wait: Millis;
  #late: readonly LateReply[] = [];

  constructor(device: ModbusDevice) {
    this.#device = device;
    this.#wait = millis(TIMEOUTS_TO_WAIT * device.timeout);
  }

  /** The request got no answer by `now`; `answer` is what it would look like. */
  expect(request: ModbusRequest, answer: Expectation, now: MonoMs): void {
    this.#late = [...this.#late, { request, answer, since: now }].slice(-MOST_LATE_REPLIES);
  }

  /** The unit answered; it answers in order, so nothing older is to come. */
  clear(): void {
    this.#late = [];
  }

  /** Learns from answers that came although they were given up: from now on such are waited for. */
  learn(hasCome: (answer: Expectation) => boolean, now: MonoMs): void {
    for (const { answer, since } of this.#late)
      if (hasCome(answer)) {
        const wait = MARGIN * (this.#device.timeout + between(since, now));
        this.#wait = millis(Math.min(LONGEST_WAIT, Math.max(this.#wait, wait)));
      }
  }

  /** Whether an answer that is still on its way could be taken for the answer to this request. */
  mayAnswer(request: ModbusRequest, now: MonoMs): boolean {
    this.#late = this.#late.filter(({ since }) => now < later(since, this.#wait));
    return this.#fits(request);
  }

  /**
   * A read that no late answer fits, of the same registers where that can be; undefined when the
   * device allows none.
   */
  separatorFor(request: ModbusRequest): ReadRequest | undefined {
    const place = request.kind === 'read' ? request : placeOf(request);
    const { table, start } = place;
    const isBits = isBitTable(table);
    const largest = isBits ? this.#device.maxBits : this.#device.maxRegisters;
    return (isBits ? BIT_QUANTITIES : REGISTER_QUANTITIES)
      .map((quantity): ReadRequest => ({ kind: 'read', table, start, quantity }))
      .find(
        (candidate) =>
          candidate.quantity <= largest &&
          start + candidate.quantity - 1 <= HIGHEST_ADDRESS &&
          !isAlike(candidate, request) &&
          !this.#fits(candidate),
      );
  }

  #fits(request: ModbusRequest): boolean {
    return this.#late.some((reply) => isAlike(reply.request, request));
  }
}

function placeOf(request: Exclude<ModbusRequest, ReadRequest>): {
  readonly table: Table;
  readonly start: number;
} {
  if (request.kind === 'identify') return { table: 'holding', start: 0 };
  const isCoils = request.kind === 'write-coil' || request.kind === 'write-coils';
  return { table: isCoils ? 'coil' : 'holding', start: request.start };
}

/**
 * Whether an answer to one can be taken for an answer to the other. A write that was refused must not
 * be taken for one that was obeyed or the other way round: for it the function is enough.
 */
function isAlike(a: ModbusRequest, b: ModbusRequest): boolean {
  if (functionOf(a) !== functionOf(b)) return false;
  if (a.kind !== 'read' || b.kind !== 'read') return true;
  return dataBytes(a.table, a.quantity) === dataBytes(b.table, b.quantity);
}
