/**
 * `slow-link`: the daemon comes back with a backlog to a broker beyond a line that takes twice, and twenty times, what
 * the plant makes. What is new has to arrive as if there were no backlog, and the backlog gets the rest of the line.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tagId } from '../../gateway/model/sample.ts';
import type { Attack, AttackOrder, AttackReport, Law } from './attack.ts';
import type { BacklogOrder } from './backlog-process.ts';
import { SlowLine } from './slow-line.ts';
import {
  type Change,
  DEVICES,
  deviceName,
  SlowLinkTrial,
  type Stretch,
  TAGS,
  TAGS_PER_DEVICE,
  type TrialFacts,
  UPLINK,
} from './slow-link-trial.ts';
import { grouped, inSeconds } from './spread.ts';
import { startWatchedField, tagName } from './watched-field.ts';

const DELAY_MS = 30;
const JITTER_MS = 10;
const QUEUE_MS = 300;
const CASES = [
  { times: 2, compress: 'none' },
  { times: 20, compress: 'none' },
  { times: 2, compress: 'zstd' },
  { times: 20, compress: 'zstd' },
] as const;
/** So long at most is a drain watched before the line changes: the whole backlog at 20 times, what says enough at 2 times. */
const WATCHED_MS = 1_500_000;
const WATCHED_SHORT_MS = 600_000;
const WATCHED_FEW_MS = 25_000;
const LIVE_P99_MS = 1_000;
const WORSE_AT_MOST = 2;
const SHARE_MIN = 0.85;
const PROGRESS_MS = 1_000;

export const slowLinkAttack: Attack = {
  name: 'slow-link',
  title:
    'the daemon polls 500 tags a second and comes back with a backlog of so many samples to a broker beyond a line that takes 2 and 20 times what is new, which falls to a third and rises again',
  limits: `The lines are network namespaces of one machine with a rate (tbf), ${2 * DELAY_MS} to ${2 * (DELAY_MS + JITTER_MS)} ms of round trip and a queue of ${QUEUE_MS} ms each way, with TCP's cubic; no radio, no loss but that of the full queue. ${DEVICES} devices of ${TAGS_PER_DEVICE} tags, polled together once a second, loss_window 100ms: with the default of 1s everything is up to a second later. At twice the live rate such a backlog takes hours: ${WATCHED_SHORT_MS / 60_000} minutes of it are watched, with all of it in the journal. The broker is Mosquitto with max_inflight_messages 100. Drains are measured from four seconds after the connection. The time of delivery is that from the sample's timestamp to its arrival at a subscriber beyond the line.`,
  few: 500_000,
  many: 10_000_000,
  run,
};

async function run({ seed, count, progress }: AttackOrder): Promise<AttackReport> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-slow-link-'));
  const lines: SlowLine[] = [];
  const trials: SlowLinkTrial[] = [];
  const told = setInterval(() => {
    progress(Math.max(0, ...trials.map(({ drained }) => Math.min(drained, count))), count);
  }, PROGRESS_MS);
  const field = await startWatchedField(TAGS);
  try {
    for (const number of CASES.keys())
      lines.push(
        await SlowLine.of({ number, delay: DELAY_MS, jitter: JITTER_MS, queue: QUEUE_MS }),
      );
    const backlog = join(folder, 'journal.db');
    await fill(backlog, count / TAGS, seed);
    for (const [number, { times, compress }] of CASES.entries()) {
      const line = lines[number] as SlowLine;
      const isShort = count <= slowLinkAttack.few;
      const watchedMs = isShort ? WATCHED_FEW_MS : times === 2 ? WATCHED_SHORT_MS : WATCHED_MS;
      trials.push(
        new SlowLinkTrial({ field, line, times, compress, backlog, samples: count, watchedMs }),
      );
    }
    const facts = await Promise.all(trials.map((trial) => trial.run()));
    return {
      counts: {
        'samples of backlog': count,
        'samples drained': trials.reduce((sum, { drained }) => sum + drained, 0),
        'samples a second': TAGS,
      },
      laws: facts.flatMap(lawsOf),
      failures: [],
    };
  } finally {
    clearInterval(told);
    await Promise.all(trials.map((trial) => trial.dispose()));
    for (const line of lines) line.remove();
    field.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One sample of each tag in a block, and a second between two. */
async function fill(path: string, blocks: number, seed: number): Promise<void> {
  const everyMs = 1_000;
  const order: BacklogOrder = {
    ...{ path, uplink: UPLINK, blocks, everyMs, seed },
    tags: Array.from({ length: TAGS }, (_, tag) =>
      tagId(deviceName(Math.floor(tag / TAGS_PER_DEVICE)), tagName(tag)),
    ),
    from: Date.now() - blocks * everyMs,
  };
  const filler = fork(join(import.meta.dirname, 'backlog-process.ts'), [JSON.stringify(order)]);
  const [code] = await once(filler, 'exit');
  if (code !== 0) throw new Error(`the backlog could not be written: ${code}`);
}

function lawsOf({ times, compress, rate, liveRate, idle, drain, change }: TrialFacts): Law[] {
  const name = `${times} × live${compress === 'none' ? '' : `, ${compress}`}`;
  const kilobytes = (perSecond: number) => `${(perSecond / 1_000).toFixed(1)} KB/s`;
  const shareOf = ({ bytes, ms }: Stretch) =>
    (bytes - (liveRate * ms) / 1_000) / (((rate - liveRate) * ms) / 1_000);
  const shareLaw = (promise: string, stretch: Stretch): Law => {
    const share = shareOf(stretch);
    return {
      promise: `${name}: ${promise}`,
      found: `${(share * 100).toFixed(1)} % of ${kilobytes(rate - liveRate)} beside ${kilobytes(liveRate)}, in ${(stretch.ms / 1_000).toFixed(0)} s; ${grouped(Math.round((stretch.drained * 1_000) / stretch.ms))} samples/s, ${stretch.dropped} frames found the queue full`,
      goal: `≥ ${SHARE_MIN * 100} %`,
      holds: share >= SHARE_MIN,
    };
  };
  // Of a few seconds two or three polls make the p99.
  const isShort = drain.ms < WATCHED_SHORT_MS / 2;
  const most = isShort ? LIVE_P99_MS : Math.min(LIVE_P99_MS, WORSE_AT_MOST * idle.live.p99);
  const liveLaw = (promise: string, stretch: Stretch, goal: number): Law => ({
    promise: `${name}: ${promise}`,
    found: `${inSeconds(stretch.live)}; idle ${inSeconds(idle.live)}`,
    goal: `p99 ≤ ${(goal / 1_000).toFixed(2)} s`,
    holds: stretch.live.p99 <= goal,
  });
  const lost = [idle, drain].reduce((sum, { polled, arrived }) => sum + polled - arrived, 0);
  return [
    liveLaw('delivery of what is new while the backlog drains', drain, most),
    shareLaw('the backlog has the rest of the line', drain),
    {
      promise: `${name}: what is new arrives`,
      found: `${grouped(Math.max(lost, 0))} of ${grouped(idle.polled + drain.polled)} samples missing`,
      goal: `≤ ${grouped(2 * TAGS)}, those of the stretches' edges`,
      holds: lost <= 2 * TAGS,
    },
    ...(change ? changeLaws(change, { liveLaw, shareLaw }) : []),
  ];
}

interface LawMakers {
  readonly liveLaw: (promise: string, stretch: Stretch, goal: number) => Law;
  readonly shareLaw: (promise: string, stretch: Stretch) => Law;
}

const changeLaws = ({ fallen, settled, risen }: Change, { liveLaw, shareLaw }: LawMakers) => [
  liveLaw('delivery of what is new from when the rate falls to a third', fallen, 10 * LIVE_P99_MS),
  liveLaw('the same, but for the first seconds', settled, LIVE_P99_MS),
  shareLaw('the backlog has the rest, seconds after the rate has risen again', risen),
];
