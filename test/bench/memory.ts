/**
 * `rss_mb_1000`, `rss_mb_10000`: resident memory of the gateway process after half a minute at that many tags a second,
 * with everything connected. Beside it a Node that does nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Bench, byTurns, median, rounded } from './figure.ts';
import { memoryMb } from './process-facts.ts';
import { backlog, lateness, pause, withDaemon } from './rig.ts';

const RUNS = 3;
const TAGS_PER_UNIT = 1_000;
const MEASURED_AFTER_MS = 30_000;
const BARE_AFTER_MS = 2_000;

const memoryBench = (tags: number, goal: number): Bench => ({
  name: `rss_mb_${tags}`,
  async run(print, note) {
    note(`rss_mb_${tags}: ${RUNS} runs by turns, 2 min …`);
    const { values, baselines } = await byTurns(RUNS, () => gateway(tags), bareNode);
    const value = median(values.map(({ rss }) => rss));
    const baseline = median(baselines);
    const lag = values.flatMap((run) => run.lag);
    print({
      figure: `rss_mb_${tags}`,
      value: rounded(value, 1),
      unit: 'MB of 2^20 bytes',
      baseline: rounded(baseline, 1),
      ratio: rounded(value / baseline),
      goal,
      ok: value <= goal && lag.length === 0,
      detail: {
        goal_is_for: 'value',
        runs: values.map(({ rss }) => rounded(rss, 1)),
        peaks: values.map(({ peak }) => rounded(peak, 1)),
        baseline_runs: baselines.map((rss) => rounded(rss, 1)),
        lag,
      },
    });
  },
});

export const memoryBenches: readonly Bench[] = [memoryBench(1_000, 120), memoryBench(10_000, 200)];

const gateway = (tags: number) =>
  withDaemon(
    {
      units: tags / TAGS_PER_UNIT,
      tagsPerUnit: TAGS_PER_UNIT,
      scan: '1s',
      lossWindow: '1s',
      decimals: false,
      periodMs: 60_000,
    },
    async (daemon) => {
      await pause(MEASURED_AFTER_MS);
      const memory = memoryMb(daemon.pid);
      const status = await daemon.status();
      return { ...memory, lag: [...lateness(status), ...backlog(status)] };
    },
  );

async function bareNode(): Promise<number> {
  const node = spawn(process.execPath, ['-e', 'setInterval(()=>{},1e3)'], { stdio: 'ignore' });
  try {
    await pause(BARE_AFTER_MS);
    return memoryMb(node.pid ?? 0).rss;
  } finally {
    const exit = once(node, 'exit');
    node.kill();
    await exit;
  }
}
