/**
 * The victim of the attack `kill`: the real north side with its worker, its journal and its uplink, under a steady stream
 * of samples, until it is killed. On its standard input, `quiet` ends the stream, `worker` ends the worker thread in its next commit,
 * as its running out of memory does, and the end stops the victim in order. Each line on standard output is written before the next thing happens, so what was said is true at the kill.
 */
import { watch, writeSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import type { BlockClass } from '../../gateway/journal/journal.ts';
import { NorthLink } from '../../gateway/journal/north/north-link.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { byClass, KILL_TAGS, sampleOf } from './kill-samples.ts';
import { victimUplink } from './victim-uplink.ts';

export interface KillOrder {
  readonly gateway: string;
  /** Of the journal. */
  readonly path: string;
  /** Of the broker. */
  readonly url: string;
  readonly lossWindowMs: number;
  readonly maxSizeBytes: number;
  readonly keepMs: number;
  /** Number of the first sample. */
  readonly first: number;
  readonly everyMs: number;
  readonly samplesEach: number;
}

/** What a victim says, one JSON array a line. */
export type KillLine =
  /** The journal is open. */
  | readonly ['opened', epoch: string]
  /** Samples from this number on will be handed over, all classes together; at this UTC time. */
  | readonly ['handing', first: number, count: number, at: number]
  /** What the field side is told of a commit. */
  | readonly ['stored', seq: number, blockClass: BlockClass, samples: number]
  /** An error of the log. */
  | readonly ['trouble', event: string, fields: unknown]
  /** Told to hand over no more, and all of it is stored. */
  | readonly ['quiet']
  /** The worker is about to be ended … */
  | readonly ['terminating']
  /** … and the next one has the journal open. */
  | readonly ['reopened']
  /** Told to stop … */
  | readonly ['stopping']
  /** … and done, with what had to be dropped. */
  | readonly ['stopped', dropped: number];

const order = JSON.parse(process.argv[2] ?? '{}') as KillOrder;
const say = (line: KillLine) => writeSync(1, `${JSON.stringify(line)}\n`);
const trouble = (event: string, fields?: unknown) => say(['trouble', event, fields]);
let epoch = '';
let worker: Worker | undefined;
process.on('worker', (started) => {
  worker = started;
});
const log = {
  ...silentLog,
  info: (event: string, fields?: Readonly<Record<string, unknown>>) => {
    if (event !== 'journal.opened') return;
    if (epoch !== '') say(['reopened']);
    epoch = String(fields?.epoch);
  },
  error: trouble,
  child: () => log,
};

const link = new NorthLink({
  site: {
    gateway: { id: order.gateway, timezone: 'UTC' },
    journal: {
      path: order.path,
      lossWindow: millis(order.lossWindowMs),
      maxSize: bytes(order.maxSizeBytes),
      keep: millis(order.keepMs),
    },
    uplinks: [victimUplink(order.gateway, order.url)],
    tags: KILL_TAGS,
    hash: 'kill',
  },
  clock: systemClock(),
  log,
  random: systemRandom,
});
link.onCommitted(({ seq, class: blockClass, samples }) =>
  say(['stored', seq, blockClass, samples]),
);
await link.start();
say(['opened', epoch]);

let next = order.first;
const handOver = () => {
  const from = next;
  next += order.samplesEach;
  say(['handing', from, order.samplesEach, Date.now()]);
  for (const { class: blockClass, from: first, count } of byClass(from, order.samplesEach))
    link.append(
      blockClass,
      Array.from({ length: count }, (_, i) => sampleOf(first + i)),
    );
};
handOver();
const timer = setInterval(handOver, order.everyMs);

/** A commit that has written and waits for its sync: the samples will be stored, and nobody told. */
function endWorker(): void {
  const wal = watch(`${order.path}-wal`, () => {
    wal.close();
    say(['terminating']);
    void worker?.terminate();
  });
}

process.stdin.on('data', async (text) => {
  if (String(text).trim() === 'worker') {
    endWorker();
    return;
  }
  clearInterval(timer);
  await link.flush();
  say(['quiet']);
});
process.stdin.once('end', async () => {
  clearInterval(timer);
  say(['stopping']);
  await link.stop();
  say(['stopped', (await link.stats()).link.dropped]);
  process.exit(0);
});
