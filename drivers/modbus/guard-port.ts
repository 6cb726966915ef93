/**
 * The port that modbus-serial is given instead of its own. modbus-serial matches an answer to a
 * request by little more than arrival; a guard port hands it exactly one frame for each request, the
 * one that can only be that request's answer, and drops everything else.
 */
import { EventEmitter } from 'node:events';
import type { MonoMs } from '../../gateway/model/units.ts';
import type { Line } from '../line/line.ts';

/** What the answer to the request in flight has to look like. */
export interface Expectation {
  readonly unit: number;
  readonly function: number;
  /** Bytes of data behind the byte count. */
  readonly dataBytes: number;
}

/** Set in the function code of an exception (Modbus Application Protocol V1.1b3 §7). */
export const EXCEPTION_FLAG = 0x80;

export abstract class GuardPort extends EventEmitter {
  /** modbus-serial files a request under these; there is one in flight, so one place is enough. */
  _transactionIdRead = 1;
  _transactionIdWrite = 1;
  /** The line itself says when it is not open: a write throws. */
  readonly isOpen = true;
  /** When the first byte of the answer arrived. */
  firstByteAt: MonoMs | undefined;
  /** Whether bytes came that are no part of a valid frame for us. */
  garbled = false;
  protected readonly line: Line;
  #expected: Expectation | undefined;

  constructor(line: Line) {
    super();
    this.line = line;
  }

  open(done: () => void): void {
    done();
  }

  /** A read request with its CRC, as modbus-serial encodes it. Opens the window for the answer. */
  write(frame: Buffer): void {
    this.firstByteAt = undefined;
    this.garbled = false;
    this.#expected = expectationOf(frame);
    this.send(frame);
  }

  /** Bytes from the line, inside a window; others are dropped. */
  receive(bytes: Uint8Array, at: MonoMs): void {
    if (this.#expected) this.search(this.#expected, bytes, at);
  }

  /** Closes the window when no answer was found in time; one last look at what has come. */
  expire(): void {
    if (this.#expected) this.searchOnceMore(this.#expected);
    this.shut();
  }

  /** Nothing is accepted until the next request. Idempotent. */
  shut(): void {
    if (!this.#expected) return;
    this.#expected = undefined;
    this.forget();
  }

  /** The one frame that answers the request, with its CRC. */
  protected deliver(frame: Buffer, firstByteAt: MonoMs): void {
    this.shut();
    this.firstByteAt = firstByteAt;
    this.emit('data', frame);
  }

  protected abstract send(frame: Buffer): void;
  protected abstract search(expected: Expectation, bytes: Uint8Array, at: MonoMs): void;
  protected abstract searchOnceMore(expected: Expectation): void;
  protected abstract forget(): void;
}

const READS_BITS = 2;

function expectationOf(request: Buffer): Expectation {
  const code = request.readUInt8(1);
  const quantity = request.readUInt16BE(4);
  return {
    unit: request.readUInt8(0),
    function: code,
    dataBytes: code <= READS_BITS ? Math.ceil(quantity / 8) : 2 * quantity,
  };
}
