/** What the simulated OPC UA server serves, as a client that shares nothing with the gateway reads it. */
import { AttributeIds, DataType, type DataValue, StatusCodes, VariantArrayType } from 'node-opcua';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { TYPED_NAMESPACE, typedVariables } from '../../firmware-sim/opcua/typed-variables.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { type Client, openClient } from '../support/opcua-client.ts';
import { until } from '../support/waiting.ts';

let server: SimulatedOpcuaServer;
let client: Client;
const read = async (name: string) => client.read(await client.node(TYPED_NAMESPACE, name));
beforeAll(async () => {
  server = await startOpcuaServer({ contents: [typedVariables()] }, systemClock());
  client = await openClient(server.endpointUrl);
});
afterAll(async () => {
  await client.end();
  await server.stop();
});

describe('the typed variables of the simulated server', () => {
  it.each([
    ['Boolean', true],
    ['SByte', -128],
    ['Byte', 255],
    ['Int16', -32_768],
    ['UInt16', 65_535],
    ['Int32', -2_147_483_648],
    ['UInt32', 4_294_967_295],
    ['Int64', [0x8000_0000, 0]],
    ['UInt64', [0xffff_ffff, 0xffff_ffff]],
    ['Double', 0.1],
    ['Float', Math.fround(0.1)],
    ['String', '温度 °C'],
    ['DateTime', new Date(Date.UTC(2024, 1, 29, 12, 30, 15, 250))],
    ['Guid', '72962B91-FA75-4AE6-8D28-B404DC7DAF63'],
    ['ByteString', Buffer.from([0x00, 0x7f, 0xff])],
    ['XmlElement', '<tool id="7"/>'],
    ['StatusCode', StatusCodes.BadSensorFailure],
  ] as const)('have a %s', async (type, expected) => {
    const { value, statusCode } = await read(type);
    expect(statusCode).toBe(StatusCodes.Good);
    expect(DataType[value.dataType]).toBe(type);
    expect(value.value).toEqual(expected);
  });

  it('have names, identifiers and texts', async () => {
    expect((await read('NodeId')).value.value.toString()).toBe('ns=1;s=Tool');
    expect((await read('QualifiedName')).value.value.toString()).toBe('1:Tool');
    expect((await read('LocalizedText')).value.value).toMatchObject({
      locale: 'zh-CN',
      text: '运行',
    });
  });

  it('have arrays of one and of two dimensions', async () => {
    const { value } = await read('Torques');
    expect([value.arrayType, [...value.value]]).toEqual([
      VariantArrayType.Array,
      [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    ]);
    expect((await read('Totals')).value.value).toEqual([
      [0x20_0000, 1],
      [0xffdf_ffff, 0xffff_ffff],
    ]);
    expect((await read('Names')).value.value).toEqual(['left', 'right']);
    const matrix = (await read('Matrix')).value;
    expect([matrix.arrayType, matrix.dimensions, [...matrix.value]]).toEqual([
      VariantArrayType.Matrix,
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it('count in integers that no Double holds', async () => {
    const first = (await read('Counter')).value.value;
    await until('it has counted', async () => {
      const [high, low] = (await read('Counter')).value.value;
      return high === 0x20_0000 && low > first[1];
    });
  });

  it('have enumerations with EnumStrings, with EnumValues and of the specification', async () => {
    for (const [name, number, property] of [
      ['Mode', 1, 'EnumStrings'],
      ['Fault', 10, 'EnumValues'],
      ['Neighbour', 4, 'EnumStrings'],
    ] as const) {
      const node = await client.node(TYPED_NAMESPACE, name);
      expect((await client.read(node)).value).toMatchObject({
        dataType: DataType.Int32,
        value: number,
      });
      const type = await client.session.read({ nodeId: node, attributeId: AttributeIds.DataType });
      const browsed = await client.session.browse({
        nodeId: type.value.value,
        referenceTypeId: 'HasProperty',
        resultMask: 0x3f,
      });
      expect(browsed.references?.map(({ browseName }) => browseName.name)).toContain(property);
    }
  });

  it('have structures with structures and arrays in them', async () => {
    expect((await read('Position')).value.value).toMatchObject({ x: 1, y: 2, z: 3 });
    expect((await read('Station')).value.value).toMatchObject({
      name: 'Station 4',
      serial: [0x20_0000, 1],
      running: true,
      position: { x: 10, y: 20, z: 30 },
      path: [
        { x: 0, y: 0, z: 0 },
        { x: 1, y: 1, z: 1 },
      ],
    });
  });

  it('have methods, and keep what was called', async () => {
    const objectId = await client.node(TYPED_NAMESPACE, 'Methods');
    const call = async (
      name: string,
      ...inputArguments: { dataType: DataType; value: unknown }[]
    ) =>
      client.session.call({
        objectId,
        methodId: await client.node(TYPED_NAMESPACE, `Methods.${name}`),
        inputArguments,
      });
    const sum = await call(
      'Add',
      { dataType: DataType.Double, value: 1 },
      { dataType: DataType.Double, value: 2 },
    );
    expect(sum.outputArguments?.map(({ value }) => value)).toEqual([3]);
    const started = await call(
      'Start',
      { dataType: DataType.String, value: 'weld' },
      { dataType: DataType.UInt16, value: 80 },
    );
    expect(started.outputArguments?.[0]?.value).toEqual([0x20_0000, 1]);
    expect(server.variable('LastCall').value).toBe('Start(weld, 80)');
    expect((await call('Refuse')).statusCode).toBe(StatusCodes.BadInvalidState);
    expect((await call('Add')).statusCode).toBe(StatusCodes.BadArgumentsMissing);
  });
});

describe('a variable that may carry anything', () => {
  it.each([
    StatusCodes.UncertainLastUsableValue,
    StatusCodes.BadSensorFailure,
    StatusCodes.GoodWithOverflowBit,
  ])('carries a status: %s', async (status) => {
    const odd = server.variable('Odd');
    const received: DataValue[] = [];
    const node = await client.node(TYPED_NAMESPACE, 'Odd');
    const { subscription } = await client.subscribe([node], (_node, value) => received.push(value));
    await until('its first value', () => received.length > 0);
    odd.set(2, { status });
    await until('its status', () => received.at(-1)?.statusCode.value === status.value);
    expect((await client.read(node)).statusCode.value).toBe(status.value);
    expect(server.published().of('Odd').at(-1)?.status).toBe(status.value);
    await subscription.terminate();
    odd.set(1);
  });

  it.each([Date.UTC(1970, 0, 1), Date.UTC(2199, 0, 1)])('carries the time %d', async (time) => {
    server.variable('Odd').set(3, { sourceTime: utcMs(time) });
    expect((await read('Odd')).sourceTimestamp?.getTime()).toBe(time);
  });

  it('carries no time where the server has none', async () => {
    server.setFault({ kind: 'no-timestamps' });
    server.variable('Odd').set(4);
    const { sourceTimestamp, serverTimestamp, value } = await read('Odd');
    expect([sourceTimestamp, serverTimestamp, value.value]).toEqual([null, null, 4]);
    const received: DataValue[] = [];
    const node = await client.node(TYPED_NAMESPACE, 'Odd');
    const { subscription } = await client.subscribe([node], (_node, each) => received.push(each));
    await until('its first value', () => received.length > 0);
    expect(received[0]?.sourceTimestamp).toBe(null);
    expect(server.published().of('Odd').at(-1)?.sourceTime).toBe(undefined);
    await subscription.terminate();
    server.clearFault('no-timestamps');
    expect((await read('Odd')).sourceTimestamp).not.toBe(null);
  });
});
