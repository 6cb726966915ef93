/**
 * Lets calls fail under a north side until there were enough of them. `argv`: seed, faults, folder for files. The recorder has
 * to be preloaded into this process; it tells its parent how far it is.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { seededRandom } from '../../gateway/host/random.ts';
import { FaultPage } from './disk-recorder.ts';
import { drawFault } from './io-faults.ts';
import { IoLife } from './io-life.ts';

export interface IoTally {
  readonly counts: Record<string, number>;
  /** By law: faults, or lives, where it did not hold. */
  readonly broken: Record<string, number>;
  readonly failures: string[];
}

export interface IoNews {
  readonly done: number;
  /** With the last one. */
  readonly tally?: IoTally;
}

const FAULTS_PER_LIFE = 24;
/** Rounds of samples until a fault that never comes is given up. */
const ROUNDS_MAX = 40;
const LASTING_ROUNDS = 25;
const BATCHES = 2;
const CLOSED_AFTER_MS = 1_000;
const TELL_EVERY = 10;

const [, , seed = '', faults = '', root = ''] = process.argv;
const page = new FaultPage(process.env.DISK_CONTROL ?? '', 'attach');
const tally: IoTally = { counts: {}, broken: {}, failures: [] };
let done = 0;
let life = 0;

while (done < Number(faults)) await oneLife(Number(seed) + life++ * 1000);
process.send?.({ done, tally } satisfies IoNews);

async function oneLife(lifeSeed: number): Promise<void> {
  const random = seededRandom(lifeSeed);
  const folder = join(root, `life-${life}`);
  mkdirSync(folder, { recursive: true });
  const trial = new IoLife(join(folder, 'journal.db'), random);
  await trial.start();
  const isNearEnd = (n: number) => n === FAULTS_PER_LIFE || done >= Number(faults);
  for (let n = 0; !isNearEnd(n); n++) {
    const drawn = drawFault(random);
    const { hits } = page.counts();
    page.arm(drawn.faults);
    const least = drawn.isLasting ? Math.floor(random() * LASTING_ROUNDS) : 0;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      for (let batch = 0; batch < BATCHES; batch++) trial.append();
      await trial.moment();
      if (page.counts().hits > hits && round >= least) break;
    }
    page.arm([]);
    const problems = await trial.settled();
    const after = page.counts();
    if (problems.length > 0) fail('adds up', lifeSeed, drawn.name, problems);
    if (!(await areFailedClosed()))
      fail('failed sync', lifeSeed, drawn.name, ['the handle is used still']);
    if (after.hits > hits) {
      count(drawn.name);
      count('calls that failed', after.hits - hits);
      if (++done % TELL_EVERY === 0) process.send?.({ done } satisfies IoNews);
    } else count('never came');
  }
  await endLife(trial, lifeSeed, random() < 0.3 ? drawFault(random) : undefined);
}

/** Handles whose sync has failed are closed with their worker, which takes a moment to end. */
async function areFailedClosed(): Promise<boolean> {
  for (let ms = 0; ms < CLOSED_AFTER_MS; ms++) {
    if (page.counts().failedOpen === 0) return true;
    await setTimeout(1);
  }
  return false;
}

/** Some lives end while calls fail. */
async function endLife(
  trial: IoLife,
  lifeSeed: number,
  drawn: ReturnType<typeof drawFault> | undefined,
): Promise<void> {
  const { hits } = page.counts();
  page.arm(drawn?.faults ?? []);
  await trial.stop();
  page.arm([]);
  if (drawn && page.counts().hits > hits) {
    count(`at the end: ${drawn.name}`);
    done++;
  }
  count('lives');
  count('samples', trial.handed);
  try {
    const { problems, lost } = await trial.account();
    count('samples in gaps', lost);
    if (problems.length > 0) fail('account', lifeSeed, drawn?.name ?? 'in order', problems);
  } catch (error) {
    fail('opens', lifeSeed, drawn?.name ?? 'in order', [String(error)]);
  }
}

function count(name: string, by = 1): void {
  tally.counts[name] = (tally.counts[name] ?? 0) + by;
}

function fail(law: string, lifeSeed: number, fault: string, problems: readonly string[]): void {
  tally.broken[law] = (tally.broken[law] ?? 0) + 1;
  if (tally.failures.filter((line) => line.startsWith(`${law}:`)).length < 3)
    tally.failures.push(`${law}: seed ${lifeSeed}, ${fault}: ${problems.join('; ')}`);
}
