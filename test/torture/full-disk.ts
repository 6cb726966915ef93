/**
 * `full-disk`: the real north side, link, worker and journal, on volumes of 2 to 128 MiB that fill up: by its own backlog,
 * by others in one go and bit by bit, by files without content.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Attack, AttackReport, Law } from './attack.ts';
import type { TrialLine } from './full-disk-process.ts';
import { FILLERS, type TrialOrder, type TrialOutcome } from './full-disk-trial.ts';
import { grouped, inSeconds, spreadOf } from './spread.ts';

const SIZES = [2, 8, 32, 128];
const HOLDS_MS = [2_000, 5_000, 12_000];
const PROGRESS_MS = 1_000;
const FAILURES_MAX = 10;
const RECOVERED_WITHIN_MS = 5_000;
const KEPT_SHARE = 0.95;
const WAL_MAX = 2 * 2 ** 20;

export const fullDiskAttack: Attack = {
  name: 'full-disk',
  title:
    'volumes of 2 to 128 MiB that fill up at 33,000 samples a second: by the backlog, by others in one go and bit by bit, by running out of inodes',
  limits: 'tmpfs, and ext4 on a loop device where the attacker is root; no flash card.',
  few: 4,
  many: 48,
  async run({ seed, count, progress }) {
    const orders = Array.from({ length: count }, (_, i) => orderOf(seed + i));
    let done = 0;
    const told = setInterval(() => progress(done, count), PROGRESS_MS);
    try {
      const lines = await linesOf(orders, () => done++);
      return reportOf(lines);
    } finally {
      clearInterval(told);
    }
  },
};

const isRoot = process.getuid?.() === 0;

/** Four in a row have four sizes and four fillers; sixteen have all pairs of them. */
function orderOf(number: number): TrialOrder {
  const of = <T>(list: readonly T[], at: number) => list[at % list.length] as T;
  const filler = number + Math.floor(number / SIZES.length);
  return {
    filler: of(FILLERS, filler),
    // There an inode costs as much as on ext4.
    fileSystem: of(FILLERS, filler) === 'inodes' || number % 2 === 0 || !isRoot ? 'tmpfs' : 'ext4',
    mebibytes: of(SIZES, number),
    holdMs: of(HOLDS_MS, number),
  };
}

async function linesOf(
  orders: readonly TrialOrder[],
  onLine: () => void,
): Promise<readonly TrialLine[]> {
  const file = join(import.meta.dirname, 'full-disk-process.ts');
  const namespace = isRoot ? ['-m'] : ['-rm'];
  const child = spawn(
    'unshare',
    [...namespace, '--', process.execPath, file, JSON.stringify(orders)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const lines: TrialLine[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as TrialLine);
    onLine();
  });
  const [code] = await once(child, 'close');
  if (lines.length < orders.length)
    throw new Error(
      `full-disk needs to be root, or a kernel that lets anybody make namespaces: ended with ${code} after ${lines.length} of ${orders.length}`,
    );
  return lines;
}

function reportOf(lines: readonly TrialLine[]): AttackReport {
  const outcomes = lines.flatMap((line) => ('outcome' in line ? [line.outcome] : []));
  const failed = lines.flatMap((line) => ('failed' in line ? [line] : []));
  const laws = lawsOf(outcomes, failed.length);
  const bad = outcomes.filter((one) => lawsOf([one], 0).some(({ holds }) => !holds));
  const sum = (of: (outcome: TrialOutcome) => number) =>
    outcomes.reduce((total, each) => total + of(each), 0);
  const reasons = ['thinned', 'retention', 'queue-overflow'].map((reason): [string, number] => [
    `samples in gaps: ${reason}`,
    sum(({ account }) => account.reasons[reason] ?? 0),
  ]);
  return {
    counts: {
      volumes: lines.length,
      ...Object.fromEntries(
        FILLERS.map((filler) => [
          `filled by ${filler}`,
          outcomes.filter(({ order }) => order.filler === filler).length,
        ]),
      ),
      'samples handed over': sum(({ account }) => totalOf(account.handed)),
      'samples stored': sum(({ account }) => totalOf(account.stored)),
      ...Object.fromEntries(reasons),
      'commits while others had the disk': sum(({ commitsWhileFull }) => commitsWhileFull),
    },
    laws,
    failures: [
      ...failed.map(({ order, failed: why }) => `${JSON.stringify(order)}: ${why}`),
      ...bad.map((outcome) => JSON.stringify(outcome)),
    ].slice(0, FAILURES_MAX),
  };
}

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, each) => sum + each, 0);

function lawsOf(outcomes: readonly TrialOutcome[], failed: number): readonly Law[] {
  const sum = (of: (outcome: TrialOutcome) => number) =>
    outcomes.reduce((total, each) => total + of(each), 0);
  const handed = `${grouped(sum(({ account }) => totalOf(account.handed)))} samples`;
  const none = (promise: string, bad: number, of: string): Law => ({
    promise,
    found: `${grouped(bad)} of ${of}`,
    goal: '0',
    holds: bad === 0,
  });
  const recovery = spreadOf(outcomes.map(({ recoveryMs }) => recoveryMs));
  const kept = outcomes.flatMap(({ keptShare }) => keptShare ?? []);
  const walMax = Math.max(0, ...outcomes.map((outcome) => outcome.walMax));
  const atRest = ({ account: { lost } }: TrialOutcome) => lost.record + lost.alarm;
  return [
    none(
      'the journal is never wedged, and opens afterwards',
      failed,
      `${outcomes.length + failed} volumes`,
    ),
    none(
      'what was handed over is stored or counted in a gap',
      sum((one) => one.unaccounted),
      handed,
    ),
    none(
      'nothing is stored twice',
      sum(({ account }) => account.twice),
      handed,
    ),
    none(
      'what is stored is whole',
      sum(({ account }) => account.wrong),
      handed,
    ),
    none('no record and no alarm is lost while there is telemetry', sum(atRest), handed),
    none(
      'the worker goes on without a restart',
      sum(({ restarts }) => restarts),
      `${outcomes.length} volumes`,
    ),
    {
      promise: 'from the moment there is room again until all that waited is durable',
      found: inSeconds(recovery),
      goal: `≤ ${RECOVERED_WITHIN_MS / 1000} s`,
      holds: recovery.max <= RECOVERED_WITHIN_MS,
    },
    {
      promise: 'of its room the journal uses',
      found: `at least ${(100 * Math.min(1, ...kept)).toFixed(1)} % in ${kept.length} fills`,
      goal: `≥ ${KEPT_SHARE * 100} %`,
      holds: kept.every((share) => share >= KEPT_SHARE),
    },
    {
      promise: 'the WAL keeps within its bound',
      found: `${grouped(walMax)} bytes at most`,
      goal: `≤ ${grouped(WAL_MAX)} bytes`,
      holds: walMax <= WAL_MAX,
    },
  ];
}
