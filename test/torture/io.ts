/** Calls to the disk fail, one by one and for a while, under the north side as a gateway runs it. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Attack, AttackOrder, AttackReport, Law } from './attack.ts';
import { FaultPage, recorderLibrary } from './disk-recorder.ts';
import type { IoNews, IoTally } from './io-player.ts';

const PLAYER = join(import.meta.dirname, 'io-player.ts');
/** The worker starts thousands of times: what of it is compiled is kept. */
const COMPILED = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'io-player');
const PLAYERS_MAX = 2;
const FAILURES_MAX = 10;

export const ioAttack: Attack = {
  name: 'io',
  title:
    'Calls fail under the running north side (write, sync, truncate, open, unlink) with EIO, ENOSPC, EROFS or half of a write, once, some times or until the fault is lifted, while samples go on coming; its worker dies and is started again.',
  limits:
    'The library between the process and the kernel makes the calls fail; reads never fail here. Waits between attempts run 200 times faster, and the queue of the field side is short.',
  few: 400,
  many: 20_000,
  run,
};

async function run({ seed, count, progress }: AttackOrder): Promise<AttackReport> {
  const root = mkdtempSync('/dev/shm/io-');
  try {
    const players = Math.min(PLAYERS_MAX, availableParallelism());
    const done = Array.from({ length: players }, () => 0);
    const share = Math.ceil(count / players);
    const tallies = await Promise.all(
      done.map((_, index) =>
        play(join(root, `${index}`), seed + index, share, (faults) => {
          done[index] = faults;
          progress(
            Math.min(
              count,
              done.reduce((sum, each) => sum + each, 0),
            ),
            count,
          );
        }),
      ),
    );
    return reportOf(tallies);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function play(
  root: string,
  seed: number,
  count: number,
  onDone: (faults: number) => void,
): Promise<IoTally> {
  const files = join(root, 'files');
  mkdirSync(files, { recursive: true });
  const page = new FaultPage(join(root, 'control'));
  const player = fork(PLAYER, [String(seed), String(count), files], {
    execArgv: [],
    env: {
      ...process.env,
      LD_PRELOAD: recorderLibrary(),
      NODE_COMPILE_CACHE: COMPILED,
      DISK_FOLDER: files,
      DISK_CONTROL: page.path,
    },
  });
  let tally: IoTally | undefined;
  player.on('message', (news: IoNews) => {
    onDone(news.done);
    tally = news.tally ?? tally;
  });
  const [code] = await once(player, 'exit');
  page.close();
  if (tally === undefined) throw new Error(`the player with seed ${seed} ended with ${code}`);
  return tally;
}

const PROMISES: readonly (readonly [law: string, promise: string, unit: string])[] = [
  [
    'adds up',
    'when a fault is over, samples stored and samples counted as dropped are the samples handed over',
    'faults where not',
  ],
  [
    'account',
    'after a life full of faults each sample is stored once and in order, or counted in a gap; the counter of losses says the same',
    'lives where not',
  ],
  ['opens', 'the journal opens afterwards', 'lives where not'],
  [
    'failed sync',
    'after a sync that failed its handle is closed before anything is answered for again',
    'faults where not',
  ],
];

function reportOf(tallies: readonly IoTally[]): AttackReport {
  const counts: Record<string, number> = { faults: 0 };
  const broken: Record<string, number> = {};
  for (const tally of tallies) {
    for (const [name, n] of Object.entries(tally.counts)) {
      counts[name] = (counts[name] ?? 0) + n;
      if (/^(at the end: )?(write|sync|open|truncate|unlink) /.test(name))
        counts.faults = (counts.faults ?? 0) + n;
    }
    for (const [law, n] of Object.entries(tally.broken)) broken[law] = (broken[law] ?? 0) + n;
  }
  const laws = PROMISES.map(([law, promise, unit]): Law => {
    const bad = broken[law] ?? 0;
    return { promise, found: `${bad} ${unit}`, goal: '0', holds: bad === 0 };
  });
  const failures = tallies.flatMap((tally) => tally.failures).slice(0, FAILURES_MAX);
  return { counts, laws, failures };
}
