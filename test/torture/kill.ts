/**
 * `kill`: the real north side, worker, journal, forwarder and Mosquitto, killed at any moment of its life under 5,000
 * samples a second, and after each kill held against what it had said.
 */
import { startMosquitto } from '../support/mosquitto.ts';
import type { Attack, AttackReport, Law } from './attack.ts';
import type { KillCounts } from './kill-account.ts';
import { bundledVictim } from './kill-bundle.ts';
import { KillLane } from './kill-lane.ts';
import { MOMENTS } from './kill-moments.ts';
import { noneOf } from './laws.ts';
import { grouped, inSeconds, spreadOf } from './spread.ts';

/** Two journals side by side: while one victim starts, the other is looked at. */
const LANES = 2;
const PROGRESS_MS = 1_000;
const FAILURES_MAX = 10;
const READY_WITHIN_MS = 3_000;
const LOSS_WITHIN_MS = 1_000;

export const killAttack: Attack = {
  name: 'kill',
  title:
    'kill -9 of the north side at 5,000 samples a second: while it opens, checks, commits, checkpoints, removes, stops',
  limits:
    'The kernel lives on, so what was written and not synced survives; power cuts are another attack. The journal is kept at 1 MiB, so that checkpoints and retention meet every kill.',
  few: 1_000,
  many: 10_000,
  async run({ seed, count, progress }) {
    const victim = await bundledVictim();
    const broker = await startMosquitto();
    const lanes = Array.from(
      { length: LANES },
      (_, i) => new KillLane({ name: `kill-${i}`, seed: seed + i, url: broker.url, victim }),
    );
    let begun = 0;
    let done = 0;
    const told = setInterval(() => progress(done, count), PROGRESS_MS);
    try {
      await Promise.all(
        lanes.map(async (lane) => {
          await lane.open();
          while (begun < count) {
            begun++;
            await lane.kill();
            done++;
          }
          await lane.settle();
        }),
      );
      return reportOf(lanes, count);
    } finally {
      clearInterval(told);
      for (const lane of lanes) await lane.dispose();
      await broker.dispose();
    }
  },
};

function reportOf(lanes: readonly KillLane[], count: number): AttackReport {
  const sum = (of: (lane: KillLane) => number) =>
    lanes.reduce((total, lane) => total + of(lane), 0);
  const counted = (name: keyof KillCounts) => sum(({ account }) => account.counts[name]);
  const moments = MOMENTS.map((moment): [string, number] => [
    `kills ${moment}`,
    sum(({ kills }) => kills.get(moment) ?? 0),
  ]);
  const failures = lanes.flatMap(({ account, mistakes }) => [
    ...mistakes,
    ...account.contradictions,
  ]);
  return {
    counts: {
      kills: count,
      ...Object.fromEntries(moments),
      'stopped before the kill': sum(({ endedBefore }) => endedBefore),
      'stops in order between': sum(({ stops }) => stops),
      'samples handed over': counted('handed'),
      'samples declared stored': counted('declared'),
      'samples stored': counted('stored'),
      'samples delivered': counted('delivered'),
      blocks: counted('blocks'),
      'blocks stored, their commit untold': counted('blocksUntold'),
      'messages repeated, dropped by their key': sum(({ repeats }) => repeats),
    },
    laws: lawsOf(lanes, sum, counted, failures.length),
    failures: failures.slice(0, FAILURES_MAX),
  };
}

function lawsOf(
  lanes: readonly KillLane[],
  sum: (of: (lane: KillLane) => number) => number,
  counted: (name: keyof KillCounts) => number,
  mistakes: number,
): readonly Law[] {
  const stored = `${grouped(counted('stored'))} samples`;
  const ready = spreadOf(lanes.flatMap(({ firstDurableMs }) => firstDurableMs));
  const losses = lanes.flatMap((lane) => lane.losses);
  const age = spreadOf(losses.map(({ ageMs }) => ageMs));
  const lost = spreadOf(losses.map(({ samples }) => samples));
  const beyond = spreadOf(lanes.flatMap(({ beyondWindowMs }) => beyondWindowMs));
  return [
    noneOf(
      'what was declared stored is in the journal after the kill',
      counted('declaredLost'),
      `${grouped(counted('declared'))} samples`,
    ),
    noneOf('no sample is stored twice', counted('storedTwice'), stored),
    noneOf(
      'what is stored is whole: tag, value, quality, time',
      counted('wrong') + counted('fromNowhere'),
      stored,
    ),
    noneOf(
      'seqs have no holes and no gaps',
      counted('holes') + counted('gaps'),
      `${grouped(counted('blocks'))} blocks`,
    ),
    noneOf('what is stored is delivered', counted('deliveredLost'), stored),
    noneOf(
      'nothing is delivered twice after (epoch, seq, part)',
      counted('deliveredTwice'),
      `${grouped(counted('delivered'))} samples`,
    ),
    noneOf(
      'the journal opens, with its epoch, and is not set aside',
      sum(({ failedOpens }) => failedOpens),
      `${grouped(sum(({ opens }) => opens))} opens`,
    ),
    noneOf('nothing else went wrong', mistakes, `${grouped(sum(({ looks }) => looks))} kills`),
    {
      promise: 'from the start of the process to the first new sample that is durable',
      found: inSeconds(ready),
      goal: `p99 ≤ ${READY_WITHIN_MS / 1000} s`,
      holds: ready.p99 > 0 && ready.p99 <= READY_WITHIN_MS,
    },
    {
      promise: 'a kill costs no more than a second of samples; loss windows of 50 to 500 ms',
      found: `age ${inSeconds(age)}; samples p50 ${lost.p50}, p99 ${lost.p99}, max ${lost.max}; beyond the window max ${Math.round(beyond.max)} ms`,
      goal: `p99 ≤ ${LOSS_WITHIN_MS / 1000} s`,
      holds: age.p99 <= LOSS_WITHIN_MS,
    },
  ];
}
