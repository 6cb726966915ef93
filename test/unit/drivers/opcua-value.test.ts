import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scalarValue, shortestFloat } from '../../../drivers/opcua/scalar.ts';
import { encodeScalar } from '../../../drivers/opcua/scalar-encoding.ts';
import {
  coerceNodeId,
  DataType,
  DataValue,
  LocalizedText,
  QualifiedName,
  StatusCode,
  StatusCodes,
  Variant,
  VariantArrayType,
} from '../../../drivers/opcua/stack.ts';
import { hasOverflow, isNodeGone, qualityOf, samplerOf } from '../../../drivers/opcua/value.ts';
import type { ValueType } from '../../../drivers/opcua/value-types.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { isBad } from '../../../gateway/model/quality.ts';
import type { Sample, Value } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { opcuaAddressOf, opcuaDevice, opcuaTag } from '../../support/opcua-fixture.ts';

const NOW = Date.UTC(2026, 4, 1, 12);

interface Read {
  readonly address?: unknown;
  readonly type?: ValueType;
  readonly device?: Readonly<Record<string, unknown>>;
  readonly status?: StatusCode;
  readonly source?: number;
  readonly server?: number;
  readonly clock?: VirtualClock;
}

/** The sample that a value becomes, at noon. */
function sample(value: Variant, options: Read = {}): Sample {
  const { address = 'i=1', type, device, status, source, server } = options;
  const clock = options.clock ?? virtualClock(utcMs(NOW));
  const sampler = samplerOf(opcuaTag(), opcuaAddressOf(address), type, {
    clock,
    device: opcuaDevice(device),
  });
  const dataValue = new DataValue({
    ...(status && { statusCode: status }),
    ...(source !== undefined && { sourceTimestamp: new Date(source) }),
    ...(server !== undefined && { serverTimestamp: new Date(server) }),
  });
  dataValue.value = value;
  return sampler(dataValue);
}

const scalar = (type: keyof typeof DataType, value: unknown): Variant =>
  new Variant({ dataType: type, arrayType: VariantArrayType.Scalar, value });
const list = (type: keyof typeof DataType, value: unknown): Variant =>
  new Variant({ dataType: type, arrayType: VariantArrayType.Array, value });
const halves = (value: bigint): [number, number] => {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
};

describe('a scalar', () => {
  test.each<[keyof typeof DataType, unknown, Value]>([
    ['Boolean', false, false],
    ['SByte', -128, -128],
    ['UInt32', 4_294_967_295, 4_294_967_295],
    ['Int64', halves(-1n), -1],
    ['Int64', halves(9_007_199_254_740_991n), 9_007_199_254_740_991],
    ['Int64', halves(9_007_199_254_740_992n), 9_007_199_254_740_992n],
    ['Int64', halves(-9_223_372_036_854_775_808n), -9_223_372_036_854_775_808n],
    ['UInt64', halves(18_446_744_073_709_551_615n), 18_446_744_073_709_551_615n],
    ['Float', Math.fround(0.1), 0.1],
    ['Float', Math.fround(230.2), 230.2],
    ['Float', Math.fround(1e-30), 1e-30],
    ['Double', 0.1 + 0.2, 0.30000000000000004],
    ['String', '温度', '温度'],
    ['String', null, ''],
    ['DateTime', new Date(NOW), '2026-05-01T12:00:00.000Z'],
    ['Guid', '72962B91-FA75-4AE6-8D28-B404DC7DAF63', '72962b91-fa75-4ae6-8d28-b404dc7daf63'],
    ['ByteString', Buffer.from([0, 127, 255]), '007fff'],
    ['NodeId', coerceNodeId('ns=2;s=Axis'), 'ns=2;s=Axis'],
    ['NodeId', coerceNodeId('i=85'), 'i=85'],
    ['StatusCode', StatusCodes.BadTimeout, 'BadTimeout'],
    ['QualifiedName', new QualifiedName({ namespaceIndex: 3, name: 'Axis' }), '3:Axis'],
    ['LocalizedText', new LocalizedText({ locale: 'zh-CN', text: '运行' }), '运行'],
  ])('%s %o', (type, raw, value) => {
    expect(sample(scalar(type, raw))).toMatchObject({ value, quality: 'good' });
  });

  test('keeps the 100 ns of a time', () => {
    const time = Object.assign(new Date(NOW), { picoseconds: 12_300_000 });
    expect(sample(scalar('DateTime', time)).value).toBe('2026-05-01T12:00:00.0000123Z');
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is no value', (raw) => {
    for (const type of ['Float', 'Double'] as const)
      expect(sample(scalar(type, raw))).toMatchObject({ value: null, quality: 'bad:device' });
  });

  test('that is missing is no value', () => {
    expect(sample(new Variant())).toMatchObject({ value: null, quality: 'bad:device' });
  });

  test('of 64 bits keeps every digit, both ways', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
        const read = scalarValue(DataType.Int64, halves(value));
        expect(BigInt(read as bigint)).toBe(value);
        expect(typeof read).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint');
        expect(encodeScalar(DataType.Int64, read as bigint)).toEqual({ raw: halves(value) });
      }),
    );
  });

  test('of 32 bits of floating point is the shortest number that is the same float', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const shown = shortestFloat(value);
        expect(Math.fround(shown)).toBe(value);
        expect(`${shown}`.length).toBeLessThanOrEqual(`${value}`.length);
      }),
    );
  });
});

describe('a part of a value', () => {
  const matrix = new Variant({
    dataType: 'Int32',
    arrayType: VariantArrayType.Matrix,
    dimensions: [2, 3],
    value: new Int32Array([1, 2, 3, 4, 5, 6]),
  });

  test('is an element by its index', () => {
    expect(sample(list('Double', [1.5, 2.5]), { address: 'i=1 [1]' }).value).toBe(2.5);
    expect(sample(list('Int64', [halves(7n)]), { address: 'i=1 [0]' }).value).toBe(7);
    expect(sample(matrix, { address: 'i=1 [1,0]' }).value).toBe(4);
    const bytes = scalar('ByteString', Buffer.from([5, 6]));
    expect(sample(bytes, { address: 'i=1 [1]' }).value).toBe(6);
    const variants = list('Variant', [scalar('UInt16', 9)]);
    expect(sample(variants, { address: 'i=1 [0]' }).value).toBe(9);
  });

  test.each([
    [list('Double', [1.5]), 'i=1 [1]'],
    [list('Double', [1.5]), 'i=1 [0,0]'],
    [list('Double', [1.5]), 'i=1'],
    [matrix, 'i=1 [1]'],
    [matrix, 'i=1 [0,3]'],
    [scalar('Double', 1.5), 'i=1 [0]'],
    [scalar('Double', 1.5), 'i=1 .x'],
  ])('that is not there is a mistake of the configuration', (value, address) => {
    expect(sample(value, { address })).toMatchObject({ value: null, quality: 'bad:config' });
  });
});

describe('an enumeration', () => {
  const names = new Map([
    [0, 'Setup'],
    [1, 'Automatic'],
  ]);
  const book = { typeOf: () => undefined, byEncoding: () => undefined };
  const type = { builtIn: DataType.Int32, names, structure: undefined, rank: -1, book };

  test('is the name of its value, or the number', () => {
    expect(sample(scalar('Int32', 1), { type }).value).toBe('Automatic');
    const address = { address: 'i=1', enum: 'number' };
    expect(sample(scalar('Int32', 1), { type, address }).value).toBe(1);
    expect(sample(list('Int32', [1, 0]), { type, address: 'i=1 [1]' }).value).toBe('Setup');
  });

  test('with a number that has no name is doubtful, and says the number', () => {
    expect(sample(scalar('Int32', 7), { type })).toMatchObject({
      value: '7',
      quality: 'uncertain:range',
    });
  });
});

describe('the quality', () => {
  test.each([
    [StatusCodes.Good, 'good'],
    [StatusCodes.GoodClamped, 'good'],
    [StatusCodes.GoodLocalOverride, 'good:local-override'],
    [StatusCodes.UncertainLastUsableValue, 'uncertain:last-usable'],
    [StatusCodes.UncertainEngineeringUnitsExceeded, 'uncertain:range'],
    [StatusCodes.UncertainSensorNotAccurate, 'uncertain:suspect'],
    [StatusCodes.UncertainInitialValue, 'uncertain:suspect'],
    [StatusCodes.BadNodeIdUnknown, 'bad:config'],
    [StatusCodes.BadNotReadable, 'bad:config'],
    [StatusCodes.BadTypeMismatch, 'bad:config'],
    [StatusCodes.BadWaitingForInitialData, 'bad:waiting'],
    [StatusCodes.BadOutOfService, 'bad:out-of-service'],
    [StatusCodes.BadNoCommunication, 'bad:comm'],
    [StatusCodes.BadNotConnected, 'bad:comm'],
    [StatusCodes.BadSensorFailure, 'bad:device'],
  ])('of %s is %s', (code, quality) => {
    const read = sample(scalar('Double', 1), { status: code });
    expect(read).toMatchObject({ quality, value: isBad(read.quality) ? null : 1 });
  });

  test('is by the two severity bits where a vendor has a code of its own', () => {
    expect(qualityOf(0x0012_0000)).toBe('good');
    expect(qualityOf(0x4012_0000)).toBe('uncertain:suspect');
    expect(qualityOf(0x8012_0000)).toBe('bad:device');
    expect(qualityOf(0xc012_0000)).toBe('bad:device');
  });

  test('is good at a limit, and suspect beside values that are lost', () => {
    const withBits = (code: StatusCode, bits: number) => StatusCode.makeStatusCode(code, bits);
    const { Good, UncertainLastUsableValue, BadSensorFailure } = StatusCodes;
    const limit = withBits(Good, 0x0500);
    const overflow = withBits(Good, 0x0480);
    expect(sample(scalar('Double', 1), { status: limit }).quality).toBe('good');
    expect(hasOverflow(limit)).toBe(false);
    expect(sample(scalar('Double', 1), { status: overflow })).toMatchObject({
      value: 1,
      quality: 'uncertain:suspect',
    });
    expect(hasOverflow(overflow)).toBe(true);
    expect(qualityOf(withBits(UncertainLastUsableValue, 0x480).value)).toBe('uncertain:suspect');
    expect(qualityOf(withBits(BadSensorFailure, 0x480).value)).toBe('bad:device');
    // Without the info type the bit means nothing (OPC 10000-4 §7.39.1).
    expect(hasOverflow(withBits(Good, 0x80))).toBe(false);
  });

  test('says which nodes are gone', () => {
    expect(isNodeGone(StatusCodes.BadNodeIdUnknown)).toBe(true);
    expect(isNodeGone(StatusCodes.BadSensorFailure)).toBe(false);
  });
});

describe('the time', () => {
  const value = scalar('Double', 1);
  const minute = 60_000;

  test("is the source's, the server's or the gateway's", () => {
    const times = { source: NOW - minute, server: NOW - 1_000 };
    expect(sample(value, times)).toMatchObject({ time: NOW - minute, timeBasis: 'source' });
    const server = { ...times, device: { timestamps: 'server' } };
    expect(sample(value, server)).toMatchObject({ time: NOW - 1_000, timeBasis: 'source' });
    const gateway = { ...times, device: { timestamps: 'gateway' } };
    expect(sample(value, gateway)).toMatchObject({ time: NOW, timeBasis: 'gateway' });
  });

  test("is the server's where the source has none, and the gateway's where nobody has", () => {
    expect(sample(value, { server: NOW - 5 })).toMatchObject({
      time: NOW - 5,
      timeBasis: 'source',
    });
    expect(sample(value)).toMatchObject({ time: NOW, timeBasis: 'gateway' });
  });

  test.each([NOW - 6 * minute, NOW + 6 * minute, Date.UTC(1970, 0, 1), Date.UTC(1601, 0, 1)])(
    'is not believed far from ours: %d',
    (source) => {
      expect(sample(value, { source })).toMatchObject({ time: NOW, timeBasis: 'gateway' });
    },
  );

  test('is believed as far as the device may be off', () => {
    const source = NOW - 6 * minute;
    const device = { clock_tolerance: '10m' };
    expect(sample(value, { source, device })).toMatchObject({ time: source, timeBasis: 'source' });
  });

  test('cannot be judged by a clock that is not set', () => {
    const clock = virtualClock(utcMs(Date.UTC(2025, 0, 1)));
    clock.setSynced(false);
    expect(sample(value, { clock, source: NOW })).toMatchObject({ time: NOW, timeBasis: 'source' });
    const never = { clock, source: Date.UTC(1999, 11, 31) };
    expect(sample(value, never)).toMatchObject({
      time: Date.UTC(2025, 0, 1),
      timeBasis: 'unsynced',
    });
  });
});
