/**
 * One script of the attack `clock` in virtual time: samples through the field side's queue into the real journal, rules
 * beside it, blocks through the real forwarder to a receiver that corrects its times as the contract says.
 */
import { setImmediate } from 'node:timers/promises';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import type { Forwarder } from '../../gateway/forward/uplink.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { timeBasisOf } from '../../gateway/host/stamp.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import { type Block, seqOf } from '../../gateway/journal/journal.ts';
import { CargoHandover } from '../../gateway/journal/north/cargo-handover.ts';
import { CargoQueue } from '../../gateway/journal/north/cargo-queue.ts';
import type { ToNorth } from '../../gateway/journal/north/north-protocol.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { SqliteJournal } from '../../gateway/journal/sqlite-journal.ts';
import type { Sample, TagId } from '../../gateway/model/sample.ts';
import { bytes, later, millis, seconds, utcMs } from '../../gateway/model/units.ts';
import { RuleEngine } from '../../rules/engine/engine.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { type MemoryUplink, memoryUplink } from '../support/memory-uplink.ts';
import { ClockAccount } from './clock-account.ts';
import type { ClockAct, ClockScript } from './clock-scripts.ts';

const UPLINK = 'cloud';
const LOSS_WINDOW = seconds(1);
const UPKEEP = seconds(60);
/** Rules look at the clock each second: a month of that is left out. */
const RULES_UP_TO = 60_000;
const TAGS = ['press.level', 'press.event'] as const satisfies readonly string[];
const [LEVEL, EVENT] = TAGS.map((tag) => tag as TagId) as [TagId, TagId];
/** Each so many polls something happens that is stored at once. */
const EVENT_EVERY = 7;

export class ClockTrial {
  readonly account: ClockAccount;
  readonly #script: ClockScript;
  readonly #path: string;
  readonly #rules: RuleSet;
  #clock: VirtualClock;
  /** Of the boot that runs: script time and truth when its clock was 0. */
  #bootAt = 0;
  #boots = 1;
  #journal: SqliteJournal | undefined;
  #handover: CargoHandover | undefined;
  #forwarder: Forwarder | undefined;
  #uplink: MemoryUplink | undefined;
  #engine: RuleEngine | undefined;
  #isBrokerUp = true;
  #polls = 0;
  #isOver = false;
  /** Nothing is measured any more in this boot. */
  #isEnding = false;

  constructor(script: ClockScript, path: string, rules: RuleSet) {
    this.#script = script;
    this.#path = path;
    this.#rules = rules;
    this.account = new ClockAccount(script);
    this.#clock = virtualClock(utcMs(script.wall ?? script.truth), { boot: 'boot-1' });
    this.#clock.setTrust(script.trust);
  }

  async run(): Promise<void> {
    const { acts, length } = this.#script;
    this.#begin();
    for (const act of [...acts].sort((a, b) => a.at - b.at)) {
      await this.#advanceTo(act.at);
      await this.#act(act);
    }
    await this.#advanceTo(length);
    if (!this.#isBrokerUp) await this.#act({ kind: 'broker', at: length, is: 'up' });
    await this.#clock.advance(seconds(30));
    this.#isOver = true;
    this.#account();
    await this.#end();
  }

  /** Script time now. */
  #now(): number {
    return this.#bootAt + this.#clock.mono();
  }

  async #advanceTo(at: number): Promise<void> {
    const began = performance.now();
    await this.#clock.advance(millis(Math.max(0, at - this.#now())));
    this.account.took(performance.now() - began);
  }

  async #act(act: ClockAct): Promise<void> {
    const truth = this.#script.truth + this.#now();
    switch (act.kind) {
      case 'step':
        this.#clock.stepWallClock(utcMs(this.#clock.utc() + act.by));
        return;
      case 'set':
        this.#clock.stepWallClock(utcMs(act.to === 'truth' ? truth : act.to));
        return;
      case 'trust':
        this.#clock.setTrust(act.trust);
        this.account.trusted(this.#clock.boot, act.trust);
        return;
      case 'broker':
        this.#isBrokerUp = act.is === 'up';
        if (this.#isBrokerUp) this.#uplink?.up();
        else this.#uplink?.down();
        return;
      case 'worker-restart':
        await this.#endNorth();
        this.#beginNorth();
        this.#handover?.opened();
        return;
      case 'reboot':
        await this.#reboot(act);
        return;
      default:
        act satisfies never;
    }
  }

  async #reboot({ off, wall, trust }: Extract<ClockAct, { kind: 'reboot' }>): Promise<void> {
    await this.#end();
    this.#bootAt = this.#now() + off;
    this.account.wasOff(off);
    const start = wall === 'truth' ? this.#script.truth + this.#bootAt : wall;
    this.#clock = virtualClock(utcMs(start), { boot: `boot-${++this.#boots}` });
    this.#clock.setTrust(trust);
    this.account.trusted(this.#clock.boot, trust);
    this.#begin();
  }

  #begin(): void {
    this.#isEnding = false;
    this.account.trusted(this.#clock.boot, this.#clock.trust());
    this.#beginNorth();
    const clock = this.#clock;
    this.#handover = new CargoHandover({
      queue: new CargoQueue(LOSS_WINDOW, (tag) => TAGS.indexOf(tag as (typeof TAGS)[number])),
      clock,
      log: silentLog,
      post: (message) => this.#store(message),
    });
    this.#handover.opened();
    if (this.#script.every <= RULES_UP_TO) this.#beginRules(clock);
    this.#poll();
    this.#upkeepSoon();
  }

  #beginRules(clock: VirtualClock): void {
    this.#engine = new RuleEngine(this.#rules, {
      clock,
      log: silentLog,
      emit: (effects) => this.account.effects(this.#now(), effects.length),
    });
    this.#engine.start();
  }

  #beginNorth(): void {
    const clock = this.#clock;
    this.#journal = openJournal({
      path: this.#path,
      tags: [LEVEL, EVENT],
      uplinks: [UPLINK],
      maxSize: bytes(64 * 2 ** 20),
      keep: millis(this.#script.keep),
      clock,
      log: silentLog,
    });
    const uplink = memoryUplink(UPLINK);
    this.#uplink = uplink;
    this.#forwarder = createForwarder({
      uplink: {
        ...uplink,
        send: (block, historical) => {
          const sent = uplink.send(block, historical);
          if (this.#isBrokerUp) this.account.received(samplesOf(block), block);
          return sent;
        },
        announce: (watermark) => {
          if (this.#isBrokerUp) this.account.announced(watermark);
        },
      },
      journal: this.#journal,
      clock,
      log: silentLog,
      random: () => 0.5,
      resend: seconds(5),
    });
    uplink.acknowledgeAll();
    void this.#forwarder.start();
    if (this.#isBrokerUp) uplink.up();
  }

  /** The worker's part of an append. */
  #store(message: ToNorth): void {
    const journal = this.#journal;
    if (message.kind !== 'append' || journal === undefined) throw new Error('not an append');
    const { key, cargo } = message;
    if ('gap' in cargo) throw new Error(`a gap: ${cargo.gap.reason}`);
    void journal.append(cargo.class, cargo.batch, key, cargo.clock).then((seq) => {
      this.account.stored(this.#now(), seq);
      this.#handover?.committed(key.number, seq);
      this.#handover?.advance();
      this.#forwarder?.onAppended(seq);
    });
  }

  #poll(): void {
    if (this.#isEnding) return;
    const clock = this.#clock;
    clock.at('poll', later(clock.mono(), millis(this.#script.every)), () => {
      if (clock === this.#clock) this.#poll();
    });
    const number = ++this.#polls;
    const sample = (tag: TagId): Sample => ({
      ...{ tag, value: number, quality: 'good', time: clock.utc(), timeBasis: timeBasisOf(clock) },
    });
    this.account.polled(number, this.#now(), clock);
    const level = sample(LEVEL);
    this.#engine?.apply([level]);
    this.#handover?.append('telemetry', [level]);
    if (number % EVENT_EVERY === 0) this.#handover?.append('alarm', [sample(EVENT)]);
  }

  #upkeepSoon(): void {
    const clock = this.#clock;
    const every = millis(Math.max(UPKEEP, this.#script.every));
    clock.at('upkeep', later(clock.mono(), every), () => {
      if (clock === this.#clock && !this.#isOver) void this.#upkeep();
    });
  }

  async #upkeep(): Promise<void> {
    this.#upkeepSoon();
    this.#journal?.saveCursors();
    while (await this.#journal?.retain());
    this.#account();
  }

  #account(): void {
    const oldest = this.#journal?.read(seqOf(1), 1)[0];
    this.account.retained(this.#now(), oldest?.seq, this.#clock.boot);
  }

  async #endNorth(): Promise<void> {
    await this.#forwarder?.stop();
    await this.#journal?.close();
  }

  async #end(): Promise<void> {
    this.#isEnding = true;
    const flushed = this.#handover?.flush();
    for (let turns = 0; turns < 20; turns++) await setImmediate();
    await this.#clock.advance(seconds(2));
    await flushed;
    this.#engine?.stop();
    const journal = this.#journal;
    if (this.#isOver && journal)
      for (const block of journal.read(seqOf(1), 1_000_000))
        this.account.readBack(samplesOf(block), block);
    await this.#endNorth();
  }
}

const samplesOf = ({ samples, tagOf }: Block): readonly Sample[] => fromBatch(samples, tagOf);
