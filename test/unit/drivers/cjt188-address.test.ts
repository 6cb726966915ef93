import { describe, expect, test } from 'vitest';
import { cjt188Driver } from '../../../drivers/cjt188/driver.ts';
import { addressSchema, deviceSchema } from '../../../drivers/cjt188/options.ts';
import { METER_WIRE, meter, meterTag } from '../../support/cjt188-fixture.ts';

describe('an address', () => {
  test.each([
    ['vollume', 'cjt188.word-unknown', 'volume'],
    ['heat GW', 'cjt188.word-unknown', 'GJ'],
    ['volume GJ', 'cjt188.word-unknown', 'L'],
    ['history2:1', 'cjt188.word-unknown', 'heat'],
    ['freeze:1 volum', 'cjt188.word-unknown', 'volume'],
    ['di:D134 bcd9', 'cjt188.word-unknown', 'bcd4'],
    ['di:D134 uint', 'cjt188.word-unknown', 'uint2'],
    ['di:D134 hex0', 'cjt188.word-unknown', 'hex'],
    ['di:D134 value5', 'cjt188.word-unknown', 'value'],
    ['clock raw', 'cjt188.word-too-much', undefined],
    ['volume m3 raw', 'cjt188.word-too-much', undefined],
    ['di:D134 hex raw', 'cjt188.word-too-much', undefined],
    ['volume:1', 'cjt188.no-number', undefined],
    ['history', 'cjt188.number-range', undefined],
    ['history:0', 'cjt188.number-range', undefined],
    ['history:13', 'cjt188.number-range', undefined],
    ['price:4', 'cjt188.number-range', undefined],
    ['di:D1', 'cjt188.identifier-form', undefined],
    ['di', 'cjt188.identifier-form', undefined],
    ['di:D134@100', 'cjt188.identifier-form', undefined],
  ])('%s is refused', (written, code, nearest) => {
    const parsed = addressSchema.parse(written);
    if (parsed.ok) throw new Error('was accepted');
    expect(parsed.issues[0]?.code).toBe(code);
    if (nearest) expect(parsed.issues[0]?.details?.nearest).toBe(nearest);
  });

  test('may stand in an object, and m³ is m3', () => {
    expect(addressSchema.parse({ address: 'volume m³' })).toEqual(addressSchema.parse('volume m3'));
    expect(addressSchema.parse({ address: 'volume', scale: 1 })).toMatchObject({
      issues: [{ code: 'config.unknown-key' }],
    });
  });
});

describe('a device', () => {
  test.each([
    [{ address: '1234', type: 'water' }, 'cjt188.address-form'],
    [{ address: '7833123456789G', type: 'water' }, 'cjt188.address-form'],
    [{ address: '78331234567890', type: 'watre' }, 'cjt188.type-unknown'],
    [{ address: '78331234567890', type: 'water', metering: 'D120' }, 'cjt188.metering-form'],
    [{ address: '78331234567890' }, 'config.missing-key'],
    [{ address: '78331234567890', type: 'water', preamble: 41 }, 'config.out-of-range'],
    [{ address: '78331234567890', type: 'water', allow: ['all'] }, 'config.not-one-of'],
  ])('%o is refused', (options, code) => {
    const parsed = deviceSchema.parse(options);
    expect(parsed).toMatchObject({ ok: false, issues: [{ code }] });
  });

  test.each([
    ['water', 0x10],
    ['gas', 0x30],
    ['heat', 0x20],
    ['25', 0x25],
    ['AA', 0xaa],
  ])('of type %s has the byte %i', (type, byte) => {
    expect(meter({ type }).type).toBe(byte);
  });

  test('is one unit by its address', () => {
    expect(cjt188Driver.unitOf(meter())).toBe('cjt188 78331234567890');
  });
});

describe('a plan', () => {
  test('has one group for each identifier and scan class, and every tag once', () => {
    const requests = [
      meterTag('volume', { index: 0 }),
      meterTag('valve', { index: 1 }),
      meterTag('history:1', { index: 2 }),
      meterTag('volume raw', { index: 3, scanMs: 1_000 }),
      meterTag('di:901F hex', { index: 4 }),
    ];
    const groups = cjt188Driver.plan(meter({ preamble: 10 }), requests, METER_WIRE);
    expect(groups.map(({ label, tags }) => [label, tags.map(({ index }) => index)])).toEqual([
      ['901F every 60000 ms', [0, 1, 4]],
      ['D120 every 60000 ms', [2]],
      ['901F every 1000 ms', [3]],
    ]);
    expect(groups[0]?.cost).toEqual({ requestBytes: 26, replyBytes: 4 + 35 });
  });

  test.each([
    ['heat', '901F', 59],
    ['water', '901F', 35],
    ['heat_cooling', '911F', 70],
  ])('of a %s meter knows what %s costs', (type, metering, bytes) => {
    const [group] = cjt188Driver.plan(meter({ type, metering }), [meterTag('clock')], METER_WIRE);
    expect(group?.cost.replyBytes).toBe(4 + bytes);
  });

  test.each([
    ['history2:1 volume', 'water', 8 + 13],
    ['history2:1 volume', 'heat', 18 + 13],
    ['freeze:1 volume', 'water', 26 + 13],
    ['key_version', 'water', 4 + 13],
    ['di:B000', 'water', 8 + 13],
  ])('knows what %s of a %s meter costs', (address, type, bytes) => {
    const [group] = cjt188Driver.plan(meter({ type }), [meterTag(address)], METER_WIRE);
    expect(group?.cost.replyBytes).toBe(4 + bytes);
  });
});
