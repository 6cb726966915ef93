/** What has to be on a disk after a cut: of a journal that is written to, and of the north side as a gateway runs it. */
import { type BlockClass, seqOf } from '../../gateway/journal/journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { checkJournal, type DiskMood, type Found } from './power-check.ts';
import { PowerLedger } from './power-ledger.ts';
import type { Judge } from './power-life.ts';

/** Of power-writer.ts. */
export function writerJudge(): Judge {
  const ledger = new PowerLedger();
  return {
    take(mark) {
      ledger.take(mark);
      return !('begin' in mark || 'acknowledged' in mark);
    },
    journal: (journal, mood) => checkJournal(journal, journal.takeHistory(), ledger, mood),
    store(get, mood) {
      const value = Number(get('n') ?? 0);
      const { set, flushed } = ledger;
      const problems: string[] = [];
      if (value > set || !Number.isInteger(value)) problems.push(`value ${value} was never set`);
      if (mood === 'honest' && value < flushed)
        problems.push(`value ${value} is older than ${flushed}, which was flushed`);
      if (value > 0 && get('shadow') !== `${value}`.repeat(value % 90))
        problems.push(`the values of ${value} are of two writes`);
      return problems;
    },
  };
}

/** The oldest sample that is not there may have been handed over so long before the cut. */
export const WINDOW_MS = 1_000;
const CLASSES = ['telemetry', 'alarm'] as const satisfies readonly BlockClass[];
type LaneName = (typeof CLASSES)[number];

interface LaneSaid {
  /** When the n-th sample was handed over, ms. */
  readonly handedAt: number[];
  stored: number;
}

/** Of power-link-writer.ts. `onAge` is told the age of what each cut took with it. */
export function linkJudge(onAge: (ms: number) => void): Judge {
  const lanes: Record<LaneName, LaneSaid> = {
    telemetry: { handedAt: [], stored: 0 },
    alarm: { handedAt: [], stored: 0 },
  };
  return {
    take(mark, at) {
      if ('handed' in mark) {
        const { handedAt } = lanes[mark.class as LaneName];
        while (handedAt.length < mark.handed) handedAt.push(at);
        return false;
      }
      if ('stored' in mark) lanes[mark.class as LaneName].stored = mark.stored;
      return 'stored' in mark;
    },
    journal: (journal, mood, until) =>
      ({
        problems: CLASSES.flatMap((each) =>
          laneProblems(journal, each, lanes[each], mood, until, onAge),
        ),
        lostBlocks: 0,
      }) satisfies Found,
  };
}

function laneProblems(
  journal: SqliteJournal,
  blockClass: LaneName,
  { handedAt, stored }: LaneSaid,
  mood: DiskMood,
  until: number,
  onAge: (ms: number) => void,
): string[] {
  let last = 0;
  for (const block of journal.read(seqOf(1), 1_000_000)) {
    if (block.gap) return [`${blockClass}: a gap, ${block.gap.reason}`];
    if (block.class !== blockClass) continue;
    for (const number of block.samples.numbers)
      if (number !== ++last) return [`${blockClass}: ${number} in the place of ${last}`];
  }
  if (last > handedAt.length) return [`${blockClass}: ${last} was never handed over`];
  if (mood === 'lying') return [];
  if (last < stored) return [`${blockClass}: ${last} there, ${stored} answered for`];
  const oldest = handedAt[last];
  onAge(oldest === undefined ? 0 : until - oldest);
  return [];
}
