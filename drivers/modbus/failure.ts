/**
 * What a device means when it answers with an exception (Modbus Application Protocol V1.1b3 §7), and
 * when it is worth asking again. Pure.
 */
import type { ErrorCode } from '../../gateway/model/errors.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import { type Millis, millis, minutes, seconds } from '../../gateway/model/units.ts';
import type { Outcome, WriteOutcome } from '../driver.ts';

export const ILLEGAL_ADDRESS = 0x02;
export const ILLEGAL_VALUE = 0x03;
const ILLEGAL_FUNCTION = 0x01;
const ACKNOWLEDGE = 0x05;
const BUSY = 0x06;
const PATH_UNAVAILABLE = 0x0a;
const TARGET_SILENT = 0x0b;

/** What an exception makes of a read. */
export interface Failure {
  readonly quality: Quality;
  readonly outcome: Outcome;
  /** When to read again instead of in the next scan; undefined: in the next scan. */
  readonly again: Millis | undefined;
}

/** A refusal said this often is believed. */
export const REFUSALS_UNTIL_BELIEVED = 3;
/** A refusal that is believed is checked this often. */
const REFUSED_AGAIN: Millis = minutes(60);
/** A device that reports a failure of its own is read this often at most. */
const FAILED_AGAIN: Millis = seconds(10);
/** A guess: when an accepted long command may be over. */
const ACCEPTED_AGAIN: Millis = seconds(1);
const FIRST_BUSY_WAIT_MS = 100;
const MOST_BUSY_RETRIES = 5;

/**
 * Illegal function, address or quantity is ours to mend and not asked again and again; a busy device
 * is asked again soon; a gateway in between may speak for a unit that did not; anything else is the
 * device's own trouble.
 *
 * @param times how often in a row the group got this very exception, this time included
 */
export function failureOf(exception: number, times: number, scan: Millis): Failure {
  switch (exception) {
    case ILLEGAL_FUNCTION:
    case ILLEGAL_ADDRESS:
    case ILLEGAL_VALUE: {
      const again = times >= REFUSALS_UNTIL_BELIEVED ? REFUSED_AGAIN : undefined;
      return { quality: 'bad:config', outcome: 'answered', again };
    }
    case PATH_UNAVAILABLE:
    case TARGET_SILENT:
      return { quality: 'bad:comm', outcome: 'silent', again: undefined };
    case ACKNOWLEDGE:
      return { quality: 'bad:device', outcome: 'answered', again: ACCEPTED_AGAIN };
    case BUSY: {
      const wait = millis(FIRST_BUSY_WAIT_MS * 2 ** (times - 1));
      const again = times <= MOST_BUSY_RETRIES && wait < scan ? wait : undefined;
      return { quality: 'bad:device', outcome: 'answered', again };
    }
    default: {
      const again = scan < FAILED_AGAIN ? FAILED_AGAIN : undefined;
      return { quality: 'bad:device', outcome: 'answered', again };
    }
  }
}

/** What an exception makes of a write; `code` says in words why it was refused. */
export interface WriteFailure {
  readonly outcome: WriteOutcome;
  readonly code: ErrorCode | undefined;
}

const WRITE_FAILURES: ReadonlyMap<number, WriteFailure> = new Map([
  [ILLEGAL_FUNCTION, { outcome: 'rejected', code: 'modbus.write-function' }],
  [ILLEGAL_ADDRESS, { outcome: 'rejected', code: 'modbus.write-address' }],
  [ILLEGAL_VALUE, { outcome: 'rejected', code: 'modbus.write-value' }],
  // Accepted and not yet finished: V1.1b3 §7 calls it an acknowledgement.
  [ACKNOWLEDGE, { outcome: 'written', code: undefined }],
  [BUSY, { outcome: 'rejected', code: 'modbus.write-busy' }],
  [PATH_UNAVAILABLE, { outcome: 'failed', code: undefined }],
  [TARGET_SILENT, { outcome: 'unknown', code: undefined }],
]);

export const writeFailureOf = (exception: number): WriteFailure =>
  WRITE_FAILURES.get(exception) ?? { outcome: 'rejected', code: 'modbus.write-refused' };
