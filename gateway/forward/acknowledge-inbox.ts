/**
 * Acknowledgements of alarms as they come from a broker: whoever may publish there can send anything, at any rate, so
 * only what is bounded and valid goes on to the field side, and the rest is counted.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { AcknowledgeReply, AcknowledgeRequest } from '../model/acknowledgement.ts';
import { later, type MonoMs, monoMs, seconds } from '../model/units.ts';

/** Of one message, in bytes. */
export const LONGEST_REQUEST = 4_096;
/** Requests taken in one second. */
export const MOST_A_SECOND = 10;
/** Requests that wait for their answer; a device may take its time. */
export const MOST_OPEN = 20;
const LONGEST_NAME = 100;
const LONGEST_COMMENT = 500;
const LONGEST_ID = 300;
const LOG_INTERVAL = seconds(10);

export interface InboxFacts {
  readonly taken: number;
  /** Messages that a broker kept from earlier: nobody says so now. */
  readonly retained: number;
  readonly tooLong: number;
  /** Beyond the limits of rate and of what waits for answers. */
  readonly tooMany: number;
  readonly malformed: number;
}

export interface AcknowledgeInboxOptions {
  readonly uplink: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Takes what is valid. Its answer comes to `answered`. */
  readonly onRequest: (request: AcknowledgeRequest) => void;
  /** Tells the sender at once, of a request of which at least the key can be read. */
  readonly onRefused: (reply: AcknowledgeReply) => void;
}

export class AcknowledgeInbox {
  readonly #options: AcknowledgeInboxOptions;
  readonly #facts = { taken: 0, retained: 0, tooLong: 0, tooMany: 0, malformed: 0 };
  #open = 0;
  #second: MonoMs = monoMs(Number.NEGATIVE_INFINITY);
  #inSecond = 0;
  #logFrom: MonoMs = monoMs(Number.NEGATIVE_INFINITY);

  constructor(options: AcknowledgeInboxOptions) {
    this.#options = options;
  }

  take(payload: Uint8Array, isRetained: boolean): void {
    if (isRetained) this.#ignore('retained');
    else if (payload.length > LONGEST_REQUEST) this.#ignore('tooLong');
    else if (!this.#hasRoom()) this.#ignore('tooMany');
    else this.#read(payload);
  }

  #read(payload: Uint8Array): void {
    const { onRequest, onRefused } = this.#options;
    const read = readRequest(payload);
    if (!read.ok) {
      this.#ignore('malformed');
      const { key, reason } = read;
      if (key !== undefined) onRefused({ key, outcome: 'refused', reason });
      return;
    }
    this.#facts.taken++;
    this.#open++;
    onRequest(read.request);
  }

  /** One request got its answer. */
  answered(): void {
    this.#open = Math.max(0, this.#open - 1);
  }

  facts(): InboxFacts {
    return { ...this.#facts };
  }

  #hasRoom(): boolean {
    const now = this.#options.clock.mono();
    if (now >= later(this.#second, seconds(1))) {
      this.#second = now;
      this.#inSecond = 0;
    }
    return ++this.#inSecond <= MOST_A_SECOND && this.#open < MOST_OPEN;
  }

  #ignore(why: Exclude<keyof InboxFacts, 'taken'>): void {
    this.#facts[why]++;
    const { clock, log, uplink } = this.#options;
    const now = clock.mono();
    if (now < this.#logFrom) return;
    this.#logFrom = later(now, LOG_INTERVAL);
    log.warn('forward.acknowledgement-ignored', { uplink, why, ...this.#facts });
  }
}

type Read =
  | { readonly ok: true; readonly request: AcknowledgeRequest }
  | { readonly ok: false; readonly key?: string; readonly reason: string };

function readRequest(payload: Uint8Array): Read {
  const fields = fieldsOf(payload);
  const key = fields?.key;
  if (!fields || typeof key !== 'string' || !/^[\da-f]{8}$/.test(key))
    return { ok: false, reason: 'no key' };
  const { id, by, comment } = fields;
  const wrong = (reason: string): Read => ({ ok: false, key, reason });
  if (id !== undefined && !isText(id, LONGEST_ID))
    return wrong(`id: 1 to ${LONGEST_ID} characters`);
  if (!isText(by, LONGEST_NAME)) return wrong(`by: 1 to ${LONGEST_NAME} characters`);
  if (comment !== undefined && (typeof comment !== 'string' || comment.length > LONGEST_COMMENT))
    return wrong(`comment: up to ${LONGEST_COMMENT} characters`);
  return {
    ok: true,
    request: {
      key,
      by: harmless(by),
      ...(id !== undefined && { id }),
      ...(comment !== undefined && comment !== '' && { comment: harmless(comment) }),
    },
  };
}

function fieldsOf(payload: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest;

/** It is shown on terminals and pages. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
