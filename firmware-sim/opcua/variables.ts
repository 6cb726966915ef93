/** Plain variables in a namespace of their own, moved by the simulated process: for tests and benches. */
import { type Millis, millis } from '../../gateway/model/units.ts';
import { type Signal, signalValue } from '../process.ts';
import { seedOf } from '../seed.ts';
import type { ContentPlace, ServerContent } from './content.ts';
import { arrayTypeOf, ServedVariable } from './served-variable.ts';
import {
  type AddVariableOptions,
  type BaseNode,
  coerceLocalizedText,
  DataType,
  type Namespace,
} from './stack.ts';
import { words64 } from './words64.ts';

export const PLAIN_NAMESPACE = 'urn:headgate:simulated:plain';

export interface PlainVariable {
  /** The NodeId is `s=<name>` in the namespace, the browse path `/Objects/Plain/<name>`. */
  readonly name: string;
  /** Double when left out. */
  readonly type?: keyof typeof DataType;
  /** Lengths of an array's dimensions; a moving signal moves its first element. */
  readonly dimensions?: readonly number[];
  /** What it starts with, flat where it is an array; zero of a number when left out. */
  readonly value?: unknown;
  /** How often the process sets it; never when left out. */
  readonly every?: Millis;
  /** A walk between 0 and 100 when left out. */
  readonly signal?: Signal;
  readonly writable?: boolean;
  /** What the server says how fast it can look; 0: changes are reported as they come. */
  readonly minimumSampling?: Millis;
}

const DEFAULT_SIGNAL: Signal = { shape: 'walk', min: 0, max: 100, period: millis(60_000) };

export function plainVariables(variables: readonly PlainVariable[]): ServerContent {
  return {
    namespaces: [PLAIN_NAMESPACE],
    build(place) {
      const namespace = place.namespace(PLAIN_NAMESPACE);
      const folder = namespace.addFolder(place.space.rootFolder.objects, {
        browseName: 'Plain',
        nodeId: 's=Plain',
      });
      const at = ({ name }: PlainVariable) => ({
        organizedBy: folder,
        browseName: name,
        nodeId: `s=${name}`,
      });
      serveMoving(
        variables.map((variable) => ({ variable, namespace, at: at(variable) })),
        place,
      );
    },
  };
}

/** A variable and where its node goes. */
export interface PlacedVariable {
  readonly variable: PlainVariable;
  readonly namespace: Namespace;
  readonly at: Pick<AddVariableOptions, 'browseName' | 'nodeId' | 'organizedBy' | 'componentOf'>;
}

/** Puts the variables into the address space and lets the process move them. */
export function serveMoving(placed: readonly PlacedVariable[], place: ContentPlace): void {
  const served = placed.map((one) => ({
    variable: one.variable,
    handle: serveVariable(one, place),
  }));
  for (const [period, group] of Map.groupBy(served, ({ variable }) => variable.every))
    if (period !== undefined)
      place.every(period, () => {
        for (const { variable, handle } of group) handle.set(valueNow(variable, place));
      });
}

/** `count` Doubles `<prefix>0000`, `<prefix>0001`… that all change once per `every`. */
export const doubles = (prefix: string, count: number, every: Millis): readonly PlainVariable[] =>
  Array.from({ length: count }, (_, n) => ({
    name: `${prefix}${String(n).padStart(4, '0')}`,
    every,
  }));

function serveVariable(
  { variable, namespace, at }: PlacedVariable,
  place: ContentPlace,
): ServedVariable {
  const { name, dimensions } = variable;
  const type = DataType[variable.type ?? 'Double'];
  const start = variable.value ?? valueNow(variable, place);
  const access = variable.writable ? 'CurrentRead | CurrentWrite' : 'CurrentRead';
  const make = () =>
    namespace.addVariable({
      ...at,
      dataType: DataType[type],
      valueRank: dimensions?.length ?? -1,
      ...(dimensions && { arrayDimensions: [...dimensions] }),
      accessLevel: access,
      userAccessLevel: access,
      minimumSamplingInterval: variable.minimumSampling ?? 0,
      ...(dimensions === undefined && {
        value: { dataType: type, arrayType: arrayTypeOf(undefined), value: start },
      }),
    });
  const handle = new ServedVariable(name, make, { type, dimensions }, place.clock);
  handle.set(start);
  place.serve(handle);
  return handle;
}

/** Lets a signal from outside move what is served already; that nobody served stays as it is. */
export function playServed(
  node: BaseNode,
  { signal, every }: PlainVariable,
  place: ContentPlace,
): void {
  const served = place.served(node);
  if (!served || signal?.shape !== 'played' || every === undefined) return;
  const type = DataType[served.type] as keyof typeof DataType;
  let shown: number | string | undefined;
  const show = () => {
    const value = signal.value();
    if (value !== shown) served.play(converted(value, type));
    shown = value;
  };
  show();
  place.every(every, show);
}

function valueNow(variable: PlainVariable, place: ContentPlace): unknown {
  const signal = variable.signal ?? DEFAULT_SIGNAL;
  const now = () =>
    signal.shape === 'played'
      ? signal.value()
      : signalValue(signal, seedOf(place.seed, variable.name), place.moment());
  const value = converted(variable.every === undefined ? 0 : now(), variable.type ?? 'Double');
  const { dimensions } = variable;
  if (!dimensions) return value;
  const length = dimensions.reduce((product, size) => product * size, 1);
  return [
    value,
    ...Array.from({ length: length - 1 }, () => converted(0, variable.type ?? 'Double')),
  ];
}

/** A number or a text of the process in the type of a variable. */
function converted(value: number | string, type: keyof typeof DataType): unknown {
  const number = Number(value);
  switch (type) {
    case 'Double':
    case 'Float':
      return number;
    case 'Boolean':
      return number >= 0.5;
    case 'Int64':
    case 'UInt64':
      return words64(BigInt(Math.round(number)));
    case 'String':
      return String(value);
    case 'LocalizedText':
      return coerceLocalizedText(String(value));
    default:
      return Math.round(number);
  }
}
