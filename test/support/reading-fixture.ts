/** A flat with its meters: combined readings with every option defaulted, led through time by hand. */
import type { Kept } from '../../gateway/host/state-store.ts';
import type { Decimal } from '../../gateway/model/sample.ts';
import { minutes } from '../../gateway/model/units.ts';
import type { BalanceLimits } from '../../rules/kinds/reading/balance.ts';
import { turned } from '../../rules/kinds/reading/book-turn.ts';
import { exact } from '../../rules/kinds/reading/exact-number.ts';
import type { Finding } from '../../rules/kinds/reading/finding.ts';
import { keptBook } from '../../rules/kinds/reading/kept-book.ts';
import { type MeterFacts, STATUS_DEFAULTS } from '../../rules/kinds/reading/meter-status.ts';
import {
  type Ask,
  type Book,
  factsNoted,
  NEW_BOOK,
  readingFailed,
  readingTaken,
  swapTold,
} from '../../rules/kinds/reading/reading-book.ts';
import { type Calendar, readingCalendar } from '../../rules/kinds/reading/reading-periods.ts';
import type { ReadingRecord, RecordItem } from '../../rules/kinds/reading/reading-record.ts';
import type { GroupSetup, MeterSetup } from '../../rules/kinds/reading/reading-setup.ts';
import type { RegisterRules } from '../../rules/kinds/reading/register-step.ts';
import type { DeclaredSwap } from '../../rules/kinds/reading/register-swap.ts';
import { registerUnit } from '../../rules/kinds/reading/register-unit.ts';
import type { Failure } from '../../rules/kinds/reading/reread-plan.ts';
import type { SeriesEvent } from '../../rules/kinds/reading/series-event.ts';
import type { Origin } from '../../rules/kinds/reading/series-state.ts';

export const number = (text: string): Decimal => exact(text);

/** In hundredths of the main meter. */
export const USUAL_BALANCE: BalanceLimits = { loss: number('5'), surplus: number('2') };

/** A register of XXXXXX.XX in kWh that counts at most 10 kWh in an hour. */
export const registerRules = (over: Partial<RegisterRules> = {}): RegisterRules => ({
  counts: registerUnit('kWh', '1'),
  modulus: number('1000000'),
  maxRatePerHour: number('10'),
  decimals: 2,
  direction: 'forward',
  ...over,
});

export const meterSetup = (over: Partial<MeterSetup> = {}): MeterSetup => ({
  name: 'electricity',
  medium: 'electricity',
  tag: 'em_1203.import_energy',
  protocol: 'dlt645',
  address: '202411110002',
  rules: registerRules(),
  factor: '1',
  condition: undefined,
  freezeDays: 0,
  freezeMonths: 0,
  rest: minutes(0),
  gapAfter: undefined,
  stuckAfter: undefined,
  flow: {
    ...{ leak: undefined, leakAfter: minutes(24 * 60), burst: undefined, burstAfter: minutes(30) },
    nightTimes: undefined,
  },
  status: STATUS_DEFAULTS,
  ...over,
});

export const waterSetup = (over: Partial<MeterSetup> = {}): MeterSetup =>
  meterSetup({
    name: 'water',
    medium: 'water',
    tag: 'wm_1203.volume',
    protocol: 'cjt188',
    address: '78331505104145',
    rules: registerRules({
      counts: registerUnit('m3', '1'),
      maxRatePerHour: number('3.1'),
      decimals: 3,
    }),
    ...over,
  });

export const groupSetup = (over: Partial<GroupSetup> = {}): GroupSetup => ({
  name: 'flat-1203',
  timezone: 'Asia/Shanghai',
  meters: [meterSetup(), waterSetup()],
  periods: {
    timezone: 'Asia/Shanghai',
    every: undefined,
    freeze: { hour: 0, minute: 0 },
  },
  window: { within: minutes(1), lateWithin: minutes(15) },
  keepOpen: minutes(36 * 60),
  balance: undefined,
  ...over,
});

/** Local time of Shanghai: `2026-03-02 00:05` or with seconds. */
export const local = (text: string): number => Date.parse(`${text.replace(' ', 'T')}+08:00`);

/** Leads a book through time: calls `turned` at every wake, and keeps what came out. */
export class House {
  book: Book = NEW_BOOK;
  now: number;
  readonly setup: GroupSetup;
  readonly calendar: Calendar;
  readonly records: ReadingRecord[] = [];
  readonly findings: (Finding & { readonly at: number })[] = [];
  readonly events: (SeriesEvent & { readonly meter: string })[] = [];
  readonly asks: (Ask & { readonly at: number })[] = [];
  /** Answers an ask in the moment it is made, where a test wants that. */
  answer: ((ask: Ask, house: House) => void) | undefined;
  /** Keeps and restores the book at each step, as a restart would. */
  isRestarting = false;
  #wake: number;

  constructor(setup: GroupSetup, start: number) {
    this.setup = setup;
    this.calendar = readingCalendar(setup.periods);
    this.now = start;
    this.#wake = start;
    this.turn();
  }

  meter(name: string): MeterSetup {
    const found = this.setup.meters.find((meter) => meter.name === name);
    if (found === undefined) throw new Error(`no meter ${name}`);
    return found;
  }

  /** Time goes by until then, with every wake on the way. */
  until(time: number): void {
    for (let turns = 0; this.#wake <= time; turns++) {
      if (turns > 100_000) throw new Error(`woken for ever at ${new Date(this.now).toISOString()}`);
      this.now = Math.max(this.now, this.#wake);
      this.turn();
    }
    this.now = Math.max(this.now, time);
  }

  /** The gateway is off until then. */
  offUntil(time: number): void {
    this.now = time;
    this.turn();
  }

  turn(): void {
    if (this.isRestarting) this.restart();
    const turn = turned(this.book, this.setup, this.calendar, this.now);
    this.book = turn.book;
    this.records.push(...turn.records);
    this.findings.push(...turn.findings.map((finding) => ({ ...finding, at: this.now })));
    this.#wake = turn.wake;
    for (const ask of turn.asks) {
      this.asks.push({ ...ask, at: this.now });
      this.answer?.(ask, this);
    }
  }

  restart(): void {
    const kept = keptBook(JSON.parse(JSON.stringify(this.book)) as Kept);
    if (kept === undefined) throw new Error('what was kept is not believed');
    this.book = kept;
  }

  /** A reading of now, or what the meter kept of another time. */
  read(name: string, value: string, kept?: { readonly time: number; readonly origin?: Origin }) {
    const reading = {
      time: kept?.time ?? this.now,
      value: number(value),
      origin: kept?.origin ?? (kept === undefined ? 'read' : 'freeze'),
    } as const;
    const step = readingTaken(this.book, this.meter(name), reading, this.now);
    this.book = step.book;
    this.events.push(...step.events);
    this.findings.push(...step.findings.map((finding) => ({ ...finding, at: this.now })));
    this.asks.push(...step.asks.map((ask) => ({ ...ask, at: this.now })));
    return step;
  }

  fail(name: string, failure: Failure, what?: Ask['what']): void {
    this.book = readingFailed(this.book, name, failure, this.now, what);
  }

  note(name: string, facts: MeterFacts): void {
    const step = factsNoted(this.book, this.meter(name), facts, this.now);
    this.book = step.book;
    this.findings.push(...step.findings.map((finding) => ({ ...finding, at: this.now })));
  }

  swap(name: string, swap: DeclaredSwap) {
    const { book, answer } = swapTold(this.book, this.meter(name), swap);
    this.book = book;
    return answer;
  }

  /** The latest version of a record. */
  record(key: string): ReadingRecord | undefined {
    return this.records.findLast((record) => record.key === key);
  }

  item(key: string, meter: string): RecordItem | undefined {
    return this.record(key)?.items.find((item) => item.meter === meter);
  }

  /** `battery_low on`, in their order. */
  told(meter: string): readonly string[] {
    return this.findings
      .filter((finding) => finding.meter === meter)
      .map(({ key, isActive }) => `${key} ${isActive ? 'on' : 'off'}`);
  }
}

/** Every so often from one local time to another. */
export function* every(step: number, from: string, to: string): Generator<number> {
  for (let at = local(from); at <= local(to); at += step) yield at;
}

export const QUARTER = minutes(15);
