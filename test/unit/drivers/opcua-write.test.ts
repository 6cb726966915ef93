import { describe, expect, test } from 'vitest';
import type { Written } from '../../../drivers/driver.ts';
import { ServiceFault } from '../../../drivers/opcua/link.ts';
import { scalarFrom } from '../../../drivers/opcua/scalar-bytes.ts';
import { encodeScalar } from '../../../drivers/opcua/scalar-encoding.ts';
import {
  DataType,
  LocalizedText,
  QualifiedName,
  StatusCodes,
  Variant,
  VariantArrayType,
} from '../../../drivers/opcua/stack.ts';
import { writeTag } from '../../../drivers/opcua/write.ts';
import { type Log, silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { opcuaDevice, opcuaRequest } from '../../support/opcua-fixture.ts';
import {
  argument,
  bytes,
  enumDefinition,
  extension,
  f64,
  str,
  structureDefinition,
} from '../../support/opcua-wire.ts';
import {
  type ScriptedNode,
  type ScriptedOpcuaLink,
  scriptedOpcuaLink,
} from '../../support/scripted-opcua-link.ts';

const decoded = (type: DataType, encoded: Buffer): Variant => {
  const variant = new Variant();
  variant.dataType = type;
  variant.value = scalarFrom(type, encoded);
  return variant;
};
const scalar = (type: keyof typeof DataType, value: unknown): Variant =>
  new Variant({ dataType: type, arrayType: VariantArrayType.Scalar, value });

const NODES: Readonly<Record<string, ScriptedNode>> = {
  'ns=1;s=Speed': { dataType: 'i=10', value: scalar('Float', 0) },
  'ns=1;s=Total': { dataType: 'i=9', value: scalar('UInt64', [0, 0]) },
  'ns=1;s=Any': { dataType: 'i=24', rank: -2, value: scalar('Int16', 5) },
  'ns=1;s=List': {
    dataType: 'i=4',
    rank: 1,
    value: new Variant({
      dataType: 'Int16',
      arrayType: VariantArrayType.Array,
      value: new Int16Array([1, 2, 3]),
    }),
  },
  'ns=1;s=Grid': {
    dataType: 'i=4',
    rank: 2,
    value: new Variant({
      dataType: 'Int16',
      arrayType: VariantArrayType.Matrix,
      dimensions: [1, 3],
      value: new Int16Array([1, 2, 3]),
    }),
  },
  'ns=1;s=Mode': { dataType: 'ns=2;s=Mode', value: scalar('Int32', 0) },
  'ns=2;s=Mode': {
    parent: 'i=29',
    definition: decoded(DataType.ExtensionObject, enumDefinition({ Stop: 0, Go: 2 })),
  },
  'ns=1;s=Station': {
    dataType: 'ns=2;s=Station',
    value: decoded(
      DataType.ExtensionObject,
      extension([2, 'StationEncoding'], bytes(str('old'), f64(1), str('end'))),
    ),
  },
  'ns=2;s=Station': {
    parent: 'i=22',
    definition: decoded(
      DataType.ExtensionObject,
      structureDefinition(
        [2, 'StationEncoding'],
        [
          { name: 'name', type: [0, 12] },
          { name: 'speed', type: [0, 11] },
          { name: 'note', type: [0, 12] },
        ],
      ),
    ),
  },
  'ns=1;s=Hidden': { dataType: 'i=24' },
  'ns=1;s=Cell': {},
  'ns=1;s=Start': { below: { InputArguments: 'ns=1;s=Start.In' } },
  'ns=1;s=Reset': {},
  'ns=1;s=Start.In': {
    value: (() => {
      const variant = new Variant();
      variant.dataType = DataType.ExtensionObject;
      variant.arrayType = VariantArrayType.Array;
      variant.value = [
        argument('program', [0, 12]),
        argument('mode', [2, 'Mode']),
        argument('offsets', [0, 8], 1),
      ].map((encoded) => scalarFrom(DataType.ExtensionObject, encoded));
      return variant;
    })(),
  },
};
interface Scene {
  readonly link: ScriptedOpcuaLink;
  readonly logged: (readonly [event: string, fields: unknown])[];
  write(address: unknown, value: Value, signal?: AbortSignal): Promise<Written>;
}

/** A server with those nodes, and time that passes by itself. */
function scene(): Scene {
  const link = scriptedOpcuaLink(NODES);
  const clock = virtualClock();
  const logged: (readonly [string, unknown])[] = [];
  const log: Log = { ...silentLog, info: (event, fields) => logged.push([event, fields]) };
  return {
    link,
    logged,
    async write(address, value, signal = new AbortController().signal) {
      const context = { link, device: opcuaDevice(), clock, log };
      const writing = writeTag(context, { ...opcuaRequest(address), value }, signal);
      writing.catch(() => {});
      await clock.advance(seconds(5));
      return writing;
    },
  };
}

describe('a value', () => {
  test.each<[keyof typeof DataType, Value, unknown]>([
    ['Boolean', true, true],
    ['Boolean', 1, true],
    ['SByte', -128, -128],
    ['UInt16', 65_535, 65_535],
    ['UInt16', 7n, 7],
    ['Int32', { unscaled: 500n, decimals: 2 }, 5],
    ['Int64', -1n, [0xffff_ffff, 0xffff_ffff]],
    ['UInt64', '18446744073709551615', [0xffff_ffff, 0xffff_ffff]],
    ['Float', 0.1, Math.fround(0.1)],
    ['Double', 0.1, 0.1],
    ['Double', 2n ** 60n, 2 ** 60],
    ['String', '', ''],
    ['DateTime', '2026-01-31T08:00:00.250+08:00', new Date(Date.UTC(2026, 0, 31, 0, 0, 0, 250))],
    ['ByteString', '007fff', Buffer.from([0, 127, 255])],
    ['LocalizedText', '运行', new LocalizedText({ text: '运行', locale: null })],
    ['QualifiedName', '2:Axis', new QualifiedName({ namespaceIndex: 2, name: 'Axis' })],
    ['StatusCode', 'BadTimeout', StatusCodes.BadTimeout],
  ])('for %s: %o', (type, value, raw) => {
    expect(encodeScalar(DataType[type], value)).toEqual({ raw });
  });

  test.each<[keyof typeof DataType, Value, string]>([
    ['Boolean', 2, 'kind'],
    ['Boolean', 'true', 'kind'],
    ['SByte', 128, 'range'],
    ['Byte', -1, 'range'],
    ['Int16', 1.5, 'range'],
    ['Int16', '5', 'kind'],
    ['Int32', true, 'kind'],
    ['Int32', Number.NaN, 'range'],
    ['UInt64', -1, 'range'],
    ['UInt64', 2n ** 64n, 'range'],
    ['UInt64', '1.5', 'kind'],
    ['Float', 16_777_217, 'range'],
    ['Float', 1e39, 'range'],
    ['Float', 1e-50, 'range'],
    ['Double', 2n ** 60n + 1n, 'range'],
    ['Double', { unscaled: 12_345_678_901_234_567_890n, decimals: 3 }, 'range'],
    ['Double', Number.POSITIVE_INFINITY, 'range'],
    ['String', 5, 'kind'],
    ['DateTime', '31.01.2026', 'kind'],
    ['DateTime', '2026-13-01T00:00:00Z', 'kind'],
    ['Guid', 'x', 'kind'],
    ['ByteString', '0', 'kind'],
    ['NodeId', '/Objects', 'kind'],
    ['NodeId', 'robot:s=A', 'kind'],
    ['StatusCode', 'Perfect', 'kind'],
    ['ExtensionObject', 5, 'kind'],
    ['ExtensionObject', '{}', 'kind'],
  ])('for %s is refused: %o', (type, value, refused) => {
    expect(encodeScalar(DataType[type], value)).toEqual({ refused });
  });
});

describe('a write', () => {
  test('carries nothing but the value, once, and is read back', async () => {
    const { link, write } = scene();
    expect(await write('ns=1;s=Speed', 12.5)).toMatchObject({ outcome: 'written' });
    expect(link.writes).toMatchObject([
      { node: 'ns=1;s=Speed', range: '', value: { dataType: DataType.Float, value: 12.5 } },
    ]);
    expect(await write('ns=1;s=Total', 2n ** 63n)).toMatchObject({ outcome: 'written' });
    expect(link.writes.at(-1)?.value.value).toEqual([0x8000_0000, 0]);
  });

  test('takes an enumeration by its name or its number', async () => {
    const { link, write } = scene();
    expect((await write('ns=1;s=Mode', 'Go')).outcome).toBe('written');
    expect(link.writes.at(-1)?.value.value).toBe(2);
    expect((await write('ns=1;s=Mode', 0)).outcome).toBe('written');
    expect(await write('ns=1;s=Mode', 'Run')).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'opcua.value-name', details: { found: 'Run', known: 'Stop, Go' } },
    });
  });

  test('takes the type that a variable of any type holds now', async () => {
    const { link, write } = scene();
    expect((await write('ns=1;s=Any', 9)).outcome).toBe('written');
    expect(link.writes.at(-1)?.value.dataType).toBe(DataType.Int16);
    expect((await write('ns=1;s=Any', 70_000)).refusal?.code).toBe('opcua.value-range');
  });

  test('of an element goes with its index alone', async () => {
    const { link, write } = scene();
    await write('ns=1;s=List [2]', 7);
    await write('ns=1;s=Grid [0,2]', 8);
    expect(link.writes).toMatchObject([
      { range: '2', value: { arrayType: VariantArrayType.Array, value: [7] } },
      {
        range: '0,2',
        value: { arrayType: VariantArrayType.Matrix, dimensions: [1, 1], value: [8] },
      },
    ]);
  });

  test('of a field leaves every other byte of the structure', async () => {
    const { link, write } = scene();
    expect((await write('ns=1;s=Station .speed', 2.5)).outcome).toBe('written');
    expect((await write('ns=1;s=Station .name', 'a longer name')).outcome).toBe('written');
    expect(link.writes.at(-1)?.value.value.buffer).toEqual(
      bytes(str('a longer name'), f64(2.5), str('end')),
    );
  });

  test.each<[string, Value, string]>([
    ['ns=1;s=Speed', 'fast', 'opcua.value-kind'],
    ['ns=1;s=Speed', 1e39, 'opcua.value-range'],
    ['ns=1;s=List', 7, 'opcua.not-one-value'],
    ['ns=1;s=Speed [0]', 7, 'opcua.not-one-value'],
    ['ns=1;s=Station', 'x', 'opcua.value-kind'],
    ['ns=1;s=Station .gone', 7, 'opcua.not-one-value'],
    ['ns=1;s=Speed .x', 7, 'opcua.not-one-value'],
    ['nsu=urn:gone;s=X', 7, 'opcua.node-missing'],
    ['ns=1;s=Gone', 7, 'opcua.node-missing'],
    ['ns=1;s=Hidden', 7, 'opcua.write-refused'],
  ])('to %s of %o does not leave: %s', async (address, value, code) => {
    const { link, write } = scene();
    expect(await write(address, value)).toMatchObject({ outcome: 'rejected', refusal: { code } });
    expect(link.writes).toEqual([]);
  });
});

describe('the outcome', () => {
  test.each([
    ['BadUserAccessDenied', 'rejected'],
    ['BadNotWritable', 'rejected'],
    ['BadOutOfRange', 'rejected'],
    ['BadTimeout', 'unknown'],
    ['BadCommunicationError', 'unknown'],
    ['UncertainInitialValue', 'unknown'],
  ] as const)('after %s is %s', async (status, outcome) => {
    const { link, write } = scene();
    link.answer = StatusCodes[status];
    expect(await write('ns=1;s=Speed', 1)).toMatchObject({
      outcome,
      refusal: { code: 'opcua.write-refused', details: { status } },
    });
  });

  test('is unknown when the server took the value and shows another', async () => {
    const { link, write } = scene();
    link.isForgetful = true;
    expect(await write('ns=1;s=Speed', 1)).toMatchObject({
      outcome: 'unknown',
      refusal: { code: 'opcua.read-back-differs', details: { wrote: '1', found: '0' } },
    });
    expect(link.writes).toHaveLength(1);
  });

  test('waits a little for a server that shows it late, and not for one that says so', async () => {
    const { link, write } = scene();
    link.isForgetful = true;
    let reads = 0;
    const ask = link.ask.bind(link);
    link.ask = async (request) => {
      const isReadBack = link.writes.length > 0 && request.constructor.name === 'ReadRequest';
      if (isReadBack && ++reads === 4)
        link.nodes.set('ns=1;s=Speed', { value: scalar('Float', 1) });
      return ask(request);
    };
    expect((await write('ns=1;s=Speed', 1)).outcome).toBe('written');
    expect(reads).toBe(4);
    link.answer = StatusCodes.GoodCompletesAsynchronously;
    expect((await write('ns=1;s=Total', 1)).outcome).toBe('written');
    expect(reads).toBe(4 + 1); // Its type.
  });

  test('stands when the value cannot be read back', async () => {
    const { link, write } = scene();
    const ask = link.ask.bind(link);
    link.ask = async (request) => {
      if (link.writes.length > 0) throw new ServiceFault(StatusCodes.BadTooManyOperations);
      return ask(request);
    };
    expect((await write('ns=1;s=Speed', 1)).outcome).toBe('written');
  });

  test('is rejected when the server refuses the call as a whole', async () => {
    const { link, write } = scene();
    link.answer = new ServiceFault(StatusCodes.BadUserAccessDenied);
    expect((await write('ns=1;s=Speed', 1)).outcome).toBe('rejected');
  });

  test('is unknown without an answer, and failed where it had not left', async () => {
    const timeout = new GatewayError('opcua.timeout', { url: '', request: '', timeout: 1 });
    const { link, write } = scene();
    link.answer = timeout;
    expect(await write('ns=1;s=Speed', 1)).toMatchObject({
      outcome: 'unknown',
      refusal: { code: 'opcua.timeout' },
    });
    // Nothing is known of the variable yet, so that something is asked before the write.
    const fresh = scene();
    fresh.link.ask = () => Promise.reject(timeout);
    expect((await fresh.write('ns=1;s=Speed', 1)).outcome).toBe('failed');
  });

  test('comes by one request where the type is known, and the type is read anew when it fits no more', async () => {
    const { link, write } = scene();
    await write('ns=1;s=Speed', 1);
    link.asked.length = 0;
    await write('ns=1;s=Speed', 2);
    expect(link.asked[0]).toBe('Write');
    link.answer = StatusCodes.BadTypeMismatch;
    expect((await write('ns=1;s=Speed', 3)).outcome).toBe('rejected');
    link.asked.length = 0;
    await write('ns=1;s=Speed', 4);
    expect(link.asked[0]).toBe('Read');
  });

  test('is not told when the connection is lost', async () => {
    const { link, write } = scene();
    link.answer = new GatewayError('opcua.lost', { url: '', reason: 'gone' });
    await expect(write('ns=1;s=Speed', 1)).rejects.toMatchObject({ code: 'opcua.lost' });
  });
});

describe('a method', () => {
  const START = 'call ns=1;s=Cell ns=1;s=Start';

  test('is called with a list in JSON, each argument as its own type', async () => {
    const { link, logged, write } = scene();
    link.outputs = [scalar('Int64', [0x20_0000, 1]), scalar('String', 'ok')];
    const given = '["P17", "Go", [1, "9007199254740993"]]';
    expect((await write(START, given)).outcome).toBe('written');
    const [call] = link.calls;
    expect(call).toMatchObject({ object: 'ns=1;s=Cell', method: 'ns=1;s=Start' });
    expect(call?.inputs.map(({ dataType, value }) => [DataType[dataType], value])).toEqual([
      ['String', 'P17'],
      ['Int32', 2],
      [
        'Int64',
        [
          [0, 1],
          [0x20_0000, 1],
        ],
      ],
    ]);
    expect(logged).toEqual([
      ['opcua.method-answered', { tag: 'cell.t0', results: '9007199254740993, ok' }],
    ]);
  });

  test('without arguments takes none', async () => {
    const { link, logged, write } = scene();
    expect((await write('call ns=1;s=Cell ns=1;s=Reset', '[]')).outcome).toBe('written');
    expect((await write('call ns=1;s=Cell ns=1;s=Reset', '')).outcome).toBe('written');
    expect(link.calls.map(({ inputs }) => inputs)).toEqual([[], []]);
    expect(logged).toEqual([]);
  });

  test.each<[Value, string]>([
    ['["P17"', 'opcua.arguments-form'],
    ['[{}]', 'opcua.arguments-form'],
    ['[null]', 'opcua.arguments-form'],
    ['P17', 'opcua.arguments-count'],
    ['[1, "Go", []]', 'opcua.argument-unfit'],
    ['["P17", "Run", []]', 'opcua.argument-unfit'],
    ['["P17", "Go", 1]', 'opcua.argument-unfit'],
    ['["P17", ["Go"], []]', 'opcua.argument-unfit'],
  ])('is not called with %s: %s', async (value, code) => {
    const { link, write } = scene();
    expect(await write(START, value)).toMatchObject({ outcome: 'rejected', refusal: { code } });
    expect(link.calls).toEqual([]);
  });

  test('may be refused', async () => {
    const { link, write } = scene();
    link.answer = StatusCodes.BadInvalidState;
    expect(await write(START, '["P17", 2, []]')).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'opcua.write-refused', details: { status: 'BadInvalidState' } },
    });
  });
});
