/** The gpiod tools without a chip: shell scripts under their names, and a folder that stands for the board. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { kernelNow } from '../../gateway/host/boot.ts';
import { temporaryDirectory } from './journal-fixture.ts';

const SCRIPT = join(import.meta.dirname, 'fake-gpiod.sh');
const NAMES = ['gpiodetect', 'gpioinfo', 'gpioget', 'gpiomon', 'gpioset'];

export interface FakeGpiod {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Moves a line from outside, and has its gpiomon say so. */
  move(offset: number, isHigh: boolean, agoMs?: number): void;
  driven(offset: number): boolean | undefined;
  /** Every level a line was driven to, oldest first: `22=1`. */
  history(): readonly string[];
  calls(): readonly string[];
  /** Somebody else has the line. */
  occupy(offset: number, isBusy: boolean): void;
  /** The process that has the line, killed. */
  kill(offset: number): void;
  holder(offset: number): number | undefined;
  withoutChip(): void;
}

export function fakeGpiod(version: '1.6.3' | '2.2.1', missing: readonly string[] = []): FakeGpiod {
  const board = temporaryDirectory();
  const tools = join(board, 'tools');
  mkdirSync(tools);
  for (const name of NAMES) if (!missing.includes(name)) symlinkSync(SCRIPT, join(tools, name));
  const file = (name: string) => join(board, name);
  const lines = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), 'utf8').trim().split('\n') : [];
  const holder = (offset: number) => {
    const [held] = lines(`held-${offset}`);
    return held ? Number(held.split(' ')[0]) : undefined;
  };
  return {
    environment: {
      ...process.env,
      PATH: `${tools}:${process.env.PATH}`,
      BOARD: board,
      GPIOD_VERSION: version,
    },
    move(offset, isHigh, agoMs = 0) {
      const level = isHigh ? '1' : '0';
      writeFileSync(file(`level-${offset}`), level);
      if (!existsSync(file(`edges-${offset}`))) return;
      const at = (kernelNow() - agoMs) / 1000;
      const nanoseconds = `${Math.floor((at % 1) * 1e9)}`.padStart(9, '0');
      const pipe = openSync(file(`edges-${offset}`), 'r+');
      writeSync(pipe, `${level} ${Math.floor(at)} ${nanoseconds}\n`);
      closeSync(pipe);
    },
    driven(offset) {
      const [level] = lines(`out-${offset}`);
      return level === undefined ? undefined : level === '1';
    },
    history: () => lines('driven'),
    calls: () => lines('calls'),
    occupy(offset, isBusy) {
      if (isBusy) writeFileSync(file(`busy-${offset}`), '');
      else rmSync(file(`busy-${offset}`));
    },
    kill(offset) {
      const pid = holder(offset);
      if (pid === undefined) throw new Error(`nobody has line ${offset}`);
      process.kill(pid, 'SIGTERM');
    },
    holder,
    withoutChip: () => writeFileSync(file('no-chip'), ''),
  };
}
