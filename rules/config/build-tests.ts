/** The tests of a rule, from their options to plain data: series read, tags and rules known. Pure. */
import { quoted } from '../../gateway/host/quoted.ts';
import { isBad } from '../../gateway/model/quality.ts';
import { type Millis, millis, seconds } from '../../gateway/model/units.ts';
import type { RecordValue } from '../effect.ts';
import type { Plain } from '../expression.ts';
import type { RuleTest, TestAct, TestExpectations, TestSeries } from '../rule-test.ts';
import { durationText } from '../tests/rule-test-words.ts';
import { parseSeries } from '../tests/series.ts';
import { entriesOf } from './build-names.ts';
import type { RuleScope } from './build-scope.ts';
import {
  likeliest,
  type Path,
  type RuleFinding,
  type RuleNotes,
  type RuleTag,
} from './build-site.ts';
import type { Written } from './build-sources.ts';
import {
  type ActOptions,
  MOST_SERIES,
  seriesText,
  stepOption,
  type TestOptions,
  tagValueOptions,
} from './options-test.ts';
import { literal } from './options-value.ts';

export interface TestContext {
  readonly scope: RuleScope;
  readonly notes: RuleNotes;
  /** The names of all rules, and whether each has an alarm. */
  readonly alarms: ReadonlyMap<string, boolean>;
}

type Expected<K extends keyof TestExpectations> = NonNullable<TestExpectations[K]>;

/** A test; problems are noted, and what has one is left out. */
export function testOf(
  context: TestContext,
  written: Written & { readonly options: TestOptions },
): RuleTest {
  const { options, path } = written;
  const part = new TestPart(context, written);
  const { step, series } = part.series(options);
  const acts = (options.acts ?? []).map((act, index) => part.act(['acts', index], act));
  const expect = part.expectations(options.expect);
  part.ending(options);
  const moments = [...acts, ...Object.values(expect).flat()].map(({ at }) => at);
  const ends = series.map(({ samples }) => samples.length * step);
  const longest = [...moments, ...ends].reduce((most, end) => Math.max(most, end), step);
  return {
    name: options.name,
    start: options.start,
    step,
    series,
    length: options.length ?? millis(longest),
    acts,
    expect,
    place: context.notes.placeOf(path),
  };
}

const DEFAULT_STEP = seconds(1);
const oneLiteral = literal();

class TestPart {
  readonly #context: TestContext;
  readonly #written: Written;

  constructor(context: TestContext, written: Written) {
    this.#context = context;
    this.#written = written;
  }

  series({ step, series }: TestOptions): { readonly step: Millis; readonly series: TestSeries[] } {
    let ownStep: Millis | undefined;
    const made: TestSeries[] = [];
    for (const [key, value] of series) {
      const inside = ['series', key];
      if (key === 'step') {
        const parsed = this.#parsed(stepOption, inside, value);
        if (parsed !== undefined && step !== undefined)
          this.#find(inside, 'rules.test-step-twice', {}, { at: 'key' });
        ownStep = parsed;
        continue;
      }
      const tag = this.#tag(inside, key);
      const text = this.#parsed(seriesText, inside, value);
      if (text === undefined) continue;
      const read = parseSeries(String(text));
      if (!read.ok) this.#find(inside, read.code, read.details, { offset: read.at });
      else if (tag !== undefined) {
        this.#typed(inside, tag, read.samples.find((one) => !fitsType(tag, one?.value))?.value);
        made.push({ tag: tag.id, samples: read.samples });
      }
    }
    if (made.length > MOST_SERIES)
      this.#find(['series'], 'config.list-length', { key: 'series', min: 0, max: MOST_SERIES });
    return { step: step ?? ownStep ?? DEFAULT_STEP, series: made };
  }

  /** What is expected of nothing proves nothing, and what is expected too late never comes. */
  ending({ expect, length }: TestOptions): void {
    const lists = Object.entries(expect).flatMap(([key, list]) => (list ? [{ key, list }] : []));
    if (lists.length === 0)
      this.#find(['expect'], 'rules.test-expects-nothing', {}, { severity: 'warning' });
    if (length === undefined) return;
    for (const { key, list } of lists)
      for (const [index, { at }] of list.entries())
        if (at > length)
          this.#find(['expect', key, index, 'at'], 'rules.test-after-end', {
            at: durationText(at),
            length: durationText(length),
          });
  }

  act(inside: Path, act: ActOptions): TestAct {
    const { at } = act;
    const of = (key: string, rule: string) => this.#alarm([...inside, key], rule);
    if ('acknowledge' in act)
      return { at, do: 'acknowledge', rule: of('acknowledge', act.acknowledge) };
    if ('shelve' in act) return { at, do: 'shelve', rule: of('shelve', act.shelve), for: act.for };
    return { at, do: 'unshelve', rule: of('unshelve', act.unshelve) };
  }

  expectations({ alarms, writes, records, values }: TestOptions['expect']): TestExpectations {
    return {
      ...(alarms && { alarms: alarms.map((one, index) => this.#alarmExpected(one, index)) }),
      ...(writes && { writes: this.#timed('writes', writes, (...each) => this.#write(...each)) }),
      ...(records && {
        records: this.#timed('records', records, (...each) => this.#record(...each)),
      }),
      ...(values && { values: this.#timed('values', values, (...each) => this.#value(...each)) }),
    };
  }

  #alarmExpected(
    { at, to, rule, message }: NonNullable<TestOptions['expect']['alarms']>[number],
    index: number,
  ): Expected<'alarms'>[number] {
    const own = this.#context.scope.source.name;
    const inside = ['expect', 'alarms', index, ...(rule === undefined ? [] : ['rule'])];
    const known = this.#alarm(inside, rule ?? own);
    return { at, to, rule: known, ...(message !== undefined && { message }) };
  }

  /** Each entry is a time and, beside it, what is to be then. */
  #timed<T>(
    key: string,
    entries: readonly ({ readonly at: Millis } & Readonly<Record<string, unknown>>)[],
    of: (at: Millis, inside: Path, name: string, value: unknown) => T | undefined,
  ): T[] {
    return entries.flatMap(({ at, ...named }, index) => {
      const inside = ['expect', key, index];
      const pairs = entriesOf(named);
      if (pairs.length === 0) this.#find(inside, 'rules.test-names-nothing', { key });
      return pairs.flatMap(([name, value]) => of(at, [...inside, name], name, value) ?? []);
    });
  }

  #write(
    at: Millis,
    inside: Path,
    name: string,
    written: unknown,
  ): Expected<'writes'>[number] | undefined {
    const tag = this.#tag(inside, name);
    const value = this.#parsed(oneLiteral, inside, written);
    if (tag === undefined || value === undefined) return undefined;
    this.#typed(inside, tag, value);
    return { at, tag: tag.id, value };
  }

  #record(at: Millis, inside: Path, name: string, written: unknown): Expected<'records'>[number] {
    if (typeof written !== 'object' || written === null || Array.isArray(written))
      this.#find(inside, 'config.not-map', { key: name, found: quoted(written) });
    const values = entriesOf(written).map(([key, value]): [string, RecordValue] => [
      key,
      this.#recordValue([...inside, key], value),
    ]);
    return { at, name, values: Object.fromEntries(values) };
  }

  /** Records of some kinds have lists and maps in them. YAML that is deeper is refused before. */
  #recordValue(inside: Path, value: unknown): RecordValue {
    if (value === null) return null;
    if (typeof value !== 'object') return this.#parsed(oneLiteral, inside, value) ?? null;
    if (Array.isArray(value)) return value.map((one, i) => this.#recordValue([...inside, i], one));
    return Object.fromEntries(
      entriesOf(value).map(([key, one]) => [key, this.#recordValue([...inside, key], one)]),
    );
  }

  #value(
    at: Millis,
    inside: Path,
    name: string,
    written: unknown,
  ): Expected<'values'>[number] | undefined {
    const tag = this.#tag(inside, name);
    if (written === 'bad') return tag && { at, tag: tag.id, value: null };
    if (typeof written !== 'object' || written === null) {
      const value = this.#parsed(oneLiteral, inside, written);
      if (tag === undefined || value === undefined) return undefined;
      this.#typed(inside, tag, value);
      return { at, tag: tag.id, value };
    }
    const parsed = this.#parsed(tagValueOptions, inside, written);
    if (tag === undefined || parsed === undefined) return undefined;
    const { value, quality } = parsed;
    if (value === undefined && (quality === undefined || !isBad(quality))) {
      this.#find(inside, 'config.missing-key', { key: 'value' });
      return undefined;
    }
    this.#typed([...inside, 'value'], tag, value);
    return { at, tag: tag.id, value: value ?? null, ...(quality !== undefined && { quality }) };
  }

  #parsed<T>(
    option: { parse(value: unknown): import('../../gateway/host/schema.ts').Parsed<T> },
    inside: Path,
    value: unknown,
  ): T | undefined {
    const parsed = option.parse(value);
    if (parsed.ok) return parsed.value;
    const { source } = this.#context.scope;
    for (const issue of parsed.issues)
      this.#context.notes.issue([...this.#written.path, ...inside], issue, source.instance);
    return undefined;
  }

  #tag(inside: Path, name: string): RuleTag | undefined {
    return this.#context.scope.tag(inside, name, 'key', this.#written);
  }

  /** Notes a value that a tag of this type never shows. */
  #typed(inside: Path, tag: RuleTag, value: Plain | null | undefined): void {
    if (fitsType(tag, value)) return;
    const details = { tag: tag.id, needs: tag.type, found: quoted(value) };
    this.#find(inside, 'rules.test-value-type', details);
  }

  /** A rule whose alarm is named. */
  #alarm(inside: Path, rule: string): string {
    const { alarms } = this.#context;
    const found = quoted(rule);
    if (!alarms.has(rule))
      this.#find(inside, 'rules.unknown-rule', {
        found,
        known: likeliest(rule, [...alarms.keys()]),
      });
    else if (alarms.get(rule) === false) {
      const own = [...alarms.keys()].filter((name) => name.startsWith(`${rule}/`));
      if (own.length === 0) this.#find(inside, 'rules.no-alarm', { found });
      else this.#find(inside, 'rules.alarm-which', { found, known: likeliest(rule, own) });
    }
    return rule;
  }

  #find(
    inside: Path,
    code: RuleFinding['code'],
    details: RuleFinding['details'] = {},
    more: Partial<RuleFinding> = {},
  ): void {
    const { instance } = this.#context.scope.source;
    const path = [...this.#written.path, ...inside];
    this.#context.notes.find({
      path,
      at: 'value',
      code,
      details,
      ...(instance && { instance }),
      ...more,
    });
  }
}

const TYPES = { boolean: 'flag', number: 'number', string: 'text' } as const;

function fitsType({ type }: RuleTag, value: Plain | null | undefined): boolean {
  if (value === null || value === undefined || type === 'any') return true;
  return TYPES[typeof value as keyof typeof TYPES] === type;
}
