/**
 * `uplink`: the line to the broker breaks in nine ways and the broker is killed, while blocks go on coming. The real
 * journal, forwarder and uplink on one side, Mosquitto that keeps nothing, and a receiver that confirms.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { plainUplink } from '../../config/build.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import type { Forwarder } from '../../gateway/forward/uplink.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import { seconds } from '../../gateway/model/units.ts';
import { percentile } from '../bench/figure.ts';
import { journalAt } from '../support/journal-fixture.ts';
import { batchOf, numbered, siteTags } from '../support/journal-samples.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { until } from '../support/waiting.ts';
import { AcknowledgingReceiver } from './acknowledging-receiver.ts';
import type { Attack, AttackOrder, AttackReport } from './attack.ts';
import { HURTS, HurtLine, isCut } from './hurt-line.ts';
import { noneOf } from './laws.ts';
import { grouped, inSeconds, spreadOf } from './spread.ts';

const GATEWAY = 'uplink';
const APPEND_EVERY_MS = 20;
const TAGS = 8;
/** Of so many times the broker is killed once. */
const KILL_EVERY = 3;
const HEALTHY_MS = 300;
const DOWN_MS = 1_500;
/** The keepalive finds a line out that says nothing. */
const KEEPALIVE = seconds(1);
const CONFIRM_WITHIN = seconds(5);
const PATIENCE_MS = 60_000;
const RECONNECT_GOAL_MS = 2_000;
/** Timers of this machine are late by a little, and never early. */
const LEAST_BETWEEN_MS = 990;
const FAILURES_MAX = 10;

export const uplinkAttack: Attack = {
  name: 'uplink',
  title:
    'the line to the broker is reset, ended, silent, half open, slow, refused, sent away, loses acknowledgements or doubles them, and the broker, which keeps nothing, is killed, while blocks go on coming',
  limits:
    'One gateway with 50 small blocks a second on one machine; the line is down for up to 1.5 s, or until the keepalive of 1 s finds out.',
  few: 24,
  many: 1_500,
  run,
};

async function run({ seed, count, progress }: AttackOrder): Promise<AttackReport> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-uplink-'));
  const broker = await startMosquitto();
  const line = await HurtLine.to(broker.port);
  const journal = journalAt(join(folder, 'journal.db'), {
    tags: siteTags(TAGS).map(({ id }) => id),
    uplinks: ['cloud'],
  });
  const receiver = new AcknowledgingReceiver(broker.url, GATEWAY);
  const trial = new UplinkTrial({ seed, broker, line, journal, receiver });
  try {
    await receiver.ready();
    await trial.start();
    for (let hurt = 0; hurt < count; hurt++) {
      await trial.hurt();
      progress(hurt + 1, count);
    }
    await trial.end();
    return trial.report();
  } finally {
    await trial.stop();
    await receiver.close();
    await line.close();
    await broker.dispose();
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface UplinkParts {
  readonly seed: number;
  readonly broker: Mosquitto;
  readonly line: HurtLine;
  readonly journal: SqliteJournal;
  readonly receiver: AcknowledgingReceiver;
}

class UplinkTrial {
  readonly #parts: UplinkParts;
  readonly #random: () => number;
  readonly #forwarder: Forwarder;
  readonly #counts = new Map<string, number>();
  readonly #reconnects: number[] = [];
  readonly #failures: string[] = [];
  #appending: NodeJS.Timeout | undefined;
  #appended = 0;
  #appends: Promise<unknown> = Promise.resolve();
  #repeatsBeyond = 0;

  constructor(parts: UplinkParts) {
    const { seed, line, journal } = parts;
    this.#parts = parts;
    this.#random = seededRandom(seed);
    const { mqtt } = plainUplink(GATEWAY, 'cloud', `mqtt://127.0.0.1:${line.port}`);
    const common = { clock: systemClock(), log: silentLog, random: seededRandom(seed + 1) };
    const uplink = createMqttUplink({
      ...common,
      name: 'cloud',
      config: { ...mqtt, ack: 'receiver', keepalive: KEEPALIVE },
      speaker: { gateway: GATEWAY, epoch: journal.epoch, version: '0', config: '0' },
      tags: siteTags(TAGS),
    });
    const resend = mqtt.resend;
    this.#forwarder = createForwarder({
      ...common,
      ...{ uplink, journal, resend, confirmWithin: CONFIRM_WITHIN },
    });
  }

  async start(): Promise<void> {
    await this.#forwarder.start();
    await until('the connection', () => this.#isUp(), PATIENCE_MS);
    this.#appending = setInterval(() => {
      this.#appends = this.#append();
    }, APPEND_EVERY_MS);
  }

  /** One more, from a line that has caught up to one that has caught up. */
  async hurt(): Promise<void> {
    const { line, broker, receiver } = this.#parts;
    await pause(HEALTHY_MS * this.#random());
    const before = { repeats: receiver.repeats, window: this.#window() };
    const isKill = this.#random() * KILL_EVERY < 1;
    const hurt = HURTS[Math.floor(this.#random() * HURTS.length)] as (typeof HURTS)[number];
    const name = isKill ? 'broker killed' : hurt;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (isKill) await broker.kill();
    else line.hurt(hurt);
    await pause(DOWN_MS * this.#random());
    const isSeen = isKill || (isCut(hurt) && hurt !== 'acknowledgements lost');
    if (isSeen) await until(`the loss by ${name}`, () => !this.#isUp(), PATIENCE_MS);
    const window = Math.max(before.window, this.#window());
    if (isKill) await broker.start();
    else line.heal();
    // Healing cuts off whoever is left; a broker that was started again has nobody.
    if (!isKill && isCut(hurt))
      await until(`the loss by ${name}`, () => !this.#isUp(), PATIENCE_MS);
    const healed = performance.now();
    await until(`the connection after ${name}`, () => this.#isUp(), PATIENCE_MS);
    if (isKill || isCut(hurt)) this.#reconnects.push(performance.now() - healed);
    const { head } = this.#parts.journal;
    const cursor = this.#parts.journal.cursor('cloud');
    await until(`delivery after ${name}`, () => cursor.upTo >= head, PATIENCE_MS);
    const repeats = receiver.repeats - before.repeats;
    if (repeats <= window) return;
    this.#repeatsBeyond++;
    this.#fail(`${name}: ${repeats} repeats, ${window} on their way`);
  }

  async end(): Promise<void> {
    clearInterval(this.#appending);
    await this.#appends;
    const { journal } = this.#parts;
    const cursor = journal.cursor('cloud');
    await until('the end of the delivery', () => cursor.upTo === journal.head, PATIENCE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#appending);
    await this.#appends;
    await this.#forwarder.stop();
  }

  report(): AttackReport {
    const { journal, receiver, line } = this.#parts;
    const missing = Array.from({ length: journal.head }, (_, index) => index + 1).filter((seq) => {
      const parts = receiver.parts.get(seq);
      if (parts === undefined) return true;
      return Array.from({ length: parts }).some(
        (_, part) => !receiver.counts.has(`${seq}/${part}`),
      );
    });
    for (const seq of missing.slice(0, 3)) this.#fail(`block ${seq} never came whole`);
    const tooSoon = line.attempts.filter(
      ({ to }, index) =>
        to - (line.attempts[index - 1]?.from ?? Number.NEGATIVE_INFINITY) < LEAST_BETWEEN_MS,
    ).length;
    const p95 = percentile(this.#reconnects, 95);
    return {
      counts: {
        blocks: journal.head,
        ...Object.fromEntries(this.#counts),
        repeats: receiver.repeats,
        attempts: line.attempts.length,
      },
      laws: [
        noneOf('no block is lost', missing.length, `${grouped(journal.head)} blocks`),
        noneOf(
          'a cut repeats no more than what was on its way',
          this.#repeatsBeyond,
          `${this.#reconnects.length} cuts`,
        ),
        {
          promise: 'the uplink is there again soon after the line is',
          found: `p95 ${Math.round(p95)} ms; ${inSeconds(spreadOf(this.#reconnects))}`,
          goal: `p95 ≤ ${RECONNECT_GOAL_MS} ms`,
          holds: p95 <= RECONNECT_GOAL_MS,
        },
        noneOf('it tries at most once a second', tooSoon, `${line.attempts.length} attempts`),
      ],
      failures: this.#failures.slice(0, FAILURES_MAX),
    };
  }

  /** Parts that may come twice when the line breaks now. */
  #window(): number {
    const { inFlight, unconfirmed = 0 } = this.#forwarder.facts();
    return inFlight + unconfirmed;
  }

  #isUp(): boolean {
    return this.#forwarder.facts().state === 'up';
  }

  async #append(): Promise<void> {
    const { journal } = this.#parts;
    const number = ++this.#appended;
    const seq = await journal.append('telemetry', batchOf(numbered(number)), {
      origin: 'torture',
      number,
    });
    this.#forwarder.onAppended(seq);
  }

  #fail(what: string): void {
    this.#failures.push(what);
  }
}
