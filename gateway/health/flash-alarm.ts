/**
 * The daily budget of the flash as an alarm of the gateway's own: it stands while the loss window is wider than
 * declared. Pure.
 */
import type { AlarmReport } from '../model/alarm.ts';
import { GatewayError } from '../model/errors.ts';
import type { TimeBasis } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import type { FlashFacts } from './flash-facts.ts';
import { ownAlarm } from './own-alarm.ts';

const BYTES_PER_MB = 1e6;
const SEVERITY = { held: 200, exceeded: 500 } as const;

/** What is wrong, and the next step; undefined where nothing is. */
export function flashProblem(flash: FlashFacts): GatewayError | undefined {
  const { lossWindowMs, declaredWindowMs, budget, presentDay, isBudgetExceeded } = flash;
  if (budget === undefined) return undefined;
  if (lossWindowMs <= declaredWindowMs && !isBudgetExceeded) return undefined;
  const window = lossWindowMs / 1000;
  const details = { window, budget: inMb(budget), written: inMb(presentDay ?? 0) };
  return isBudgetExceeded
    ? new GatewayError('journal.flash-budget-exceeded', details)
    : new GatewayError('journal.flash-budget-held', {
        ...details,
        declared: declaredWindowMs / 1000,
      });
}

export function flashAlarm(flash: FlashFacts, time: UtcMs, timeBasis: TimeBasis): AlarmReport {
  const severity = flash.isBudgetExceeded ? SEVERITY.exceeded : SEVERITY.held;
  return ownAlarm(
    { id: 'flash-budget', about: 'journal', condition: 'FlashBudget', severity, time, timeBasis },
    flashProblem(flash),
  );
}

const inMb = (bytes: number): number => Number((bytes / BYTES_PER_MB).toFixed(1));
