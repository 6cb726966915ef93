/**
 * `meters_punctual_2000`, `meters_cpu_2000`: the kit four-meter-building twenty times in one gateway, 2,000 meters on 64 lines
 * of 2400 baud, beside the kit once, both at the same time on the same machine. The lines are simulated in other processes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { GatewayStatus } from '../../gateway/cli/status.ts';
import type { BuildingFieldReport } from './building-field-process.ts';
import { type BuildingsShape, lineNames, METERS_OF_ONE, writeBuildings } from './building-site.ts';
import { type Bench, median, rounded } from './figure.ts';
import { cpuMicros, memoryMb } from './process-facts.ts';
import { backlog, type Daemon, monotonicMs, pause, withGateway } from './rig.ts';
import { benchFolder } from './site.ts';

const MANY: BuildingsShape = { id: 'bench-many', buildings: 20, extraLines: 4 };
const ONE: BuildingsShape = { id: 'bench-one', buildings: 1, extraLines: 0 };
const RUNS = 3;
const WARM_UP_MS = 150_000;
/** Two intervals, which stand for half an hour. */
const MEASURED_MS = 240_000;
const GOAL_PUNCTUAL = 0.99;
const GOAL_RATIO = 1.1;

interface Run {
  readonly punctual: number;
  /** Milliseconds of processor time for each meter in a minute. */
  readonly cpuPerMeter: number;
  /** Share of a core. */
  readonly cpu: number;
  readonly rss: number;
  readonly polls: number;
  readonly lag: readonly string[];
}

export const meters: Bench = {
  name: 'meters_2000',
  async run(print, note) {
    const lines = lineNames(MANY).length;
    note(`meters_2000: ${MANY.buildings * METERS_OF_ONE} meters, ${lines} lines, 15 min …`);
    const runs = await measured();
    const many = runs.map(([of]) => of);
    const one = runs.map(([, of]) => of);
    const of = (all: readonly Run[], pick: (run: Run) => number) => median(all.map(pick));
    const lag = many.flatMap((run) => run.lag);
    const facts = (pick: (run: Run) => number, digits: number) => ({
      runs: many.map((run) => rounded(pick(run), digits)),
      baseline_runs: one.map((run) => rounded(pick(run), digits)),
    });
    const [value, baseline] = [many, one].map((all) => of(all, ({ punctual }) => punctual)) as [
      number,
      number,
    ];
    print({
      figure: 'meters_punctual_2000',
      value: rounded(value, 4),
      unit: 'share of polls within half of their interval',
      baseline: rounded(baseline, 4),
      ratio: rounded(value / baseline),
      goal: GOAL_PUNCTUAL,
      ok: value >= GOAL_PUNCTUAL && lag.length === 0,
      detail: {
        ...{ goal_is_for: 'value', lines },
        ...facts(({ punctual }) => punctual, 4),
        polls: many.map(({ polls }) => polls),
        lag,
      },
    });
    const [cpu, cpuOfOne] = [many, one].map((all) => of(all, (run) => run.cpuPerMeter)) as [
      number,
      number,
    ];
    print({
      figure: 'meters_cpu_2000',
      value: rounded(cpu, 2),
      unit: 'ms of processor time a meter and minute',
      baseline: rounded(cpuOfOne, 2),
      ratio: rounded(cpu / cpuOfOne),
      goal: GOAL_RATIO,
      ok: cpu / cpuOfOne <= GOAL_RATIO && lag.length === 0,
      detail: {
        goal_is_for: 'ratio',
        ...facts(({ cpuPerMeter }) => cpuPerMeter, 2),
        share_of_core: many.map((run) => rounded(run.cpu)),
        share_of_core_100: one.map((run) => rounded(run.cpu)),
        rss_mb: rounded(
          of(many, ({ rss }) => rss),
          1,
        ),
        rss_mb_100: rounded(
          of(one, ({ rss }) => rss),
          1,
        ),
        lag,
      },
    });
  },
};

/** Both gateways in the same minutes. */
async function measured(): Promise<readonly (readonly [many: Run, one: Run])[]> {
  const [many, one] = await Promise.all([MANY, ONE].map(startField));
  if (!many || !one) throw new Error('no field');
  try {
    return await withGateway(many.write, (large) =>
      withGateway(one.write, async (small) => {
        await pause(WARM_UP_MS);
        const runs: (readonly [Run, Run])[] = [];
        for (let run = 0; run < RUNS; run++)
          runs.push(await Promise.all([runOf(large, MANY), runOf(small, ONE)]));
        return runs;
      }),
    );
  } finally {
    for (const { process } of [many, one]) process.kill();
  }
}

async function runOf(daemon: Daemon, { buildings }: BuildingsShape): Promise<Run> {
  const [before, cpuBefore, began] = [await daemon.status(), cpuMicros(daemon.pid), monotonicMs()];
  await pause(MEASURED_MS);
  const [cpu, elapsed] = [cpuMicros(daemon.pid) - cpuBefore, monotonicMs() - began];
  const after = await daemon.status();
  const polls = after.polls.polls - before.polls.polls;
  const meters = buildings * METERS_OF_ONE;
  return {
    punctual: 1 - (after.polls.late - before.polls.late) / polls,
    cpuPerMeter: cpu / 1_000 / meters / (elapsed / 60_000),
    cpu: cpu / 1_000 / elapsed,
    rss: memoryMb(daemon.pid).rss,
    polls,
    lag: [...overruns(before, after), ...backlog(after)],
  };
}

const overruns = (before: GatewayStatus, after: GatewayStatus): readonly string[] => {
  const more = after.polls.overruns - before.polls.overruns;
  return more > 0 ? [`${more} overruns`] : [];
};

interface Field {
  readonly process: ChildProcess;
  readonly write: (folder: string, mqtt: number) => void;
}

/** The ports are known when the lines listen; so the site is written for the simulator first. */
async function startField(shape: BuildingsShape): Promise<Field> {
  const draft = benchFolder();
  const places = lineNames(shape);
  writeBuildings(draft.path, shape, { mqtt: 1, line: (name) => 1 + places.indexOf(name) });
  const process = fork(join(import.meta.dirname, 'building-field-process.ts'), [draft.path]);
  const [ports] = (await once(process, 'message')) as [BuildingFieldReport];
  draft.remove();
  const line = (name: string) => ports[name] ?? 0;
  return { process, write: (folder, mqtt) => writeBuildings(folder, shape, { mqtt, line }) };
}
