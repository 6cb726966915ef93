/**
 * A version of a record as it leaves the gateway: plain JSON, numbers as text with every digit, times as ISO text. Field by
 * field in SEMANTICS-reading.md.
 */
import { difference } from '../../../gateway/model/decimal.ts';
import { decimalText } from '../../../gateway/model/sample.ts';
import { type Item, isReal, type Method, MISSING, type Source } from './alignment.ts';
import type { Balance } from './balance.ts';
import { exact, product } from './exact-number.ts';
import {
  completeness,
  firstDue,
  isFinal,
  type OpenRecord,
  openUntil,
  type Start,
} from './open-record.ts';
import type { Calendar, PeriodKind } from './reading-periods.ts';
import { digitsOf, type GroupSetup, type Medium, type MeterSetup } from './reading-setup.ts';
import { type Normal, normal } from './register-unit.ts';
import { type Failure, NO_ATTEMPTS } from './reread-plan.ts';

export type RecordQuality = 'good' | 'uncertain' | 'bad';

export type RecordItem = {
  readonly meter: string;
  readonly medium: Medium;
  readonly protocol: string | null;
  readonly address: string | null;
  readonly register: string;
  readonly source: Source;
  readonly method: Method | null;
  readonly quality: RecordQuality;
  /** What the meter showed, in its own unit; null: nobody saw it. */
  readonly raw: string | null;
  readonly raw_unit: string;
  /** Product of the transformer ratios. */
  readonly factor: string;
  /** raw × factor in kWh or m³, also where it is estimated. */
  readonly value: string | null;
  readonly unit: string;
  readonly is_rounded: boolean;
  readonly sample_time: string | null;
  /** sample_time less the end of the period. */
  readonly skew_s: number | null;
  /** Between the readings that it was interpolated from. */
  readonly span_s: number | null;
  readonly time_declared: boolean;
  /** The meter's clock less the gateway's, as last seen. */
  readonly meter_clock_off_s: number | null;
  /** In the period, in the unit of `value`. */
  readonly delta: string | null;
  readonly delta_quality: RecordQuality;
  readonly condition: string | null;
  /** What the meter last said of itself. */
  readonly status: Readonly<Record<string, boolean | number | string>>;
  /** Why there is no reading; null: there is one. */
  readonly why: Failure | null;
};

export type ReadingRecord = {
  readonly id: string;
  readonly group: string;
  readonly kind: PeriodKind;
  readonly key: string;
  readonly version: number;
  readonly supersedes: string | null;
  readonly period_start: string;
  readonly period_end: string;
  readonly period_end_local: string;
  readonly timezone: string;
  readonly made_at: string;
  /** Until when a better version can come; null: this one is final. */
  readonly open_until: string | null;
  readonly n_valid: number;
  readonly n_aligned: number;
  readonly n_expected: number;
  readonly missing: readonly string[];
  /** From the earliest to the latest reading in it; null: fewer than two. */
  readonly spread_s: number | null;
  readonly items: readonly RecordItem[];
  readonly balance: Balance | null;
};

/** What a meter says of itself, for its item. */
export interface MeterWord {
  readonly clockOff: number | null;
  readonly status: Readonly<Record<string, boolean | number | string>>;
}

/** The next version. */
export function madeRecord(
  record: OpenRecord,
  setup: GroupSetup,
  calendar: Calendar,
  now: number,
  wordOf: (meter: string) => MeterWord,
): Omit<ReadingRecord, 'balance'> {
  const { period, version } = record;
  const base = `${setup.name}/${period.key}`;
  const times = Object.values(record.items).flatMap(({ time }) => (time === null ? [] : [time]));
  const { valid, aligned } = completeness(record);
  const isAllFinal = setup.meters.every((meter) => isFinal(record, meter));
  return {
    id: `${base}#${version + 1}`,
    group: setup.name,
    kind: period.kind,
    key: period.key,
    version: version + 1,
    supersedes: version === 0 ? null : `${base}#${version}`,
    period_start: isoText(period.start),
    period_end: isoText(period.end),
    period_end_local: calendar.localText(period.end),
    timezone: setup.timezone,
    made_at: isoText(now),
    open_until: isAllFinal
      ? null
      : isoText(Math.max(openUntil(record, setup), firstDue(record, setup))),
    n_valid: valid,
    n_aligned: aligned,
    n_expected: setup.meters.length,
    missing: setup.meters
      .map(({ name }) => name)
      .filter((name) => !isReal(record.items[name] ?? MISSING)),
    spread_s: times.length < 2 ? null : (Math.max(...times) - Math.min(...times)) / 1000,
    items: setup.meters.map((meter) => recordItem(record, meter, wordOf(meter.name))),
  };
}

function recordItem(record: OpenRecord, meter: MeterSetup, word: MeterWord): RecordItem {
  const { rules, name } = meter;
  const item = record.items[name] ?? MISSING;
  const start = record.starts[name] ?? null;
  const shown = item.value === null ? undefined : normalValue(item.value, meter);
  const delta = deltaOf(item, start, meter);
  const { end } = record.period;
  return {
    meter: name,
    medium: meter.medium,
    protocol: meter.protocol ?? null,
    address: meter.address ?? null,
    register: meter.tag,
    source: item.source,
    method: item.method,
    quality: qualityOf(item, word, meter),
    raw: isReal(item) ? item.value : null,
    raw_unit: rules.counts.unit,
    factor: meter.factor,
    value: shown ? decimalText(shown.value) : null,
    unit: rules.counts.recordUnit,
    is_rounded: shown?.isRounded ?? false,
    sample_time: item.time === null ? null : isoText(item.time),
    skew_s: item.time === null ? null : (item.time - end) / 1000,
    span_s: item.span === null ? null : item.span / 1000,
    time_declared: item.isTimeDeclared,
    meter_clock_off_s: word.clockOff === null ? null : word.clockOff / 1000,
    delta,
    delta_quality: deltaQuality(item, start),
    condition: meter.condition ?? null,
    status: word.status,
    why: isReal(item) ? null : (record.attempts[name] ?? NO_ATTEMPTS).failure,
  };
}

function normalValue(value: string, { rules }: MeterSetup): Normal {
  const shown = exact(value);
  return normal(product(shown, rules.counts.scale), digitsOf(rules, shown), rules.counts);
}

/** The difference of the two rounded totals, so that the periods of a year add up to the year. */
export function deltaOf(item: Item, start: Start | null, { rules }: MeterSetup): string | null {
  if (item.total === null || start === null || start.total === null) return null;
  const digits =
    rules.decimals ?? (item.value === null ? UNKNOWN_DIGITS : exact(item.value).decimals);
  const [until, from] = [item.total, start.total].map(
    (total) => normal(exact(total), digits, rules.counts).value,
  );
  return until && from ? decimalText(difference(until, from)) : null;
}

/** Of a register that nobody declared digits for and whose value is not known. */
const UNKNOWN_DIGITS = 6;

/** Good where both ends were read at their instants and nothing was counted unseen between them. */
export function deltaQuality(item: Item, start: Start | null): RecordQuality {
  if (item.total === null || start === null || start.total === null) return 'bad';
  const isGood = item.source === 'frozen' || item.source === 'read';
  return isGood && start.isGood && item.doubts === start.doubts ? 'good' : 'uncertain';
}

function qualityOf(item: Item, { clockOff }: MeterWord, { status }: MeterSetup): RecordQuality {
  if (item.source === 'missing') return 'bad';
  if (item.source === 'read') return 'good';
  if (item.source !== 'frozen' || item.isTimeDeclared) return 'uncertain';
  return clockOff !== null && Math.abs(clockOff) > status.clock ? 'uncertain' : 'good';
}

const isoText = (time: number): string => new Date(time).toISOString();
