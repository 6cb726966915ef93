/**
 * Requests to one meter and the replies that are theirs. A reply is taken only from the meter that was asked
 * (`A` in its address fits any digit), with the service, the identifier and the number that were asked for.
 */
import { sleep } from '../../gateway/host/clock.ts';
import { type Millis, type MonoMs, millis } from '../../gateway/model/units.ts';
import type { DriverIo } from '../driver.ts';
import { AnswerPace } from '../line/answer-pace.ts';
import { broadcast, characters, exchange, type FrameFinder } from '../line/exchange.ts';
import { DI_BYTES, SERVICE_MASK, SERVICES } from './control.ts';
import {
  ABNORMAL,
  encodeFrame,
  FROM_METER,
  type Frame,
  FrameParser,
  LONGEST_FRAME_BYTES,
  MORE_FOLLOWS,
  REPLY_PREAMBLE_BYTES,
} from './frame.ts';
import type { Dlt645Device } from './options.ts';

/** The end of a request, and the begin of its reply. */
interface Timed {
  readonly sent: MonoMs;
  readonly firstByte: MonoMs;
}

/** What was asked for, without identifiers and numbers of frames. */
export interface Data extends Timed {
  readonly kind: 'data';
  readonly data: Uint8Array;
}

/** The meter answered with its error word. */
export interface Refused extends Timed {
  readonly kind: 'refused';
  readonly error: number;
}

export interface Unanswered {
  readonly kind: 'silent' | 'garbled';
}

/** One frame of an answer, its data as they came. */
export interface Reply extends Data {
  readonly isLast: boolean;
}

/** Bytes of one frame may be this far apart (DL/T 645-2007 §5.3.2). */
const BYTE_PAUSE: Millis = millis(500);
/** The pauses that all bytes of a reply may have together, besides their own time: a guess. */
const ALL_PAUSES: Millis = millis(1_000);
/** A guess: no item known is longer than 200 bytes times this. */
const MOST_FOLLOW_UPS = 16;
/** How long meters take to act on what none answers: a guess. */
const BROADCAST_REST: Millis = millis(100);

export class MeterClient {
  readonly #device: Dlt645Device;
  readonly #io: DriverIo;
  readonly #pace = new AnswerPace();

  constructor(device: Dlt645Device, io: DriverIo) {
    this.#device = device;
    this.#io = io;
  }

  /** Reads an item, with as many frames as it takes. Rejects when the line is lost. */
  async read(
    di: string,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<Data | Refused | Unanswered> {
    const { version } = this.#device;
    const codes = SERVICES[version];
    const head = Buffer.from(di, 'hex').reverse();
    const parts: Uint8Array[] = [];
    for (let number = 0; number <= MOST_FOLLOW_UPS; number++) {
      if (number > 0) await this.rest(signal);
      const isNumbered = number > 0 && version === '2007';
      const control = codes.get(number === 0 ? 'read' : 'read-more') ?? 0;
      const data = isNumbered ? Buffer.from([...head, number]) : head;
      const answered = await this.ask({ control, data }, timeout, signal);
      if (answered.kind !== 'data') return answered;
      const { isLast, ...answer } = answered;
      const end = answer.data.length - (isNumbered ? 1 : 0);
      parts.push(answer.data.subarray(head.length, end));
      if (isLast) return { ...answer, data: Buffer.concat(parts) };
    }
    return { kind: 'garbled' };
  }

  /** One request and its reply. Rejects when the line is lost. */
  async ask(
    request: Omit<Frame, 'address'>,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<Reply | Refused | Unanswered> {
    const { address, preamble, version } = this.#device;
    const { line, clock } = this.#io;
    const frame = { ...request, address };
    const answer = await exchange(
      {
        line,
        clock,
        request: encodeFrame(frame, preamble),
        finder: new ReplyFinder((reply) => isReplyTo(frame, reply, DI_BYTES[version])),
        patience: timeout,
        pause: BYTE_PAUSE,
        pace: this.#pace,
        longest: millis(characters(line, REPLY_PREAMBLE_BYTES + LONGEST_FRAME_BYTES) + ALL_PAUSES),
      },
      signal,
    );
    if (answer.kind !== 'answer') return { kind: answer.kind };
    const { sent, firstByte } = answer;
    const { control, data } = answer.frame;
    if ((control & ABNORMAL) !== 0)
      return { kind: 'refused', error: data[0] ?? 0, sent, firstByte };
    return { kind: 'data', data, sent, firstByte, isLast: (control & MORE_FOLLOWS) === 0 };
  }

  /** Sends what nobody answers and waits until it is obeyed. Rejects when the line is lost. */
  async tell(frame: Frame, signal: AbortSignal): Promise<void> {
    const { line, clock } = this.#io;
    const request = encodeFrame(frame, this.#device.preamble);
    await broadcast({ line, clock, request, turnaround: BROADCAST_REST }, signal);
  }

  /** Leaves the meter in peace between two requests of one read. */
  async rest(signal: AbortSignal): Promise<void> {
    await sleep(this.#io.clock, 'dlt645.gap', this.#device.gap, signal);
  }
}

/** The first frame that is a reply to the request; all others are dropped. */
export class ReplyFinder implements FrameFinder<Frame> {
  readonly #parser = new FrameParser();
  readonly #isReply: (frame: Frame) => boolean;

  constructor(isReply: (frame: Frame) => boolean) {
    this.#isReply = isReply;
  }

  push(bytes: Uint8Array): Frame | undefined {
    return this.#parser.push(bytes).find(this.#isReply);
  }

  finish(): Frame | undefined {
    return this.#parser.finish().find(this.#isReply);
  }
}

/** Whether one meter answered the other's address, of which `A` fits any digit. */
export const isAddressedBy = (asked: string, answered: string): boolean =>
  [...asked].every((digit, i) => digit === 'A' || digit === answered[i]);

/**
 * Whether a frame answers a request: from the meter, the same service, and where the request names an
 * identifier (and a frame's number) the same. A refusal names none.
 */
export function isReplyTo(request: Frame, reply: Frame, diBytes: number): boolean {
  const { control, data } = reply;
  if ((control & FROM_METER) === 0) return false;
  if ((control & SERVICE_MASK) !== (request.control & SERVICE_MASK)) return false;
  if (!isAddressedBy(request.address, reply.address)) return false;
  if ((control & ABNORMAL) !== 0) return data.length > 0;
  if (!isRead(request.control)) return true;
  if (data.length < diBytes) return false;
  const isSameItem = request.data.subarray(0, diBytes).every((byte, i) => byte === data[i]);
  const number = request.control === FOLLOW_UP ? request.data[diBytes] : undefined;
  return isSameItem && (number === undefined || (data.length > diBytes && data.at(-1) === number));
}

const READS = ['read', 'read-more'] as const;
const READ_CODES = new Set(
  [...SERVICES['2007'], ...SERVICES['1997']].flatMap(([service, code]) =>
    READS.some((read) => read === service) ? [code] : [],
  ),
);
const isRead = (control: number): boolean => READ_CODES.has(control);
const FOLLOW_UP = SERVICES['2007'].get('read-more');
