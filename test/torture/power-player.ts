/**
 * Records lives and plays them back, one after the other, until enough states were looked at. `argv`: first seed, step of the
 * seeds, states. A process of its own, so that several go side by side; it tells its parent how far it is.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../gateway/host/random.ts';
import { type Fault, FaultPage, MARK_FD, readTrace, recorderLibrary } from './disk-recorder.ts';
import { LINK_MAX_SIZE, maxSizeOf } from './power-content.ts';
import { linkJudge, writerJudge } from './power-judges.ts';
import { newTally, playLife, type Tally } from './power-life.ts';

export interface PlayerNews {
  readonly done: number;
  /** With the last one. */
  readonly tally?: Tally;
}

const STEPS = 250;
const LINK_MS = 2_500;
/** Many lives in part tell more than few lives whole. */
const SHARE = 0.15;
const LINK_SHARE = 0.4;
const TELL_EVERY = 200;
/** Of so many lives one is the north side's, one has a disk whose sync fails. */
const ROUND = 6;

const [, , first = '', stride = '', states = ''] = process.argv;
const root = mkdtempSync('/dev/shm/power-');
const tally = newTally();
let done = 0;
const isEnough = () => done >= Number(states);

try {
  for (let life = 0; !isEnough(); life++)
    await oneLife(Number(first) + life * Number(stride), life % ROUND);
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.send?.({ done, tally } satisfies PlayerNews);

function count(name: string): void {
  tally.counts[name] = (tally.counts[name] ?? 0) + 1;
}

async function oneLife(seed: number, place: number): Promise<void> {
  const isLink = place === 0;
  const faults = place === 1 ? syncFaults(seed) : [];
  const entries = record(seed, isLink, faults);
  const onAge = (ms: number) => {
    tally.worstAge = Math.max(tally.worstAge, ms);
  };
  const judge = isLink ? linkJudge(onAge) : writerJudge();
  count('lives');
  await playLife({
    seed,
    share: isLink ? LINK_SHARE : SHARE,
    entries,
    folder: join(root, 'state'),
    maxSize: isLink ? LINK_MAX_SIZE : maxSizeOf(seed),
    judge,
    name: isLink ? 'north side, ' : faults.length > 0 ? 'a sync failed, ' : '',
    tally,
    onState() {
      if (++done % TELL_EVERY === 0) process.send?.({ done } satisfies PlayerNews);
      return isEnough();
    },
  });
}

function record(seed: number, isLink: boolean, faults: readonly Fault[]) {
  const folder = join(root, 'life');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const page = new FaultPage(join(root, 'control'));
  page.arm(faults);
  const trace = join(root, 'trace');
  const program = isLink ? 'power-link-writer.ts' : 'power-writer.ts';
  const { status } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, program), folder, String(seed), String(isLink ? LINK_MS : STEPS)],
    {
      // Descriptor 3 takes marks; the recorder keeps them from going anywhere.
      stdio: ['ignore', 'inherit', 'inherit', 'ignore'],
      env: {
        ...process.env,
        LD_PRELOAD: recorderLibrary(),
        DISK_FOLDER: folder,
        DISK_TRACE: trace,
        DISK_CONTROL: page.path,
        DISK_MARK_FD: String(MARK_FD),
      },
    },
  );
  page.close();
  if (status !== 0) throw new Error(`${program} with seed ${seed} ended with ${status}`);
  return readTrace(trace);
}

/** Twice in a life syncs fail: one, or with it those that follow, as where the file is closed. */
function syncFaults(seed: number): readonly Fault[] {
  const random = seededRandom(seed);
  const after = () => 20 + Math.floor(random() * 300);
  const times = () => 1 + Math.floor(random() * 4);
  const error = constants.errno.EIO;
  return [
    { kind: 'sync', after: after(), times: times(), error },
    { kind: 'sync', after: after(), times: times(), error },
  ];
}
