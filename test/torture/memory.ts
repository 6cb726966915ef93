/**
 * `memory`: the daemon starts on the backlog of an outage, polls 1,000 tags a second beside it, with the broker away and
 * with the broker back, in bounded memory.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Subscriber, startSubscriber } from '../../firmware-sim/subscriber.ts';
import type { GatewayStatus } from '../../gateway/cli/status.ts';
import { tagId } from '../../gateway/model/sample.ts';
import { type Daemon, daemon } from '../support/daemon.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import type { Attack, AttackReport } from './attack.ts';
import type { BacklogOrder } from './backlog-process.ts';
import { noneOf } from './laws.ts';
import { boundMemory, type MemoryBound, type MemorySeen } from './memory-bound.ts';
import { grouped, spreadOf } from './spread.ts';
import { FIELD_DEVICE, startWatchedField, tagName, type WatchedField } from './watched-field.ts';

const TAGS = 1_000;
const GATEWAY = 'memory';
const UPLINK = 'cloud';
/** A tenth of what is polled afterwards: 1,000 tags each ten seconds, one block each time. */
const BACKLOG_EVERY_MS = 10_000;
const BLOCKS_PER_HOUR = 3_600_000 / BACKLOG_EVERY_MS;
const LIMIT_MB = 400;
const GOAL_MB = 160;
/** A machine that is busy with other things makes some polls late; that they come is what counts here. */
const LATE_SHARE_MAX = 0.01;
/** Longer than the first collections of everything; a minute where the whole outage is tried. */
const AWAY_MS = 15_000;
const AWAY_LONG_MS = 60_000;
const WHOLE_OUTAGE_HOURS = 72;
const AFTER_MS = 10_000;
const LOOK_MS = 1_000;
const STILL_COMING_MS = 5_000;
/** The slowest drain that is waited for. */
const DRAIN_PATIENCE_MS_PER_HOUR = 60_000;
const DRAINED_BLOCKS = 5;
const PROGRESS_MS = 1_000;
/** A subscriber that cannot follow must not fill the machine's memory through the broker. */
const BROKER_QUEUE_BYTES = 2_000_000_000;

export const memoryAttack: Attack = {
  name: 'memory',
  title:
    'the daemon polls 1,000 tags a second on top of the backlog of so many hours of outage, broker away and broker back',
  limits:
    'The backlog is of 100 samples a second, 1,000 tags each ten seconds in one block, not of 1,000 a second. Memory is that of a 64-bit x86 or ARM process; a 32-bit one takes less.',
  few: 6,
  many: WHOLE_OUTAGE_HOURS,
  async run({ seed, count, progress }) {
    let done = 0;
    const told = setInterval(() => progress(Math.floor(done), count), PROGRESS_MS);
    const field = await startWatchedField(TAGS);
    const broker = await startMosquitto({
      lines: () => [`max_queued_bytes ${BROKER_QUEUE_BYTES}`],
    });
    const bound = boundMemory('headgate-torture', LIMIT_MB);
    const gateway = daemon({
      site: siteOf(field, broker.url),
      onSpawn: (pid) => bound.take(pid),
    });
    const trial = new BacklogTrial({ gateway, broker, bound, hours: count });
    try {
      await trial.fill(seed, (hours) => {
        done = hours / 4;
      });
      await trial.away();
      await trial.back((left) => {
        done = Math.max(done, count * (1 - (left / (BLOCKS_PER_HOUR * count)) * 0.75));
      });
      return trial.report();
    } finally {
      clearInterval(told);
      await trial.dispose();
      await gateway.dispose();
      bound.release();
      await broker.dispose();
      field.close();
    }
  },
};

const siteOf = (field: WatchedField, broker: string): string => `
gateway: { id: ${GATEWAY}, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 1s, max_size: 4GB }
uplinks: { ${UPLINK}: { mqtt: "${broker}", unrouted: hold } }
buses: { field: { tcp: "127.0.0.1:${field.port}" } }
devices:
${field.deviceYaml('1s')}
`;

interface BacklogParts {
  readonly gateway: Daemon;
  readonly broker: Mosquitto;
  readonly bound: MemoryBound;
  readonly hours: number;
}

interface Stay {
  readonly memory: MemorySeen;
  readonly status: GatewayStatus;
  readonly seconds: number;
}

class BacklogTrial {
  readonly #parts: BacklogParts;
  readonly #startedAt = Date.now();
  #away: Stay | undefined;
  #back: Stay | undefined;
  #drainSeconds = 0;
  #backlogBytes = 0;
  #old = 0;
  #live = 0;
  #undelivered = 0;
  #exitCode: number | null = null;
  #subscriber: Subscriber | undefined;
  #filler: ChildProcess | undefined;

  constructor(parts: BacklogParts) {
    this.#parts = parts;
  }

  async fill(seed: number, onHours: (hours: number) => void): Promise<void> {
    const { gateway, hours } = this.#parts;
    const path = join(gateway.folder, 'data', 'journal.db');
    mkdirSync(join(gateway.folder, 'data'), { recursive: true });
    const blocks = hours * BLOCKS_PER_HOUR;
    const order: BacklogOrder = {
      ...{ path, uplink: UPLINK, blocks, seed },
      tags: Array.from({ length: TAGS }, (_, tag) => tagId(FIELD_DEVICE, tagName(tag))),
      everyMs: BACKLOG_EVERY_MS,
      from: this.#startedAt - blocks * BACKLOG_EVERY_MS,
    };
    const filler = fork(join(import.meta.dirname, 'backlog-process.ts'), [JSON.stringify(order)]);
    this.#filler = filler;
    filler.on('message', (block) => onHours(Number(block) / BLOCKS_PER_HOUR));
    const [code] = await once(filler, 'exit');
    if (code !== 0) throw new Error(`the backlog could not be written: ${code}`);
    this.#backlogBytes = statSync(path).size;
  }

  /** It starts without a broker, and is killed: what follows begins with a check of the file. */
  async away(): Promise<void> {
    const { broker, gateway, hours } = this.#parts;
    await broker.stop();
    // The first start after an installation makes the compile cache, and takes up to 20 MB more.
    await gateway.start();
    await gateway.stop();
    await gateway.start();
    await pause(hours < WHOLE_OUTAGE_HOURS ? AWAY_MS : AWAY_LONG_MS);
    this.#away = await this.#stay();
    await gateway.kill();
    await broker.start();
  }

  /** It starts with the broker there, and lives until all is delivered, and some time more. */
  async back(onLeft: (blocks: number) => void): Promise<void> {
    const { broker, gateway, hours } = this.#parts;
    this.#subscriber = await startSubscriber({
      url: broker.url,
      gateway: GATEWAY,
      onPart: ({ samples }) => {
        for (const rows of Object.values(samples ?? {}))
          for (const [time, , quality] of rows)
            if (time < this.#startedAt) this.#old++;
            else if (quality === undefined) this.#live++;
      },
    });
    await gateway.start();
    const from = performance.now();
    const patience = DRAIN_PATIENCE_MS_PER_HOUR * hours;
    for (let left = Number.POSITIVE_INFINITY; left > DRAINED_BLOCKS; ) {
      if (performance.now() - from > patience) break;
      await pause(LOOK_MS);
      left = (await gateway.status()).north.journal.backlogBlocks;
      onLeft(left);
    }
    this.#drainSeconds = (performance.now() - from) / 1000;
    await pause(AFTER_MS);
    this.#back = await this.#stay();
    const { head } = this.#back.status.north.journal;
    // What the broker has acknowledged may still be on its way to a subscriber that is slower than the drain.
    const subscriber = this.#subscriber;
    const missing = () => subscriber.missing(head - DRAINED_BLOCKS).length;
    for (let before = Number.POSITIVE_INFINITY, now = missing(); now > 0 && now < before; ) {
      await pause(STILL_COMING_MS);
      [before, now] = [now, missing()];
    }
    this.#undelivered = missing();
    this.#exitCode = await gateway.stop();
  }

  report(): AttackReport {
    const { bound, hours } = this.#parts;
    const expected = hours * BLOCKS_PER_HOUR * TAGS;
    const [away, back] = [this.#away as Stay, this.#back as Stay];
    const { journal, link } = back.status.north;
    const late = [away, back].reduce((sum, { status }) => sum + status.polls.late, 0);
    const polls = [away, back].reduce((sum, { status }) => sum + status.polls.polls, 0);
    return {
      counts: {
        'hours of backlog': hours,
        'samples of backlog': expected,
        'MB of backlog': Math.round(this.#backlogBytes / 2 ** 20),
        'backlog samples a second delivered': Math.round(expected / this.#drainSeconds),
        'live samples delivered': this.#live,
        'messages repeated': this.#subscriber?.facts().duplicates ?? 0,
      },
      laws: [
        memoryLaw('the broker is away, the backlog stays', away.memory, bound.by),
        memoryLaw('the broker is back, the backlog drains', back.memory, bound.by),
        noneOf(
          'nothing ends it for its memory',
          [away, back].filter(({ memory }) => memory.endedBy).length,
          `2 starts under a bound of ${LIMIT_MB} MB`,
        ),
        noneOf(
          'the backlog is delivered, once',
          Math.abs(expected - this.#old),
          `${grouped(expected)} samples`,
        ),
        noneOf(
          'all blocks are delivered, live ones too',
          this.#undelivered,
          `${grouped(journal.head)} blocks`,
        ),
        noneOf(
          'no gap, nothing dropped',
          journal.gaps + link.dropped,
          `${grouped(journal.head)} blocks`,
        ),
        {
          promise: 'polls go on beside it: late by more than half of their interval',
          found: `${late} of ${grouped(polls)}`,
          goal: `≤ ${LATE_SHARE_MAX * 100} %`,
          holds: late <= polls * LATE_SHARE_MAX,
        },
        noneOf('it stops in order', this.#exitCode === 0 ? 0 : 1, '1 stop'),
        {
          promise: 'the backlog is gone in less than a minute for each hour of it',
          found: `${Math.round(this.#drainSeconds)} s`,
          goal: `≤ ${hours * 60} s`,
          holds: back.status.north.journal.backlogBlocks <= DRAINED_BLOCKS,
        },
      ],
      failures: [],
    };
  }

  async dispose(): Promise<void> {
    this.#filler?.kill('SIGKILL');
    await this.#subscriber?.stop();
  }

  async #stay(): Promise<Stay> {
    const { gateway, bound } = this.#parts;
    const status = await gateway.status();
    const memory = bound.seen();
    return { memory, status, seconds: memory.rss.length / 4 };
  }
}

function memoryLaw(when: string, { peak, rss }: MemorySeen, by: string) {
  const { p50, max } = spreadOf(rss);
  return {
    promise: `resident memory while ${when}`,
    found: `peak ${peak.toFixed(1)} MB, p50 ${p50.toFixed(1)} MB, highest look ${max.toFixed(1)} MB of ${rss.length}; bounded by ${by}`,
    goal: `< ${GOAL_MB} MB`,
    holds: peak > 0 && peak < GOAL_MB,
  };
}
