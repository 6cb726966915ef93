/** A link to a server that is a table: nodes with their attributes, and what it says to writes and calls. */
import { NO_LIMITS } from '../../drivers/opcua/limits.ts';
import { type OpcuaLink, ServiceFault, type ServiceRequest } from '../../drivers/opcua/link.ts';
import {
  AttributeIds,
  BrowseDirection,
  BrowseRequest,
  CallRequest,
  coerceNodeId,
  DataValue,
  ExpandedNodeId,
  NodeClass,
  type NodeId,
  QualifiedName,
  ReadRequest,
  type StatusCode,
  StatusCodes,
  Variant,
  WriteRequest,
} from '../../drivers/opcua/stack.ts';

/** A node of the table. */
export interface ScriptedNode {
  /** Of a variable. */
  readonly dataType?: string;
  readonly rank?: number;
  readonly value?: Variant;
  /** Of a data type: its DataTypeDefinition and supertype. */
  readonly definition?: Variant;
  readonly parent?: string;
  /** Ids of nodes below it, by their names. */
  readonly below?: Readonly<Record<string, string>>;
}

export interface ScriptedCall {
  readonly object: string;
  readonly method: string;
  readonly inputs: readonly Variant[];
}

export interface ScriptedOpcuaLink extends Pick<OpcuaLink, 'ask' | 'limits'> {
  namespaces: readonly string[];
  /** By id; may be changed while a test runs. */
  readonly nodes: Map<string, ScriptedNode>;
  /** What came, by the names of the requests. */
  readonly asked: string[];
  /** Each write with what it carried. Good writes of whole scalars are kept in `nodes`. */
  readonly writes: { readonly node: string; readonly value: Variant; readonly range: string }[];
  readonly calls: ScriptedCall[];
  /** What the next writes and calls are answered; an error is thrown. */
  answer: StatusCode | Error;
  /** What calls return. */
  outputs: readonly Variant[];
  /** Keeps to itself what is written. */
  isForgetful: boolean;
}

const textOf = (id: NodeId | string): string => coerceNodeId(id).toString();

export function scriptedOpcuaLink(
  nodes: Readonly<Record<string, ScriptedNode>>,
): ScriptedOpcuaLink {
  const link: ScriptedOpcuaLink = {
    namespaces: ['http://opcfoundation.org/UA/', 'urn:plc', 'urn:types'],
    limits: NO_LIMITS,
    nodes: new Map(Object.entries(nodes).map(([id, node]) => [textOf(id), node])),
    asked: [],
    writes: [],
    calls: [],
    answer: StatusCodes.Good,
    outputs: [],
    isForgetful: false,
    async ask<Response extends object>(request: ServiceRequest): Promise<Response> {
      link.asked.push(request.constructor.name.replace('Request', ''));
      return answerTo(link, request) as Response;
    },
  };
  return link;
}

function answerTo(link: ScriptedOpcuaLink, request: ServiceRequest): object {
  if (request instanceof ReadRequest)
    return {
      results: request.nodesToRead?.map(({ nodeId, attributeId }) =>
        attributeOf(link.nodes.get(textOf(nodeId)), attributeId),
      ),
    };
  if (request instanceof BrowseRequest)
    return {
      results: request.nodesToBrowse?.map(({ nodeId, browseDirection }) =>
        browsed(link.nodes.get(textOf(nodeId)), browseDirection),
      ),
    };
  if (request instanceof WriteRequest) return written(link, request);
  if (request instanceof CallRequest) return called(link, request);
  throw new ServiceFault(StatusCodes.BadServiceUnsupported);
}

function attributeOf(node: ScriptedNode | undefined, attribute: AttributeIds): DataValue {
  const value = node && held(node, attribute);
  const missing = node ? StatusCodes.BadAttributeIdInvalid : StatusCodes.BadNodeIdUnknown;
  const dataValue = new DataValue(value ? {} : { statusCode: missing });
  // Set, not handed to the constructor: that copies, and cannot copy structures that the stack does not know.
  if (value) dataValue.value = value;
  return dataValue;
}

function held(node: ScriptedNode, attribute: AttributeIds): Variant | undefined {
  switch (attribute) {
    case AttributeIds.Value:
      return node.value;
    case AttributeIds.DataType:
      return node.dataType === undefined
        ? undefined
        : new Variant({ dataType: 'NodeId', value: coerceNodeId(node.dataType) });
    case AttributeIds.ValueRank:
      return node.dataType === undefined
        ? undefined
        : new Variant({ dataType: 'Int32', value: node.rank ?? -1 });
    case AttributeIds.BrowseName:
      return new Variant({ dataType: 'QualifiedName', value: new QualifiedName({ name: 'Type' }) });
    case AttributeIds.DataTypeDefinition:
      return node.definition;
    default:
      return undefined;
  }
}

function browsed(node: ScriptedNode | undefined, direction: BrowseDirection): object {
  if (!node) return { statusCode: StatusCodes.BadNodeIdUnknown, references: [] };
  const found =
    direction === BrowseDirection.Inverse
      ? node.parent === undefined
        ? []
        : [['parent', node.parent] as const]
      : Object.entries(node.below ?? {});
  const references = found.map(([name, id]) => {
    const { identifierType, value, namespace } = coerceNodeId(id);
    return {
      nodeId: new ExpandedNodeId(identifierType, value, namespace),
      browseName: new QualifiedName({ name }),
      nodeClass: NodeClass.Variable,
    };
  });
  return { statusCode: StatusCodes.Good, references, continuationPoint: null };
}

function written(link: ScriptedOpcuaLink, { nodesToWrite }: WriteRequest): object {
  const { answer } = link;
  if (answer instanceof Error) throw answer;
  for (const { nodeId, value, indexRange } of nodesToWrite ?? []) {
    const node = textOf(nodeId);
    const range = indexRange.toEncodeableString() ?? '';
    link.writes.push({ node, value: value.value, range });
    const known = link.nodes.get(node);
    const isKept = answer.value === 0 && range === '' && !link.isForgetful;
    if (isKept && known) link.nodes.set(node, { ...known, value: value.value });
  }
  return { results: [answer] };
}

function called(link: ScriptedOpcuaLink, { methodsToCall }: CallRequest): object {
  const { answer } = link;
  if (answer instanceof Error) throw answer;
  for (const { objectId, methodId, inputArguments } of methodsToCall ?? [])
    link.calls.push({
      object: textOf(objectId),
      method: textOf(methodId),
      inputs: inputArguments ?? [],
    });
  return { results: [{ statusCode: answer, outputArguments: link.outputs }] };
}
