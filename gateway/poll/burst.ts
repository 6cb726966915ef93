/** One request, or several together, as one turn of the bus. */
import type { Group, Outcome, Reading, Session } from '../../drivers/driver.ts';
import type { Millis } from '../model/units.ts';

/** One reading per group. A probe's own `patience` goes with a single group only. */
export function readTogether<G extends Group>(
  session: Session<G>,
  groups: readonly G[],
  patience: Millis | undefined,
  signal: AbortSignal,
): Promise<readonly Reading<G>[]> {
  if (groups.length > 1 && session.readBurst) return session.readBurst(groups, signal);
  return Promise.all(groups.map((group) => session.read(group, signal, patience)));
}

/** One answer is a sign of life, whatever became of the others. */
export const outcomeOf = (readings: readonly Reading[]): Outcome =>
  readings.find(({ outcome }) => outcome === 'answered')?.outcome ??
  readings[0]?.outcome ??
  'silent';
