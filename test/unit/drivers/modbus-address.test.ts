import { describe, expect, test } from 'vitest';
import type { Address } from '../../../drivers/modbus/address.ts';
import { deviceSchema, modbusOptions } from '../../../drivers/modbus/options.ts';
import { addressSchema } from '../../../drivers/modbus/tag-options.ts';
import { address, modbusDevice } from '../../support/modbus-fixture.ts';

const read = (written: unknown): Partial<Address> => {
  const { table, address: at, type, order } = address(written);
  return { table, address: at, type, order };
};
const holding = (
  at: number,
  type: Address['type'] = 'uint16',
  order: Address['order'] = undefined,
) => ({
  table: 'holding',
  address: at,
  type,
  order,
});

describe('an address as it goes over the wire', () => {
  test.each([
    ['holding:100 float32 cdab', holding(100, 'float32', 'cdab')],
    ['holding:100 cdab float32', holding(100, 'float32', 'cdab')],
    ['HOLDING:100  Float32   CDAB', holding(100, 'float32', 'cdab')],
    ['holding:0', holding(0)],
    ['holding:0x64', holding(100)],
    ['holding:65535', holding(65535)],
    ['holding:7 uint64 ghefcdab', holding(7, 'uint64', 'cdab')],
    ['holding:7 int16 ba', holding(7, 'int16', 'badc')],
    ['input:20 uint32', { ...holding(20, 'uint32'), table: 'input' }],
    ['coil:5', { ...holding(5, 'bool'), table: 'coil' }],
    ['coil:5 bool', { ...holding(5, 'bool'), table: 'coil' }],
    ['discrete:0', { ...holding(0, 'bool'), table: 'discrete' }],
  ])('%s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('can name one bit of a register', () => {
    expect(address('holding:10.3')).toMatchObject({ address: 10, type: 'bool', bit: 3 });
    expect(address('input:0x10.15')).toMatchObject({ address: 16, type: 'bool', bit: 15 });
  });

  test('can name a text of so many bytes', () => {
    expect(address('holding:40 string16')).toMatchObject({ type: 'string', length: 16 });
  });
});

describe("a manual's register number counts from 1", () => {
  test.each([
    ['40001', 'holding', 0],
    ['40001 float32', 'holding', 0],
    ['49999', 'holding', 9998],
    ['400001', 'holding', 0],
    ['465536', 'holding', 65535],
    ['30012', 'input', 11],
    ['10001', 'discrete', 0],
    ['00001', 'coil', 0],
    ['4x0001', 'holding', 0],
    ['3X12', 'input', 11],
  ])('%s', (text, table, at) => {
    expect(read(text)).toMatchObject({ table, address: at });
  });

  test('may name a bit as well', () => {
    expect(address('40011.3')).toMatchObject({ address: 10, type: 'bool', bit: 3 });
  });
});

describe('an address that cannot be meant is refused', () => {
  test.each([
    ['100', 'modbus.address-ambiguous'],
    ['0', 'modbus.address-ambiguous'],
    ['70000', 'modbus.address-ambiguous'],
    ['4000001', 'modbus.address-ambiguous'],
    ['float32', 'modbus.address-ambiguous'],
    ['40000', 'modbus.manual-number'],
    ['470000', 'modbus.manual-number'],
    ['holding:65536', 'modbus.address-range'],
    ['holding:-1', 'modbus.address-range'],
    ['holding:', 'modbus.address-range'],
    ['holding:0x1FFFF', 'modbus.address-range'],
    ['holding:65535 float32', 'modbus.address-range'],
    ['holding:65530 string13', 'modbus.address-range'],
    ['holdin:4', 'modbus.table-unknown'],
    ['holding:4 flaot32', 'modbus.type-unknown'],
    ['holding:4 float32 dcab', 'modbus.type-unknown'],
    ['holding:4 float32 int16', 'modbus.type-twice'],
    ['holding:4 abcd cdab', 'modbus.type-twice'],
    ['holding:4 string', 'modbus.string-length'],
    ['holding:4 string0', 'modbus.string-length'],
    ['holding:4 string251', 'modbus.string-length'],
    ['holding:4.16', 'modbus.bit-range'],
    ['coil:4.1', 'modbus.bit-of-bit'],
    ['coil:4 uint16', 'modbus.bit-with-type'],
    ['coil:4 cdab', 'modbus.bit-with-type'],
    ['holding:4.1 uint16', 'modbus.bit-with-type'],
    ['holding:4 bool', 'modbus.bit-missing'],
  ])('%s: %s', (text, code) => {
    const parsed = addressSchema.parse(text);
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([{ path: [], code }]);
  });

  test.each([
    ['holdin:4', 'did you mean "holding"?'],
    ['inptu:4', 'did you mean "input"?'],
    ['holding:4 flaot32', 'did you mean "float32"?'],
    ['holding:4 float32 cdba', 'did you mean "cdab"?'],
    ['holding:4 m10k', 'did you mean "m10k32"?'],
    ['40000', 'the first holding is "holding:0"'],
  ])('%s: %s', (text, words) => {
    const parsed = addressSchema.parse(text);
    expect(parsed.ok ? '' : parsed.issues[0]?.message).toContain(words);
  });

  test('with its place, when it is part of a tag', () => {
    const parsed = addressSchema.parse({ address: '100', decimals: -1 });
    expect(parsed.ok ? [] : parsed.issues.map(({ path }) => path)).toEqual([
      ['address'],
      ['decimals'],
    ]);
  });
});

describe('scale and offset', () => {
  test('are kept as the decimals somebody wrote', () => {
    expect(address({ address: 'holding:0', scale: 0.01, offset: -40, decimals: 2 })).toMatchObject({
      scale: '0.01',
      offset: '-40',
      decimals: 2,
    });
  });

  test.each([
    [{ scale: 0 }, 'modbus.factor-unusable'],
    [{ scale: 1e-23 }, 'modbus.factor-unusable'],
    [{ offset: 1e-30 }, 'modbus.factor-unusable'],
    [{ scale: '0.01' }, 'config.not-number'],
    [{ scales: 0.1 }, 'config.unknown-key'],
  ])('%o is refused', (options, code) => {
    const parsed = addressSchema.parse({ address: 'holding:0', ...options });
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([{ code }]);
  });
});

describe('raw numbers that mean "no value"', () => {
  const nulls = (text: string, ...null_when: unknown[]) =>
    addressSchema.parse({ address: text, null_when });

  test('are the bits of the value without a sign', () => {
    expect(nulls('holding:0 int16', 0x8000, -1, '0x7FFF')).toMatchObject({
      ok: true,
      value: { nulls: [0x8000n, 0xffffn, 0x7fffn] },
    });
    expect(nulls('holding:0 uint64', '0xFFFFFFFFFFFFFFFF')).toMatchObject({
      value: { nulls: [2n ** 64n - 1n] },
    });
  });

  test.each<[string, unknown]>([
    ['holding:0', 0x10000],
    ['holding:0', -32769],
    ['holding:0', 1.5],
    ['holding:0', 'none'],
    ['holding:0 uint64', 2 ** 64],
    ['coil:0', 1],
    ['holding:0.3', 1],
  ])('%s: %s is refused', (text, raw) => {
    const parsed = nulls(text, 0, raw);
    const at = text === 'coil:0' || text === 'holding:0.3' ? 0 : 1;
    expect(parsed.ok ? [] : parsed.issues).toContainEqual(
      expect.objectContaining({ path: ['null_when', at], code: 'modbus.null-unusable' }),
    );
  });
});

describe('the register of a power of ten', () => {
  test('is another one of the same table', () => {
    expect(address({ address: '40084 int16', scale_from: '40085' })).toMatchObject({
      address: 83,
      scaleFrom: 84,
    });
  });

  test.each([
    ['input:1', 'holding:2'],
    ['holding:1', 'holding:2 uint32'],
    ['holding:1', 'coil:2'],
    ['holding:1.3', 'holding:2'],
    ['holding:1 string4', 'holding:2'],
  ])('%s with %s is refused', (text, scale_from) => {
    const parsed = addressSchema.parse({ address: text, scale_from });
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([
      { path: ['scale_from'], code: 'modbus.scale-from-unusable' },
    ]);
  });
});

describe('the options of a device', () => {
  test('know a broadcast by unit 0 only', () => {
    expect(deviceSchema.parse({ unit: 0, broadcast: true }).ok).toBe(true);
    const parsed = deviceSchema.parse({ unit: 3, broadcast: true });
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([
      { path: ['broadcast'], code: 'modbus.broadcast-unit' },
    ]);
  });

  test('say which buses they fit, and addresses what they hold', () => {
    const { framings, kindOf } = modbusOptions;
    expect(framings?.(modbusDevice())).toEqual(['wire', 'packets']);
    expect(framings?.(modbusDevice({ mode: 'ascii' }))).toEqual(['wire']);
    const texts = ['coil:1', 'holding:1.2', 'holding:1', 'holding:1 string4'];
    const kinds = texts.map((text) => kindOf?.(address(text)));
    expect(kinds).toEqual(['flag', 'flag', 'number', 'text']);
  });

  test('have defaults', () => {
    expect(deviceSchema.parse({})).toEqual({
      ok: true,
      value: {
        unit: 1,
        timeout: 500,
        maxRegisters: 125,
        maxBits: 2000,
        maxGap: undefined,
        order: 'abcd',
        gap: 0,
        mode: 'rtu',
        writes: 'auto',
        bitWrites: 'mask',
        broadcast: undefined,
        maxInFlight: 1,
      },
    });
  });

  test('are bounded', () => {
    const parsed = deviceSchema.parse({
      unit: 256,
      timeout: '0ms',
      max_registers: 126,
      max_bits: 0,
      max_gap: -1,
      unti: 3,
    });
    expect(parsed.ok ? [] : parsed.issues.map(({ path }) => path.join('.')).sort()).toEqual([
      'max_bits',
      'max_gap',
      'max_registers',
      'timeout',
      'unit',
      'unti',
    ]);
  });

  test('describe themselves to an editor', () => {
    expect(deviceSchema.json).toMatchObject({ properties: { unit: { minimum: 0, maximum: 255 } } });
    expect(addressSchema.json).toMatchObject({ properties: { address: { type: 'string' } } });
  });
});
