import { describe, expect, test } from 'vitest';
import { dlt645Address } from '../../../drivers/dlt645/address.ts';
import { identify, placeOf, wordsOf } from '../../../drivers/dlt645/catalogue.ts';
import { dlt645Driver } from '../../../drivers/dlt645/driver.ts';
import { addressSchema, deviceSchema, dlt645Options } from '../../../drivers/dlt645/options.ts';
import type { CATALOGUE } from '../../../gateway/model/errors.ts';
import {
  METER_ACCESS,
  meter,
  meterRequest,
  meterTagAddress,
} from '../../support/dlt645-fixture.ts';

const place = (text: string) => {
  const { items } = meterTagAddress(text);
  const item = items['2007'] ?? items['1997'];
  return item && `${item.di}[${item.element}]`;
};

describe('an address', () => {
  test.each([
    ['forward_active_energy', '00010000[0]'],
    ['forward_active_energy tariff:4', '00010400[0]'],
    ['forward_active_energy day:1', '00010001[0]'],
    ['Forward_Active_Energy tariff:63 day:12', '00013F0C[0]'],
    ['combined_active_energy', '00000000[0]'],
    ['forward_active_energy_b', '00290000[0]'],
    ['remaining_energy', '00900100[0]'],
    ['forward_active_max_demand_time tariff:1', '01010100[1]'],
    ['voltage_c', '02010300[0]'],
    ['active_power', '02030000[0]'],
    ['power_factor_b', '02060200[0]'],
    ['voltage_harmonic_b harmonic:21', '020A0215[0]'],
    ['frequency', '02800002[0]'],
    ['power_off_end last:2', '03110002[1]'],
    ['run_status_7', '04000507[0]'],
    ['load_record_interval_6', '04000A07[0]'],
    ['daily_freeze_time', '05060001[0]'],
    ['daily_freeze_forward_active_energy tariff:2 last:62', '0506013E[2]'],
    ['hourly_freeze_reverse_active_max_demand_time tariff:1', '05040A01[3]'],
    ['instant_freeze_reactive_power_c', '05011001[7]'],
    ['load_record_forward_active_energy', '06040002[0]'],
    ['forward_reactive_energy day:1', '9510[0]'],
    ['0001ff00[2]', '0001FF00[2]'],
    ['9010', '9010[0]'],
    ['901F[4]', '901F[4]'],
    ['05060101', '05060101[0]'],
    ['05060101[4]', '05060101[4]'],
    ['0299FF01[1] bytes:3', '0299FF01[1]'],
  ])('%s is %s', (text, expected) => {
    expect(place(text)).toBe(expected);
  });

  test('of a word means the same in both editions', () => {
    const { items } = meterTagAddress('forward_active_energy tariff:2 day:1');
    expect([items['2007']?.di, items['1997']?.di]).toEqual(['00010201', '9412']);
  });

  test.each<[string, keyof typeof CATALOGUE, Record<string, unknown>]>([
    ['foward_active_energy', 'dlt645.word-unknown', { nearest: 'forward_active_energy' }],
    ['', 'dlt645.word-unknown', {}],
    ['001', 'dlt645.word-unknown', {}],
    ['voltage_a tarif:1', 'dlt645.qualifier-unknown', { nearest: 'tariff:1' }],
    ['voltage_a signed:1', 'dlt645.qualifier-unknown', {}],
    ['forward_active_energy tariff:x', 'dlt645.qualifier-number', { word: 'tariff:x' }],
    ['forward_active_energy tariff:1 tariff:2', 'dlt645.qualifier-twice', { word: 'tariff' }],
    ['voltage_a signed unsigned', 'dlt645.qualifier-twice', {}],
    ['voltage_a tariff:1', 'dlt645.qualifier-unfit', { qualifier: 'tariff' }],
    ['00010000 tariff:1', 'dlt645.qualifier-unfit', { qualifier: 'tariff' }],
    ['voltage_a bit:1', 'dlt645.qualifier-unfit', { qualifier: 'bit' }],
    ['date bytes:3', 'dlt645.qualifier-unfit', { qualifier: 'bytes' }],
    ['voltage_a broadcast', 'dlt645.qualifier-unfit', { qualifier: 'broadcast' }],
    ['relay broadcast', 'dlt645.qualifier-unfit', { qualifier: 'broadcast' }],
    ['freeze tariff:1', 'dlt645.qualifier-unfit', { qualifier: 'tariff' }],
    ['load_record_frequency decimals:1', 'dlt645.qualifier-unfit', { qualifier: 'decimals' }],
    ['voltage_harmonic_a', 'dlt645.qualifier-missing', { qualifier: 'harmonic' }],
    ['voltage_harmonic_a harmonic:22', 'dlt645.qualifier-range', { min: 1, max: 21 }],
    ['forward_active_energy day:13', 'dlt645.qualifier-range', { min: 0, max: 12 }],
    ['run_status_1 bit:16', 'dlt645.qualifier-range', { max: 15 }],
    ['voltage_a bytes:9', 'dlt645.qualifier-range', { max: 8 }],
    ['voltage_a decimals:16', 'dlt645.qualifier-range', { max: 15 }],
    ['0299FF01 bytes:9', 'dlt645.qualifier-range', { max: 8 }],
    ['0001FF00', 'dlt645.element-missing', {}],
    ['01010000[2]', 'dlt645.element-range', { max: 1 }],
    ['0299FF01', 'dlt645.format-unknown', {}],
  ])('%s is refused with %s', (text, code, details) => {
    expect(dlt645Address(text)).toMatchObject({ code, details });
  });

  test('may be one of the other edition only where the device speaks it', () => {
    const plan = (text: string, version: number) =>
      dlt645Driver.plan(meter({ version }), [meterRequest(text)], METER_ACCESS);
    expect(() => plan('frequency', 1997)).toThrow('[dlt645.version-lacks]');
    expect(() => plan('9010', 2007)).toThrow('[dlt645.version-lacks]');
    expect(() => plan('freeze', 2007)).toThrow('[dlt645.not-readable]');
    expect(() => plan('clock broadcast', 2007)).toThrow('[dlt645.not-readable]');
  });

  test.each([
    ['voltage_a', 'number'],
    ['run_status_1', 'number'],
    ['run_status_1 bit:2', 'flag'],
    ['date', 'text'],
    ['model', 'text'],
    ['freeze', 'text'],
  ])('%s gives a %s', (text, kind) => {
    expect(dlt645Options.kindOf?.(meterTagAddress(text))).toBe(kind);
  });

  test.each([
    [{ address: 'voltage_a', scale: 0 }, 'scale'],
    [{ address: 'voltage_a', scale: 1e-9 }, 'scale'],
    [{ address: 'voltage_a', offset: 1e-9 }, 'offset'],
  ])('with %j is refused', (written, key) => {
    expect(addressSchema.parse(written)).toMatchObject({
      ok: false,
      issues: [{ path: [key], code: 'dlt645.factor-unusable' }],
    });
  });
});

describe('every word', () => {
  const choices = (word: string) => (word.includes('harmonic') ? { harmonic: 3 } : {});

  test.each(['2007', '1997'] as const)(
    'of %s is a place of its own, and is found there',
    (version) => {
      const places = new Set<string>();
      for (const word of wordsOf(version)) {
        const found = placeOf(version, word, choices(word));
        if ('problem' in found) throw new Error(word);
        const { di, element, block } = found;
        expect(identify(version, di)?.identifier.words, word).toContain(word);
        if (block) expect(identify(version, block.di)?.isBlock, word).toBe(true);
        places.add(`${di}[${element}]`);
      }
      expect(places.size).toBe(wordsOf(version).length);
      expect(places.size).toBeGreaterThan(version === '2007' ? 250 : 20);
    },
  );
});

describe('a device', () => {
  test('has its defaults', () => {
    expect(meter({ address: '161' })).toEqual({
      address: '000000000161',
      version: '2007',
      timeout: 1_000,
      gap: 30,
      preamble: 4,
      blocks: 'auto',
      allow: [],
      password: undefined,
      operator: '00000000',
      utcOffsetMinutes: 480,
    });
  });

  test.each([
    ['AAAAAAAAAAAA', 'AAAAAAAAAAAA'],
    ['aaaaaaaa0002', 'AAAAAAAA0002'],
    ['123456789012', '123456789012'],
  ])('%s is an address', (written, address) => {
    expect(meter({ address: written }).address).toBe(address);
  });

  test.each<[Record<string, unknown>, keyof typeof CATALOGUE]>([
    [{ address: 202411110002 }, 'dlt645.meter-address-not-text'],
    [{ address: '2024111100021' }, 'dlt645.meter-address'],
    [{ address: '0002AAAAAAAA' }, 'dlt645.meter-address'],
    [{ address: 'AAA000000002' }, 'dlt645.meter-address'],
    [{ address: '999999999999' }, 'dlt645.meter-address'],
    [{ utc_offset: '8' }, 'dlt645.utc-offset'],
    [{ utc_offset: '+15:00' }, 'dlt645.utc-offset'],
    [{ password: '123456' }, 'dlt645.eight-digits'],
    [{ operator: 1 }, 'dlt645.eight-digits'],
    [{ version: 2013 }, 'config.not-one-of'],
    [{ allow: ['everything'] }, 'config.not-one-of'],
  ])('with %j is refused', (written, code) => {
    expect(deviceSchema.parse({ address: '1', ...written })).toMatchObject({
      ok: false,
      issues: [{ code }],
    });
  });

  test('is one unit with whoever has its address', () => {
    expect(dlt645Driver.unitOf(meter({ address: '161' }))).toBe('dlt645 000000000161');
  });
});

describe('a plan', () => {
  const labels = (tags: readonly unknown[], options = {}, scans: readonly number[] = []) =>
    dlt645Driver
      .plan(
        meter(options),
        tags.map((tag, i) => meterRequest(tag, i, scans[i])),
        METER_ACCESS,
      )
      .map(({ label, tags: own }) => `${label}: ${own.map(({ quantity }) => quantity).join(' ')}`);

  test('reads one item once for all tags that want it', () => {
    expect(labels(['frequency', { address: 'frequency', scale: 2 }])).toEqual(['02800002: t0 t1']);
  });

  test('reads a block where two of its items are wanted', () => {
    expect(labels(['active_power', 'voltage_a', 'active_power_c'])).toEqual([
      '0203FF00: t0 t2',
      '02010100: t1',
    ]);
    expect(labels(['active_power', 'active_power_c'], { blocks: 'never' })).toHaveLength(2);
  });

  test('reads a value of a block by its identifier along with the others', () => {
    expect(labels(['0001FF00[2]', 'forward_active_energy'])).toEqual(['0001FF00: t0 t1']);
    expect(labels(['0001FF00[2]', '0001FF00[3]'])).toEqual(['0001FF00: t0 t1']);
  });

  test('reads both elements of one item once', () => {
    expect(labels(['forward_active_max_demand', 'forward_active_max_demand_time'])).toEqual([
      '01010000: t0 t1',
    ]);
  });

  test('reads harmonics as a block', () => {
    const tags = ['voltage_harmonic_a harmonic:3', 'voltage_harmonic_a harmonic:5'];
    expect(labels(tags)).toEqual(['020A01FF: t0 t1']);
  });

  test('keeps scan classes and formats apart', () => {
    expect(labels(['voltage_a', 'voltage_b'], {}, [1000, 5000])).toEqual([
      '02010100 every 1000 ms: t0',
      '02010200 every 5000 ms: t1',
    ]);
    expect(labels(['voltage_a', 'voltage_b decimals:2', 'voltage_a decimals:2'])).toEqual([
      '02010100: t0',
      '0201FF00 2.2: t1 t2',
    ]);
  });

  test('knows what a request costs', () => {
    const [one] = dlt645Driver.plan(meter(), [meterRequest('forward_active_energy')], METER_ACCESS);
    expect(one?.cost).toEqual({ requestBytes: 20, replyBytes: 24 });
  });
});
