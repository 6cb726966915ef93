/**
 * The kind `combined_reading` in the engine: samples as they are in, records, alarms, reads and the freeze command out. What is
 * decided is decided in reading/; here it gets its samples and its time.
 */
import type { Sample } from '../../gateway/model/sample.ts';
import { seconds } from '../../gateway/model/units.ts';
import type { CombinedReadingRule, MeterWords, ReadingInput } from '../combined-reading-rule.ts';
import type { Maybe } from '../expression.ts';
import type { Machine, MachineSite, Step, StepInput, StepOutput } from '../kind.ts';
import { turned } from './reading/book-turn.ts';
import type { Finding } from './reading/finding.ts';
import type { MeterFacts } from './reading/meter-status.ts';
import { isFinal } from './reading/open-record.ts';
import {
  type Ask,
  type Book,
  factsNoted,
  meterBook,
  readingFailed,
  readingTaken,
  swapTold,
} from './reading/reading-book.ts';
import { type Calendar, readingCalendar } from './reading/reading-periods.ts';
import type { MeterSetup } from './reading/reading-setup.ts';
import { failureOf } from './reading/reread-plan.ts';
import type { SeriesEvent } from './reading/series-event.ts';
import { freezeDue, thawDue, wakeOf } from './reading-freeze.ts';
import {
  askedBy,
  clockOffIn,
  factsIn,
  isRegister,
  numberIn,
  type Pending,
  pendingOf,
  readingTime,
  serialIn,
} from './reading-input.ts';
import { readingOutput } from './reading-output.ts';
import {
  meaningOf,
  newReading,
  type ReadingMeaning,
  type ReadingState,
  restoredReading,
} from './reading-state.ts';

/** Samples between two steps; a batch has a few hundred at most. A guess. */
const MOST_PENDING = 2_000;
/** What does not concern a record that is open is looked at this late. */
const SOON = seconds(60);
const LONGEST_WAKE = 24 * 3_600_000;

export function combinedReadingMachine(
  rule: CombinedReadingRule,
  _site: MachineSite,
): Machine<ReadingState> {
  const reading = new CombinedReading(rule);
  return {
    expressions: rule.roles,
    alarm: undefined,
    isRestless: true,
    begin: () => reading.begin(),
    take: (state, sample) => reading.take(state, sample),
    step: (state, input) => reading.step(state, input),
    restored: (kept) => restoredReading(kept, meaningOf(rule)),
    describe: (state) => reading.describe(state),
  };
}

/** What came of one step so far. */
interface Work {
  book: Book;
  readonly events: (SeriesEvent & { readonly meter: string })[];
  readonly findings: Finding[];
  readonly asks: Ask[];
  /** Meters of which a reading came. */
  readonly read: Set<string>;
}

class CombinedReading {
  readonly #rule: CombinedReadingRule;
  readonly #calendar: Calendar;
  readonly #meters: ReadonlyMap<string, MeterSetup>;
  readonly #words: ReadonlyMap<string, MeterWords>;
  /** By tag. */
  readonly #inputs: ReadonlyMap<string, readonly ReadingInput[]>;
  readonly #meaning: ReadingMeaning;
  readonly #outputOf: ReturnType<typeof readingOutput>;

  constructor(rule: CombinedReadingRule) {
    const { group, hasMonths, inputs, words } = rule;
    const calendar = readingCalendar(group.periods);
    const kinds = calendar.kinds.filter((kind) => kind !== 'month' || hasMonths);
    this.#rule = rule;
    this.#calendar = { ...calendar, kinds };
    this.#meters = new Map(group.meters.map((meter) => [meter.name, meter]));
    this.#words = new Map(words.map((of) => [of.meter, of]));
    this.#inputs = Map.groupBy(inputs, ({ tag }) => tag);
    this.#meaning = meaningOf(rule);
    this.#outputOf = readingOutput(rule);
  }

  begin(): ReadingState {
    return newReading(this.#meaning);
  }

  take(state: ReadingState, sample: Sample): ReadingState {
    const pending = [...state.pending, pendingOf(sample)];
    return { ...state, pending: pending.slice(-MOST_PENDING) };
  }

  step(state: ReadingState, input: StepInput<readonly Maybe[]>): Step<ReadingState> {
    const { utc, isSynced, now, values } = input;
    // Times that cannot be believed would put readings into days that they are not of.
    if (!isSynced) {
      const isSame = state.isWaiting && state.pending.length === 0;
      const waiting = { ...state, pending: [], isWaiting: true };
      return { state: isSame ? state : waiting, wake: undefined };
    }
    const wake = wakeOf(state);
    const isDue = utc >= wake || wake - utc > LONGEST_WAKE;
    const at = (wake: number) => now + Math.max(1, wake - utc);
    if (state.pending.length === 0 && !isDue && !state.isWaiting)
      return { state, wake: at(wakeOf(state)) };
    const work: Work = {
      book: state.book,
      events: [],
      findings: [],
      asks: [],
      read: new Set(),
    };
    this.#taken(work, state.pending, values, utc);
    const isTurn = isDue || state.isWaiting || this.#concerns(work, utc);
    const turn = isTurn ? turned(work.book, this.#rule.group, this.#calendar, utc) : undefined;
    const freeze = freezeDue(this.#rule, this.#calendar, state, utc);
    const thawing = freeze === undefined ? thawDue(this.#rule, state, work.book, utc) : undefined;
    work.asks.push(...(thawing?.asks ?? []));
    const next: ReadingState = {
      ...state,
      book: turn?.book ?? work.book,
      pending: [],
      wake: turn?.wake ?? Math.min(state.wake, utc + SOON),
      frozenAt: freeze?.frozenAt ?? state.frozenAt,
      thaws: freeze?.thaws ?? thawing?.thaws ?? state.thaws,
      isWaiting: false,
      isRestored: false,
    };
    const out = this.#outputOf({
      records: turn?.records ?? [],
      events: work.events,
      findings: [...work.findings, ...(turn?.findings ?? [])],
      asks: [...work.asks, ...(turn?.asks ?? [])],
      isFreezing: freeze?.isToTell === true,
      standing: state.isRestored ? next.book : undefined,
    });
    return { state: next, ...(hasSomething(out) && { out }), wake: at(wakeOf(next)) };
  }

  /** In words that people are told in both languages. */
  describe({ book, isWaiting, wake }: ReadingState): string {
    if (isWaiting) return 'waits for a clock that can be believed';
    const read = [...this.#meters.keys()].filter(
      (name) => meterBook(book, name).series.base !== null,
    ).length;
    const parts = [`${read} of ${this.#meters.size} meters read`];
    const open = book.open.slice(-MOST_DESCRIBED).map((record) => {
      const missing = [...this.#meters.values()].filter((meter) => !isFinal(record, meter));
      const names = missing.slice(0, MOST_DESCRIBED).map(({ name }) => name);
      return `${record.period.key} (${names.join(' ') || 'window'})`;
    });
    if (open.length > 0) parts.push(`${book.open.length} open: ${open.join(', ')}`);
    if (wake > 0) parts.push(`looks again at ${this.#calendar.localText(wake)}`);
    return parts.join('; ');
  }

  /** Takes what came into the book: first what the meters say of themselves, then their registers. */
  #taken(work: Work, pending: readonly Pending[], values: readonly Maybe[], utc: number): void {
    if (pending.length === 0) return;
    const tags = new Set<string>(pending.map(({ tag }) => tag));
    const roles = this.#rule.roles.map(([, { tags: used }]) => used.some((tag) => tags.has(tag)));
    const facts = new Map<string, MeterFacts>();
    for (const [name, words] of this.#words) {
      const said = factsIn(words, values, (role) => roles[role] === true);
      if (Object.keys(said).length > 0) facts.set(name, said);
    }
    const registers: (readonly [ReadingInput, Pending])[] = [];
    for (const one of pending)
      for (const input of this.#inputs.get(one.tag) ?? []) {
        if (input.as === 'swap') this.#swapped(work, input, one);
        else if (isRegister(input.as)) registers.push([input, one]);
      }
    this.#measured(facts, pending);
    for (const [name, said] of facts) {
      const step = factsNoted(work.book, this.#meter(name), said, utc);
      work.book = step.book;
      work.findings.push(...step.findings);
    }
    for (const [input, one] of registers) this.#read(work, input, one, values, utc);
  }

  /** Facts that need every digit, or the time of their sample. */
  #measured(facts: Map<string, MeterFacts>, pending: readonly Pending[]): void {
    const add = (name: string, fact: MeterFacts) =>
      facts.set(name, { ...facts.get(name), ...fact });
    const found = new Map<string, { total?: Pending; tariffs: Pending[] }>();
    for (const one of pending)
      for (const { as, meter } of this.#inputs.get(one.tag) ?? []) {
        if (failureOf(one.quality) !== undefined) continue;
        const decimals = this.#meter(meter).rules.decimals;
        const parts = found.get(meter) ?? { tariffs: [] };
        found.set(meter, parts);
        if (as === 'total') parts.total = one;
        if (as === 'tariff') parts.tariffs.push(one);
        const reverseTotal = as === 'reverse_total' ? numberIn(one, decimals) : undefined;
        if (reverseTotal) add(meter, { reverseTotal });
        const isTimed = as === 'clock' && one.isTimed;
        const clockOff = isTimed ? clockOffIn(one, this.#calendar.localText) : undefined;
        if (clockOff !== undefined) add(meter, { clockOff });
      }
    for (const [meter, { total, tariffs }] of found) {
      const wanted = this.#rule.inputs.filter((one) => one.as === 'tariff' && one.meter === meter);
      if (total === undefined || wanted.length === 0) continue;
      const decimals = this.#meter(meter).rules.decimals;
      const whole = numberIn(total, decimals);
      const parts = tariffs.flatMap((one) => numberIn(one, decimals) ?? []);
      if (whole && parts.length === wanted.length) add(meter, { total: whole, tariffs: parts });
    }
  }

  #read(
    work: Work,
    input: ReadingInput,
    one: Pending,
    values: readonly Maybe[],
    utc: number,
  ): void {
    const { meter: name, as } = input;
    if (!isRegister(as)) return;
    const meter = this.#meter(name);
    const failure = failureOf(one.quality);
    const value = numberIn(one, meter.rules.decimals);
    if (failure !== undefined || value === undefined) {
      work.book = readingFailed(work.book, name, failure ?? 'no_value', utc, askedBy(as));
      return;
    }
    const where = one.isTimed ? readingTime(input, one, this.#calendar) : undefined;
    if (where === undefined) return;
    const words = this.#words.get(name);
    const serial = words && where.origin === 'read' ? serialIn(words, values) : undefined;
    const reading = { ...where, value, ...(serial !== undefined && { serial }) };
    const step = readingTaken(work.book, meter, reading, utc);
    work.book = step.book;
    work.events.push(...step.events);
    work.findings.push(...step.findings);
    work.asks.push(...step.asks);
    work.read.add(name);
  }

  /** The gateway's guard of counters was told that the meter is another: the reading beside is its first. */
  #swapped(work: Work, { meter: name }: ReadingInput, { value, time }: Pending): void {
    if (typeof value !== 'string' || !/^swap .* declared$/.test(value)) return;
    const meter = this.#meter(name);
    const { book, answer } = swapTold(work.book, meter, { time: time - 1 });
    work.book = book;
    if ('events' in answer)
      work.events.push(...answer.events.map((event) => ({ ...event, meter: name })));
  }

  /** Whether a record that is open can become better by what came. */
  #concerns({ book, read }: Work, utc: number): boolean {
    const { lateWithin } = this.#rule.group.window;
    return book.open.some(
      (record) =>
        utc - record.period.end <= lateWithin ||
        [...read].some((name) => !isFinal(record, this.#meter(name))),
    );
  }

  #meter(name: string): MeterSetup {
    const meter = this.#meters.get(name);
    if (meter === undefined) throw new Error(`no meter ${name}`);
    return meter;
  }
}

const MOST_DESCRIBED = 4;

const hasSomething = (out: StepOutput): boolean =>
  Object.values(out).some((list) => Array.isArray(list) && list.length > 0);
