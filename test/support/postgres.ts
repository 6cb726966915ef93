/** A real PostgreSQL, a cluster of its own in a temporary folder, reached over a socket there; root starts it as somebody else. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './waiting.ts';

const VERSIONS = '/usr/lib/postgresql';
const PORT = 5432;

/** The server of the newest version that is installed: what `describeWith` asks for. */
export const POSTGRES = join(VERSIONS, newestVersion(), 'bin', 'postgres');

export interface Postgres {
  readonly url: string;
  start(): Promise<void>;
  /** As a crash does. */
  kill(): Promise<void>;
  dispose(): Promise<void>;
}

export interface PostgresOptions {
  /** What it has committed is on the disk, as where it is used; slower. */
  readonly isDurable?: boolean;
}

export async function startPostgres({
  isDurable = false,
}: PostgresOptions = {}): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-postgres-'));
  const somebody = process.getuid?.() === 0 ? unprivileged() : undefined;
  if (somebody) chownSync(folder, somebody.uid, somebody.gid);
  const data = join(folder, 'data');
  const options = { ...somebody, cwd: '/', stdio: 'pipe' } as const;
  const initdb = ['-D', data, '-U', 'headgate', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  execFileSync(POSTGRES.replace(/postgres$/, 'initdb'), initdb, options);
  let child: ChildProcess | undefined;
  let output = '';
  const postgres: Postgres = {
    url: `postgres://headgate@localhost:${PORT}/postgres?host=${folder}`,
    async start() {
      const fsync = `fsync=${isDurable ? 'on' : 'off'}`;
      const settings = ['listen_addresses=', fsync, 'max_connections=50'];
      const args = settings.flatMap((setting) => ['-c', setting]);
      const started = spawn(POSTGRES, ['-D', data, '-k', folder, ...args], options);
      child = started;
      started.stderr?.on('data', (text) => {
        output += text;
      });
      await until('PostgreSQL', () => {
        if (started.exitCode !== null) throw new Error(`PostgreSQL ended: ${output}`);
        return isAnswering(join(folder, `.s.PGSQL.${PORT}`));
      });
    },
    async kill() {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null || running.signalCode !== null) return;
      const exit = once(running, 'exit');
      running.kill('SIGQUIT');
      await exit;
    },
    async dispose() {
      await postgres.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await postgres.start();
  return postgres;
}

function newestVersion(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  return versions.toSorted((a, b) => Number(b) - Number(a))[0] ?? 'none';
}

function unprivileged(): { readonly uid: number; readonly gid: number } {
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  return { uid: Number(line?.[1]), gid: Number(line?.[2]) };
}

/** A start-up message of a client: it is answered as soon as the server takes any. */
async function isAnswering(path: string): Promise<boolean> {
  const words = Buffer.from('user\0headgate\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(head.length + words.length, 0);
  head.writeInt32BE(0x0003_0000, 4);
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(Buffer.concat([head, words])));
    socket.once('error', () => resolve(false));
    // An authentication that is fine; while it is starting, an error.
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer[0] === 0x52);
    });
    socket.once('close', () => resolve(false));
  });
}
