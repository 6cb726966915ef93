/**
 * The port that modbus-serial is given instead of its own. modbus-serial matches an answer to a
 * request by little more than arrival; a guard port hands it exactly one frame for each request, the
 * one that can only be that request's answer, and drops everything else.
 */
import { EventEmitter } from 'node:events';
import type { MonoMs } from '../../gateway/model/units.ts';
import { crc16 } from '../codec/checksums.ts';
import type { Line } from '../line/line.ts';
import { asLastPart, identificationLength } from './identification.ts';

/** What the answer to the request in flight has to look like. */
export interface Expectation {
  /** Unit, function and whatever else of the answer's beginning is known. */
  readonly head: Uint8Array;
  /** Without checksum; undefined: as long as the answer itself says (device identification). */
  readonly length: number | undefined;
  /** The answer is the request over again, so that an echo looks just like it. */
  readonly isCopy: boolean;
}

/** Set in the function code of an exception (Modbus Application Protocol V1.1b3 §7). */
export const EXCEPTION_FLAG = 0x80;
/** Unit, function, code. */
export const EXCEPTION_BYTES = 3;
export const CRC_BYTES = 2;
/** Of an answer that says its own length: unit and a PDU of 253. */
const LONGEST_ANSWER = 254;

export abstract class GuardPort extends EventEmitter {
  /** modbus-serial files a request under these; there is one in flight, so one place is enough. */
  _transactionIdRead = 1;
  _transactionIdWrite = 1;
  /** The line itself says when it is not open: a write throws. */
  readonly isOpen = true;
  /** When the first byte of the answer arrived. */
  firstByteAt: MonoMs | undefined;
  /** The answer from unit to the last byte of data. */
  answer: Buffer | undefined;
  /** Whether bytes came that are no part of a valid frame for us. */
  garbled = false;
  /** What the answer to the last request has to look like, whether it came or not. */
  asked: Expectation | undefined;
  protected readonly line: Line;
  protected expected: Expectation | undefined;

  constructor(line: Line) {
    super();
    this.line = line;
  }

  open(done: () => void): void {
    done();
  }

  /** A request with its CRC, as modbus-serial encodes it. Opens the window for the answer. */
  write(frame: Buffer): void {
    this.firstByteAt = undefined;
    this.answer = undefined;
    this.garbled = false;
    this.asked = expectationOf(frame);
    this.expected = this.asked;
    this.send(frame);
  }

  /** The most characters that the answer may take on the wire. */
  abstract get answerCharacters(): number;

  /** Closes the window when no answer was found in time; one last look at what has come. */
  expire(): void {
    if (this.expected) this.searchOnceMore(this.expected);
    this.shut();
  }

  /** Nothing is accepted until the next request. Idempotent. */
  shut(): void {
    this.expected = undefined;
  }

  /** The one frame that answers the request, from unit to the last byte of data. */
  protected deliver(frame: Buffer, firstByteAt: MonoMs): void {
    const isPart = this.expected?.length === undefined && frame.length > EXCEPTION_BYTES;
    this.shut();
    this.firstByteAt = firstByteAt;
    this.answer = frame;
    // modbus-serial would go on asking by itself, outside any window.
    this.emit('data', withCrc(isPart ? asLastPart(frame) : frame));
  }

  protected abstract send(frame: Buffer): void;
  protected searchOnceMore(_: Expectation): void {}
}

/** The longest that the answer can be, without checksum. */
export const longestOf = ({ length }: Expectation): number => length ?? LONGEST_ANSWER;

/** Whether these bytes, from unit to the last byte of data, are what was expected. */
export function isExpected(frame: Uint8Array, expected: Expectation): boolean {
  if (isExceptionTo(frame, 0, expected)) return frame.length === EXCEPTION_BYTES;
  const length = expected.length ?? identificationLength(frame, 0, frame.length);
  return frame.length === length && beginsAt(frame, 0, expected);
}

export const isExceptionTo = (bytes: Uint8Array, at: number, { head }: Expectation): boolean =>
  bytes[at] === head[0] && bytes[at + 1] === ((head[1] ?? 0) | EXCEPTION_FLAG);

export function beginsAt(bytes: Uint8Array, at: number, { head }: Expectation): boolean {
  for (let i = 0; i < head.length; i++) if (bytes[at + i] !== head[i]) return false;
  return true;
}

/** modbus-serial expects a serial frame and checks it. */
function withCrc(body: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(body.length + CRC_BYTES);
  body.copy(frame);
  frame.writeUInt16LE(crc16(body), body.length);
  return frame;
}

/** What answers a request, by the request's own bytes (Modbus Application Protocol V1.1b3 §6). */
function expectationOf(request: Buffer): Expectation {
  const code = request.readUInt8(1);
  switch (code) {
    case 1:
    case 2:
      return counted(request, Math.ceil(request.readUInt16BE(4) / 8));
    case 3:
    case 4:
    case 23:
      return counted(request, 2 * request.readUInt16BE(4));
    case 15:
    case 16:
      return { head: request.subarray(0, 6), length: 6, isCopy: false };
    case 43:
      return { head: request.subarray(0, 4), length: undefined, isCopy: false };
    default: {
      const head = request.subarray(0, -CRC_BYTES);
      return { head, length: head.length, isCopy: true };
    }
  }
}

/** Unit, function, byte count and so many bytes. */
const counted = (request: Buffer, bytes: number): Expectation => ({
  head: Uint8Array.of(request.readUInt8(0), request.readUInt8(1), bytes),
  length: 3 + bytes,
  isCopy: false,
});
