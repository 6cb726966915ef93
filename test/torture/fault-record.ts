/** What a run of an attack leaves in `docs/faults`: the report, and what it was made with. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import software from '../../package.json' with { type: 'json' };
import type { Attack, AttackReport } from './attack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FOLDER = join(ROOT, 'docs', 'faults');

export interface FaultRecord {
  /** The attack's name, title and limits. */
  readonly attack: string;
  readonly title: string;
  readonly limits: string;
  readonly seed: number;
  readonly count: number;
  /** How long it took. */
  readonly seconds: number;
  /** When it ended: `2026-11-30`. */
  readonly date: string;
  /** Of the product. */
  readonly version: string;
  readonly commit: string;
  readonly node: string;
  readonly sqlite: string;
  readonly machine: Machine;
  readonly report: AttackReport;
}

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly kernel: string;
  /** Of the folder that the journals were in. */
  readonly filesystem: string;
}

export interface FaultRun {
  readonly attack: Attack;
  readonly seed: number;
  readonly count: number;
  readonly seconds: number;
  readonly report: AttackReport;
}

export function recordOf({ attack, seed, count, seconds, report }: FaultRun): FaultRecord {
  const { name, title, limits } = attack;
  return {
    attack: name,
    title,
    limits,
    seed,
    count,
    seconds: Math.round(seconds),
    date: new Date().toISOString().slice(0, 10),
    version: software.version,
    commit: commit(),
    node: process.versions.node,
    sqlite: sqlite(),
    machine: {
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      kernel: release(),
      filesystem: filesystemOf(tmpdir()),
    },
    report,
  };
}

/** In the place of an earlier record of the attack. */
export function writeRecord(record: FaultRecord): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${record.attack}.json`), `${JSON.stringify(record, null, 2)}\n`);
}

/** By the attack's name. */
export function readRecords(): readonly FaultRecord[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as FaultRecord);
}

/** `1a2b3c4`, with a `+` where files differ from it. */
function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const code = ['gateway', 'drivers', 'rules', 'config', 'firmware-sim'];
    const changed = git('status', '--porcelain', '--', ...code).trim() !== '';
    return git('rev-parse', '--short', 'HEAD').trim() + (changed ? '+' : '');
  } catch {
    return 'unknown';
  }
}

function sqlite(): string {
  const memory = new Database(':memory:');
  const version = memory.prepare('SELECT sqlite_version()').pluck().get();
  memory.close();
  return String(version);
}

const NAMES: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlay',
};

function filesystemOf(folder: string): string {
  const { type } = statfsSync(folder);
  return NAMES[type] ?? `type 0x${type.toString(16)}`;
}
