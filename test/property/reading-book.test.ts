/**
 * Combined readings of a flat through weeks of failures: whatever is missed, late, frozen or off, the periods add up, a version
 * follows the other, nothing gets worse, and nothing grows without limit. SEED=… HEADGATE_LONG=1 for more.
 */
import { expect, test } from 'vitest';
import { seededRandom } from '../../gateway/host/random.ts';
import { difference, sum } from '../../gateway/model/decimal.ts';
import { exact, shortText, ZERO } from '../../rules/kinds/reading/exact-number.ts';
import { MOST_OPEN } from '../../rules/kinds/reading/kept-book.ts';
import type { ReadingRecord } from '../../rules/kinds/reading/reading-record.ts';
import { cases } from '../support/long-run.ts';
import {
  groupSetup,
  House,
  local,
  meterSetup,
  QUARTER,
  waterSetup,
} from '../support/reading-fixture.ts';

const SEED = Number(process.env.SEED ?? 20_260_303);
const HOUSES = cases(16, 2_000);
const DAY = 24 * 3_600_000;
const RANKS = { missing: 0, estimated: 1, late: 3, read: 4, frozen: 5 } as const;

/** A flat of two meters, one of which keeps its days. Everything else is chance. */
function lived(seed: number): House {
  const random = seededRandom(seed);
  const chance = (share: number) => random() < share;
  const freezeDays = chance(0.5) ? 62 : chance(0.5) ? 3 : 0;
  const every = chance(0.3) ? QUARTER : undefined;
  const house = new House(
    groupSetup({
      meters: [meterSetup({ freezeDays }), waterSetup()],
      periods: { timezone: 'Asia/Shanghai', every, freeze: { hour: 0, minute: 0 } },
    }),
    local('2026-03-01 09:00'),
  );
  const start = house.now;
  // Counts 0.4 kWh and 20 L in an hour, more in the evening; the same at the same time.
  const shown = (name: string, time: number) => {
    const hours = (time - start) / 3_600_000 + Math.sin((time / DAY) * 2 * Math.PI);
    return name === 'water' ? (700 + hours * 0.02).toFixed(3) : (100 + hours * 0.4).toFixed(2);
  };
  const silent = new Map<string, number>();
  const isSilent = (name: string) => (silent.get(name) ?? 0) > house.now;
  /** Meters whose last reading was nonsense: it never comes twice. */
  const wrong = new Set<string>();
  const answers = chance(0.8);
  house.answer = ({ meter, what, last }) => {
    if (!answers) return;
    if (isSilent(meter)) return house.fail(meter, 'no_answer', what);
    if (what === 'current') return void house.read(meter, shown(meter, house.now));
    const midnight = house.calendar.at('day', house.now).start - (last - 1) * DAY;
    house.read(meter, shown(meter, midnight), { time: midnight });
  };
  const end = start + 21 * DAY;
  const scan = chance(0.5) ? 30 * 60_000 : 3 * 3_600_000;
  while (house.now < end) {
    const next = house.now + scan * (0.7 + 0.6 * random());
    if (chance(0.01)) house.offUntil(Math.round(house.now + random() * 3 * DAY));
    else house.until(Math.round(next));
    for (const name of ['electricity', 'water']) {
      if (chance(0.02)) silent.set(name, house.now + random() * 4 * DAY);
      if (isSilent(name)) house.fail(name, 'no_answer_or_bad_frame');
      else if (chance(0.02) && !wrong.has(name)) {
        wrong.add(name);
        house.read(name, chance(0.5) ? '0.00' : '77777.00');
      } else {
        wrong.delete(name);
        house.read(name, shown(name, house.now));
      }
    }
    if (chance(0.02)) house.restart();
    house.turn();
  }
  return house;
}

/** The latest version of each, in the order of their periods. */
function latest(records: readonly ReadingRecord[], kind: string): readonly ReadingRecord[] {
  const found = new Map<string, ReadingRecord>();
  for (const record of records) if (record.kind === kind) found.set(record.key, record);
  return [...found.values()].sort((a, b) => a.period_end.localeCompare(b.period_end));
}

function checkChain(records: readonly ReadingRecord[]): void {
  const before = new Map<string, ReadingRecord>();
  for (const record of records) {
    const old = before.get(record.key);
    expect(record.version).toBe((old?.version ?? 0) + 1);
    expect(record.supersedes).toBe(old?.id ?? null);
    expect(
      old?.open_until === null &&
        record.items.some((_, i) => record.items[i]?.raw !== old.items[i]?.raw),
    ).toBe(false);
    for (const item of record.items) {
      const was = old?.items.find(({ meter }) => meter === item.meter);
      expect(RANKS[item.source]).toBeGreaterThanOrEqual(RANKS[was?.source ?? 'missing']);
      if (item.source === 'read') expect(Math.abs(item.skew_s ?? 99)).toBeLessThanOrEqual(60);
    }
    before.set(record.key, record);
  }
}

/** What the periods had together is what the register moved by. */
function checkSums(records: readonly ReadingRecord[], meter: string): number {
  let runs = 0;
  let from: { value: string; end: string } | undefined;
  let total = ZERO;
  for (const record of records) {
    const item = record.items.find((one) => one.meter === meter);
    const value = item?.value ?? null;
    if (
      item === undefined ||
      value === null ||
      item.delta === null ||
      from?.end !== record.period_start
    ) {
      from = value === null ? undefined : { value, end: record.period_end };
      total = ZERO;
      continue;
    }
    total = sum(total, exact(item.delta));
    runs++;
    expect(shortText(total)).toBe(shortText(difference(exact(value), exact(from.value))));
    from = { value: from.value, end: record.period_end };
  }
  return runs;
}

test(`${HOUSES} flats through three weeks, from seed ${SEED}`, {
  timeout: cases(60_000, 3_600_000),
}, () => {
  let summed = 0;
  let late = 0;
  for (let i = 0; i < HOUSES; i++) {
    const house = lived(SEED + i);
    try {
      checkChain(house.records);
      for (const kind of ['interval', 'day'])
        for (const meter of ['electricity', 'water'])
          summed += checkSums(latest(house.records, kind), meter);
      late += house.records.filter(({ version }) => version > 1).length;
      expect(house.book.open.length).toBeLessThan(MOST_OPEN / 2);
      expect(JSON.stringify(house.book).length).toBeLessThan(150_000);
      const perDay = house.asks.filter(({ meter }) => meter === 'water').length / 21;
      expect(perDay).toBeLessThan(500);
    } catch (error) {
      throw new Error(`seed ${SEED + i}: ${error}`, { cause: error });
    }
  }
  expect(summed).toBeGreaterThan(HOUSES * 10);
  expect(late).toBeGreaterThan(HOUSES);
});
