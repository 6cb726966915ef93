/** What an electricity meter remembers: freezes (family 05) and load records (family 06). */
import { type MonoMs, monoMs } from '../gateway/model/units.ts';
import { registers2007 } from './dlt645-registers.ts';
import { type Meter645State, minuteStamp, shownBy } from './dlt645-state.ts';
import { sum8 } from './marked-frames.ts';
import { calendarOf, partsFromBcd, partsOf } from './meter-clock.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BLOCK = 0xff;
const EVERY = 99;
/** How many a meter keeps of freezes: timed, ordered, hourly, daily. Guessed for the first two. */
const KEPT = { timed: 60, ordered: 3, hourly: 254, daily: 62 } as const;

/** A frozen item, 05 kind element n; undefined when there was no such freeze, or no such item. */
export function frozen(meter: Meter645State, di: string, now: MonoMs): Uint8Array | undefined {
  const [, kind = 0, element = 0, back = 0] = Buffer.from(di, 'hex');
  const at = freezeMoment(meter, kind, back, now);
  return at === undefined ? undefined : frozenAt(meter, element, at);
}

function freezeMoment(meter: Meter645State, kind: number, back: number, now: MonoMs) {
  const { clock, freezes } = meter;
  const calendar = clock.calendarAt(now);
  const last = (period: number) => Math.floor(calendar / period) * period - (back - 1) * period;
  if (back < 1) return undefined;
  switch (kind) {
    case 0:
      return back <= KEPT.timed ? timedFreeze(meter, back, now) : undefined;
    case 1:
      return freezes.slice(-KEPT.ordered).at(-back);
    case 4:
      return back <= KEPT.hourly ? clock.momentOf(last(HOUR_MS)) : undefined;
    case 6:
      return back <= KEPT.daily ? clock.momentOf(last(DAY_MS)) : undefined;
    default:
      return undefined;
  }
}

/** The n-th last moment that the ordered pattern of minute, hour, day and month names. */
function timedFreeze(meter: Meter645State, back: number, now: MonoMs): MonoMs | undefined {
  const { schedule, clock } = meter;
  if (!schedule) return undefined;
  const [minute = 0, hour = EVERY, day = EVERY, month = EVERY] = schedule.pattern;
  const today = partsOf(clock.calendarAt(now));
  const candidate = (n: number): number => {
    if (hour === EVERY)
      return calendarOf(today.year, today.month, today.day, today.hour - n, minute);
    if (day === EVERY) return calendarOf(today.year, today.month, today.day - n, hour, minute);
    if (month === EVERY) return calendarOf(today.year, today.month - n, day, hour, minute);
    return calendarOf(today.year - n, month, day, hour, minute);
  };
  const first = clock.momentOf(candidate(0)) <= now ? 0 : 1;
  const at = clock.momentOf(candidate(first + back - 1));
  return at >= schedule.since ? at : undefined;
}

/** Which energies and demands a freeze holds, by the element that names them. */
const FROZEN: Readonly<Record<number, string>> = {
  1: '0001FF00',
  2: '0002FF00',
  3: '0003FF00',
  4: '0004FF00',
  5: '0005FF00',
  6: '0006FF00',
  7: '0007FF00',
  8: '0008FF00',
  9: '0101FF00',
  10: '0102FF00',
};
const VARIABLES = 0x10;
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, VARIABLES];

function frozenAt(meter: Meter645State, element: number, at: MonoMs): Uint8Array | undefined {
  if (element === 0) return minuteStamp(meter.clock.calendarAt(at));
  if (element === VARIABLES) return values(meter, ['0203FF00', '0204FF00'], at);
  if (element === BLOCK)
    return Buffer.concat(WHOLE.map((one) => frozenAt(meter, one, at) ?? new Uint8Array()));
  const di = FROZEN[element];
  return di === undefined ? undefined : values(meter, [di], at);
}

const values = (meter: Meter645State, dis: readonly string[], at: MonoMs): Uint8Array =>
  Buffer.concat(
    dis.flatMap((di) =>
      (registers2007(di, meter.shape) ?? []).map((register) => shownBy(meter, register, at)),
    ),
  );

/** Freezes now (all 99), or from now on whenever the pattern fits: minute, hour, day, month. */
export function orderFreeze(meter: Meter645State, data: Uint8Array, now: MonoMs): boolean {
  const pattern = partsFromBcd(data);
  if (pattern?.length !== 4) return false;
  if (pattern.every((part) => part === EVERY))
    meter.freezes = [...meter.freezes.slice(1 - KEPT.ordered), now];
  else meter.schedule = { pattern, since: now };
  return true;
}

/** Measured values of the six classes of a load record (2007 annex B). */
const CLASSES: readonly (readonly string[])[] = [
  ['0201FF00', '0202FF00', '02800002'],
  ['0203FF00', '0204FF00'],
  ['0206FF00'],
  ['00010000', '00020000', '00030000', '00040000'],
  ['00050000', '00060000', '00070000', '00080000'],
  ['02800004', '02800005'],
];
const RECORD_BEGIN = 0xa0;
const RECORD_END = 0xe5;
const SEPARATOR = 0xaa;
const RECORD_INTERVAL_MS = 15 * 60_000;
/** How far back records go. */
const RECORDED_MS = 7 * DAY_MS;

/** Load records, 06 class 00 which; undefined for what the meter did not record. */
export function loadRecords(
  meter: Meter645State,
  di: string,
  extra: Uint8Array,
  now: MonoMs,
): Uint8Array | undefined {
  const [, wanted = 0, , which] = Buffer.from(di, 'hex');
  if (wanted > CLASSES.length) return undefined;
  const floor = (calendar: number) =>
    Math.floor(calendar / RECORD_INTERVAL_MS) * RECORD_INTERVAL_MS;
  const latest = floor(meter.clock.calendarAt(now));
  const earliest = floor(meter.clock.calendarAt(monoMs(meter.startedAt - RECORDED_MS)));
  const record = (calendar: number) => loadRecord(meter, wanted, calendar);
  if (which === 0) return record(earliest);
  if (which === 2) return record(latest);
  const asked = which === 1 ? partsFromBcd(extra) : undefined;
  if (asked?.length !== 6) return undefined;
  const [blocks = 0, minute, hour, day = 1, month = 1, year = 0] = asked;
  const from = floor(calendarOf(2000 + year, month, day, hour, minute));
  const times = Array.from({ length: blocks }, (_, n) => from + n * RECORD_INTERVAL_MS);
  const kept = times.filter((time) => time >= earliest && time <= latest);
  return kept.length > 0 ? Buffer.concat(kept.map(record)) : undefined;
}

function loadRecord(meter: Meter645State, wanted: number, calendar: number): Uint8Array {
  const at = meter.clock.momentOf(calendar);
  const classes = CLASSES.flatMap((dis, n) => [
    wanted === 0 || wanted === n + 1 ? values(meter, dis, at) : new Uint8Array(),
    Buffer.of(SEPARATOR),
  ]);
  const body = Buffer.concat([minuteStamp(calendar), ...classes]);
  const head = Buffer.of(RECORD_BEGIN, RECORD_BEGIN, body.length);
  const record = Buffer.concat([head, body]);
  return Buffer.concat([record, Buffer.of(sum8(record), RECORD_END)]);
}
