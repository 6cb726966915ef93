/** The gateway as it is used: the real command in its own process, a simulated field in another, Mosquitto in a third. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayStatus } from '../../gateway/cli/status.ts';
import { ask, socketPath } from '../../gateway/health/control-socket.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import type { FieldReport } from './field-process.ts';
import { childOf } from './process-facts.ts';
import { benchFolder, isInMemory, type SiteShape, writeSite } from './site.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const START_PATIENCE_MS = 60_000;
const STOP_PATIENCE_MS = 20_000;
const RETRY_MS = 50;

export interface Rig {
  readonly folder: string;
  readonly broker: Mosquitto;
  readonly modbusPort: number;
  /** When the field answered its first read, on the clock of `monotonicMs`. */
  readonly firstRead: Promise<number>;
  /** `headgate run`, by its launcher; resolves when it is polling and its uplink is up. */
  start(): Promise<Daemon>;
  /** Ends everything and removes the folder. */
  end(): Promise<void>;
}

export interface Daemon {
  /** The gateway itself, not its launcher. */
  readonly pid: number;
  /** When its launcher was spawned. */
  readonly spawnedAt: number;
  status(): Promise<GatewayStatus>;
}

export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
export const pause = (ms: number): Promise<void> => sleep(ms);

export async function startRig(shape: SiteShape): Promise<Rig> {
  const folder = benchFolder();
  if (isInMemory(folder.path)) console.error(`${folder.path} is in memory, not on a disk`);
  const field = fork(join(import.meta.dirname, 'field-process.ts'), [JSON.stringify(shape)]);
  const { port } = await fieldReported(field, 'ready');
  const firstRead = fieldReported(field, 'first-read').then(({ atMs }) => atMs);
  const broker = await startMosquitto();
  writeSite(folder.path, shape, { modbus: port, mqtt: broker.port });
  let launcher: ChildProcess | undefined;
  return {
    folder: folder.path,
    broker,
    modbusPort: port,
    firstRead,
    start() {
      const launched = launch(folder.path);
      launcher = launched.launcher;
      return launched.daemon;
    },
    async end() {
      if (launcher) await stopped(launcher);
      field.kill();
      await broker.dispose();
      folder.remove();
    },
  };
}

/** Runs `measure` on a rig with a gateway that works, and clears up whatever happens. */
export async function withDaemon<T>(
  shape: SiteShape,
  measure: (daemon: Daemon, rig: Rig) => Promise<T>,
): Promise<T> {
  const rig = await startRig(shape);
  try {
    return await measure(await rig.start(), rig);
  } finally {
    await rig.end();
  }
}

/** The same with a site of the caller's own, and what it adds to the environment; there is no simulated field. */
export async function withGateway<T>(
  write: (folder: string, mqttPort: number) => void,
  measure: (daemon: Daemon) => Promise<T>,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  const folder = benchFolder();
  const broker = await startMosquitto();
  write(folder.path, broker.port);
  const { launcher, daemon } = launch(folder.path, environment);
  try {
    return await measure(await daemon);
  } finally {
    await stopped(launcher);
    await broker.dispose();
    folder.remove();
  }
}

/** What shows that polling does not keep up; nothing when it does. */
export function lateness({ polls }: GatewayStatus): readonly string[] {
  return [
    ...(polls.late > 0 ? [`${polls.late} late polls`] : []),
    ...(polls.overruns > 0 ? [`${polls.overruns} overruns`] : []),
  ];
}

/** What shows that storing and delivering do not keep up; nothing when they do. */
export function backlog({ north, tags }: GatewayStatus): readonly string[] {
  const signs: readonly (readonly [string, boolean])[] = [
    [`${north.link.waiting} samples wait for their commit`, north.link.waiting > 2 * tags],
    [`${north.link.dropped} samples dropped`, north.link.dropped > 0],
    [`${north.journal.gaps} gaps`, north.journal.gaps > 0],
    [`${north.journal.backlogBlocks} blocks not acknowledged`, north.journal.backlogBlocks > 3],
  ];
  return signs.filter(([, is]) => is).map(([sign]) => sign);
}

function launch(
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): {
  readonly launcher: ChildProcess;
  readonly daemon: Promise<Daemon>;
} {
  const spawnedAt = monotonicMs();
  const headgate = join(ROOT, 'bin', 'headgate.mjs');
  const launcher = spawn(process.execPath, [headgate, 'run', folder, '--log', 'warn'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  });
  return { launcher, daemon: running(launcher, folder, spawnedAt) };
}

async function running(launcher: ChildProcess, folder: string, spawnedAt: number): Promise<Daemon> {
  let said = '';
  launcher.stderr?.on('data', (text) => {
    said += text;
  });
  const clock = systemClock();
  const path = socketPath(join(folder, 'journal.db'));
  const status = async () => (await ask(path, 'status', clock)) as GatewayStatus;
  while (monotonicMs() - spawnedAt < START_PATIENCE_MS && launcher.exitCode === null) {
    const now = await status().catch(() => undefined);
    const pid = launcher.pid && childOf(launcher.pid);
    if (pid && now && now.polls.polls > 0 && now.north.uplinks.every((up) => up.state === 'up'))
      return { pid, spawnedAt, status };
    await pause(RETRY_MS);
  }
  throw new Error(`the gateway did not start: ${said}`);
}

async function stopped(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const exit = once(launcher, 'exit');
  const pid = launcher.pid && childOf(launcher.pid);
  launcher.kill('SIGTERM');
  const tooLong = setTimeout(() => {
    if (pid) process.kill(pid, 'SIGKILL');
  }, STOP_PATIENCE_MS);
  await exit;
  clearTimeout(tooLong);
}

async function fieldReported<K extends FieldReport['kind']>(
  field: ChildProcess,
  kind: K,
): Promise<Extract<FieldReport, { kind: K }>> {
  for (;;) {
    const [message] = (await once(field, 'message')) as [FieldReport];
    if (message.kind === kind) return message as Extract<FieldReport, { kind: K }>;
  }
}
