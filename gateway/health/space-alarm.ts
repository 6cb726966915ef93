/** The room on the journal's disk as an alarm of the gateway's own: it stands as long as there is too little. Pure. */
import type { JournalRoomFacts } from '../journal/journal.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { GatewayError } from '../model/errors.ts';
import type { TimeBasis } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import { ownAlarm } from './own-alarm.ts';

const BYTES_PER_MB = 1e6;
const SEVERITY = { enough: 1, low: 400, critical: 800 } as const;

/** What is wrong, and the next step; undefined where nothing is. */
export function spaceProblem({ level, free, missing }: JournalRoomFacts): GatewayError | undefined {
  if (level === 'enough') return undefined;
  const mb = (size: number) => Number((size / BYTES_PER_MB).toFixed(1));
  return new GatewayError(`journal.space-${level}`, { free: mb(free), missing: mb(missing) });
}

export function spaceAlarm(room: JournalRoomFacts, time: UtcMs, timeBasis: TimeBasis): AlarmReport {
  const severity = SEVERITY[room.level];
  return ownAlarm(
    { id: 'journal-space', about: 'journal', condition: 'DiskSpace', severity, time, timeBasis },
    spaceProblem(room),
  );
}
