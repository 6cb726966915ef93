/** The power fails at every moment of many recorded lives, in every way a disk can keep half of it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Attack, AttackOrder, AttackReport, Law } from './attack.ts';
import { recorderLibrary } from './disk-recorder.ts';
import { WINDOW_MS } from './power-judges.ts';
import { NEEDLESS, newTally, type Tally } from './power-life.ts';
import type { PlayerNews } from './power-player.ts';

const PLAYER = join(import.meta.dirname, 'power-player.ts');
const PLAYERS_MAX = 2;
const FAILURES_MAX = 10;

export const powerAttack: Attack = {
  name: 'power',
  title:
    'The power fails while the journal, its ledger of commands and the state store are written: at every call, with what was not synced there, missing, in part, out of order or torn at a sector, also on disks that lied about up to three syncs or failed one.',
  limits:
    'The disk is a model that replays the recorded calls of the real processes: of each file what was synced is certain and any part of what was written behind that may be there; names become certain in their order, with the next sync of any file, as in the one journal of ext4. Sectors of 512 bytes are written whole. Where a lying disk also mixed old and new sectors, or names and contents, nothing finds all of what it mixed: such states are counted (`mixed by lies`), totals and cursors may be those of another moment there. No card is pulled, and no controller damages what it was not writing.',
  few: 50_000,
  many: 1_000_000,
  run,
};

async function run({ seed, count, progress }: AttackOrder): Promise<AttackReport> {
  recorderLibrary();
  const players = Math.min(PLAYERS_MAX, availableParallelism());
  const done = Array.from({ length: players }, () => 0);
  const tallies = await Promise.all(
    done.map((_, index) =>
      play(seed + index, players, Math.ceil(count / players), (states) => {
        done[index] = states;
        progress(Math.min(count, sumOf(done)), count);
      }),
    ),
  );
  return reportOf(tallies.reduce(added, newTally()));
}

async function play(
  seed: number,
  stride: number,
  count: number,
  onDone: (states: number) => void,
): Promise<Tally> {
  const player = fork(PLAYER, [seed, stride, count].map(String), { execArgv: [] });
  let tally: Tally | undefined;
  player.on('message', (news: PlayerNews) => {
    onDone(news.done);
    tally = news.tally ?? tally;
  });
  const [code] = await once(player, 'exit');
  if (tally === undefined) throw new Error(`the player with seed ${seed} ended with ${code}`);
  return tally;
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

function added(sum: Tally, tally: Tally): Tally {
  for (const name of ['counts', 'broken'] as const)
    for (const [key, value] of Object.entries(tally[name]))
      sum[name][key] = (sum[name][key] ?? 0) + value;
  sum.failures.push(...tally.failures);
  sum.worstAge = Math.max(sum.worstAge, tally.worstAge);
  return sum;
}

/** Promises and the laws that they stand on. */
const PROMISES: readonly (readonly [promise: string, laws: readonly string[]])[] = [
  [
    'after a power cut the journal opens, and every block that was answered for is there once, whole, in order or in a gap that counts it; nothing is invented; cursors, totals and commands agree with the blocks',
    ['honest', 'honest: opens'],
  ],
  [
    'the same where a sync had failed before and what it should have made certain never came to the disk',
    ['a sync failed, honest', 'a sync failed, honest: opens'],
  ],
  [
    'the north side as a gateway runs it: every sample that was answered for is there once, in order',
    ['north side, honest', 'north side, honest: opens'],
  ],
  [
    'the state store keeps a value that was set, whole, and none older than the last one flushed',
    ['store honest'],
  ],
  [
    'on a disk that lost its last syncs the journal opens, what is there was there at one moment before, and what it says it has lost is right',
    ['lying in order', 'a sync failed, lying in order', 'north side, lying in order'],
  ],
  [
    'on a disk that lied and mixed old and new sectors the journal opens, and every block that is there is one that was handed over, whole',
    ['lying out of order', 'a sync failed, lying out of order', 'north side, lying out of order'],
  ],
  ['a state store on a lying disk keeps a value that was set, whole', ['store lying']],
];

function reportOf({ counts, broken, failures, worstAge }: Tally): AttackReport {
  const states = sumOf(
    Object.entries(counts).flatMap(([name, count]) =>
      /honest|lying/.test(name) && !/quarantined/.test(name) ? [count] : [],
    ),
  );
  const laws = PROMISES.map(([promise, names]): Law => {
    const isOf = (law: string) =>
      names.includes(law.replace(/: opens$/, '')) || names.includes(law);
    const bad = sumOf(Object.entries(broken).flatMap(([law, n]) => (isOf(law) ? [n] : [])));
    return { promise, found: `${bad} states where not`, goal: '0', holds: bad === 0 };
  });
  const honest = sumOf(
    Object.entries(counts).flatMap(([name, count]) => (/honest: /.test(name) ? [count] : [])),
  );
  const needless = broken[NEEDLESS] ?? 0;
  laws.push({
    promise:
      'a whole journal is not set aside for one that is damaged (its blocks would come back by salvage)',
    found: `${needless} of ${honest} states`,
    goal: '0',
    holds: needless === 0,
  });
  laws.push({
    promise: 'what a power cut takes along was handed over within the loss window',
    found: `oldest ${worstAge.toFixed(0)} ms`,
    goal: `≤ ${WINDOW_MS} ms`,
    holds: worstAge <= WINDOW_MS,
  });
  return { counts: { states, ...counts }, laws, failures: failures.slice(0, FAILURES_MAX) };
}
