/** An address space in memory behind the calls of an OPC UA link: with limits that it keeps, said or not. */

import { NO_LIMITS } from '../../drivers/opcua/limits.ts';
import {
  type OpcuaLink,
  type ServerLimits,
  ServiceFault,
  type ServiceRequest,
} from '../../drivers/opcua/link.ts';
import {
  AttributeIds,
  BrowseNextRequest,
  BrowseRequest,
  coerceNodeId,
  type DataType,
  ExpandedNodeId,
  NodeClass,
  NodeId,
  QualifiedName,
  ReadRequest,
  StatusCodes,
  TranslateBrowsePathsToNodeIdsRequest,
  Variant,
} from '../../drivers/opcua/stack.ts';

/** A node with what is below it. */
export interface MemoryNode {
  readonly id: string;
  /** `2:Axis`; in namespace 0 without a number. */
  readonly name: string;
  readonly nodeClass?: 'Object' | 'Variable' | 'Method' | 'DataType';
  readonly below?: readonly MemoryNode[];
  /** Ids of nodes elsewhere that are below it too. */
  readonly links?: readonly string[];
  readonly isProperty?: boolean;
  /** Of a variable: NodeId of its data type, value and access level. */
  readonly dataType?: string;
  readonly value?: unknown;
  /** The value with its type, where what is read has to be shown. */
  readonly dataValue?: { readonly dataType: DataType; readonly value: unknown };
  readonly access?: number;
}

export interface MemoryServerOptions {
  readonly namespaces?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
  /** Refuses larger requests, whatever the limits say. */
  readonly refusesAbove?: number;
  /** References in one answer for one node, and how many nodes can be continued at a time. */
  readonly page?: number;
  readonly points?: number;
  readonly translates?: boolean;
}

export interface MemoryServer extends Pick<OpcuaLink, 'ask' | 'limits'> {
  namespaces: readonly string[];
  /** Each request by its name, with the number of things asked for. */
  readonly asked: (readonly [service: string, count: number])[];
  /** Points that were handed out and neither used nor released. */
  readonly openPoints: () => number;
}

const OBJECTS = 'ns=0;i=85';
const ROOT = 'ns=0;i=84';

/** `nodes` are below the Objects folder. */
export function memoryServer(
  nodes: readonly MemoryNode[],
  options: MemoryServerOptions = {},
): MemoryServer {
  const root: MemoryNode = {
    id: ROOT,
    name: 'Root',
    below: [{ id: OBJECTS, name: 'Objects', below: nodes }],
  };
  const all = new Map<string, MemoryNode>();
  const gather = (node: MemoryNode) => {
    all.set(coerceNodeId(node.id).toString(), node);
    for (const child of node.below ?? []) gather(child);
  };
  gather(root);
  const { refusesAbove = Number.POSITIVE_INFINITY, page = Number.POSITIVE_INFINITY } = options;
  const { points = Number.POSITIVE_INFINITY, translates = true } = options;
  const asked: (readonly [string, number])[] = [];
  const rests = new Map<string, readonly MemoryNode[]>();
  let nextPoint = 0;

  const childrenOf = (node: MemoryNode): readonly MemoryNode[] => [
    ...(node.below ?? []),
    ...(node.links ?? []).map((id) => all.get(coerceNodeId(id).toString()) as MemoryNode),
  ];
  const count = (request: ServiceRequest, things: readonly unknown[] | null) => {
    const length = things?.length ?? 0;
    asked.push([request.constructor.name.replace('Request', ''), length]);
    if (length > refusesAbove) throw new ServiceFault(StatusCodes.BadTooManyOperations);
  };
  const paged = (children: readonly MemoryNode[]) => {
    const rest = children.slice(page);
    if (rest.length > 0 && rests.size >= points)
      return { statusCode: StatusCodes.BadNoContinuationPoints, references: [] };
    const continuationPoint = rest.length > 0 ? Buffer.from(`p${nextPoint++}`) : null;
    if (continuationPoint) rests.set(continuationPoint.toString(), rest);
    const references = children.slice(0, page).map(referenceOf);
    return { statusCode: StatusCodes.Good, references, continuationPoint };
  };
  const answer = (request: ServiceRequest): object => {
    if (request instanceof BrowseRequest) {
      count(request, request.nodesToBrowse);
      return {
        results: request.nodesToBrowse?.map(({ nodeId }) => {
          const node = all.get(nodeId.toString());
          if (node) return paged(childrenOf(node));
          return { statusCode: StatusCodes.BadNodeIdUnknown, references: null };
        }),
      };
    }
    if (request instanceof BrowseNextRequest) {
      count(request, request.continuationPoints);
      const taken = (request.continuationPoints ?? []).map((point) => {
        const rest = rests.get(String(point));
        rests.delete(String(point));
        return rest;
      });
      if (request.releaseContinuationPoints) return { results: [] };
      return {
        results: taken.map((rest) =>
          rest ? paged(rest) : { statusCode: StatusCodes.BadContinuationPointInvalid },
        ),
      };
    }
    if (request instanceof ReadRequest) {
      count(request, request.nodesToRead);
      return {
        results: request.nodesToRead?.map(({ nodeId, attributeId }) =>
          readOf(all.get(nodeId.toString()), attributeId),
        ),
      };
    }
    if (request instanceof TranslateBrowsePathsToNodeIdsRequest) {
      if (!translates) throw new ServiceFault(StatusCodes.BadServiceUnsupported);
      count(request, request.browsePaths);
      return {
        results: request.browsePaths?.map(({ startingNode, relativePath }) => {
          const start = all.get(startingNode.toString());
          if (!start) return { statusCode: StatusCodes.BadNodeIdUnknown, targets: [] };
          let here: readonly MemoryNode[] = [start];
          for (const { targetName } of relativePath.elements ?? [])
            here = here
              .flatMap(childrenOf)
              .filter(({ name }) => nameOf(name) === keyOf(targetName));
          const targets = here.map((node) => ({
            targetId: expanded(node.id),
            remainingPathIndex: 0xffff_ffff,
          }));
          const statusCode = targets.length > 0 ? StatusCodes.Good : StatusCodes.BadNoMatch;
          return { statusCode, targets };
        }),
      };
    }
    throw new Error(`nobody taught this server ${request.constructor.name}`);
  };
  return {
    namespaces: options.namespaces ?? ['http://opcfoundation.org/UA/', 'urn:a', 'urn:b'],
    limits: { ...NO_LIMITS, ...options.limits },
    asked,
    openPoints: () => rests.size,
    async ask<Response extends object>(request: ServiceRequest): Promise<Response> {
      return answer(request) as Response;
    },
  };
}

const expanded = (id: string): ExpandedNodeId => {
  const { identifierType, value, namespace } = coerceNodeId(id);
  return new ExpandedNodeId(identifierType, value, namespace);
};

const qualified = (name: string): QualifiedName => {
  const [, index, text = name] = /^(\d+):(.*)$/.exec(name) ?? [];
  return new QualifiedName({ namespaceIndex: Number(index ?? 0), name: text });
};
const keyOf = ({ namespaceIndex, name }: QualifiedName): string => `${namespaceIndex}:${name}`;
const nameOf = (name: string): string => keyOf(qualified(name));

const referenceOf = ({ id, name, nodeClass = 'Object', isProperty = false }: MemoryNode) => ({
  referenceTypeId: coerceNodeId(isProperty ? 'i=46' : 'i=47'),
  isForward: true,
  nodeId: expanded(id),
  browseName: qualified(name),
  displayName: { text: qualified(name).name },
  nodeClass: NodeClass[nodeClass],
  typeDefinition: new ExpandedNodeId(NodeId.nullNodeId.identifierType, 0, 0),
});

function readOf(node: MemoryNode | undefined, attributeId: AttributeIds) {
  if (node?.dataValue && attributeId === AttributeIds.Value)
    return { statusCode: StatusCodes.Good, value: new Variant(node.dataValue) };
  const value = attributeOf(node, attributeId);
  return value === undefined
    ? { statusCode: StatusCodes.BadNodeIdUnknown, value: { value: null } }
    : { statusCode: StatusCodes.Good, value: { value } };
}

function attributeOf(node: MemoryNode | undefined, attributeId: AttributeIds): unknown {
  switch (attributeId) {
    case AttributeIds.NodeClass:
      return node && NodeClass[node.nodeClass ?? 'Object'];
    case AttributeIds.DisplayName:
      return node && { text: qualified(node.name).name };
    case AttributeIds.BrowseName:
      return node && qualified(node.name);
    case AttributeIds.DataType:
      return node?.dataType && coerceNodeId(node.dataType);
    case AttributeIds.ValueRank:
      return node && -1;
    case AttributeIds.UserAccessLevel:
      return node && (node.access ?? 1);
    default:
      return node?.value;
  }
}
