/**
 * `cpu_us_per_sample_e2e`: processor time of the whole gateway process for each sample on its way from Modbus TCP
 * through the journal on disk to the broker's acknowledgement. Beside it a bare loop without a journal.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BareLoopOrder, BareLoopReport } from './bare-loop-process.ts';
import { type Bench, byTurns, median, rounded } from './figure.ts';
import { cpuMicros } from './process-facts.ts';
import { backlog, lateness, monotonicMs, pause, startRig, withDaemon } from './rig.ts';
import type { SiteShape } from './site.ts';

const SHAPE: SiteShape = {
  units: 10,
  tagsPerUnit: 1_000,
  scan: '1s',
  lossWindow: '1s',
  decimals: false,
  periodMs: 60_000,
};
const TAGS_PER_SECOND = SHAPE.units * SHAPE.tagsPerUnit;
const RUNS = 3;
/** Of both: what is called ten times a second is compiled once it has run for minutes, and then never again. */
const WARM_UP_MS = 150_000;
const MEASURED_MS = 30_000;
const GOAL_RATIO = 1.6;
/** Samples that may be missing from the count at either end of a run: one second. */
const EDGE = TAGS_PER_SECOND;
/** Blocks under way when the books are read. */
const BLOCKS_UNDER_WAY = 3;

interface Run {
  readonly microsPerSample: number;
  readonly samples: number;
  readonly lag: readonly string[];
}

export const cpuPerSample: Bench = {
  name: 'cpu_us_per_sample_e2e',
  async run(print, note) {
    note(
      `cpu_us_per_sample_e2e: ${TAGS_PER_SECOND} tags a second, ${RUNS} runs by turns, 19 min …`,
    );
    const { values, baselines } = await byTurns(RUNS, gateway, bareLoop);
    const value = median(values.map(({ microsPerSample }) => microsPerSample));
    const baseline = median(baselines.map(({ microsPerSample }) => microsPerSample));
    const lag = values.flatMap((run) => run.lag);
    print({
      figure: 'cpu_us_per_sample_e2e',
      value: rounded(value, 2),
      unit: 'µs of processor time a sample',
      baseline: rounded(baseline, 2),
      ratio: rounded(value / baseline),
      goal: GOAL_RATIO,
      ok: value / baseline <= GOAL_RATIO && lag.length === 0,
      detail: {
        goal_is_for: 'ratio',
        runs: values.map(({ microsPerSample }) => rounded(microsPerSample, 2)),
        baseline_runs: baselines.map(({ microsPerSample }) => rounded(microsPerSample, 2)),
        samples: values.map(({ samples }) => samples),
        baseline_samples: baselines.map(({ samples }) => samples),
        lag,
      },
    });
  },
};

const gateway = (): Promise<Run> =>
  withDaemon(SHAPE, async (daemon) => {
    await pause(WARM_UP_MS);
    const cpuBefore = cpuMicros(daemon.pid);
    const before = await daemon.status();
    await pause(MEASURED_MS);
    const cpu = cpuMicros(daemon.pid) - cpuBefore;
    const after = await daemon.status();
    const samples = after.north.journal.samples - before.north.journal.samples;
    const stored = after.north.journal.head - before.north.journal.head;
    const acknowledged =
      (after.north.uplinks[0]?.acknowledged ?? 0) - (before.north.uplinks[0]?.acknowledged ?? 0);
    const lag = [...lateness(after), ...backlog(after)];
    if (Math.abs(stored - acknowledged) > BLOCKS_UNDER_WAY)
      lag.push(`${stored} blocks stored, ${acknowledged} acknowledged`);
    if (samples < (TAGS_PER_SECOND * MEASURED_MS) / 1000 - EDGE) lag.push(`${samples} samples`);
    return { microsPerSample: cpu / samples, samples, lag };
  });

async function bareLoop(): Promise<Run> {
  const rig = await startRig(SHAPE);
  const order: BareLoopOrder = {
    shape: SHAPE,
    modbusPort: rig.modbusPort,
    brokerUrl: rig.broker.url,
  };
  const loop = fork(join(import.meta.dirname, 'bare-loop-process.ts'), [JSON.stringify(order)]);
  try {
    const pid = loop.pid ?? 0;
    await reported(loop, 'ready');
    await pause(WARM_UP_MS);
    const cpuBefore = cpuMicros(pid);
    const before = await acknowledgedBy(loop);
    const started = monotonicMs();
    await pause(MEASURED_MS);
    const cpu = cpuMicros(pid) - cpuBefore;
    const samples = (await acknowledgedBy(loop)) - before;
    const expected = (TAGS_PER_SECOND * (monotonicMs() - started)) / 1000;
    if (samples < expected - EDGE) throw new Error(`the bare loop does not keep up: ${samples}`);
    return { microsPerSample: cpu / samples, samples, lag: [] };
  } finally {
    loop.kill();
    await rig.end();
  }
}

async function acknowledgedBy(loop: ChildProcess): Promise<number> {
  loop.send('acknowledged?');
  return (await reported(loop, 'acknowledged')).samples;
}

async function reported<K extends BareLoopReport['kind']>(
  loop: ChildProcess,
  kind: K,
): Promise<Extract<BareLoopReport, { kind: K }>> {
  for (;;) {
    const [message] = (await once(loop, 'message')) as [BareLoopReport];
    if (message.kind === kind) return message as Extract<BareLoopReport, { kind: K }>;
  }
}
