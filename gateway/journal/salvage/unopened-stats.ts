/** What can be said of a journal that was never open. */
import { bytes, utcMs } from '../../model/units.ts';
import { seqOf } from '../journal.ts';
import type { WorkerStats } from '../north/north-protocol.ts';

const NOTHING = bytes(0);

export const UNOPENED: WorkerStats = {
  journal: {
    ...{ epoch: '', head: seqOf(0), blocks: 0, samples: 0, backlogBlocks: 0, backlogs: [] },
    ...{ bytesOnDisk: NOTHING, bytesWritten: NOTHING, commits: 0, gaps: 0, lostSamples: 0 },
    ...{ lastDay: undefined, oldest: undefined, autonomy: undefined },
    wear: {
      ...{ counted: 'frames', since: utcMs(0), total: { bytes: 0, syncs: 0 }, days: [] },
      ...{ before: undefined, usualDay: undefined, presentDay: undefined },
      today: { day: '', causes: {} },
    },
    room: {
      ...{ level: 'enough', free: NOTHING, inodes: 0, cap: NOTHING, capacity: NOTHING },
      ...{ missing: NOTHING, wal: NOTHING, ballast: NOTHING },
    },
  },
  uplinks: [],
};
