/** Structures and elements of arrays, read and written over the wire by the definitions that a server gives. */
import {
  type AddressSpace,
  coerceNodeId,
  DataType,
  ensureDatatypeExtracted,
  type Namespace,
  type UADataType,
  VariantArrayType,
} from 'node-opcua';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedOpcuaServer, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import type { Value } from '../../gateway/model/sample.ts';
import { type OpcuaField, opcuaField } from '../support/opcua-field.ts';
import { opcuaRequest } from '../support/opcua-fixture.ts';

const URI = 'urn:test:structures';
const [INT64, DOUBLE, TEXT] = ['i=8', 'i=11', 'i=12'].map((id) => coerceNodeId(id));

function structure(
  space: Namespace,
  browseName: string,
  fields: Readonly<Record<string, readonly [type: unknown, rank?: number]>>,
): UADataType {
  const type = space.createDataType({
    browseName,
    isAbstract: false,
    subtypeOf: 'Structure',
    partialDefinition: Object.entries(fields).map(([name, [dataType, valueRank = -1]]) => ({
      name,
      dataType: coerceNodeId(dataType),
      valueRank,
    })),
  });
  space.addObject({
    browseName: { name: 'Default Binary', namespaceIndex: 0 },
    nodeId: `s=${browseName}.DefaultBinary`,
    typeDefinition: 'DataTypeEncodingType',
    encodingOf: type,
  });
  return type;
}

async function build(space: AddressSpace): Promise<void> {
  const namespace = space.registerNamespace(URI);
  const pose = structure(namespace, 'Pose', { x: [DOUBLE], y: [DOUBLE] });
  const station = structure(namespace, 'StationState', {
    name: [TEXT],
    serial: [INT64],
    position: [pose.nodeId],
    torques: [DOUBLE, 1],
    path: [pose.nodeId, 1],
  });
  await ensureDatatypeExtracted(space);
  const access = 'CurrentRead | CurrentWrite';
  const variable = (name: string, dataType: unknown, valueRank = -1) =>
    namespace.addVariable({
      organizedBy: space.rootFolder.objects,
      browseName: name,
      nodeId: `s=${name}`,
      dataType: coerceNodeId(dataType),
      valueRank,
      accessLevel: access,
      userAccessLevel: access,
      minimumSamplingInterval: 0,
    });
  variable('Station', station.nodeId).setValueFromSource({
    dataType: DataType.ExtensionObject,
    value: space.constructExtensionObject(station, {
      name: 'Station 4',
      serial: [0x20_0000, 1],
      position: { x: 10, y: 20 },
      torques: [0.5, 1.5],
      path: [
        { x: 0, y: 0 },
        { x: 1, y: 2 },
      ],
    }),
  });
  variable('Torques', DOUBLE, 1).setValueFromSource({
    dataType: DataType.Double,
    arrayType: VariantArrayType.Array,
    value: [1, 2, 3],
  });
  variable('Totals', INT64, 2).setValueFromSource({
    dataType: DataType.Int64,
    arrayType: VariantArrayType.Matrix,
    dimensions: [1, 3],
    value: [
      [0, 1],
      [0, 2],
      [0, 3],
    ],
  });
}

const TAGS = {
  name: 't:s=Station .name',
  serial: 't:s=Station .serial',
  y: 't:s=Station .position.y',
  torque: 't:s=Station .torques[1]',
  point: 't:s=Station .path[1].y',
  no_such_point: 't:s=Station .path[2].y',
  no_such_field: 't:s=Station .speed',
  whole: 't:s=Station',
  element: 't:s=Torques [2]',
  cell: 't:s=Totals [0,2]',
} as const;
const device = { namespaces: { t: URI } };

let server: SimulatedOpcuaServer;
let field: OpcuaField;
beforeAll(async () => {
  const content = { namespaces: [], build: ({ space }: { space: AddressSpace }) => build(space) };
  server = await startOpcuaServer({ contents: [content] }, systemClock());
  field = await opcuaField({ url: server.endpointUrl, device, tags: TAGS });
});
afterAll(async () => {
  await field.stop();
  await server.stop();
});

test.each<[keyof typeof TAGS, Value | null]>([
  ['name', 'Station 4'],
  ['serial', 9_007_199_254_740_993n],
  ['y', 20],
  ['torque', 1.5],
  ['point', 2],
  ['no_such_point', null],
  ['no_such_field', null],
  ['whole', null],
  ['element', 3],
  ['cell', 3],
])('%s is %s', async (tag, value) => {
  const quality = value === null ? 'bad:config' : 'good';
  expect(await field.comes(tag, () => true)).toMatchObject({ value, quality });
});

test.each<[keyof typeof TAGS, Value]>([
  ['y', 21.5],
  ['name', 'a longer name than it was'],
  ['serial', -(2n ** 60n)],
  ['torque', 0.25],
  ['element', 9],
  ['cell', 2n ** 60n],
])('%s is written, and nothing beside it', async (tag, value) => {
  const written = await field.bus.write('plc', { ...opcuaRequest(TAGS[tag]), value });
  expect(written).toMatchObject({ outcome: 'written' });
  await field.comes(tag, (sample) => sample.value === value);
  expect(field.latest('point')).toMatchObject({ value: 2, quality: 'good' });
});
