/** The programs of another package as child processes: run to their end, or kept running and ended with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Clock } from '../../gateway/host/clock.ts';
import { reasonOf } from '../../gateway/model/errors.ts';
import { later, type Millis, seconds } from '../../gateway/model/units.ts';

/** Where programs are looked for; `process.env`, or a test's own. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A service's PATH is often shorter than a person's. */
const FOLDERS = ['/usr/bin', '/usr/sbin', '/usr/local/bin'];
/** The tools answer within milliseconds; a flash card that has to load them may take seconds. */
const PATIENCE: Millis = seconds(10);
/** Lists of lines of the largest chips have some ten thousand characters. */
const MOST_OUTPUT = 1_000_000;

/** The path of a program; undefined when it is not installed. */
export function programPath(name: string, { PATH = '' }: Environment): string | undefined {
  return [...PATH.split(delimiter), ...FOLDERS]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The output of a program that ends by itself. Rejects with what it said when it fails, or takes too long. */
export async function outputOf(tool: Tool, args: readonly string[]): Promise<string> {
  const child = start(tool, args);
  let output = '';
  child.stdout?.on('data', (text) => {
    if (output.length < MOST_OUTPUT) output += text;
  });
  const ended = endOf(child);
  const { clock } = tool;
  const cancel = clock.at('gpio.tool', later(clock.mono(), PATIENCE), () => child.kill('SIGKILL'));
  const { code, said } = await ended;
  cancel();
  if (code === 0) return output;
  throw new Error(said);
}

export interface Tool {
  readonly path: string;
  readonly environment: Environment;
  readonly clock: Clock;
}

/** A program that runs until it is told to end. */
export interface RunningTool {
  /** Resolves with what it said last, when it ends for whatever reason. */
  readonly ended: Promise<string>;
  readonly isRunning: boolean;
  /** A line on its standard input. */
  say(line: string): void;
  /** Resolves when it is gone; idempotent. */
  end(): Promise<void>;
}

/** What a program says while it runs: pieces of its standard output. */
export type OnText = (text: string) => void;

/** Starts it under `setpriv` where that is installed, so that it never outlives this process. */
export function runTool(tool: Tool, args: readonly string[], onText: OnText): RunningTool {
  const guard = programPath('setpriv', tool.environment);
  const child = guard
    ? start({ ...tool, path: guard }, ['--pdeathsig', 'TERM', tool.path, ...args])
    : start(tool, args);
  child.stdout?.setEncoding('utf8').on('data', onText);
  let isRunning = true;
  const ended = endOf(child).then(({ said }) => {
    isRunning = false;
    return said;
  });
  return {
    ended,
    get isRunning() {
      return isRunning;
    },
    say: (line) => void child.stdin?.write(`${line}\n`),
    async end() {
      if (!isRunning) return;
      child.kill('SIGTERM');
      const { clock } = tool;
      const cancel = clock.at('gpio.tool-end', later(clock.mono(), seconds(2)), () =>
        child.kill('SIGKILL'),
      );
      await ended;
      cancel();
    },
  };
}

/** Pieces of text as whole lines. */
export function linesOf(onLine: (line: string) => void): OnText {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

function start({ path, environment }: Tool, args: readonly string[]): ChildProcess {
  const child = spawn(path, [...args], {
    env: { ...environment, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program that is gone does not read any more; its end is said elsewhere.
  child.stdin?.on('error', () => {});
  return child;
}

interface End {
  readonly code: number | null;
  readonly said: string;
}

function endOf(child: ChildProcess): Promise<End> {
  let complaint = '';
  if (child.stderr)
    createInterface(child.stderr).on('line', (line) => {
      complaint = line;
    });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, said: reasonOf(error) }));
    child.once('close', (code, signal) =>
      resolve({ code, said: complaint || `ended with ${signal ?? code}` }),
    );
  });
}
