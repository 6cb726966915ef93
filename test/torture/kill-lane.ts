/** One journal of the attack `kill`: victims one after the other, and what each left behind held against the books. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ReceivedPart,
  type Subscriber,
  startSubscriber,
} from '../../firmware-sim/subscriber.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import { bytes, millis } from '../../gateway/model/units.ts';
import { until } from '../support/waiting.ts';
import { KillAccount, type Loss } from './kill-account.ts';
import { drawPlan, type Moment } from './kill-moments.ts';
import { VictimProcess } from './kill-process.ts';
import { KILL_TAGS } from './kill-samples.ts';
import type { KillLine } from './kill-victim.ts';

/** 5,000 samples a second. */
const EVERY_MS = 100;
const SAMPLES_EACH = 500;
/** Small: there is a checkpoint about once a second, and after some hundred kills the file is full and stays so. */
const MAX_SIZE = 1024 * 1024;
/** Acknowledgements are kept in memory for seconds, longer than these victims live; a stop in order writes them down. */
const KILLS_BETWEEN_STOPS = 20;
const KEEP_MS = 20_000;
const STOPPED_LOSS_WINDOW_MS = 100;
const DELIVERY_PATIENCE_MS = 60_000;
/** How long an open takes, before the first was seen. */
const FIRST_GUESS_MS = 250;
const MISTAKES_MAX = 10;

export interface LaneOptions {
  /** Of the gateway. */
  readonly name: string;
  readonly seed: number;
  /** The broker's. */
  readonly url: string;
  /** The victim's file. */
  readonly victim: string;
}

export class KillLane {
  readonly account = new KillAccount();
  readonly kills = new Map<Moment, number>();
  /** Victims that had stopped in order before their kill came. */
  endedBefore = 0;
  /** Victims that nobody killed. */
  stops = 0;
  /** At what a victim left. */
  looks = 0;
  /** One for each kill, those with a worker that died before left out. */
  readonly losses: Loss[] = [];
  /** By how much the oldest lost sample of a kill was older than the loss window, ms. */
  readonly beyondWindowMs: number[] = [];
  /** From the start of a process to the first new sample that is durable, ms. */
  readonly firstDurableMs: number[] = [];
  opens = 0;
  /** Opens that failed, set the file aside or found another epoch. */
  failedOpens = 0;
  /** What was said that should not have been; the first ten. */
  readonly mistakes: string[] = [];
  readonly #options: LaneOptions;
  readonly #random: Random;
  readonly #folder = mkdtempSync(join(tmpdir(), 'headgate-kill-'));
  readonly #copies: string;
  readonly #arrived: ReceivedPart[] = [];
  #subscriber: Subscriber | undefined;
  #epoch: string | undefined;
  #usualOpenMs = FIRST_GUESS_MS;
  #victim: VictimProcess | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    // The copies are looked at and thrown away: no disk has to keep them.
    const memory = existsSync('/dev/shm') ? '/dev/shm' : this.#folder;
    this.#copies = mkdtempSync(join(memory, 'headgate-copy-'));
  }

  /** Repeats of messages that the receiver has dropped. */
  get repeats(): number {
    return this.#subscriber?.facts().duplicates ?? 0;
  }

  async open(): Promise<void> {
    const { url, name: gateway } = this.#options;
    const onPart = (part: ReceivedPart) => this.#arrived.push(part);
    this.#subscriber = await startSubscriber({ url, gateway, onPart });
  }

  /** One victim from its start to its kill, and a look at what it left. */
  async kill(): Promise<void> {
    if (this.looks % KILLS_BETWEEN_STOPS === KILLS_BETWEEN_STOPS - 1) await this.#stop();
    const plan = drawPlan(this.#random);
    const victim = this.#start(plan.lossWindowMs);
    await victim.reaches(plan, this.#usualOpenMs);
    const killedAt = Date.now();
    const code = await victim.kill();
    if (code === null) this.kills.set(plan.moment, (this.kills.get(plan.moment) ?? 0) + 1);
    else this.endedBefore++;
    if (code !== null && code !== 0) this.#failedOpen(`a victim ended with ${code}`);
    const loss = this.#look(killedAt);
    if (code === 0 && loss.samples > 0) this.#mistake(`${loss.samples} samples lost at a stop`);
    this.looks++;
    // While the worker thread is away, what comes waits longer.
    if (plan.moment === 'worker') return;
    this.losses.push(loss);
    this.beyondWindowMs.push(loss.samples > 0 ? loss.ageMs - plan.lossWindowMs : 0);
  }

  /** A last victim that lives until all is delivered. */
  async settle(): Promise<void> {
    await this.#stop();
    this.account.settle();
  }

  async dispose(): Promise<void> {
    await this.#victim?.kill();
    await this.#subscriber?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    rmSync(this.#copies, { recursive: true, force: true });
  }

  /** A victim that nobody kills: it delivers all there is and stops in order. */
  async #stop(): Promise<void> {
    const victim = this.#start(STOPPED_LOSS_WINDOW_MS);
    await victim.says('stored');
    await victim.quiet();
    const left = () => this.#subscriber?.missing(victim.newestSeq) ?? [];
    await until('the delivery of all', () => left().length === 0, DELIVERY_PATIENCE_MS).catch(() =>
      this.#mistake(`${left().length} blocks were not delivered, the first ${left()[0]}`),
    );
    victim.stop();
    const code = await victim.gone();
    this.stops++;
    if (code !== 0) this.#mistake(`a victim that was told to stop ended with ${code}`);
    const { samples } = this.#look(Date.now());
    if (samples > 0) this.#mistake(`${samples} samples lost at a stop in order`);
  }

  get #path(): string {
    return join(this.#folder, 'journal.db');
  }

  #start(lossWindowMs: number): VictimProcess {
    const order = {
      gateway: this.#options.name,
      path: this.#path,
      url: this.#options.url,
      lossWindowMs,
      maxSizeBytes: MAX_SIZE,
      keepMs: KEEP_MS,
      first: this.account.end,
      everyMs: EVERY_MS,
      samplesEach: SAMPLES_EACH,
    };
    this.#victim = new VictimProcess(this.#options.victim, order, (line, victim) =>
      this.#hear(line, victim),
    );
    return this.#victim;
  }

  #hear(line: KillLine, victim: VictimProcess): void {
    switch (line[0]) {
      case 'opened':
        this.opens++;
        this.#usualOpenMs += (victim.age() - this.#usualOpenMs) / 10;
        this.#isSameEpoch(line[1]);
        return;
      case 'handing':
        this.account.handing(line[1], line[2], line[3]);
        return;
      case 'stored':
        if (victim.newestSeq === 0) this.firstDurableMs.push(victim.age());
        this.account.declared(line[1], line[2], line[3]);
        return;
      case 'trouble':
        if (line[1] === 'journal.worker-died' && victim.lostItsWorker) return;
        if (line[1].startsWith('journal.'))
          this.#failedOpen(`${line[1]} ${JSON.stringify(line[2])}`);
        return;
      case 'stopped':
        if (line[1] > 0) this.#mistake(`${line[1]} samples dropped`);
        return;
      case 'quiet':
      case 'terminating':
      case 'reopened':
      case 'stopping':
        return;
      default:
        line satisfies never;
    }
  }

  /** Opens a copy of the file, as the next victim opens the file itself, and takes over what is new in it. */
  #look(killedAt: number): Loss {
    if (!existsSync(this.#path)) return this.account.found([], killedAt);
    const copy = join(this.#copies, 'journal.db');
    for (const part of ['', '-wal'])
      if (existsSync(this.#path + part)) copyFileSync(this.#path + part, copy + part);
    const journal = openJournal({
      path: copy,
      tags: KILL_TAGS.map(({ id }) => id),
      uplinks: [],
      maxSize: bytes(2 * MAX_SIZE),
      keep: millis(1e12),
      clock: systemClock(),
      log: silentLog,
    });
    // A copy of a file that was not made yet is a new journal.
    if (this.#epoch !== undefined) this.#isSameEpoch(journal.epoch);
    const loss = this.account.found(
      journal.read(seqOf(this.account.head + 1), 1_000_000),
      killedAt,
    );
    if (journal.head !== this.account.head)
      this.#mistake(`the head is ${journal.head}, the newest block ${this.account.head}`);
    void journal.close();
    rmSync(this.#copies, { recursive: true, force: true });
    mkdirSync(this.#copies);
    for (const part of this.#arrived.splice(0)) this.account.arrived(part);
    return loss;
  }

  /** A journal that was set aside begins anew with another. */
  #isSameEpoch(epoch: string): void {
    this.#epoch ??= epoch;
    if (epoch !== this.#epoch) this.#failedOpen(`epoch ${epoch} follows ${this.#epoch}`);
  }

  #failedOpen(what: string): void {
    this.failedOpens++;
    this.#mistake(what);
  }

  #mistake(what: string): void {
    if (this.mistakes.length < MISTAKES_MAX) this.mistakes.push(what);
  }
}
