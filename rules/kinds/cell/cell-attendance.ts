/**
 * Whether somebody attends the cell: a door is open, a mode is not automatic, a stop is reset. What a robot saves is the
 * time in which nobody does.
 */
import type { EngineMs } from '../../effect.ts';
import type { CellSignals, Condition } from './cell-state.ts';

export type Attendance = {
  /** A sign of somebody is seen. */
  readonly isSigned: boolean;
  /** Until when the last sign counts after it was gone. */
  readonly until: EngineMs;
};

export const NOBODY: Attendance = { isSigned: false, until: 0 };

/** Of a stretch of time what nobody attended. */
export const unattendedIn = (
  { isSigned, until }: Attendance,
  from: EngineMs,
  to: EngineMs,
): number => (isSigned ? 0 : Math.max(0, to - Math.max(from, until)));

/** Any of these that is true is somebody. */
export const isSign = (signals: CellSignals): boolean =>
  signals.doorClosed === false ||
  signals.estopOk === false ||
  signals.hold === true ||
  signals.maintenance === true ||
  signals.manual === true ||
  signals.setup === true ||
  signals.reset === true;

/** A fault or an emergency stop that is over was reset by somebody. */
export const isReset = (before: Condition, after: Condition): boolean =>
  (before.situation === 'fault' || before.situation === 'estop') &&
  !['fault', 'estop', 'off', 'no_signal', 'gateway_off'].includes(after.situation);

/** `isIntervention`: somebody came. A sign that comes back within `linger` is the same person. */
export function attendedBy(
  before: Attendance,
  sign: { readonly isSigned: boolean; readonly isReset: boolean },
  now: EngineMs,
  linger: number,
): { readonly attendance: Attendance; readonly isIntervention: boolean } {
  const isThere = before.isSigned || now < before.until;
  const isFresh = sign.isSigned || sign.isReset;
  const until = isFresh || before.isSigned ? now + linger : before.until;
  return {
    attendance: { isSigned: sign.isSigned, until },
    isIntervention: isFresh && !isThere,
  };
}
