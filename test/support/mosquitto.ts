/** The real broker, Debian's Mosquitto 2, as a child process in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const MOSQUITTO = '/usr/sbin/mosquitto';
const ATTEMPTS_UNTIL_READY = 500;

export interface MosquittoOptions {
  /** Keeps its store in its folder and writes it at every change; without, a kill loses everything. */
  readonly persistence?: boolean;
  /** Further lines of mosquitto.conf; may put files, say certificates, into the broker's folder first. */
  readonly lines?: (directory: string) => readonly string[];
  /** Somewhere else than on the loopback: what goes before its command, and where it is reached from here then. */
  readonly there?: { readonly command: readonly string[]; readonly host: string };
  /** Anonymous clients are allowed unless the lines say otherwise. */
  readonly anonymous?: boolean;
}

export interface Mosquitto {
  readonly port: number;
  readonly url: string;
  /** Its own folder: certificates and ACL files may go there. */
  readonly directory: string;
  /** Starts it on the same port; resolves when it accepts connections. */
  start(): Promise<void>;
  /** As a power cut does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  /** Stops it and removes its folder. */
  dispose(): Promise<void>;
  /** What it wrote so far, for failed tests. */
  output(): string;
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const directory = mkdtempSync(join(tmpdir(), 'headgate-mosquitto-'));
  const port = await freePort();
  const { command, host } = options.there ?? { command: [], host: '127.0.0.1' };
  const config = join(directory, 'mosquitto.conf');
  writeFileSync(config, configText(directory, port, options));
  let child: ChildProcess | undefined;
  let output = '';
  const end = async (signal: NodeJS.Signals) => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const exit = once(running, 'exit');
    running.kill(signal);
    await exit;
  };
  const broker: Mosquitto = {
    port,
    url: `mqtt://${host}:${port}`,
    directory,
    async start() {
      const [program = MOSQUITTO, ...rest] = [...command, MOSQUITTO, '-c', config];
      const started = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.on('data', (text) => {
          output += text;
        });
      await accepting({ host, port }, started, () => output);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async dispose() {
      await end('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
    output: () => output,
  };
  await broker.start();
  return broker;
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  return port;
}

function configText(directory: string, port: number, options: MosquittoOptions): string {
  const { persistence = false, anonymous = true, lines, there } = options;
  return [
    `listener ${port}${there ? '' : ' 127.0.0.1'}`,
    `allow_anonymous ${anonymous}`,
    'user root',
    `persistence ${persistence}`,
    // It drops beyond 1,000 messages that wait for a subscriber, and a busy test is a slow subscriber.
    'max_queued_messages 100000',
    ...(persistence
      ? [`persistence_location ${directory}/`, 'autosave_interval 1', 'autosave_on_changes true']
      : []),
    ...(lines?.(directory) ?? []),
    '',
  ].join('\n');
}

/** Readiness is a connection that is taken, asked for again and again, not an amount of time. */
async function accepting(
  at: { readonly host: string; readonly port: number },
  child: ChildProcess,
  output: () => string,
): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_UNTIL_READY; attempt++) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended: ${output()}`);
    const taken = await new Promise<boolean>((resolve) => {
      const socket = connect(at);
      const answer = (value: boolean) => {
        socket.destroy();
        setTimeout(() => resolve(value), value ? 0 : 10);
      };
      socket.once('connect', () => answer(true));
      socket.once('error', () => answer(false));
    });
    if (taken) return;
  }
  throw new Error(`mosquitto does not accept connections: ${output()}`);
}
