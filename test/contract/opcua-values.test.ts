/** Values, types, writes and methods of the driver against a real server, the simulated one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { TYPED_NAMESPACE, typedVariables } from '../../firmware-sim/opcua/typed-variables.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import type { Value } from '../../gateway/model/sample.ts';
import { type OpcuaField, opcuaField } from '../support/opcua-field.ts';
import { opcuaRequest } from '../support/opcua-fixture.ts';

const SCALARS: Readonly<Record<string, Value>> = {
  Boolean: true,
  SByte: -128,
  Byte: 255,
  Int16: -32_768,
  UInt16: 65_535,
  Int32: -2_147_483_648,
  UInt32: 4_294_967_295,
  Int64: -9_223_372_036_854_775_808n,
  UInt64: 18_446_744_073_709_551_615n,
  Float: 0.1,
  Double: 0.1,
  String: '温度 °C',
  DateTime: '2024-02-29T12:30:15.250Z',
  Guid: '72962b91-fa75-4ae6-8d28-b404dc7daf63',
  ByteString: '007fff',
  XmlElement: '<tool id="7"/>',
  NodeId: 'ns=1;s=Tool',
  StatusCode: 'BadSensorFailure',
  QualifiedName: '1:Tool',
  LocalizedText: '运行',
};

/** Each address with what it gives; null: bad:config. */
const PARTS: Readonly<Record<string, readonly [written: unknown, value: Value | null]>> = {
  second_torque: ['typed:s=Torques [1]', 2.5],
  by_path: ['/Objects/typed:Typed/typed:Names [1]', 'right'],
  total: ['typed:s=Totals [1]', -9_007_199_254_740_993n],
  cell: ['typed:s=Matrix [1,2]', 6],
  beyond: ['typed:s=Torques [6]', null],
  one_index_of_two: ['typed:s=Matrix [1]', null],
  whole_array: ['typed:s=Torques', null],
  mode: ['typed:s=Mode', 'Automatic'],
  mode_number: [{ address: 'typed:s=Mode', enum: 'number' }, 1],
  fault: ['typed:s=Fault', 'VacuumLost'],
  neighbour: ['typed:s=Neighbour', 'Shutdown'],
  product: ['i=2260 .ProductName', expect.any(String)],
  product_of_status: ['i=2256 .BuildInfo.ProductName', expect.any(String)],
  started: ['i=2256 .StartTime', expect.stringMatching(/^\d{4}-\d\d-\d\dT/)],
  state: ['i=2256 .State', 'Running'],
  no_such_status: ['i=2256 .Mood', null],
};

let server: SimulatedOpcuaServer;
let field: OpcuaField;
beforeAll(async () => {
  server = await startOpcuaServer({ contents: [typedVariables()] }, systemClock());
  const scalars = Object.keys(SCALARS).map((type) => [type, `typed:s=${type}`]);
  const parts = Object.entries(PARTS).map(([name, [written]]) => [name, written]);
  field = await opcuaField({
    url: server.endpointUrl,
    device: { namespaces: { typed: TYPED_NAMESPACE } },
    tags: {
      ...Object.fromEntries([...scalars, ...parts]),
      setpoint: 'typed:s=Setpoint',
      last_call: 'typed:s=LastCall',
    },
  });
});
afterAll(async () => {
  await field.stop();
  await server.stop();
});

describe('what a server sends', () => {
  test.each(Object.entries(SCALARS))('%s arrives exactly', async (type, expected) => {
    expect(await field.comes(type, () => true)).toMatchObject({
      value: expected,
      quality: 'good',
    });
  });

  test.each(Object.entries(PARTS))('%s: %o', async (name, [, expected]) => {
    const sample = await field.comes(name, () => true);
    expect(sample).toMatchObject({
      value: expected,
      quality: expected === null ? 'bad:config' : 'good',
    });
  });
});

describe('a write', () => {
  const write = (address: string, value: Value) =>
    field.bus.write('plc', { ...opcuaRequest(address), value });

  test('arrives and is read back', async () => {
    expect(await write('typed:s=Setpoint', 12.5)).toMatchObject({ outcome: 'written' });
    await field.comes('setpoint', ({ value }) => value === 12.5);
    expect(await write('typed:s=Total', 18_446_744_073_709_551_615n)).toMatchObject({
      outcome: 'written',
    });
    expect(await write('typed:s=Label', '旧')).toMatchObject({ outcome: 'written' });
  });

  test.each<[string, Value, string]>([
    ['typed:s=Setpoint', 'fast', 'opcua.value-kind'],
    ['typed:s=Total', -1, 'opcua.value-range'],
    ['typed:s=Torques', 1, 'opcua.not-one-value'],
    ['typed:s=Mode', 'Sideways', 'opcua.value-name'],
    ['typed:s=Double', 1, 'opcua.write-refused'],
    ['typed:s=Torques [1]', 1, 'opcua.write-refused'],
    ['typed:s=Gone', 1, 'opcua.node-missing'],
    ['/Objects/typed:Gone', 1, 'opcua.node-missing'],
    ['other:s=Gone', 1, 'opcua.node-missing'],
  ])('of %s with %o is rejected: %s', async (address, value, code) => {
    expect(await write(address, value)).toMatchObject({ outcome: 'rejected', refusal: { code } });
  });

  test('can be the call of a method', async () => {
    const method = (name: string) => `call typed:s=Methods typed:s=Methods.${name}`;
    expect(await write(method('Start'), '["P17", 80]')).toMatchObject({ outcome: 'written' });
    await field.comes('last_call', ({ value }) => value === 'Start(P17, 80)');
    expect(await write(method('Refuse'), '[]')).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'opcua.write-refused', details: { status: 'BadInvalidState' } },
    });
    expect(await write(method('Start'), '["P17"]')).toMatchObject({
      refusal: { code: 'opcua.arguments-count', details: { names: 'program, speed' } },
    });
    expect(await write(method('Start'), '["P17", 70000]')).toMatchObject({
      refusal: { code: 'opcua.argument-unfit', details: { name: 'speed', type: 'UInt16' } },
    });
    await field.comes('last_call', ({ value }) => value === 'Refuse()');
  });
});
