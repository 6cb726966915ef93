/**
 * `opcua_cpu_us_per_change`: processor time of the whole gateway process for each value change of an OPC UA server on its
 * way through the journal on disk to the broker. Beside it node-opcua's own client that does only the subscription.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Bench, byTurns, median, rounded } from './figure.ts';
import type { OpcuaBareOrder, OpcuaBareReport } from './opcua-bare-process.ts';
import type { OpcuaServerReport } from './opcua-server-process.ts';
import { changesPerSecond, type OpcuaShape, writeOpcuaSite } from './opcua-site.ts';
import { cpuMicros } from './process-facts.ts';
import { backlog, pause, withGateway } from './rig.ts';

const SHAPE: OpcuaShape = { slow: 1_000, fast: 100 };
const RUNS = 3;
const WARM_UP_MS = 15_000;
const MEASURED_MS = 20_000;
const GOAL_RATIO = 1.3;
/** A change may fall together with the next one where the server looks as often as it changes. */
const FEWEST = 0.85;

interface Run {
  readonly microsPerChange: number;
  readonly changes: number;
  readonly lag: readonly string[];
}

export const opcuaCpu: Bench = {
  name: 'opcua_cpu_us_per_change',
  async run(print, note) {
    const rate = changesPerSecond(SHAPE);
    note(`opcua_cpu_us_per_change: ${rate} changes a second, ${RUNS} runs by turns, 4 min …`);
    const { values, baselines } = await byTurns(RUNS, gateway, bareClient);
    const value = median(values.map(({ microsPerChange }) => microsPerChange));
    const baseline = median(baselines.map(({ microsPerChange }) => microsPerChange));
    const lag = values.flatMap((run) => run.lag);
    print({
      figure: 'opcua_cpu_us_per_change',
      value: rounded(value, 2),
      unit: 'µs of processor time a change',
      baseline: rounded(baseline, 2),
      ratio: rounded(value / baseline),
      goal: GOAL_RATIO,
      ok: value / baseline <= GOAL_RATIO && lag.length === 0,
      detail: {
        goal_is_for: 'ratio',
        runs: values.map(({ microsPerChange }) => rounded(microsPerChange, 2)),
        baseline_runs: baselines.map(({ microsPerChange }) => rounded(microsPerChange, 2)),
        changes: values.map(({ changes }) => changes),
        baseline_changes: baselines.map(({ changes }) => changes),
        lag,
      },
    });
  },
};

const gateway = (): Promise<Run> =>
  withServer((url) =>
    withGateway(
      (folder, mqtt) => writeOpcuaSite(folder, SHAPE, { url, mqtt }),
      async (daemon) => {
        await pause(WARM_UP_MS);
        const cpuBefore = cpuMicros(daemon.pid);
        const before = await daemon.status();
        await pause(MEASURED_MS);
        const cpu = cpuMicros(daemon.pid) - cpuBefore;
        const after = await daemon.status();
        const changes = after.north.journal.samples - before.north.journal.samples;
        return {
          microsPerChange: cpu / changes,
          changes,
          lag: [...backlog(after), ...few(changes)],
        };
      },
    ),
  );

const bareClient = (): Promise<Run> =>
  withServer(async (url) => {
    const order: OpcuaBareOrder = { shape: SHAPE, url };
    const client = fork(join(import.meta.dirname, 'opcua-bare-process.ts'), [
      JSON.stringify(order),
    ]);
    try {
      await reported<OpcuaBareReport, 'ready'>(client, 'ready');
      await pause(WARM_UP_MS);
      const pid = client.pid ?? 0;
      const cpuBefore = cpuMicros(pid);
      const before = await changesOf(client);
      await pause(MEASURED_MS);
      const cpu = cpuMicros(pid) - cpuBefore;
      const changes = (await changesOf(client)) - before;
      if (few(changes).length > 0) throw new Error(`the bare client got ${changes} changes`);
      return { microsPerChange: cpu / changes, changes, lag: [] };
    } finally {
      client.kill();
    }
  });

const few = (changes: number): readonly string[] =>
  changes < (FEWEST * changesPerSecond(SHAPE) * MEASURED_MS) / 1000 ? [`${changes} changes`] : [];

async function withServer<T>(use: (url: string) => Promise<T>): Promise<T> {
  const server = fork(join(import.meta.dirname, 'opcua-server-process.ts'), [
    JSON.stringify(SHAPE),
  ]);
  try {
    const { url } = await reported<OpcuaServerReport, 'ready'>(server, 'ready');
    return await use(url);
  } finally {
    server.kill();
  }
}

async function changesOf(client: ChildProcess): Promise<number> {
  client.send('changes?');
  return (await reported<OpcuaBareReport, 'changes'>(client, 'changes')).changes;
}

async function reported<R extends { readonly kind: string }, K extends R['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<R, { kind: K }>> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [R];
    if (message.kind === kind) return message as Extract<R, { kind: K }>;
  }
}
