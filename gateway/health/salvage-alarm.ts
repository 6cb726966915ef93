/** A damaged journal that was set aside as an alarm of the gateway's own: it stands until the next start. Pure. */
import type { SalvageFacts } from '../journal/journal.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { GatewayError } from '../model/errors.ts';
import type { TimeBasis } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import { ownAlarm } from './own-alarm.ts';

/** A disk that damages a file will do so again: also one that was saved completely is worth a look. */
const SEVERITY = { whole: 400, lossy: 600 } as const;

/** What became of it, and the next step; undefined where no journal was damaged since the start. */
export function salvageProblem(facts: SalvageFacts | undefined): GatewayError | undefined {
  if (facts === undefined) return undefined;
  const { state, file, found, blocks, lostSamples } = facts;
  if (state !== 'done') return new GatewayError('journal.salvaging', { file, found, blocks });
  return new GatewayError('journal.salvaged', {
    ...{ file, blocks, lost: lostBlocks(facts), lostSamples },
  });
}

export function salvageAlarm(
  facts: SalvageFacts | undefined,
  time: UtcMs,
  timeBasis: TimeBasis,
): AlarmReport {
  const severity = facts && lostBlocks(facts) > 0 ? SEVERITY.lossy : SEVERITY.whole;
  return ownAlarm(
    { id: 'journal-damaged', about: 'journal', condition: 'Damage', severity, time, timeBasis },
    salvageProblem(facts),
  );
}

const lostBlocks = ({ damagedBlocks, leftBlocks, missingBlocks }: SalvageFacts): number =>
  damagedBlocks + leftBlocks + missingBlocks;
