/** An OPC UA server by open62541, compiled for the test, in a process of its own that can be killed and comes back. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './field-peer.ts';
import { until } from './waiting.ts';

/** Where test/support/peers/fetch-open62541 puts library and headers. */
const LIBRARY = join(
  process.env.HEADGATE_PEERS ?? join(homedir(), '.cache', 'headgate'),
  'open62541',
  'usr',
);

/** What has to be there; for `describeWith`. */
export const OPEN62541_PARTS = ['gcc', join(LIBRARY, 'include', 'open62541', 'server.h')];

/** Its namespaces. */
export const VALUES = 'http://example.org/values/';
export const COUNTERS = 'http://example.org/counters/';

/** What the server said, oldest first; see peers/open62541-server.c. */
export interface Said {
  readonly sessions?: number;
  readonly ever?: number;
  readonly fast?: number;
  readonly slow?: number;
  /** The node that was written, or the method that was called, with `value`. */
  readonly write?: string;
  readonly call?: string;
  /** OPC 10000-6 §5.4: type and body. */
  readonly value?: { readonly Type: number; readonly Body: unknown };
}

export interface ServerOptions {
  /** With Basic256Sha256 and Aes256_Sha256_RsaPss besides None. */
  readonly isSecure?: boolean;
}

export interface Open62541 {
  readonly port: number;
  readonly url: string;
  /** Of the process that runs, or ran last. */
  readonly said: readonly Said[];
  /** The most sessions that any of its processes had at once. */
  readonly mostSessions: number;
  /** Starts it, with its namespaces under other numbers if told so. */
  start(options?: { readonly isReshuffled?: boolean }): Promise<void>;
  /** SIGKILL: nobody is told. */
  kill(): Promise<void>;
  /** Stands still without ending: SIGSTOP. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function open62541({ isSecure = false }: ServerOptions = {}): Promise<Open62541> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-open62541-'));
  const program = compiled(folder);
  const port = await freePort();
  let process: ChildProcess | undefined;
  let said: Said[] = [];
  let mostSessions = 0;
  const kill = async () => {
    const running = process;
    process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  };
  return {
    port,
    url: `opc.tcp://127.0.0.1:${port}`,
    get said() {
      return said;
    },
    get mostSessions() {
      return mostSessions;
    },
    async start({ isReshuffled = false } = {}) {
      const own: Said[] = [];
      const options = [...(isSecure ? ['--secure'] : []), ...(isReshuffled ? ['--reshuffle'] : [])];
      const started = spawn(program, [String(port), ...options], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      process = started;
      said = own;
      let isReady = false;
      createInterface({ input: started.stdout }).on('line', (line) => {
        if (line === 'ready') isReady = true;
        if (!line.startsWith('{')) return;
        const news: Said = JSON.parse(line);
        own.push(news);
        mostSessions = Math.max(mostSessions, news.sessions ?? 0);
      });
      await until('the server', () => isReady || started.exitCode !== null);
      if (started.exitCode !== null) throw new Error(`open62541 ended with ${started.exitCode}`);
    },
    kill,
    freeze: () => void process?.kill('SIGSTOP'),
    thaw: () => void process?.kill('SIGCONT'),
    async close() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server's program; its library is found where it lies. */
function compiled(folder: string): string {
  const program = join(folder, 'server');
  const source = join(import.meta.dirname, 'peers', 'open62541-server.c');
  const kind = execFileSync('gcc', ['-print-multiarch'], { encoding: 'utf8' }).trim();
  const libraries = join(LIBRARY, 'lib', kind);
  execFileSync('gcc', [
    ...['-O1', '-Wall', '-Wextra', '-Werror', '-isystem', join(LIBRARY, 'include'), source],
    ...['-o', program, `-L${libraries}`, `-Wl,-rpath,${libraries}`, '-Wl,--disable-new-dtags'],
    ...['-Wl,--allow-shlib-undefined', '-lopen62541'],
  ]);
  return program;
}
