/** The driver against the simulated meter, whose bytes come from the documents and from no code of the driver. */
import { describe, expect, test } from 'vitest';
import { wordsOf } from '../../../drivers/dlt645/catalogue.ts';
import { dlt645Driver } from '../../../drivers/dlt645/driver.ts';
import type { Reading } from '../../../drivers/driver.ts';
import { type Meter645Setting, meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import type { Sample, Value } from '../../../gateway/model/sample.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';
import {
  METER,
  METER_ACCESS,
  meter,
  meterRequest,
  meterTag,
  meterTagAddress,
} from '../../support/dlt645-fixture.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

const MORNING = utcMs(Date.UTC(2026, 5, 1, 1, 23, 45));
const never = new AbortController().signal;

function onWire(
  setting: Partial<Meter645Setting> = {},
  options: Readonly<Record<string, unknown>> = {},
) {
  const clock = virtualClock(MORNING);
  const version = setting.version === '1997' ? 1997 : 2007;
  const device = meter({ version, ...options });
  const station = meter645({ name: 'em', address: METER, ...setting }, clock);
  const wire = scriptedLine(clock, METER_ACCESS.timing);
  const line = {
    ...wire,
    get timing() {
      return wire.timing;
    },
    write(bytes: Uint8Array) {
      wire.write(bytes);
      const frame = bytes.subarray(bytes.indexOf(0x68));
      const { reply } = station.hear(frame, { now: clock.mono(), isEarly: false }) ?? {};
      if (reply) setImmediate(() => wire.arrive(reply));
    },
  };
  const session = dlt645Driver.open(device, { ...METER_ACCESS, clock, log: silentLog, line });
  const settled = async <T>(pending: Promise<T>): Promise<T> => {
    let isOver = false;
    const watched = pending.finally(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 1_000 && !isOver; turn++) await clock.advance(millis(10));
    return watched;
  };
  const readAll = async (addresses: readonly unknown[]): Promise<readonly Sample[]> => {
    const requests = addresses.map((written, i) => meterRequest(written, i));
    const samples = new Map<string, Sample>();
    let groups = dlt645Driver.plan(device, requests, METER_ACCESS);
    while (groups.length > 0) {
      const readings: Reading<(typeof groups)[number]>[] = [];
      for (const group of groups) readings.push(await settled(session.read(group, never)));
      for (const sample of readings.flatMap((one) => one.samples)) samples.set(sample.tag, sample);
      groups = readings.flatMap(({ regroup = [] }) => regroup);
    }
    return requests.map(({ tag }) => samples.get(tag.id) as Sample);
  };
  const write = (address: string, value: Value) =>
    settled(
      session.write?.({ tag: meterTag(0), address: meterTagAddress(address), value }, never) ??
        Promise.reject(new Error('no write')),
    );
  return { station, line: wire, readAll, write };
}
const chosen = (word: string) => (word.includes('harmonic') ? `${word} harmonic:3` : word);
/** What the simulated meter does not have, or has not met yet. */
const LACKING =
  /^(switch_freeze|timed_freeze|remaining_|overdraft_|power_off_(start|end)|settlement_day_[23])/;

test.each(['2007', '1997'] as const)('every word of %s is read', async (version) => {
  const words = wordsOf(version);
  const { readAll, write } = onWire({ version });
  if (version === '2007')
    expect(await write('freeze', 'now')).toMatchObject({ outcome: 'written' });
  const samples = await readAll(words.map(chosen));
  const bad = words.filter((_, i) => samples[i]?.quality !== 'good');
  expect(bad.filter((word) => !LACKING.test(word))).toEqual([]);
});

describe('values', () => {
  const constant = (value: number) => ({
    shape: 'constant' as const,
    min: value,
    max: value,
    period: millis(1_000),
  });
  const signals = new Map([
    ['02010100', constant(220.1)],
    ['02030000', constant(-1.2345)],
    ['02800002', constant(50.03)],
    ['00010000', constant(1234.56)],
  ]);
  const TAGS = ['voltage_a', 'active_power', 'frequency', 'forward_active_energy'];
  const values = (samples: readonly Sample[]) => samples.map(({ value }) => value);

  test('are the digits that the meter shows', async () => {
    const { readAll } = onWire({ signals });
    expect(values(await readAll(TAGS))).toEqual([220.1, -1.2345, 50.03, 1234.56]);
  });

  test('of tariffs are the same alone, in a block, in pieces and without blocks', async () => {
    const tags = [0, 1, 2, 3, 4].map((tariff) => `forward_active_energy tariff:${tariff}`);
    const whole = onWire({ signals });
    const [total, ...tariffs] = values(await whole.readAll(tags)).map(Number);
    expect(whole.line.written).toHaveLength(1);
    expect(tariffs.reduce((sum, one) => sum + Math.round(one * 100), 0)).toBe(123_456);
    for (const parts of [
      onWire({ signals }, { blocks: 'never' }),
      onWire({ signals, frameLimit: 13 }),
      onWire({ signals, hasNoBlocks: true }),
    ]) {
      expect(values(await parts.readAll(tags))).toEqual([total, ...tariffs]);
      expect(parts.line.written.length).toBeGreaterThan(2);
    }
  });

  test('of phases that are not there are none', async () => {
    const { readAll } = onWire({ phases: 1 });
    expect(await readAll(['voltage_a', 'voltage_b', 'current_c'])).toMatchObject([
      { quality: 'good' },
      { value: null, quality: 'bad:device' },
      { value: null, quality: 'bad:device' },
    ]);
  });

  test('of midnight have the time of midnight in China', async () => {
    const { readAll } = onWire();
    const [frozen] = await readAll(['daily_freeze_forward_active_energy']);
    expect(frozen).toMatchObject({ time: Date.UTC(2026, 4, 31, 16), timeBasis: 'source' });
  });
});

describe('a write', () => {
  const ALLOWED = { allow: ['write', 'relay'], password: '02000000' };

  test('is refused with a wrong password and done with the right one', async () => {
    const wrong = onWire({}, { ...ALLOWED, password: '02111111' });
    expect(await wrong.write('demand_period', 30)).toMatchObject({ outcome: 'rejected' });
    const { write, readAll } = onWire({}, ALLOWED);
    expect(await write('demand_period', 30)).toMatchObject({ outcome: 'written' });
    expect(await readAll(['demand_period'])).toMatchObject([{ value: 30 }]);
  });

  test('opens the relay, and of a meter that wants it encrypted says so', async () => {
    const { write, station } = onWire({}, ALLOWED);
    expect(await write('relay', 'trip')).toMatchObject({ outcome: 'written' });
    expect(station.address).toBe(METER);
    const modern = onWire({ hasSecurityModule: true }, ALLOWED);
    expect(await modern.write('relay', 'trip')).toMatchObject({
      refusal: { code: 'dlt645.write-refused' },
    });
  });

  test('to everybody freezes, and the freeze can be read', async () => {
    const { write, readAll } = onWire();
    expect(await write('freeze broadcast', 'now')).toMatchObject({ outcome: 'written' });
    const [frozen] = await readAll(['instant_freeze_forward_active_energy']);
    expect(frozen).toMatchObject({ quality: 'good', timeBasis: 'source' });
  });
});
