/**
 * One request and its answer on a wire that carries self-describing frames. What a frame is, and
 * which one is the answer, a finder decides; this file only sends, listens and knows when to stop.
 */
import { type Clock, sleep } from '../../gateway/host/clock.ts';
import {
  between,
  later,
  type Millis,
  type MonoMs,
  millis,
  monoMs,
} from '../../gateway/model/units.ts';
import type { AnswerPace } from './answer-pace.ts';
import type { Line } from './line.ts';

/** Looks for the one answer to one request in whatever comes; keeps no more than it needs. */
export interface FrameFinder<Frame> {
  /** Bytes in the order of the wire, in any pieces. Returns the answer once it is complete. */
  push(bytes: Uint8Array): Frame | undefined;
  /** A last look when nothing more will come: what noise had hidden. */
  finish?(): Frame | undefined;
}

export interface ExchangeOptions<Frame> {
  readonly line: Line;
  readonly clock: Clock;
  /** As it goes over the wire, wake-up bytes included. */
  readonly request: Uint8Array;
  readonly finder: FrameFinder<Frame>;
  /** From the last byte sent to the first byte received. */
  readonly patience: Millis;
  /**
   * The longest pause within a frame: once something came, the wait ends this long after the last
   * byte, or after the patience where that is shorter.
   */
  readonly pause: Millis;
  /** Of the unit, where one is known: shortens the pause while the unit answers well. */
  readonly pace?: AnswerPace;
  /** The longest the whole answer may take, so that a babbling unit does not hold the line. */
  readonly longest: Millis;
}

export type Exchanged<Frame> =
  | {
      readonly kind: 'answer';
      readonly frame: Frame;
      /** The computed end of the request, and the begin of the answer. */
      readonly sent: MonoMs;
      readonly firstByte: MonoMs;
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'garbled' };

/**
 * Sends the request and waits for its answer. An adapter that hands back what it sent is seen
 * through: the request's own bytes at the very beginning are nobody's answer. (Not for protocols
 * whose answer may equal its request.) Rejects when the line is lost and with the signal's reason.
 * To be called with the line reserved and quiet.
 */
export function exchange<Frame>(
  options: ExchangeOptions<Frame>,
  signal: AbortSignal,
): Promise<Exchanged<Frame>> {
  const { line, clock, request, finder, patience, pace, longest } = options;
  const longestPause = millis(Math.min(options.pause, patience));
  const pause = pace?.pause(longestPause) ?? longestPause;
  return new Promise((resolve, reject) => {
    const character = line.timing?.character ?? 0;
    const echo = new EchoFilter(request);
    let sent = clock.mono();
    let limit = sent;
    let firstByte: MonoMs | undefined;
    let cancelTimer = () => {};
    const settle = () => {
      cancelTimer();
      stopListening();
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    const finish = (frame: Frame | undefined) => {
      settle();
      if (frame === undefined) {
        pace?.missed();
        resolve({ kind: firstByte === undefined && !echo.isCut ? 'silent' : 'garbled' });
        return;
      }
      const began = monoMs(Math.max(sent, firstByte ?? sent));
      pace?.answered(between(sent, began));
      resolve({ kind: 'answer', frame, sent, firstByte: began });
    };
    const waitUntil = (due: MonoMs) => {
      cancelTimer();
      const end = monoMs(Math.min(due, limit));
      cancelTimer = clock.at('exchange.answer', end, () => finish(finder.finish?.()));
    };
    const onAbort = () => fail(signal.reason);
    const stopListening = line.listen({
      data: (bytes, at) => {
        const rest = echo.without(bytes);
        if (rest.length === 0)
          // Perhaps the answer began as the request did.
          return waitUntil(monoMs(Math.max(later(sent, patience), later(at, pause))));
        firstByte ??= monoMs(at - (rest.length - 1) * character);
        const frame = finder.push(rest);
        if (frame !== undefined) return finish(frame);
        waitUntil(later(at, pause));
      },
      closed: fail,
    });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      line.write(request);
    } catch (error) {
      return fail(error);
    }
    sent = monoMs(Math.max(clock.mono(), line.busyUntil()));
    limit = later(later(sent, patience), longest);
    waitUntil(later(sent, patience));
  });
}

/** Sends what nobody answers, and waits until it is over and obeyed. */
export async function broadcast(
  {
    line,
    clock,
    request,
    turnaround,
  }: {
    readonly line: Line;
    readonly clock: Clock;
    readonly request: Uint8Array;
    /** How long the units need before they listen again. */
    readonly turnaround: Millis;
  },
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  line.write(request);
  const over = later(line.busyUntil(), turnaround);
  await sleep(clock, 'exchange.broadcast', between(clock.mono(), over), signal);
}

/**
 * Takes the echo off the beginning. Answers begin like their requests, so what looks like an echo
 * is held back until it is one, or is not.
 */
class EchoFilter {
  readonly #request: Uint8Array;
  #held = 0;
  #isOver = false;

  constructor(request: Uint8Array) {
    this.#request = request;
  }

  /** Whether something is held back that began like an echo and never became one. */
  get isCut(): boolean {
    return !this.#isOver && this.#held > 0;
  }

  without(bytes: Uint8Array): Uint8Array {
    if (this.#isOver) return bytes;
    const request = this.#request;
    const held = this.#held;
    const length = Math.min(request.length - held, bytes.length);
    for (let i = 0; i < length; i++) {
      if (request[held + i] === bytes[i]) continue;
      this.#isOver = true;
      return held === 0 ? bytes : Buffer.concat([request.subarray(0, held), bytes]);
    }
    this.#held += length;
    this.#isOver = this.#held === request.length;
    return bytes.subarray(length);
  }
}

/**
 * The middle between the end of the request and the begin of the answer: in between the device read its
 * registers.
 */
export const middleOf = ({
  sent,
  firstByte,
}: {
  readonly sent: MonoMs;
  readonly firstByte: MonoMs;
}): MonoMs => monoMs((sent + firstByte) / 2);

/** The time that `count` characters take on this line; 0 where there is no wire. */
export const characters = (line: Line, count: number): Millis =>
  millis(count * (line.timing?.character ?? 0));
