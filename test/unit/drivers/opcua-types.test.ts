import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Picker, pickerOf } from '../../../drivers/opcua/picker.ts';
import { scalarBytes, scalarFrom } from '../../../drivers/opcua/scalar-bytes.ts';
import {
  coerceNodeId,
  DataType,
  LocalizedText,
  Variant,
  VariantArrayType,
} from '../../../drivers/opcua/stack.ts';
import { namesOf } from '../../../drivers/opcua/value.ts';
import { readTypes, type ValueType } from '../../../drivers/opcua/value-types.ts';
import { opcuaAddressOf } from '../../support/opcua-fixture.ts';
import {
  bytes,
  enumDefinition,
  extension,
  f32,
  f64,
  i16,
  i32,
  i64,
  list,
  localized,
  str,
  structureDefinition,
  u8,
  u16,
  u32,
} from '../../support/opcua-wire.ts';
import { type ScriptedNode, scriptedOpcuaLink } from '../../support/scripted-opcua-link.ts';

/** A Variant as it comes off the wire. */
const wire = (type: DataType, encoded: Buffer): Variant => {
  const variant = new Variant();
  variant.dataType = type;
  variant.value = scalarFrom(type, encoded);
  return variant;
};
const structure = (encoded: Buffer): Variant => wire(DataType.ExtensionObject, encoded);

const POSE = [2, 'PoseEncoding'] as const;
const STATION = [2, 9001] as const;
const TYPES: Readonly<Record<string, ScriptedNode>> = {
  'ns=2;s=Pose': {
    parent: 'i=22',
    definition: structure(
      structureDefinition(POSE, [
        { name: 'x', type: [0, 11] },
        { name: 'y', type: [0, 10] },
      ]),
    ),
  },
  'ns=2;s=Mode': {
    parent: 'i=29',
    definition: structure(enumDefinition({ Setup: 0, Automatic: 1, Fault: -1 })),
  },
  'ns=2;s=OldMode': { parent: 'i=29', below: { EnumStrings: 'ns=2;s=OldMode.Strings' } },
  'ns=2;s=OldMode.Strings': {
    value: new Variant({
      dataType: 'LocalizedText',
      arrayType: VariantArrayType.Array,
      value: ['Stop', 'Go'].map((text) => new LocalizedText({ text })),
    }),
  },
  'ns=2;s=Bits': { parent: 'i=7', definition: structure(enumDefinition({ Ready: 0, Error: 1 })) },
  'i=290': { parent: 'i=11' },
  'ns=2;s=Milliseconds': { parent: 'i=290' },
  'ns=2;s=Old': { parent: 'i=22' },
  'ns=2;s=Loop': { parent: 'ns=2;s=Loop' },
  'ns=2;s=Station': {
    parent: 'i=22',
    definition: structure(
      structureDefinition(STATION, [
        { name: 'name', type: [0, 12] },
        { name: 'title', type: [0, 21] },
        { name: 'mode', type: [2, 'Mode'] },
        { name: 'pose', type: [2, 'Pose'] },
        { name: 'path', type: [2, 'Pose'], rank: 1 },
        { name: 'grid', type: [0, 4], rank: 2 },
        { name: 'any', type: [0, 24] },
        { name: 'extra', type: [0, 22] },
        { name: 'total', type: [0, 8] },
      ]),
    ),
  },
  'ns=2;s=Partial': {
    parent: 'i=22',
    definition: structure(
      structureDefinition(
        [2, 'PartialEncoding'],
        [
          { name: 'a', type: [0, 6], isOptional: true },
          { name: 'b', type: [0, 6] },
          { name: 'c', type: [0, 6], isOptional: true },
        ],
        1,
      ),
    ),
  },
  'ns=2;s=Choice': {
    parent: 'i=22',
    definition: structure(
      structureDefinition(
        [2, 'ChoiceEncoding'],
        [
          { name: 'number', type: [0, 6] },
          { name: 'text', type: [0, 12] },
        ],
        2,
      ),
    ),
  },
  'ns=2;s=Open': {
    parent: 'i=22',
    definition: structure(
      structureDefinition(
        [2, 'OpenEncoding'],
        [
          { name: 'tool', type: [2, 'Pose'], isOptional: true },
          { name: 'count', type: [0, 27], isOptional: true },
          { name: 'last', type: [0, 6] },
        ],
        3,
      ),
    ),
  },
};

/** The type of a variable of that data type. */
async function typeOf(dataType: string, rank = -1): Promise<ValueType> {
  const link = scriptedOpcuaLink({ ...TYPES, 'ns=1;s=V': { dataType, rank } });
  const types = await readTypes(link, [coerceNodeId('ns=1;s=V')]);
  return types.get('ns=1;s=V') as ValueType;
}

describe('the type of a variable', () => {
  test.each<[string, DataType | undefined]>([
    ['i=1', DataType.Boolean],
    ['i=11', DataType.Double],
    ['i=290', DataType.Double],
    ['ns=2;s=Milliseconds', DataType.Double],
    ['ns=2;s=Mode', DataType.Int32],
    ['ns=2;s=Bits', DataType.UInt32],
    ['ns=2;s=Pose', DataType.ExtensionObject],
    ['ns=2;s=Old', DataType.ExtensionObject],
    ['i=24', undefined],
    ['i=27', undefined],
    ['ns=2;s=Loop', undefined],
    ['ns=2;s=Nowhere', undefined],
  ])('%s travels as %s', async (dataType, builtIn) => {
    expect(await typeOf(dataType, 1)).toMatchObject({ builtIn, rank: 1 });
  });

  test('has the names of an enumeration, from its definition or its properties', async () => {
    expect((await typeOf('ns=2;s=Mode')).names).toEqual(
      new Map([
        [0, 'Setup'],
        [1, 'Automatic'],
        [-1, 'Fault'],
      ]),
    );
    expect((await typeOf('ns=2;s=OldMode')).names).toEqual(
      new Map([
        [0, 'Stop'],
        [1, 'Go'],
      ]),
    );
    // Bits of a number have names too, but the number is not one of them.
    expect((await typeOf('ns=2;s=Bits')).names).toBeUndefined();
  });

  test('is left out where the server has no such variable', async () => {
    const types = await readTypes(scriptedOpcuaLink(TYPES), [coerceNodeId('ns=1;s=Gone')]);
    expect(types.size).toBe(0);
  });

  test('is asked once for each connection', async () => {
    const link = scriptedOpcuaLink({ ...TYPES, 'ns=1;s=V': { dataType: 'ns=2;s=Station' } });
    const node = coerceNodeId('ns=1;s=V');
    await readTypes(link, [node]);
    expect(link.asked.filter((name) => name === 'Browse').length).toBeGreaterThan(0);
    link.asked.length = 0;
    await readTypes(link, [node, node]);
    expect(link.asked).toEqual(['Read']);
    // After a restart another table is there, and types may have other numbers.
    link.namespaces = [...link.namespaces];
    await readTypes(link, [node]);
    expect(link.asked.length).toBeGreaterThan(2);
  });
});

const pose = (x: number, y: number) => bytes(f64(x), f32(y));
const stationBody = bytes(
  str('S4'),
  localized('Station'),
  i32(1),
  pose(1.5, 2.5),
  list(pose(3, 4), pose(5, 6)),
  bytes(list(i32(2), i32(3)), ...[1, 2, 3, 4, 5, 6].map(i16)),
  bytes(u8(DataType.UInt16), u16(77)),
  extension(POSE, pose(7, 8)),
  i64(9_007_199_254_740_993n),
);
const station = extension(STATION, stationBody);

describe('a field of a structure', () => {
  const pick = async (dataType: string, address: string): Promise<Picker> =>
    pickerOf(opcuaAddressOf(address), (await typeOf(dataType)).book);

  test.each([
    ['.name', 'S4'],
    ['.title', 'Station'],
    ['.mode', 1],
    ['.pose.x', 1.5],
    ['.pose.y', 2.5],
    ['.path[1].x', 5],
    ['.grid[1,0]', 4],
    ['.any', 77],
    ['.extra.y', 8],
    ['.total', 9_007_199_254_740_993n],
    ['.gone', undefined],
    ['.pose', undefined],
    ['.pose.z', undefined],
    ['.path', undefined],
    ['.path[2].x', undefined],
    ['.path.x', undefined],
    ['.name.x', undefined],
  ])('%s', async (field, value) => {
    const picker = await pick('ns=2;s=Station', `i=1 ${field}`);
    expect(picker(structure(station))).toBe(value);
  });

  test('may be of an element of an array', async () => {
    const picker = await pick('ns=2;s=Pose', 'i=1 [1] .x');
    const variant = new Variant();
    variant.dataType = DataType.ExtensionObject;
    variant.arrayType = VariantArrayType.Array;
    variant.value = [pose(1, 2), pose(3, 4)].map((body) => structure(extension(POSE, body)).value);
    expect(picker(variant)).toBe(3);
  });

  test('may be left out by the device', async () => {
    const partial = (mask: number, ...fields: number[]) =>
      structure(extension([2, 'PartialEncoding'], bytes(u32(mask), ...fields.map(i32))));
    const of = (field: string) => pick('ns=2;s=Partial', `i=1 .${field}`);
    expect((await of('b'))(partial(0, 5))).toBe(5);
    expect((await of('a'))(partial(0, 5))).toBeNull();
    expect((await of('c'))(partial(2, 5, 6))).toBe(6);
    expect((await of('b'))(partial(3, 4, 5, 6))).toBe(5);
  });

  test('may be the one that a union holds now', async () => {
    const choice = (which: number, body: Buffer) =>
      structure(extension([2, 'ChoiceEncoding'], bytes(u32(which), body)));
    const of = (field: string) => pick('ns=2;s=Choice', `i=1 .${field}`);
    expect((await of('text'))(choice(2, str('go')))).toBe('go');
    expect((await of('number'))(choice(2, str('go')))).toBeNull();
    expect((await of('number'))(choice(0, bytes()))).toBeNull();
    expect((await of('number'))(choice(9, bytes()))).toBeNull();
  });

  test('may hold a subtype, which says its name', async () => {
    const open = structure(
      extension(
        [2, 'OpenEncoding'],
        bytes(extension(POSE, pose(1, 2)), u8(DataType.Byte), u8(200), i32(-7)),
      ),
    );
    const of = (field: string) => pick('ns=2;s=Open', `i=1 .${field}`);
    expect((await of('tool.x'))(open)).toBe(1);
    expect((await of('count'))(open)).toBe(200);
    expect((await of('last'))(open)).toBe(-7);
  });

  test('of a structure of the standard is found without a definition', () => {
    // Range: low and high (OPC 10000-8 §5.6.2; its encoding has the number 886).
    const range = structure(extension([0, 886], bytes(f64(-10), f64(20))));
    expect(pickerOf(opcuaAddressOf('i=1 .high'), undefined)(range)).toBe(20);
    expect(pickerOf(opcuaAddressOf('i=1 .High'), undefined)(range)).toBe(20);
    expect(pickerOf(opcuaAddressOf('i=1 .middle'), undefined)(range)).toBeUndefined();
  });

  test('cannot be found in a structure that nobody described', () => {
    const picker = pickerOf(opcuaAddressOf('i=1 .x'), undefined);
    expect(picker(structure(station))).toBeUndefined();
  });

  test('is no value in a body that is cut off or forged, whatever it is', async () => {
    const picker = await pick('ns=2;s=Station', 'i=1 .total');
    const size = stationBody.length;
    for (let cut = 0; cut < size; cut++)
      expect(picker(structure(extension(STATION, stationBody.subarray(0, cut))))).toBeNull();
    fc.assert(
      fc.property(fc.nat(size - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, noise) => {
        const forged = Buffer.from(stationBody);
        Buffer.from(noise).copy(forged, at);
        expect(['object', 'number', 'bigint']).toContain(
          typeof picker(structure(extension(STATION, forged))),
        );
      }),
    );
  });

  test('has the names of its enumeration', async () => {
    const type = await typeOf('ns=2;s=Station');
    expect(namesOf(opcuaAddressOf('i=1 .mode'), type)?.get(1)).toBe('Automatic');
    expect(namesOf(opcuaAddressOf('i=1 .name'), type)).toBeUndefined();
    expect(namesOf(opcuaAddressOf('i=1 .pose.x'), type)).toBeUndefined();
  });
});

test('a Decimal keeps every digit', () => {
  const decimal = (scale: number, ...digits: number[]) =>
    structure(extension([0, 50], bytes(i16(scale), Buffer.from(digits))));
  const picker = pickerOf(opcuaAddressOf('i=1'), undefined);
  expect(picker(decimal(2, 0x39, 0x30))).toEqual({ unscaled: 12_345n, decimals: 2 });
  expect(picker(decimal(0, 0xff))).toEqual({ unscaled: -1n, decimals: 0 });
  expect(picker(decimal(-3, 5))).toEqual({ unscaled: 5_000n, decimals: 0 });
  expect(picker(decimal(9_999, 5))).toBeNull();
});

test('a scalar within a structure is coded as the standard says', () => {
  expect(scalarBytes(DataType.Int64, [0x20_0000, 1])).toEqual(i64(9_007_199_254_740_993n));
  expect(scalarBytes(DataType.String, '温'.repeat(1_000))).toEqual(str('温'.repeat(1_000)));
  expect(scalarBytes(DataType.Float, 0.1)).toEqual(f32(0.1));
  const text = new LocalizedText({ text: '温'.repeat(1_000), locale: 'en' });
  expect(scalarBytes(DataType.LocalizedText, text)).toEqual(localized('温'.repeat(1_000)));
});
