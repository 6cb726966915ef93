/** What one script of the attack `clock` did, beside the truth, and which laws it broke. */
import type { Watermark } from '../../gateway/forward/uplink.ts';
import type { Clock } from '../../gateway/host/clock.ts';
import type { Block } from '../../gateway/journal/journal.ts';
import type { ClockTrust } from '../../gateway/model/clock-mark.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { utcMs } from '../../gateway/model/units.ts';
import type { ClockScript } from './clock-scripts.ts';

/** Corrected times may be off by that much, ms. */
export const CORRECTED_WITHIN = 50;
/** A commit that waits for company, the shortest turn of the upkeep, and the key that others refer to. */
const COMMIT_SLACK = 2_000;
const UPKEEP_SLACK = 60_000;
const KEY_BLOCKS = 40;
/** Effects within a minute: a combined reading makes up for the quarters of a day or two, never for twenty years. */
const EFFECTS_MAX = 250;
/** Real time that the whole script may take in one piece of virtual time, ms. */
const STUCK_AFTER = 30_000;

interface Poll {
  readonly truth: number;
  readonly boot: string;
  /** By how much wall time was wrong. */
  readonly off: number;
  readonly isBelieved: boolean;
}

interface StoredBlock {
  readonly at: number;
  readonly off: number;
}

/** Each law by the name that the report has for it, and how often it was broken. */
export interface ClockBreaches {
  reordered: number;
  stuck: number;
  unflagged: number;
  uncorrected: number;
  wrong: number;
  early: number;
  late: number;
  rules: number;
}

export const noBreaches = (): ClockBreaches => ({
  ...{ reordered: 0, stuck: 0, unflagged: 0, uncorrected: 0 },
  ...{ wrong: 0, early: 0, late: 0, rules: 0 },
});

export class ClockAccount {
  readonly breaches = noBreaches();
  /** The first of each kind, in words. */
  readonly told: string[] = [];
  /** The largest that a corrected time was off. */
  worst = 0;
  corrected = 0;
  readonly #script: ClockScript;
  readonly #polls = new Map<number, Poll>();
  readonly #blocks = new Map<number, StoredBlock>();
  readonly #confirmed = new Set<string>();
  readonly #received = new Map<number, readonly Sample[]>();
  readonly #lastOf = new Map<string, number>();
  readonly #effects = new Map<number, number>();
  #watermark: Watermark | undefined;
  #storedAt = 0;
  #polledAt = 0;
  #off = 0;
  #oldest = 1;

  constructor(script: ClockScript) {
    this.#script = script;
  }

  get samples(): number {
    return this.#polls.size;
  }

  trusted(boot: string, trust: ClockTrust): void {
    if (trust === 'synced') this.#confirmed.add(boot);
  }

  wasOff(ms: number): void {
    this.#off += ms;
    this.#storedAt += ms;
    this.#polledAt += ms;
  }

  polled(number: number, now: number, clock: Clock): void {
    const truth = this.#script.truth + now;
    const off = Math.abs(clock.utc() - truth);
    this.#polls.set(number, { truth, boot: clock.boot, off, isBelieved: clock.isSynced() });
    if (now - this.#polledAt > this.#script.every + COMMIT_SLACK)
      this.#breach('stuck', `no poll from ${this.#polledAt} to ${now}`);
    this.#polledAt = now;
  }

  stored(now: number, seq: number): void {
    if (now - this.#storedAt > this.#script.every + COMMIT_SLACK)
      this.#breach('stuck', `no commit from ${this.#storedAt} to ${now}`);
    this.#storedAt = now;
    this.#blocks.set(seq, { at: now, off: this.#off });
  }

  effects(now: number, count: number): void {
    const minute = Math.floor(now / 60_000);
    const sum = (this.#effects.get(minute) ?? 0) + count;
    this.#effects.set(minute, sum);
    if (sum > EFFECTS_MAX && sum - count <= EFFECTS_MAX)
      this.#breach('rules', `${sum} effects in minute ${minute}`);
  }

  took(ms: number): void {
    if (ms > STUCK_AFTER + this.#script.length / 1_000) this.#breach('stuck', `took ${ms} ms`);
  }

  /** A block on its way to the receiver. */
  received(samples: readonly Sample[], { seq, class: blockClass }: Block): void {
    if (!this.#received.has(seq)) {
      for (const { value } of samples) {
        const number = Number(value);
        if (number <= (this.#lastOf.get(blockClass) ?? 0))
          this.#breach('reordered', `${number} in block ${seq}`);
        this.#lastOf.set(blockClass, number);
      }
      this.#received.set(seq, [...samples]);
    }
  }

  /** The receiver corrects what it has, as docs/asyncapi.yaml says. */
  announced(watermark: Watermark): void {
    this.#watermark = watermark;
    for (const { seqs, shift } of watermark.corrections ?? [])
      for (const [seq, samples] of this.#received)
        if (seqs.from <= seq && seq <= seqs.to)
          this.#received.set(
            seq,
            samples.map((sample) =>
              sample.timeBasis === 'unsynced'
                ? { ...sample, time: utcMs(sample.time + shift), timeBasis: 'corrected' }
                : sample,
            ),
          );
  }

  /** `oldest`: the oldest block that is there. All are acknowledged while the broker is up. */
  retained(now: number, oldest: number | undefined, boot: string): void {
    const { keep, every } = this.#script;
    const end = oldest ?? Math.max(0, ...this.#blocks.keys()) + 1;
    for (; this.#oldest < end; this.#oldest++) {
      const block = this.#blocks.get(this.#oldest);
      if (block && now - block.at < keep)
        this.#breach('early', `block ${this.#oldest} after ${now - block.at} ms (${boot})`);
    }
    const block = this.#blocks.get(end);
    const ran = block && now - block.at - (this.#off - block.off);
    if (
      ran !== undefined &&
      ran > keep + UPKEEP_SLACK + KEY_BLOCKS * every &&
      this.#isAcknowledged(end)
    )
      this.#breach('late', `block ${end} after ${ran} ms`);
  }

  /** As the journal gives it out in the end. */
  readBack(samples: readonly Sample[], { seq }: Block): void {
    this.#judge(samples, `read from block ${seq}`);
  }

  /** What the receiver has in the end. */
  judgeReceiver(): void {
    for (const [seq, samples] of this.#received) this.#judge(samples, `received block ${seq}`);
    const got = new Set([...this.#received.values()].flat().map(({ value }) => Number(value)));
    for (const number of this.#polls.keys())
      if (!got.has(number)) this.#breach('stuck', `sample ${number} was never delivered`);
  }

  #isAcknowledged(seq: number): boolean {
    return seq <= (this.#watermark?.acknowledged ?? 0);
  }

  #judge(samples: readonly Sample[], where: string): void {
    for (const { value, time, timeBasis } of samples) {
      const poll = this.#polls.get(Number(value));
      if (poll === undefined) {
        this.#breach('wrong', `${value} ${where} was never measured`);
        continue;
      }
      const off = Math.abs(time - poll.truth);
      if (timeBasis === 'corrected') {
        this.corrected++;
        this.worst = Math.max(this.worst, off);
        if (off > CORRECTED_WITHIN) this.#breach('wrong', `${value} ${where} is off by ${off} ms`);
      }
      if (timeBasis === 'unsynced' && this.#confirmed.has(poll.boot))
        this.#breach('uncorrected', `${value} ${where}`);
      if (timeBasis === 'gateway' && !poll.isBelieved)
        this.#breach('unflagged', `${value} ${where}`);
    }
  }

  #breach(kind: keyof ClockBreaches, words: string): void {
    if (this.breaches[kind]++ === 0) this.told.push(`${this.#script.name}: ${kind}: ${words}`);
  }
}
