/** What was measured in a test of an uplink of HJ 212, and what has to arrive of it: figures are computed a second time here. */
import { expect } from 'vitest';
import type { Received } from '../../firmware-sim/hj212-platform.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { COD, FLOW, LOGGER, type Run, STATE, STEP, sampleAt, T0, TOTAL } from './hj212-fixture.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** The length of a period by its CN. */
export const PERIODS: Readonly<Record<string, number>> = {
  2051: 10 * MINUTE,
  2061: HOUR,
  2031: 24 * HOUR,
};

/** What was measured: a number that depends on the time alone, so that the oracle knows it, too. */
export const codAt = (time: number) => ((time / 1_000) % 977) / 10;
const isMaintained = (time: number) => time % (7 * HOUR) < 25 * MINUTE;
export const measuredAt = (time: number): Sample[] => [
  sampleAt(COD, time, codAt(time)),
  sampleAt(STATE, time, isMaintained(time) ? 1 : 0),
  sampleAt(FLOW, time, ((time / 1_000) % 89) / 100),
  sampleAt(TOTAL, time, (time - T0) / 1_000 + 500),
];
/** Stores what is measured at the end of each step of time. */
export const everyStep = (run: Run) => (now: number) => run.store(measuredAt(now));

/** A stamp of Shanghai. */
export const local = (time: number) =>
  new Date(time + 8 * HOUR).toISOString().replace(/\D/g, '').slice(0, 14);
/** When the period began. */
export const startOf = ({ dataTime = '' }: Received) =>
  Date.parse(dataTime.replace(/(....)(..)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5:$6Z')) - 8 * HOUR;

/** Packets with periods, repeats included. */
export const periods = (received: readonly Received[], cn?: string) =>
  received.filter((one) => one.cn in PERIODS && (cn === undefined || one.cn === cn));
/** The DataTime of each, once. */
export const names = (received: readonly Received[], cn: string) =>
  [...new Set(periods(received, cn).map(({ dataTime }) => dataTime))].sort();
/** The DataTime of each period that begins at `from` or later and is over at `to`. */
export const expected = (cn: string, from: number, to: number) => {
  const length = PERIODS[cn] ?? 0;
  return Array.from({ length: Math.floor((to - from) / length) }, (_, i) =>
    local(from + i * length),
  );
};

/** Laws of what arrives: nothing strange, who it is from, and every repeat of a period says the same. */
export function lawful(received: readonly Received[], strange: readonly string[]): void {
  expect(strange).toEqual([]);
  const seen = new Map<string, string>();
  for (const one of received) {
    if (one.cn.startsWith('9')) continue;
    expect(one).toMatchObject(LOGGER);
    if (!(one.cn in PERIODS)) continue;
    const name = `${one.cn} ${one.dataTime} ${one.pno}`;
    expect(one.cp).toBe(seen.get(name) ?? one.cp);
    seen.set(name, one.cp);
  }
}

/** By the second that something stood. A period is told by its longest flag. */
function figures(start: number, end: number) {
  const byFlag = new Map<string, number[]>();
  for (let time = start; time < end; time += 1_000) {
    const measured = Math.floor(time / STEP) * STEP;
    const flag = isMaintained(measured) ? 'M' : 'N';
    const values = byFlag.get(flag) ?? [];
    values.push(codAt(measured));
    byFlag.set(flag, values);
  }
  const [flag = '', values = []] =
    [...byFlag].sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))[0] ?? [];
  return {
    flag,
    min: values.reduce((a, b) => Math.min(a, b)),
    max: values.reduce((a, b) => Math.max(a, b)),
    avg: values.reduce((a, b) => a + b, 0) / values.length,
  };
}

/** Every figure is the one that was measured. */
export function judgeFigures(received: readonly Received[], cn: string): void {
  for (const one of periods(received, cn)) {
    const start = startOf(one);
    const length = PERIODS[cn] ?? 0;
    const { flag, min, max, avg } = figures(start, start + length);
    const of = (suffix: string) => one.values.get(`w01018-${suffix}`);
    expect([one.dataTime, of('Flag'), of('Min'), of('Max')]).toEqual([
      one.dataTime,
      flag,
      min.toFixed(1),
      max.toFixed(1),
    ]);
    expect(Math.abs(Number(of('Avg')) - avg)).toBeLessThanOrEqual(0.0501);
    expect(of('Avg')).toMatch(/^\d+\.\d$/);
    expect(one.values.get('w00000-Cou')).toBe(`${length / 1_000}`);
  }
}
