/**
 * `rule_latency_p99_ms`: from the reply that shows a change to the write that a rule makes of it, while a backlog of a million
 * samples drains and every sync of the disk takes 300 ms longer. The device measures by itself; there is no wire to speak
 * of on loopback. Beside it a loop that does nothing but read and write, on the same machine at the same time of day.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { toBatch } from '../../gateway/journal/batch.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import { type Sample, type TagId, tagId } from '../../gateway/model/sample.ts';
import { bytes, minutes, utcMs } from '../../gateway/model/units.ts';
import { slowDisk } from '../support/slow-disk.ts';
import type { BareReactionOrder } from './bare-reaction-process.ts';
import { type Bench, type Figure, percentile, rounded } from './figure.ts';
import type { ReactionOrder, ReactionReport } from './reaction-field-process.ts';
import { type Daemon, pause, withGateway } from './rig.ts';

const GOAL_MS = 5;
const CHANGE_EVERY_MS = 50;
const SCAN_MS = 10;
const BACKLOG_SAMPLES = 1_000_000;
const SAMPLES_PER_BLOCK = 500;
const OLD_TAGS = 100;
const SYNC_MS = 300;
const FEWEST_REACTIONS = 200;
const BARE_MS = 10_000;
const LOOK_MS = 250;
/** The backlog need not be gone by then; it drains all the time. */
const MEASURED_MS = 60_000;

export const ruleLatency: Bench = {
  name: 'rule_latency_p99_ms',
  async run(print, note) {
    note(
      `rule_latency_p99_ms: ${BACKLOG_SAMPLES} samples of backlog, syncs of ${SYNC_MS} ms, 2 min …`,
    );
    const field = fork(join(import.meta.dirname, 'reaction-field-process.ts'), [
      JSON.stringify({ everyMs: CHANGE_EVERY_MS } satisfies ReactionOrder),
    ]);
    try {
      const port = await portOf(field);
      const bare = await bareReactions(field, port);
      const gateway = await gatewayReactions(field, port, note);
      print(figureOf(gateway, bare));
    } finally {
      field.kill();
    }
  },
};

interface Reactions {
  readonly ms: readonly number[];
  readonly missed: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

function figureOf(gateway: Reactions, bare: Reactions): Figure {
  const value = percentile(gateway.ms, 99);
  const baseline = percentile(bare.ms, 99);
  return {
    figure: 'rule_latency_p99_ms',
    value: rounded(value),
    unit: 'ms',
    baseline: rounded(baseline),
    ratio: rounded(value / baseline),
    goal: GOAL_MS,
    ok: value <= GOAL_MS && gateway.ms.length >= FEWEST_REACTIONS && gateway.missed === 0,
    detail: {
      ...shape('gateway', gateway),
      ...shape('bare', bare),
      ...gateway.detail,
    },
  };
}

const shape = (name: string, { ms, missed }: Reactions) => ({
  [`${name}_reactions`]: ms.length,
  [`${name}_missed`]: missed,
  [`${name}_p50_ms`]: rounded(percentile(ms, 50)),
  [`${name}_max_ms`]: rounded(Math.max(...ms)),
});

async function gatewayReactions(
  field: ChildProcess,
  port: number,
  note: (text: string) => void,
): Promise<Reactions> {
  return withGateway(
    (folder, mqttPort) => writeSite(folder, port, mqttPort),
    async (daemon) => {
      await reactionsOf(field);
      const before = await backlogOf(daemon);
      const began = Date.now();
      const all: number[] = [];
      let missed = 0;
      let left = before;
      while (left > before / 50 && Date.now() - began < MEASURED_MS) {
        await pause(LOOK_MS);
        left = await backlogOf(daemon);
        const { ms, missed: more } = await reactionsOf(field);
        all.push(...ms);
        missed += more;
        note(`  ${all.length} reactions, ${left} blocks left`);
      }
      const { commands } = await daemon.status();
      const seconds = rounded((Date.now() - began) / 1000, 1);
      const detail = {
        backlog_blocks: before,
        left_blocks: left,
        seconds,
        commands,
      };
      return { ms: all, missed, detail };
    },
    slowDisk(SYNC_MS),
  );
}

const backlogOf = async (daemon: Daemon): Promise<number> =>
  (await daemon.status()).north.journal.backlogBlocks;

async function bareReactions(field: ChildProcess, port: number): Promise<Reactions> {
  const order: BareReactionOrder = { port, scanMs: SCAN_MS };
  const bare = fork(join(import.meta.dirname, 'bare-reaction-process.ts'), [JSON.stringify(order)]);
  try {
    await pause(1_000);
    await reactionsOf(field);
    await pause(BARE_MS);
    return await reactionsOf(field);
  } finally {
    bare.kill();
  }
}

async function portOf(field: ChildProcess): Promise<number> {
  const [ready] = (await once(field, 'message')) as [Extract<ReactionReport, { kind: 'ready' }>];
  return ready.port;
}

async function reactionsOf(
  field: ChildProcess,
): Promise<Extract<ReactionReport, { kind: 'reactions' }>> {
  const answer = once(field, 'message');
  field.send('reactions');
  const [reactions] = (await answer) as [Extract<ReactionReport, { kind: 'reactions' }>];
  return reactions;
}

/** The site, and a journal of earlier days that nobody has taken yet. */
function writeSite(folder: string, port: number, mqttPort: number): void {
  const old = Array.from({ length: OLD_TAGS }, (_, i) => `old${i}`);
  const tags = old.map((name, i) => `      ${name}: { address: "holding:${100 + i} uint16" }`);
  const text = `
gateway: { id: bench, timezone: UTC }
journal: { path: ./journal.db, loss_window: 1s, max_size: 4GB }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:${mqttPort}" } }
buses: { field: { tcp: "127.0.0.1:${port}" } }
devices:
  plc:
    bus: field
    protocol: modbus
    unit: 1
    scan: ${SCAN_MS}ms
    tags:
      input: { address: "holding:0 uint16", deadband: 0 }
      output: { address: "coil:0", access: read-write, scan: 1s, deadband: 0 }
  meter:
    bus: field
    protocol: modbus
    unit: 2
    scan: 60s
    tags:
${tags.join('\n')}
rules:
  follow:
    when: plc.input > 0
    do: [ { write: plc.output, value: true } ]
    on_clear: [ { write: plc.output, value: false } ]
`;
  writeFileSync(join(folder, 'gateway.yaml'), text);
  fill(
    join(folder, 'journal.db'),
    old.map((name) => tagId('meter', name)),
  );
}

function fill(path: string, tags: readonly TagId[]): void {
  const journal = openJournal({
    ...{ path, tags, uplinks: ['cloud'], clock: systemClock(), log: silentLog },
    ...{ maxSize: bytes(4e9), keep: minutes(60 * 24 * 30) },
  });
  const indexes = new Map(tags.map((tag, index) => [tag, index]));
  const start = Date.now() - BACKLOG_SAMPLES * 10;
  for (let number = 0; number < BACKLOG_SAMPLES / SAMPLES_PER_BLOCK; number++) {
    const samples = Array.from({ length: SAMPLES_PER_BLOCK }, (_, i): Sample => {
      const at = number * SAMPLES_PER_BLOCK + i;
      return {
        tag: tags[i % tags.length] as TagId,
        value: Math.round(1e6 * Math.sin(at / 1e3)) / 1e3,
        quality: 'good',
        time: utcMs(start + at * 10),
        timeBasis: 'gateway',
      };
    });
    const batch = toBatch(samples, (tag) => indexes.get(tag) ?? 0);
    void journal.append('telemetry', batch, { origin: 'bench', number });
  }
  void journal.close();
}
