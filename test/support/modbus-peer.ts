/** A slave by libmodbus, compiled for the test, at the other end of a serial wire of two pseudo terminals. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './waiting.ts';

/** What has to be installed; for `describeWith`. */
export const PEER_PARTS = ['socat', 'gcc', '/usr/include/modbus/modbus.h'];

/** A write that the peer has obeyed: what now stands there, as the peer sees it. */
export interface PeerWrite {
  readonly function: number;
  readonly address: number;
  /** Of eight registers or coils. */
  readonly values: readonly number[];
  /** The first two registers; null where they are no number. */
  readonly floats?: Readonly<Record<'abcd' | 'cdab' | 'badc' | 'dcba', number | null>>;
}

export interface ModbusPeer {
  /** The device file of our end. */
  readonly path: string;
  readonly writes: readonly PeerWrite[];
  close(): Promise<void>;
}

export async function modbusPeer(): Promise<ModbusPeer> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-libmodbus-'));
  const [ours, theirs, program] = ['ours', 'theirs', 'slave'].map((name) => join(folder, name));
  if (!ours || !theirs || !program) throw new Error('no paths');
  const source = join(import.meta.dirname, 'peers', 'libmodbus-slave.c');
  execFileSync('gcc', ['-O1', '-Wall', '-I/usr/include/modbus', source, '-o', program, '-lmodbus']);
  const wire = spawn('socat', [`PTY,link=${ours},raw,echo=0`, `PTY,link=${theirs},raw,echo=0`]);
  await until('two pseudo terminals', () => existsSync(ours) && existsSync(theirs));
  const slave = spawn(program, [theirs], { stdio: ['ignore', 'pipe', 'inherit'] });
  const writes: PeerWrite[] = [];
  let isReady = false;
  createInterface({ input: slave.stdout }).on('line', (line) => {
    if (line === 'ready') isReady = true;
    else writes.push(JSON.parse(line));
  });
  await until('the slave', () => isReady);
  return {
    path: ours,
    writes,
    async close() {
      await ended(slave);
      await ended(wire);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const exited = once(process, 'exit');
  process.kill('SIGKILL');
  await exited;
}
