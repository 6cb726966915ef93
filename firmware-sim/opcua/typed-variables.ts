/** One variable of every type that a client may meet, structures and methods included. */
import { seconds } from '../../gateway/model/units.ts';
import type { ContentPlace, ServerContent } from './content.ts';
import { arrayTypeOf, type Encoding, ServedVariable } from './served-variable.ts';
import {
  type AddVariableOptions,
  coerceLocalizedText,
  coerceNodeId,
  coerceQualifiedName,
  DataType,
  ensureDatatypeExtracted,
  type Namespace,
  type NodeId,
  StatusCodes,
  type UADataType,
  type UAObject,
  type Variant,
} from './stack.ts';
import { words64 } from './words64.ts';

export const TYPED_NAMESPACE = 'urn:headgate:simulated:typed';

/** A value at the edge of each scalar type; the variable is named like the type. */
const SCALARS: readonly (readonly [keyof typeof DataType, unknown])[] = [
  ['Boolean', true],
  ['SByte', -128],
  ['Byte', 255],
  ['Int16', -32_768],
  ['UInt16', 65_535],
  ['Int32', -2_147_483_648],
  ['UInt32', 4_294_967_295],
  ['Int64', words64(-9_223_372_036_854_775_808n)],
  ['UInt64', words64(18_446_744_073_709_551_615n)],
  ['Float', 0.1],
  ['Double', 0.1],
  ['String', '温度 °C'],
  ['DateTime', new Date(Date.UTC(2024, 1, 29, 12, 30, 15, 250))],
  ['Guid', '72962B91-FA75-4AE6-8D28-B404DC7DAF63'],
  ['ByteString', Buffer.from([0x00, 0x7f, 0xff])],
  ['XmlElement', '<tool id="7"/>'],
  ['NodeId', coerceNodeId('ns=1;s=Tool')],
  ['StatusCode', StatusCodes.BadSensorFailure],
  ['QualifiedName', coerceQualifiedName('1:Tool')],
  ['LocalizedText', coerceLocalizedText({ locale: 'zh-CN', text: '运行' })],
];

interface Array1 {
  readonly name: string;
  readonly type: keyof typeof DataType;
  readonly dimensions: readonly number[];
  readonly value: unknown;
}
const ARRAYS: readonly Array1[] = [
  { name: 'Torques', type: 'Double', dimensions: [6], value: [1.5, 2.5, 3.5, 4.5, 5.5, 6.5] },
  { name: 'Names', type: 'String', dimensions: [2], value: ['left', 'right'] },
  {
    name: 'Totals',
    type: 'Int64',
    dimensions: [2],
    value: [words64(9_007_199_254_740_993n), words64(-9_007_199_254_740_993n)],
  },
  { name: 'Matrix', type: 'Int32', dimensions: [2, 3], value: new Int32Array([1, 2, 3, 4, 5, 6]) },
];

/** Beyond what a Double can count in ones. */
const FIRST_COUNT = 9_007_199_254_740_992n;

/**
 * A folder `/Objects/Typed` with a variable for each scalar type, arrays, enumerations, structures, a variable that may
 * carry anything (`Odd`, by `set` of its handle), two writable ones and the object `Methods`.
 */
export function typedVariables(): ServerContent {
  return {
    namespaces: [TYPED_NAMESPACE],
    async build(place) {
      const space = place.namespace(TYPED_NAMESPACE);
      const folder = space.addFolder(place.space.rootFolder.objects, {
        browseName: 'Typed',
        nodeId: 's=Typed',
      });
      const shelf = new Shelf(place, space, folder);
      for (const [type, value] of SCALARS) shelf.plain(type, type).set(value);
      for (const { name, type, dimensions, value } of ARRAYS)
        shelf.plain(name, type, { dimensions }).set(value);
      shelf.plain('Odd', 'Double').set(1);
      shelf.plain('Setpoint', 'Double', { writable: true }).set(0);
      shelf.plain('Total', 'UInt64', { writable: true }).set(words64(FIRST_COUNT));
      shelf.plain('Label', 'LocalizedText', { writable: true }).set(coerceLocalizedText('new'));
      const counter = shelf.plain('Counter', 'Int64');
      let count = FIRST_COUNT;
      counter.set(words64(count));
      place.every(seconds(1), () => {
        count += 1n;
        counter.set(words64(count));
      });
      addEnumerations(shelf);
      await addStructures(shelf);
      addMethods(shelf);
    },
  };
}

/** Where the variables of this content stand. */
class Shelf {
  readonly place: ContentPlace;
  readonly space: Namespace;
  readonly folder: UAObject;

  constructor(place: ContentPlace, space: Namespace, folder: UAObject) {
    this.place = place;
    this.space = space;
    this.folder = folder;
  }

  /** A variable of a built-in type. */
  plain(
    name: string,
    type: keyof typeof DataType,
    options: { readonly dimensions?: readonly number[]; readonly writable?: boolean } = {},
  ): ServedVariable {
    const { dimensions, writable } = options;
    const access = writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead';
    return this.variable(
      name,
      { type: DataType[type], dimensions },
      { dataType: type, accessLevel: access, userAccessLevel: access },
    );
  }

  variable(
    name: string,
    encoding: Encoding,
    options: Omit<AddVariableOptions, 'browseName'>,
  ): ServedVariable {
    const { dimensions } = encoding;
    const make = () =>
      this.space.addVariable({
        organizedBy: this.folder,
        browseName: name,
        nodeId: `s=${name}`,
        valueRank: dimensions?.length ?? -1,
        ...(dimensions && { arrayDimensions: [...dimensions] }),
        minimumSamplingInterval: 0,
        ...options,
      });
    const served = new ServedVariable(name, make, encoding, this.place.clock);
    this.place.serve(served);
    return served;
  }
}

/** With EnumStrings (numbers from 0) and with EnumValues (numbers of the vendor's choice); OPC 10000-3 §8.14. */
function addEnumerations(shelf: Shelf): void {
  const modes = shelf.space.addEnumerationType({
    browseName: 'CellMode',
    enumeration: ['Setup', 'Automatic', 'Manual'],
  });
  const faults = shelf.space.addEnumerationType({
    browseName: 'CellFault',
    enumeration: [
      { value: 0, displayName: 'None' },
      { value: 10, displayName: 'VacuumLost' },
      { value: 20, displayName: 'AxisOverload' },
    ],
  });
  const int32 = { type: DataType.Int32 };
  shelf.variable('Mode', int32, { dataType: modes.nodeId }).set(1);
  shelf.variable('Fault', int32, { dataType: faults.nodeId }).set(10);
  // An enumeration of the specification: ServerState, Shutdown is 4 (OPC 10000-5 §12.6).
  shelf.variable('Neighbour', int32, { dataType: 'ServerState' }).set(4);
}

/** A structure within a structure, with arrays of scalars and of structures in it. */
async function addStructures(shelf: Shelf): Promise<void> {
  const { addressSpace } = shelf.space;
  const [flag, double, text, int64] = ['i=1', 'i=11', 'i=12', 'i=8'].map((id) => coerceNodeId(id));
  const pose = addStructure(shelf.space, 'Pose', { x: [double], y: [double], z: [double] });
  const station = addStructure(shelf.space, 'StationState', {
    name: [text],
    serial: [int64],
    running: [flag],
    position: [pose.nodeId],
    torques: [double, 'array'],
    path: [pose.nodeId, 'array'],
  });
  await ensureDatatypeExtracted(addressSpace);
  const at = (x: number, y: number, z: number) =>
    addressSpace.constructExtensionObject(pose, { x, y, z });
  const structure = { type: DataType.ExtensionObject };
  shelf.variable('Position', structure, { dataType: pose.nodeId }).set(at(1, 2, 3));
  shelf.variable('Station', structure, { dataType: station.nodeId }).set(
    addressSpace.constructExtensionObject(station, {
      name: 'Station 4',
      serial: words64(9_007_199_254_740_993n),
      running: true,
      position: { x: 10, y: 20, z: 30 },
      torques: [0.5, 1.5],
      path: [
        { x: 0, y: 0, z: 0 },
        { x: 1, y: 1, z: 1 },
      ],
    }),
  );
}

/** A structure type with the encoding that it travels in (OPC 10000-3 §5.8.2). */
function addStructure(
  space: Namespace,
  browseName: string,
  fields: Readonly<Record<string, readonly [type: NodeId | undefined, shape?: 'array']>>,
): UADataType {
  const type = space.createDataType({
    browseName,
    isAbstract: false,
    subtypeOf: 'Structure',
    partialDefinition: Object.entries(fields).map(([name, [dataType, shape]]) => ({
      name,
      dataType,
      valueRank: shape === 'array' ? 1 : -1,
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

/**
 * `Methods/Add(a, b) → sum`, `Methods/Start(program, speed) → ticket`, `Methods/Refuse` that answers BadInvalidState. What
 * was called last stands in the variable LastCall.
 */
function addMethods(shelf: Shelf): void {
  const lastCall = shelf.plain('LastCall', 'String');
  lastCall.set('');
  const object = shelf.space.addObject({
    organizedBy: shelf.folder,
    browseName: 'Methods',
    nodeId: 's=Methods',
  });
  const method = (
    name: string,
    inputs: Readonly<Record<string, DataType>>,
    outputs: Readonly<Record<string, DataType>>,
    run: (inputs: readonly unknown[]) => readonly unknown[] | undefined,
  ) =>
    shelf.space
      .addMethod(object, {
        browseName: name,
        nodeId: `s=Methods.${name}`,
        inputArguments: argumentsOf(inputs),
        outputArguments: argumentsOf(outputs),
      })
      // The stack knows an asynchronous function by its two parameters.
      .bindMethod(async (args: Variant[], _context: unknown) => {
        const given = args.map(({ value }) => value);
        lastCall.set(`${name}(${given.join(', ')})`);
        const results = run(given);
        if (!results) return { statusCode: StatusCodes.BadInvalidState };
        const types = Object.values(outputs);
        return {
          statusCode: StatusCodes.Good,
          outputArguments: results.map((value, n) => ({
            dataType: types[n] ?? DataType.Null,
            arrayType: arrayTypeOf(undefined),
            value,
          })),
        };
      });
  const { Double, String: Text, UInt16, Int64 } = DataType;
  method('Add', { a: Double, b: Double }, { sum: Double }, ([a, b]) => [Number(a) + Number(b)]);
  method('Start', { program: Text, speed: UInt16 }, { ticket: Int64 }, () => [
    words64(FIRST_COUNT + 1n),
  ]);
  method('Refuse', {}, {}, () => undefined);
}

const argumentsOf = (types: Readonly<Record<string, DataType>>) =>
  Object.entries(types).map(([name, dataType]) => ({ name, dataType, valueRank: -1 }));
