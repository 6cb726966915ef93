/**
 * A serial device made of a pseudo terminal: socat carries its bytes to a line served over TCP. The
 * terminal takes any baud rate and parity; what they cost is the line's business.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { lstat, readlink } from 'node:fs/promises';
import { GatewayError, reasonOf } from '../gateway/model/errors.ts';
import type { Listener } from './listener.ts';

export interface SimulatedPort {
  /** The device file, a link made by socat. */
  readonly path: string;
  /** The device file vanishes, as when a USB adapter is pulled. */
  unplug(): Promise<void>;
  /** It comes back under the same name. */
  plug(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** What socat reports on standard error once the terminal exists and the far side is connected. */
const READY = 'starting data transfer loop';
const LOG_LIMIT = 10_000;

/** Opens the port; rejects with `sim.serial-there`, `sim.socat-missing` or `sim.serial-failed`. */
export async function openSerialPort(path: string, line: Listener): Promise<SimulatedPort> {
  let plugged: Plugged | undefined;
  const unplug = async () => {
    const gone = plugged;
    plugged = undefined;
    await gone?.pull();
  };
  const plug = async () => {
    plugged ??= await bridge(path, line);
  };
  await plug();
  return { path, plug, unplug, stop: unplug };
}

interface Plugged {
  pull(): Promise<void>;
}

async function bridge(path: string, line: Listener): Promise<Plugged> {
  await requireFree(path);
  const child = spawn(
    'socat',
    ['-d', '-d', `pty,raw,echo=0,link=${path}`, `tcp:${line.host}:${line.port},nodelay`],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await ready(child, path);
  return {
    async pull() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** socat removes what stands at the path of its link, and a port of this machine would be gone until it starts anew. */
async function requireFree(path: string): Promise<void> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  const target = await readlink(path).catch(() => '');
  // What an earlier simulation left behind when it was killed.
  if (isThere && !target.startsWith('/dev/pts/'))
    throw new GatewayError('sim.serial-there', { path });
}

function ready(child: ChildProcess, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_LIMIT);
      if (log.includes(READY)) resolve();
    });
    child.once('close', () =>
      reject(new GatewayError('sim.serial-failed', { path, reason: lastLine(log) })),
    );
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'ENOENT' ? 'sim.socat-missing' : 'sim.serial-failed';
      reject(new GatewayError(code, { path, reason: reasonOf(cause) }, cause));
    });
  });
}

const lastLine = (log: string): string => log.trimEnd().split('\n').at(-1) ?? '';
