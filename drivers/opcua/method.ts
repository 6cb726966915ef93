/** Calling a method as a write: its arguments are the value, its results go to the log. */
import { plainValue, type Value } from '../../gateway/model/sample.ts';
import { between } from '../../gateway/model/units.ts';
import type { WriteRequest, Written } from '../driver.ts';
import type { OpcuaAddress } from './device.ts';
import { childrenOf, localId } from './references.ts';
import { scalarValue } from './scalar.ts';
import { encodeScalar } from './scalar-encoding.ts';
import {
  AttributeIds,
  CallRequest,
  type CallResponse,
  DataType,
  NodeId,
  ReadRequest,
  type ReadResponse,
  StatusCodes,
  Variant,
  VariantArrayType,
} from './stack.ts';
import type { DataTypeInfo } from './structure.ts';
import { readDataTypes } from './value-types.ts';
import { outcomeOf, rejected, type Sending, type WriteContext } from './write-outcome.ts';

/** More arguments than any method has. */
const MOST_PROPERTIES = 1_000;
const INPUTS = 'InputArguments';

interface Argument {
  readonly name: string;
  readonly rank: number;
  readonly info: DataTypeInfo | undefined;
}

/**
 * Calls the method with the arguments that the value stands for: a list in JSON, or a single one. Large integers in a
 * list are written as text. Results are logged as `opcua.method-answered`. Rejects as `ask` does.
 */
export async function callMethod(
  context: WriteContext,
  request: WriteRequest<OpcuaAddress>,
  {
    object,
    method,
    onLeft,
    signal,
  }: Sending & { readonly object: NodeId; readonly method: NodeId },
): Promise<Written> {
  const { link, clock, log } = context;
  const tag = request.tag.id;
  const given = givenArguments(request.value);
  if (given === undefined) return rejected('opcua.arguments-form', { tag });
  const wanted = await argumentsOf(context, method, signal);
  const names = wanted.map(({ name }) => name).join(', ');
  if (given.length !== wanted.length)
    return rejected('opcua.arguments-count', {
      tag,
      found: given.length,
      wanted: wanted.length,
      names,
    });
  const inputArguments: Variant[] = [];
  for (const [i, argument] of wanted.entries()) {
    const variant = variantOf(argument, given[i]);
    if (variant === undefined)
      return rejected('opcua.argument-unfit', {
        tag,
        name: argument.name,
        type: typeName(argument),
        found: JSON.stringify(given[i]) ?? '',
      });
    inputArguments.push(variant);
  }
  const call = new CallRequest({
    methodsToCall: [{ objectId: object, methodId: method, inputArguments }],
  });
  const sent = clock.mono();
  onLeft();
  const { results } = await link.ask<CallResponse>(call, { signal });
  const turnaround = between(sent, clock.mono());
  const {
    statusCode = StatusCodes.BadUnknownResponse,
    inputArgumentResults,
    outputArguments,
  } = results?.[0] ?? {};
  const answers = (outputArguments ?? []).map(shown);
  if (answers.length > 0) log.info('opcua.method-answered', { tag, results: answers.join(', ') });
  const unfit = (inputArgumentResults ?? []).findIndex(({ value }) => value !== 0);
  const argument = unfit < 0 ? '' : ` (${wanted[unfit]?.name ?? unfit})`;
  return { ...outcomeOf(statusCode, tag, argument), turnaround };
}

const shown = ({ dataType, arrayType, value }: Variant): string => {
  const plain = arrayType === VariantArrayType.Scalar ? scalarValue(dataType, value) : undefined;
  return plain === undefined ? `a ${DataType[dataType]}` : `${plainValue(plain)}`;
};

type Given = Value | readonly Value[];

/** Undefined: it begins like a list and is none. */
function givenArguments(value: Value): readonly Given[] | undefined {
  if (typeof value !== 'string' || !value.trimStart().startsWith('['))
    return value === '' ? [] : [value];
  let list: unknown;
  try {
    list = JSON.parse(value);
  } catch {
    return undefined;
  }
  return Array.isArray(list) && list.every((one) => isPlain(one) || isList(one)) ? list : undefined;
}

const isPlain = (one: unknown): one is string | number | boolean =>
  typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean';
const isList = (one: unknown): boolean => Array.isArray(one) && one.every(isPlain);

/** A method without that property takes none. */
async function argumentsOf(
  { link }: WriteContext,
  method: NodeId,
  signal: AbortSignal,
): Promise<readonly Argument[]> {
  const [below] = await childrenOf(link, [method], { most: MOST_PROPERTIES, signal });
  const property = below?.references.find(({ browseName }) => browseName.name === INPUTS);
  const nodeId = property && localId(property.nodeId, link.namespaces);
  if (nodeId === undefined) return [];
  const request = new ReadRequest({ nodesToRead: [{ nodeId, attributeId: AttributeIds.Value }] });
  const { results } = await link.ask<ReadResponse>(request, { signal });
  const told: unknown = results?.[0]?.value.value;
  const list = (Array.isArray(told) ? told : []).filter(isArgument);
  const book = await readDataTypes(
    link,
    list.map(({ dataType }) => dataType),
  );
  return list.map(({ name, dataType, valueRank }) => ({
    name: name ?? '',
    rank: valueRank,
    info: book.typeOf(dataType.toString()),
  }));
}

interface ToldArgument {
  readonly name: string | null;
  readonly dataType: NodeId;
  readonly valueRank: number;
}

const isArgument = (one: unknown): one is ToldArgument =>
  typeof one === 'object' && one !== null && Reflect.get(one, 'dataType') instanceof NodeId;

const typeName = ({ info, rank }: Argument): string =>
  `${info?.builtIn === undefined ? 'unknown type' : DataType[info.builtIn]}${rank > 0 ? '[]' : ''}`;

function variantOf({ info, rank }: Argument, given: Given | undefined): Variant | undefined {
  const type = info?.builtIn;
  if (type === undefined || given === undefined || rank > 1) return undefined;
  const values = Array.isArray(given) ? given : [given];
  if (Array.isArray(given) !== rank >= 1) return undefined;
  const raws: unknown[] = [];
  for (const value of values) {
    const encoded = encodeScalar(type, value, info?.names);
    if ('refused' in encoded) return undefined;
    raws.push(encoded.raw);
  }
  const variant = new Variant();
  variant.dataType = type;
  variant.arrayType = rank >= 1 ? VariantArrayType.Array : VariantArrayType.Scalar;
  variant.value = rank >= 1 ? raws : raws[0];
  return variant;
}
