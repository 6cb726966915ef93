/**
 * Scripts of the attack `clock` for the whole daemon: its wall clock is libfaketime's, its time server a folder that stands
 * where systemd-timesyncd's would, its field a PLC that shows for how many ms it has been running.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import flags from '../../bin/node-flags.json' with { type: 'json' };
import { createDevice } from '../../firmware-sim/device.ts';
import { serveModbusTcp } from '../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { openJournalReader } from '../../gateway/journal/file/journal-reader.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { type ClockBreaches, CORRECTED_WITHIN, noBreaches } from './clock-account.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'gateway', 'main.ts');
const LIBRARIES = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
);
export const FAKETIME = LIBRARIES.find((path) => existsSync(path));
const TIMESYNC = '/run/systemd/timesync';
const HOUR_S = 3_600;
const YEAR_S = 365 * 24 * HOUR_S;
const SCAN_MS = 200;
/** What the PLC shows is that old at most when its answer is stamped, on a machine that has other things to do. */
const PLC_MS = 100;
/** Between two commits: the scan, the loss window, and a machine that has other things to do. */
const COMMIT_WITHIN_MS = 4_000;
/** The daemon looks at its time server every five seconds. */
const HEARD_MS = 6_500;

/** `wall`: seconds that wall time is to be off the true time. */
type DaemonAct =
  | { readonly kind: 'wall'; readonly off: number }
  | { readonly kind: 'sync' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'wait'; readonly ms: number };

export interface DaemonScript {
  readonly name: string;
  /** Seconds that the truth lies ahead of today. */
  readonly ahead: number;
  readonly off: number;
  readonly isSynced: boolean;
  readonly acts: readonly DaemonAct[];
}

const wall = (off: number): DaemonAct => ({ kind: 'wall', off });
const wait = (ms: number): DaemonAct => ({ kind: 'wait', ms });
const SYNC: DaemonAct = { kind: 'sync' };
const sinceEpoch = (): number => Date.now() / 1000;

export const daemonScripts = (): readonly DaemonScript[] => [
  {
    name: 'daemon: 1970 at the boot, then set',
    ...{ ahead: 0, off: 5 - sinceEpoch(), isSynced: false },
    acts: [wait(3_000), wall(0), SYNC, wait(HEARD_MS)],
  },
  {
    name: 'daemon: 20 years forward, then set right',
    ...{ ahead: 0, off: 0, isSynced: true },
    acts: [wait(2_000), wall(20 * YEAR_S), wait(3_000), wall(0), SYNC, wait(3_000)],
  },
  {
    name: 'daemon: 20 years back, then set right',
    ...{ ahead: 0, off: 0, isSynced: true },
    acts: [wait(2_000), wall(-20 * YEAR_S), wait(3_000), wall(0), SYNC, wait(3_000)],
  },
  {
    name: 'daemon: across 2038-01-19',
    ...{ ahead: Date.UTC(2038, 0, 19, 3, 14, 8) / 1000 - sinceEpoch() - 6, off: 0 },
    isSynced: false,
    acts: [wait(2_000), SYNC, wait(HEARD_MS + 2_000)],
  },
  {
    name: 'daemon: killed, and an hour behind the last block when it is back',
    ...{ ahead: 0, off: 0, isSynced: true },
    acts: [wait(2_000), wall(-HOUR_S), { kind: 'kill' }, wait(3_000), wall(0), SYNC, wait(3_000)],
  },
  {
    name: 'daemon: an hour to and fro five times a second, unset, then set',
    ...{ ahead: 0, off: 7 - sinceEpoch(), isSynced: false },
    acts: [
      ...Array.from({ length: 20 }, (_, i) => [
        wall(7 - sinceEpoch() + (i % 2) * HOUR_S),
        wait(SCAN_MS),
      ]).flat(),
      ...[wall(0), SYNC, wait(HEARD_MS)],
    ],
  },
];

export interface DaemonVerdict {
  readonly breaches: ClockBreaches;
  readonly told: readonly string[];
  readonly samples: number;
  readonly corrected: number;
  readonly worst: number;
}

export async function runDaemonScript(script: DaemonScript): Promise<DaemonVerdict> {
  const trial = new DaemonTrial(script);
  try {
    return await trial.run();
  } finally {
    await trial.dispose();
  }
}

class DaemonTrial {
  readonly #script: DaemonScript;
  readonly #folder = mkdtempSync(join(tmpdir(), 'headgate-clock-'));
  readonly #breaches = noBreaches();
  readonly #told: string[] = [];
  #child: ChildProcess | undefined;
  #committed = 0;
  #dispose: (() => Promise<void>)[] = [];

  constructor(script: DaemonScript) {
    this.#script = script;
    mkdirSync(join(this.#folder, 'timesync'));
  }

  async run(): Promise<DaemonVerdict> {
    const { acts, off, isSynced } = this.#script;
    const port = await this.#startPlc();
    writeFileSync(join(this.#folder, 'gateway.yaml'), siteOf(port));
    this.#setWall(off);
    if (isSynced) this.#sync();
    await this.#start();
    for (const act of acts) await this.#act(act);
    await this.#end('SIGTERM');
    return this.#verdict();
  }

  async dispose(): Promise<void> {
    await this.#end('SIGKILL');
    for (const dispose of this.#dispose) await dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #act(act: DaemonAct): Promise<void> {
    switch (act.kind) {
      case 'wall':
        this.#setWall(act.off);
        return;
      case 'sync':
        this.#sync();
        return;
      case 'kill':
        await this.#end('SIGKILL');
        await this.#start();
        return;
      case 'wait':
        await pause(act.ms);
        return;
      default:
        act satisfies never;
    }
  }

  /** A PLC whose register is wall time as it really is, in ms since the script began. */
  async #startPlc(): Promise<number> {
    const point = definePoint({ name: 'ms', table: 'holding', address: 0, type: 'uint32' });
    const image = createImage([point], () => 0);
    this.#epoch = Date.now();
    const show = () => image.set('ms', Date.now() - this.#epoch);
    show();
    const timer = setInterval(show, 5);
    const device = createDevice({ name: 'plc', unit: 1, image });
    const server = await serveModbusTcp(
      { host: '127.0.0.1', port: 0, devices: [device] },
      systemClock(),
    );
    this.#dispose = [async () => clearInterval(timer), () => server.stop()];
    return server.port;
  }
  #epoch = 0;

  #setWall(off: number): void {
    const seconds = off + this.#script.ahead;
    writeFileSync(
      join(this.#folder, 'offset'),
      `${seconds < 0 ? '-' : '+'}${Math.abs(seconds).toFixed(3)}\n`,
    );
  }

  #sync(): void {
    const file = join(this.#folder, 'timesync', 'synchronized');
    writeFileSync(file, '');
    const now = Date.now() / 1000;
    utimesSync(file, now, now);
  }

  async #start(): Promise<void> {
    const timesync = join(this.#folder, 'timesync');
    const mounts = `mount -t tmpfs none /run/systemd && mkdir ${TIMESYNC} && mount --bind ${timesync} ${TIMESYNC}`;
    const child = spawn(
      'unshare',
      [
        ...['-m', 'sh', '-c', `${mounts} && exec env LD_PRELOAD=${FAKETIME} "$@"`, 'sh'],
        ...[process.execPath, ...flags, MAIN, 'run', join(this.#folder, 'gateway.yaml')],
        ...['--log', 'debug'],
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          FAKETIME_TIMESTAMP_FILE: join(this.#folder, 'offset'),
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
          FAKETIME_NO_CACHE: '1',
          NO_FAKE_STAT: '1',
        },
      },
    );
    this.#child = child;
    this.#committed = 0;
    const lines = createInterface({ input: child.stderr });
    const stored = new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        if (!line.includes('journal.block-stored')) return;
        this.#commit();
        resolve();
      });
      child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}`)));
    });
    await stored;
  }

  #commit(): void {
    const now = performance.now();
    const gap = now - (this.#committed || now);
    if (gap > COMMIT_WITHIN_MS) this.#breach('stuck', `no commit for ${Math.round(gap)} ms`);
    this.#committed = now;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    if (this.#committed > 0 && performance.now() - this.#committed > COMMIT_WITHIN_MS)
      this.#breach('stuck', 'no commit at the end');
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  #verdict(): DaemonVerdict {
    const reader = openJournalReader(join(this.#folder, 'data', 'journal.db'));
    const samples: Sample[] = [];
    for (const item of reader.items())
      if (item.kind === 'samples')
        samples.push(
          ...item.samples.filter(({ tag, value }) => tag === 'plc.ms' && value !== null),
        );
    reader.close();
    let [last, corrected, worst] = [-1, 0, 0];
    const isSyncedEver = this.#script.isSynced || this.#script.acts.includes(SYNC);
    for (const { value, time, timeBasis } of samples) {
      const ms = Number(value);
      if (ms < last) this.#breach('reordered', `${ms} after ${last}`);
      last = Math.max(last, ms);
      const shown = time - this.#script.ahead * 1000 - this.#epoch;
      const off = Math.abs(shown - ms);
      if (timeBasis === 'corrected') {
        corrected++;
        worst = Math.max(worst, off);
        if (off > CORRECTED_WITHIN + PLC_MS) this.#breach('wrong', `${ms} is off by ${off} ms`);
      }
      if (timeBasis === 'unsynced' && isSyncedEver) this.#breach('uncorrected', `${ms}`);
      if (timeBasis === 'gateway' && time < Date.UTC(2025, 0, 1))
        this.#breach('unflagged', `${ms} at ${time}`);
    }
    if (samples.length === 0) this.#breach('stuck', 'no sample');
    return {
      ...{ breaches: this.#breaches, told: this.#told, samples: samples.length, corrected, worst },
    };
  }

  #breach(kind: keyof ClockBreaches, words: string): void {
    if (this.#breaches[kind]++ === 0) this.#told.push(`${this.#script.name}: ${kind}: ${words}`);
  }
}

const siteOf = (port: number): string => `
gateway: { id: clock, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 200ms }
buses: { field: { tcp: "127.0.0.1:${port}" } }
devices:
  plc:
    bus: field
    protocol: modbus
    unit: 1
    scan: ${SCAN_MS}ms
    tags:
      ms: { address: "holding:0 uint32" }
`;
