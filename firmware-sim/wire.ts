/**
 * One pair of copper: every character takes its bits, and whoever talks while another talks
 * garbles both. The wire knows nothing of frames.
 */
import type { Cancel, Clock } from '../gateway/host/clock.ts';
import type { Random } from '../gateway/model/backoff.ts';
import { type Millis, millis, monoMs } from '../gateway/model/units.ts';

export interface WireSpeed {
  readonly baud: number;
  /** Data bits, parity, stop bits: `8N1`. */
  readonly format: string;
}

/** How long things take at a speed, in milliseconds. */
export interface WireTimes {
  /** Duration of one character. */
  readonly character: Millis;
  /** The silence that ends a Modbus frame: 3.5 characters. */
  readonly silence: Millis;
  /** The longest gap inside a Modbus frame: 1.5 characters. */
  readonly longestGap: Millis;
}

/** Bytes that somebody put on the wire. Times are monotonic milliseconds. */
export interface Transmission {
  readonly from: object;
  readonly speed: WireSpeed;
  /** Duration of one character. */
  readonly character: number;
  /** What is heard: garbled where another transmission was under way. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  isGarbled: boolean;
}

/** Two moments closer than this are the same one: far below a bit, far above rounding. */
export const SAME_MOMENT_MS = 1e-6;
/** As many characters as a UART's receive buffer collects before it calls the driver. */
const UART_FIFO = 16;

/** Start, data, parity and stop bits of one character. */
export function bitsOf(format: string): number {
  const [data, parity, stop] = format;
  return 1 + Number(data) + (parity === 'N' ? 0 : 1) + Number(stop);
}

/** Modbus over Serial Line V1.02 §2.5.1.1: characters of 11 bits, fixed times above 19200 baud. */
const silenceOf = (baud: number, characters: 1.5 | 3.5): Millis =>
  millis(baud > 19_200 ? characters / 2 : (characters * 11 * 1000) / baud);

/** What a speed means in time. */
export const timesOf = (speed: WireSpeed): WireTimes => ({
  character: millis((bitsOf(speed.format) * 1000) / speed.baud),
  silence: silenceOf(speed.baud, 3.5),
  longestGap: silenceOf(speed.baud, 1.5),
});

/** Whether characters sent at one speed are understood at the other; a second stop bit is only a pause. */
export const understands = (a: WireSpeed, b: WireSpeed): boolean =>
  a.baud === b.baud && a.format.slice(0, 2) === b.format.slice(0, 2);

/**
 * What a receiver at another speed makes of characters: as many as the time allows, and none of them right. With
 * the wrong parity alone, a receiver drops every other one.
 */
export function misheard(sent: Transmission, bytes: Uint8Array, at: WireSpeed, random: Random) {
  const duration = bytes.length * sent.character;
  const most = duration / timesOf(at).character;
  const share = sent.speed.baud === at.baud ? random() : 0.5 + random() / 2;
  const noise = Array.from({ length: Math.round(most * share) }, () => Math.floor(random() * 256));
  return Uint8Array.from(noise);
}

export class Wire {
  collisions = 0;
  busyMs = 0;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #timers = new Set<Cancel>();
  #current: readonly Transmission[] = [];
  #lastEnd = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Puts bytes on the wire from `start` on, now or later; nobody listens before talking. */
  transmit(from: object, bytes: Uint8Array, start: number, speed: WireSpeed): Transmission {
    this.#forget();
    const { character } = timesOf(speed);
    const end = start + bytes.length * character;
    const sent: Transmission = {
      from,
      speed,
      character,
      bytes: new Uint8Array(bytes),
      start,
      end,
      isGarbled: false,
    };
    const met = this.#current.filter((other) => other.from !== from && overlap(other, sent));
    if (met.length > 0) this.collisions++;
    for (const other of met) {
      this.#garble(other, sent);
      this.#garble(sent, other);
    }
    this.#current = [...this.#current, sent];
    this.busyMs += end - start;
    return sent;
  }

  /** When this speaker's last transmission ends or ended; 0 when it has none on the wire. */
  endOf(from: object): number {
    return Math.max(0, ...this.#current.filter((own) => own.from === from).map((own) => own.end));
  }

  /**
   * The end of the last character that was on the wire before `moment`; `moment` when one still is.
   */
  quietSince(moment: number): number {
    const before = this.#current.filter((sent) => sent.start < moment - SAME_MOMENT_MS);
    return Math.max(this.#lastEnd, ...before.map((sent) => Math.min(sent.end, moment)));
  }

  /**
   * Hands a transmission over as a UART driver does: each sixteen characters, and the last one when
   * its stop bit ends.
   */
  deliver(sent: Transmission, hear: (bytes: Uint8Array) => void, done: () => void, from = 0): void {
    const upTo = Math.min(sent.bytes.length, from + UART_FIFO);
    const isLast = upTo === sent.bytes.length;
    const due = isLast ? sent.end : sent.start + upTo * sent.character;
    const hand = () => {
      hear(sent.bytes.slice(from, upTo));
      if (isLast) done();
      else this.deliver(sent, hear, done, upTo);
    };
    this.at('sim.wire-deliver', due, hand, isLast);
  }

  /** A timer that ends with the wire. */
  at(name: string, due: number, run: () => void, precise: boolean): Cancel {
    const fire = () => {
      this.#timers.delete(cancel);
      run();
    };
    const cancel = this.#clock.at(name, monoMs(due), fire, { precise });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  stop(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** Keeps what is still on the wire or scheduled; of the rest, when it ended. */
  #forget(): void {
    const now = this.#clock.mono();
    for (const { end } of this.#current)
      if (end <= now) this.#lastEnd = Math.max(this.#lastEnd, end);
    this.#current = this.#current.filter((sent) => sent.end > now);
  }

  #garble(victim: Transmission, by: Transmission): void {
    victim.isGarbled = true;
    for (const index of victim.bytes.keys()) {
      const start = victim.start + index * victim.character;
      if (overlap({ start, end: start + victim.character }, by))
        victim.bytes[index] = (victim.bytes[index] ?? 0) ^ (1 + Math.floor(this.#random() * 255));
    }
  }
}

type Span = Pick<Transmission, 'start' | 'end'>;

const overlap = (a: Span, b: Span): boolean =>
  a.start < b.end - SAME_MOMENT_MS && b.start < a.end - SAME_MOMENT_MS;
