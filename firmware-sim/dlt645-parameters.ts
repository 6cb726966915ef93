/** The items of an electricity meter that are no measured values: clock, numbers, texts, status words. */
import type { MonoMs } from '../gateway/model/units.ts';
import { bcdLowFirst, lowFirst } from './digits.ts';
import type { Meter645State } from './dlt645-state.ts';
import { bcdBytes, calendarOf, partsFromBcd, partsOf } from './meter-clock.ts';

/** Stored items that may be written, with what they hold at first; low byte first. */
const WRITABLE: Readonly<Record<string, Uint8Array>> = {
  '04000103': bcdBytes(15),
  '04000104': bcdBytes(1),
  '04000302': bcdBytes(5),
  '04000901': Uint8Array.of(0x3f),
  '04000A02': bcdBytes(15, 0),
  '04000A03': bcdBytes(15, 0),
  '04000A04': bcdBytes(15, 0),
  '04000A05': bcdBytes(15, 0),
  '04000A06': bcdBytes(15, 0),
  '04000A07': bcdBytes(15, 0),
  '04000B01': bcdBytes(0, 1),
  '04000B02': Uint8Array.of(0x99, 0x99),
  '04000B03': Uint8Array.of(0x99, 0x99),
};
const FIXED: Readonly<Record<string, Uint8Array>> = {
  '04000403': text('HEADGATE SIMULATED METER', 32),
  '04000409': bcdLowFirst(1_200n, 3),
  '0400040A': bcdLowFirst(1_200n, 3),
  '0400040B': text('DTZY-SIM', 10),
  '03110001': new Uint8Array(12),
  // Number, operator and what was open: as long as the record of a real meter, and all zero.
  '03300D01': new Uint8Array(60),
};
const STATUS_WORDS = 7;
const SWITCH_WORD = 3;
/** Bit 4 of word 3: the switch is open; bit 6: it was told to be. */
const SWITCH_OPEN = 0x50;

/** Texts too are sent last character first. */
function text(written: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(Buffer.from(written, 'latin1'));
  return bytes.reverse();
}

/** The bytes of an item, low byte first; undefined when the meter has none of that name. */
export function parameter(meter: Meter645State, di: string, now: MonoMs): Uint8Array | undefined {
  const stored = meter.parameters.get(di) ?? WRITABLE[di];
  if (stored) return stored;
  switch (di) {
    case '04000101':
    case '04000102':
    case '0400010C':
    case 'C010':
    case 'C011':
      return clockItem(di, meter.clock.calendarAt(now));
    case '04000401':
      return lowFirst(meter.address);
    case '04000402':
    case 'C032':
      return lowFirst(meter.meterNumber);
    case 'C020':
      return Uint8Array.of(0);
    case '040005FF':
      return Buffer.concat(Array.from({ length: STATUS_WORDS }, (_, n) => status(meter, n + 1)));
  }
  const word = /^0400050([1-7])$/.exec(di)?.[1];
  return word ? status(meter, Number(word)) : FIXED[di];
}

function status(meter: Meter645State, word: number): Uint8Array {
  const isOpen = word === SWITCH_WORD && !meter.process.isFlowing;
  return Uint8Array.of(isOpen ? SWITCH_OPEN : 0, 0);
}

function clockItem(di: string, calendar: number): Uint8Array {
  const { year, month, day, weekday, hour, minute, second } = partsOf(calendar);
  const date = bcdBytes(weekday, day, month, year);
  const time = bcdBytes(second, minute, hour);
  if (di === '0400010C') return Buffer.concat([time, date]);
  return di === '04000101' || di === 'C010' ? date : time;
}

/**
 * Writes an item. `none`: the meter has none of that name · `refused`: it may not be written · `malformed`: the
 * value has another length, or is no time.
 */
export function writeParameter(
  meter: Meter645State,
  di: string,
  value: Uint8Array,
  now: MonoMs,
): 'done' | 'none' | 'refused' | 'malformed' {
  const present = parameter(meter, di, now);
  if (!present) return 'none';
  if (present.length !== value.length) return 'malformed';
  if (['04000101', '04000102', '0400010C', 'C010', 'C011'].includes(di))
    return setClock(meter, di, value, now) ? 'done' : 'malformed';
  if (!WRITABLE[di]) return 'refused';
  meter.parameters.set(di, value.slice());
  return 'done';
}

function setClock(meter: Meter645State, di: string, value: Uint8Array, now: MonoMs): boolean {
  const given = partsFromBcd(value);
  if (!given) return false;
  const shown = partsOf(meter.clock.calendarAt(now));
  const hasTime = di !== '04000101' && di !== 'C010';
  const hasDate = di !== '04000102' && di !== 'C011';
  const [second, minute, hour] = hasTime ? given : [shown.second, shown.minute, shown.hour];
  const [, day, month, year] = hasDate
    ? given.slice(hasTime ? 3 : 0)
    : [0, shown.day, shown.month, shown.year - 2000];
  if (!isTime(hour, minute, second) || !isDate(day, month)) return false;
  meter.clock.set(calendarOf(2000 + (year ?? 0), month ?? 1, day ?? 1, hour, minute, second), now);
  return true;
}

const isTime = (hour = 24, minute = 60, second = 60): boolean =>
  hour < 24 && minute < 60 && second < 60;
const isDate = (day = 0, month = 0): boolean => day >= 1 && day <= 31 && month >= 1 && month <= 12;

/** A broadcast may move the clock by so much, once a day, and not around midnight (2007 §5.3.5). */
const MOST_CORRECTION_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

/** Obeys a broadcast time of ss mm hh DD MM YY, or does not. */
export function correctClock(meter: Meter645State, data: Uint8Array, now: MonoMs): void {
  const given = partsFromBcd(data);
  if (given?.length !== 6) return;
  const [second, minute, hour, day, month, year = 0] = given;
  if (!isTime(hour, minute, second) || !isDate(day, month)) return;
  const wanted = calendarOf(2000 + year, month ?? 1, day ?? 1, hour, minute, second);
  const shown = meter.clock.calendarAt(now);
  const today = Math.floor(shown / DAY_MS);
  const sinceMidnight = shown - today * DAY_MS;
  const isMidnight =
    sinceMidnight < MOST_CORRECTION_MS || sinceMidnight > DAY_MS - MOST_CORRECTION_MS;
  if (meter.correctedOn === today || isMidnight) return;
  if (Math.abs(wanted - shown) > MOST_CORRECTION_MS) return;
  meter.correctedOn = today;
  meter.clock.set(wanted, now);
}
