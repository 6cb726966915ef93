/** `headgate run` as a process of its own, started as the launcher starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import allocator from '../../bin/node-environment.json' with { type: 'json' };
import flags from '../../bin/node-flags.json' with { type: 'json' };
import type { GatewayStatus } from '../../gateway/cli/status.ts';
import { ask, socketPath } from '../../gateway/health/control-socket.ts';
import { systemClock } from '../../gateway/host/clock.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ARGUMENTS = [...flags, join(ROOT, 'gateway', 'main.ts')];

export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Daemon {
  readonly folder: string;
  /** Every line of the present and of former processes. */
  readonly lines: readonly LogLine[];
  /** Resolves when a line passes the test, now or later; rejects when the process ends before. */
  line(passes: (line: LogLine) => boolean): Promise<LogLine>;
  /** Resolves with the daemon's `gateway.started`. */
  start(): Promise<void>;
  status(): Promise<GatewayStatus>;
  /** Of the present process. */
  pid(): number;
  /** In the Prometheus text format. */
  metrics(): Promise<string>;
  /** The latest sample of a tag, as the control socket prints it. */
  latest(tag: string): Promise<{ readonly value: unknown; readonly quality: string } | undefined>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  dispose(): Promise<void>;
}

export interface DaemonOptions {
  /** The site's YAML; its journal belongs at `./data/journal.db`. */
  readonly site: string;
  readonly log?: 'debug' | 'info';
  readonly environment?: NodeJS.ProcessEnv;
  /** Each log line as it comes. */
  readonly onLine?: (line: LogLine) => void;
  /** Each process, as soon as there is one. */
  readonly onSpawn?: (pid: number) => void;
}

export function daemon(options: DaemonOptions): Daemon {
  const { site, log = 'info', environment, onLine, onSpawn } = options;
  const folder = mkdtempSync(join(tmpdir(), 'headgate-daemon-'));
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, site);
  const socket = socketPath(join(folder, 'data', 'journal.db'));
  const lines: LogLine[] = [];
  const watchers = new Set<(line: LogLine | undefined) => void>();
  let child: ChildProcess | undefined;

  const take = (text: string) => {
    if (!text.startsWith('{')) {
      lines.push({ event: 'text', text });
      return;
    }
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    onLine?.(line);
    for (const watcher of watchers) watcher(line);
  };
  const next = (passes: (line: LogLine) => boolean, from: number) =>
    new Promise<LogLine>((resolve, reject) => {
      const known = lines.slice(from).find(passes);
      if (known) {
        resolve(known);
        return;
      }
      const watcher = (line: LogLine | undefined) => {
        if (line && !passes(line)) return;
        watchers.delete(watcher);
        if (line) resolve(line);
        else reject(new Error(`the daemon ended: ${JSON.stringify(lines.slice(-5))}`));
      };
      watchers.add(watcher);
    });
  const end = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return null;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
    return running.exitCode;
  };
  return {
    folder,
    lines,
    line: (passes) => next(passes, 0),
    async start() {
      const from = lines.length;
      const started = spawn(process.execPath, [...ARGUMENTS, 'run', file, '--log', log], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          ...environment,
          NODE_COMPILE_CACHE: join(ROOT, 'node_modules', '.cache', 'headgate'),
          ...allocator,
        },
      });
      child = started;
      if (started.pid !== undefined) onSpawn?.(started.pid);
      createInterface({ input: started.stderr }).on('line', take);
      started.once('exit', () => {
        for (const watcher of watchers) watcher(undefined);
      });
      await next((line) => line.event === 'gateway.started', from);
    },
    status: async () => (await ask(socket, 'status', systemClock())) as GatewayStatus,
    pid: () => child?.pid ?? 0,
    metrics: async () => String(await ask(socket, 'metrics', systemClock())),
    latest: async (tag) => {
      const image = (await ask(socket, 'image', systemClock())) as readonly {
        readonly tag: string;
        readonly value: unknown;
        readonly quality: string;
      }[];
      return image.find((sample) => sample.tag === tag);
    },
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    async dispose() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
