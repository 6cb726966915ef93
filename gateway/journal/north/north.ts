/**
 * The north side's thread: owns the journal and the forwarders, answers the field side. It is built
 * to be killed: a journal that is broken ends the thread, and the next one begins with a check.
 */

import { setImmediate } from 'node:timers/promises';
import type { Forwarder } from '../../forward/uplink.ts';
import type { Cancel, Clock } from '../../host/clock.ts';
import type { Log, LogFields } from '../../host/log.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import type { TagId } from '../../model/sample.ts';
import {
  between,
  later,
  type Millis,
  millis,
  minutes,
  monoMs,
  seconds,
} from '../../model/units.ts';
import type { UpstreamRequest } from '../../model/upstream.ts';
import type { Journal, JournalRoomFacts } from '../journal.ts';
import { openJournal } from '../open-journal.ts';
import { SalvageRun } from '../salvage/salvage-run.ts';
import type { SqliteJournal } from '../sqlite-journal.ts';
import { TrendDesk } from '../trend/trend-desk.ts';
import type { TrendAnswer } from '../trend-question.ts';
import {
  type FromNorth,
  failureOf,
  type NorthSetup,
  type ToNorth,
  type WorkerStats,
} from './north-protocol.ts';

/** The worker's end of the channel; a MessagePort is one. */
export interface NorthPort {
  postMessage(message: FromNorth): void;
  on(event: 'message', listener: (message: ToNorth) => void): unknown;
  close(): void;
}

export interface ForwarderContext {
  readonly setup: NorthSetup;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Log;
  /** Hands a request from upstream to the field side. */
  readonly request: (uplink: string, request: UpstreamRequest) => void;
}

export interface NorthParts {
  readonly clock: Clock;
  /** One for each uplink of the setup; started and stopped from here. */
  readonly createForwarders: (context: ForwarderContext) => Promise<readonly Forwarder[]>;
  /** Ends the thread. */
  readonly exit: (code: number) => void;
}

const TICK = seconds(1);
/** What waited for the journal goes first. */
const SALVAGE_AFTER = seconds(5);
const SALVAGE_PAUSE = millis(5);
/**
 * Each step is a commit of its own, so there should be few: what a minute lets expire goes
 * together.
 */
const RETENTION_EVERY = minutes(1);
const RETENTION_STEPS_MAX = 32;
/** Others may fill the disk at any time. */
const ROOM_EVERY = seconds(2);
/** A forwarder that has something under way and stands still for this long is no progress. */
const STALLED_AFTER = seconds(30);

/** Serves `port` until it is told to stop. */
export function runNorth(port: NorthPort, parts: NorthParts): void {
  const north = new North(port, parts);
  port.on('message', (message) => void north.receive(message));
}

class North {
  readonly #port: NorthPort;
  readonly #parts: NorthParts;
  readonly #log: Log;
  #journal: SqliteJournal | undefined;
  #trends: TrendDesk | undefined;
  #forwarders: readonly Forwarder[] = [];
  #cancelTick: Cancel = () => {};
  #salvage: SalvageRun | undefined;
  #cancelSalvage: Cancel = () => {};
  #retainFrom = monoMs(0);
  #watchFrom = monoMs(Number.NEGATIVE_INFINITY);
  #roomLevel: JournalRoomFacts['level'] | undefined;
  #isStopping = false;
  #opening: Promise<void> = Promise.resolve();

  constructor(port: NorthPort, parts: NorthParts) {
    this.#port = port;
    this.#parts = parts;
    this.#log = relayedLog((message) => port.postMessage(message), {});
  }

  /** A rejection in here is a broken invariant and ends the thread. */
  async receive(message: ToNorth): Promise<void> {
    if (message.kind === 'open') this.#opening = this.#open(message);
    await this.#opening;
    switch (message.kind) {
      case 'open':
        return;
      case 'configure':
        this.#configure(message.setup);
        return;
      case 'append':
        await this.#append(message);
        return;
      case 'ledger':
        await this.#enter(message);
        return;
      case 'ledger-find': {
        const { id, key } = message;
        this.#port.postMessage({ kind: 'ledger-found', id, entry: this.#opened().command(key) });
        return;
      }
      case 'stats':
        this.#port.postMessage({ kind: 'stats', id: message.id, stats: this.#stats() });
        return;
      case 'trend': {
        const { id, tag, question } = message;
        const answer = (found: TrendAnswer) =>
          this.#port.postMessage({ kind: 'trend', id, answer: found });
        this.#trends?.ask(tag, question, answer);
        return;
      }
      case 'written':
        this.#journal?.wear.note(message.cause, message.written);
        return;
      case 'reply':
        for (const forwarder of this.#forwarders)
          if (forwarder.facts().uplink === message.uplink) forwarder.reply?.(message.reply);
        return;
      case 'send-aside':
        for (const forwarder of this.#forwarders)
          if (forwarder.facts().uplink === message.uplink) forwarder.sendAside?.();
        return;
      case 'stop':
        await this.#stop();
        return;
      default:
        message satisfies never;
    }
  }

  async #open({ setup, expects, damage }: Extract<ToNorth, { kind: 'open' }>): Promise<void> {
    const { clock } = this.#parts;
    try {
      this.#journal = openJournal({
        path: setup.journal.path,
        maxSize: setup.journal.maxSize,
        keep: setup.journal.keep,
        tags: setup.tags.map(({ id }): TagId => id),
        uplinks: setup.uplinks.map(({ name }) => name),
        ...{ expects, damage },
        clock,
        log: this.#log,
        onBroken: (error) => this.#onBroken(error),
      });
    } catch (error) {
      this.#port.postMessage({ kind: 'open-failed', failure: failureOf(error) });
      this.#port.close();
      return;
    }
    const { trends } = this.#journal;
    this.#trends = new TrendDesk((tag, question) => trends.of(tag, question), clock);
    this.#forwarders = await this.#parts.createForwarders({
      setup,
      journal: this.#journal,
      clock,
      log: this.#log,
      request: (uplink, request) => this.#port.postMessage({ kind: 'request', uplink, request }),
    });
    for (const forwarder of this.#forwarders) await forwarder.start();
    this.#salvage = new SalvageRun({
      ...{ path: setup.journal.path, target: this.#journal.salvage, clock, log: this.#log },
      tags: setup.tags.map(({ id }): TagId => id),
      remembered: expects?.epoch,
    });
    this.#salvageLater(SALVAGE_AFTER);
    const history = this.#journal.takeHistory();
    this.#port.postMessage({ kind: 'opened', stats: this.#stats(), history });
    this.#tickSoon();
  }

  /** Comes behind `open`; where that failed there is nothing to tell. */
  #configure({ tags, config }: NorthSetup): void {
    this.#journal?.setTags(tags.map(({ id }): TagId => id));
    for (const forwarder of this.#forwarders) forwarder.configure?.({ tags, config });
  }

  async #append({ key, cargo }: Extract<ToNorth, { kind: 'append' }>): Promise<void> {
    const { number } = key;
    try {
      const journal = this.#opened();
      const seq = await ('gap' in cargo
        ? journal.appendGap(cargo.gap, key)
        : journal.append(cargo.class, cargo.batch, key, cargo.clock));
      this.#port.postMessage({ kind: 'committed', number, seq });
      for (const forwarder of this.#forwarders) forwarder.onAppended(seq);
      this.#checkpointSoon(journal);
    } catch (error) {
      this.#port.postMessage({ kind: 'failed', number, failure: failureOf(error) });
    }
  }

  async #enter({ id, actions }: Extract<ToNorth, { kind: 'ledger' }>): Promise<void> {
    try {
      const { answers, audit } = await this.#opened().enter(actions);
      this.#port.postMessage({ kind: 'ledger', id, answers, audit });
      if (audit) for (const forwarder of this.#forwarders) forwarder.onAppended(audit.seq);
      this.#checkpointSoon(this.#opened());
    } catch (error) {
      this.#port.postMessage({ kind: 'ledger-failed', id, failure: failureOf(error) });
    }
  }

  /** Behind the answers and what the forwarders do with them at once. */
  #checkpointSoon(journal: SqliteJournal): void {
    if (!journal.wear.isCheckpointDue) return;
    void setImmediate().then(() => this.#checkpoint(journal));
  }

  /** Where the disk is full the next commit tells, or the next attempt finds room. */
  #checkpoint(journal: SqliteJournal): void {
    try {
      journal.checkpointIfDue();
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }

  #stats(): WorkerStats {
    const salvage = this.#salvage?.facts();
    return {
      journal: this.#opened().stats(),
      uplinks: this.#forwarders.map((forwarder) => forwarder.facts()),
      ...(salvage && { salvage }),
    };
  }

  async #stop(): Promise<void> {
    this.#isStopping = true;
    this.#trends?.stop();
    this.#cancelTick();
    this.#cancelSalvage();
    this.#salvage?.close();
    await Promise.allSettled(this.#forwarders.map((forwarder) => forwarder.stop()));
    await this.#journal?.close();
    this.#port.close();
  }

  #opened(): SqliteJournal {
    if (this.#journal === undefined) throw new Error('the journal is not open');
    return this.#journal;
  }

  /**
   * What was under way is handed over again to the next worker; nothing here can be trusted any
   * more.
   */
  #onBroken(error: GatewayError): void {
    this.#log.error('journal.worker-gave-up', { code: error.code, reason: reasonOf(error) });
    this.#port.postMessage({ kind: 'broken', failure: failureOf(error) });
    this.#parts.exit(1);
  }

  #salvageLater(wait: Millis): void {
    const { clock } = this.#parts;
    this.#cancelSalvage = clock.at('journal.salvage', later(clock.mono(), wait), () =>
      this.#salvageStep(),
    );
  }

  /** Between two steps everybody else has at least twice the time that a step takes. */
  #salvageStep(): void {
    const { clock } = this.#parts;
    const head = this.#opened().head;
    const from = clock.mono();
    try {
      if (!this.#salvage?.step()) return;
      this.#salvageLater(millis(SALVAGE_PAUSE + 2 * between(from, clock.mono())));
    } catch (error) {
      // A full disk may have room later; after anything else the thread ends.
      if (!(error instanceof GatewayError)) throw error;
      this.#salvageLater(RETENTION_EVERY);
    }
    const now = this.#opened().head;
    if (now > head) for (const forwarder of this.#forwarders) forwarder.onAppended(now);
  }

  #tickSoon(): void {
    const { clock } = this.#parts;
    const due = later(clock.mono(), TICK);
    this.#cancelTick = clock.at('journal.tick', due, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    this.#tickSoon();
    await this.#upkeep();
    const now = this.#parts.clock.mono();
    const isStalled = (forwarder: Forwarder) =>
      between(forwarder.lastProgress(), now) > STALLED_AFTER;
    if (this.#forwarders.some(isStalled)) return;
    const { written } = this.#opened().wear;
    this.#port.postMessage({ kind: 'progress', written });
  }

  #watchRoom(journal: SqliteJournal): void {
    const now = this.#parts.clock.mono();
    if (now < this.#watchFrom) return;
    this.#watchFrom = later(now, ROOM_EVERY);
    const room = journal.watchRoom();
    if (room.level !== this.#roomLevel) this.#port.postMessage({ kind: 'room', room });
    this.#roomLevel = room.level;
  }

  /**
   * Saves cursors and removes blocks. A disk that is full for this is full for appends too, which
   * tell.
   */
  async #upkeep(): Promise<void> {
    const journal = this.#opened();
    const now = this.#parts.clock.mono();
    try {
      this.#watchRoom(journal);
      journal.saveCursors();
      journal.checkpointIfDue();
      if (now < this.#retainFrom) return;
      this.#retainFrom = later(now, RETENTION_EVERY);
      for (let step = 0; step < RETENTION_STEPS_MAX && !this.#isStopping; step++) {
        if (!(await journal.retain())) return;
        await setImmediate();
      }
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
    }
  }
}

/** Log lines are written by the main thread, so that one process writes one stream. */
function relayedLog(post: (message: FromNorth) => void, own: LogFields): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (event: string, fields?: LogFields) =>
    post({ kind: 'log', level, event, fields: { ...own, ...fields } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => relayedLog(post, { ...own, ...fields }),
  };
}
