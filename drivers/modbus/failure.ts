/**
 * What a device means when it answers with an exception (Modbus Application Protocol V1.1b3 §7).
 */
import type { Quality } from '../../gateway/model/quality.ts';
import type { Outcome } from '../driver.ts';

export interface Failure {
  readonly quality: Quality;
  readonly outcome: Outcome;
}

const MISCONFIGURED: Failure = { quality: 'bad:config', outcome: 'answered' };
const REFUSED: Failure = { quality: 'bad:device', outcome: 'answered' };
/** A gateway in between spoke for a unit that did not. */
const UNREACHED: Failure = { quality: 'bad:comm', outcome: 'silent' };

const FAILURES: ReadonlyMap<number, Failure> = new Map([
  [0x01, MISCONFIGURED],
  [0x02, MISCONFIGURED],
  [0x03, MISCONFIGURED],
  [0x0a, UNREACHED],
  [0x0b, UNREACHED],
]);

/**
 * Illegal function, address or quantity is ours to mend; anything unlisted is the device's own
 * trouble.
 */
export const failureOf = (exception: number): Failure => FAILURES.get(exception) ?? REFUSED;
