/**
 * What a server has: its address space from one node down, level by level, each node once; variables with type,
 * access, unit and value. Many nodes to a request, and a bounded number in all.
 */
import { enumNames, TypeNames, unitOf } from './data-type-names.ts';
import { chunks, inChunks } from './limits.ts';
import { type AskingLink, childrenOf, localId } from './references.ts';
import { OBJECTS } from './resolve.ts';
import {
  AttributeIds,
  type DataValue,
  type LocalizedText,
  NodeClass,
  NodeId,
  type QualifiedName,
  ReadRequest,
  type ReadResponse,
  type ReferenceDescription,
  TimestampsToReturn,
} from './stack.ts';

/** More is no machine, but a server that makes nodes up as it is asked. */
const MOST_NODES = 100_000;
/** Nodes that are looked at together; the first are handed over before the last are asked for. */
const AT_ONCE = 1_000;
/** HasProperty (OPC 10000-5 §11.8). */
const HAS_PROPERTY = 'ns=0;i=46';

export interface BrowsedNode {
  readonly nodeId: NodeId;
  readonly nodeClass: NodeClass;
  readonly displayName: string;
  /** Browse names from the node where it began, which itself has none, to this one. */
  readonly path: readonly QualifiedName[];
  /** 0 for the node where it began. */
  readonly depth: number;
  /** The NodeId, as text, of the node that it was found under first. */
  readonly parent: string | undefined;
  /** Whether it describes its parent instead of being a part of it. */
  readonly isProperty: boolean;
  /** Of a variable. */
  readonly variable: VariableFacts | undefined;
}

export interface VariableFacts {
  readonly dataType: NodeId;
  /** `Double`, or the browse name of the server's own type; empty when the server does not say it. */
  readonly typeName: string;
  /** -1 scalar, 1 and more: dimensions, 0 and less than -1: it may be either (OPC 10000-3 §5.6.2). */
  readonly valueRank: number;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  readonly value: DataValue;
  /** As the server shows it, `°C`. */
  readonly unit: string | undefined;
  /** Names by number, of an enumeration. */
  readonly names: ReadonlyMap<number, string> | undefined;
}

export interface BrowseOptions {
  /** The Objects folder when left out. */
  readonly from?: NodeId;
  /** How many levels below `from`; all when left out. */
  readonly depth?: number;
  /** Which nodes are looked at and handed over; what is below the others is found all the same. */
  readonly filter?: (node: FoundNode) => boolean;
  /** Nodes that are handed over without what is below them. */
  readonly closed?: (node: FoundNode) => boolean;
  readonly most?: number;
  /** Called once when there are more nodes than `most`. */
  readonly onCut?: () => void;
  readonly signal?: AbortSignal;
}

/** A node before its variable is looked at. */
export type FoundNode = Omit<BrowsedNode, 'variable'>;

/**
 * Hands over node after node, a level before the next. Properties of variables are not handed over by themselves: they
 * are in the variable's facts. Rejects as `ask` does; a node that the server refuses is handed over with what is known.
 */
export async function* browse(
  link: AskingLink,
  {
    from = OBJECTS,
    depth = Number.POSITIVE_INFINITY,
    filter = () => true,
    closed = () => false,
    most = MOST_NODES,
    onCut = () => {},
    signal,
  }: BrowseOptions = {},
): AsyncGenerator<BrowsedNode> {
  const reader = new NodeReader(link, signal);
  const seen = new Set([from.toString()]);
  let isCut = false;
  let level: readonly FoundNode[] = [await reader.start(from)];
  while (level.length > 0) {
    const next: FoundNode[] = [];
    for (const slice of chunks(level, AT_ONCE)) {
      const below = await reader.below(slice, {
        most: most * 2,
        isLast: slice[0]?.depth === depth,
      });
      const wanted = slice.filter(filter);
      yield* await reader.withFacts(wanted, below);
      for (const node of slice) {
        if (node.depth >= depth || closed(node)) continue;
        for (const reference of below.get(node) ?? []) {
          const child = childOf(node, reference, link.namespaces);
          if (child === undefined || seen.has(child.nodeId.toString())) continue;
          if (seen.size >= most) isCut = true;
          else {
            seen.add(child.nodeId.toString());
            next.push(child);
          }
        }
      }
    }
    level = next;
  }
  if (isCut) onCut();
}

type Below = ReadonlyMap<FoundNode, readonly ReferenceDescription[]>;

const isProperty = ({ referenceTypeId }: ReferenceDescription): boolean =>
  referenceTypeId.toString() === HAS_PROPERTY;

/** Undefined for what another server has, and for what only describes a variable. */
function childOf(
  parent: FoundNode,
  reference: ReferenceDescription,
  namespaces: readonly string[],
): FoundNode | undefined {
  const nodeId = localId(reference.nodeId, namespaces);
  if (nodeId === undefined) return undefined;
  if (parent.nodeClass === NodeClass.Variable && isProperty(reference)) return undefined;
  return {
    nodeId,
    nodeClass: reference.nodeClass,
    displayName: reference.displayName.text ?? reference.browseName.name ?? '',
    path: [...parent.path, reference.browseName],
    depth: parent.depth + 1,
    parent: parent.nodeId.toString(),
    isProperty: isProperty(reference),
  };
}

/** What is read of each variable. */
const FACTS = [
  AttributeIds.DataType,
  AttributeIds.ValueRank,
  AttributeIds.UserAccessLevel,
  AttributeIds.Value,
] as const;
/** Bits of an access level (OPC 10000-3 §8.57). */
const READABLE = 1;
const WRITABLE = 2;
/** Properties that say more about their variable (OPC 10000-8 §5.3.2, §5.3.3). */
const TELLING: ReadonlySet<string> = new Set(['EngineeringUnits', 'EnumStrings', 'EnumValues']);

interface ReadNode {
  readonly nodeId: NodeId;
  readonly attributeId: AttributeIds;
}

class NodeReader {
  readonly #link: AskingLink;
  readonly #signal: AbortSignal | undefined;
  readonly #types: TypeNames;

  constructor(link: AskingLink, signal: AbortSignal | undefined) {
    this.#link = link;
    this.#signal = signal;
    this.#types = new TypeNames(link, (nodes) => this.#read(nodes));
  }

  /** The node where it begins, from its own attributes. */
  async start(nodeId: NodeId): Promise<FoundNode> {
    const attributes = [AttributeIds.NodeClass, AttributeIds.DisplayName];
    const [nodeClass, name] = await this.#read(
      attributes.map((attributeId) => ({ nodeId, attributeId })),
    );
    const displayName = (name?.value.value as LocalizedText | null)?.text ?? nodeId.toString();
    const isKnown = typeof nodeClass?.value.value === 'number';
    return {
      nodeId,
      nodeClass: isKnown ? nodeClass.value.value : NodeClass.Unspecified,
      displayName,
      path: [],
      depth: 0,
      parent: undefined,
      isProperty: false,
    };
  }

  /** What is below each node; on the last level only what describes variables. */
  async below(
    nodes: readonly FoundNode[],
    { most, isLast }: { readonly most: number; readonly isLast: boolean },
  ): Promise<Below> {
    const asked = nodes.filter(({ nodeClass }) =>
      isLast ? nodeClass === NodeClass.Variable : nodeClass !== NodeClass.Method,
    );
    const ids = asked.map(({ nodeId }) => nodeId);
    const signal = this.#signal;
    const all = await childrenOf(this.#link, ids, { most, ...(signal && { signal }) });
    return new Map(asked.map((node, i) => [node, all[i]?.references ?? []]));
  }

  async withFacts(nodes: readonly FoundNode[], below: Below): Promise<readonly BrowsedNode[]> {
    const variables = nodes.filter(({ nodeClass }) => nodeClass === NodeClass.Variable);
    const telling = variables.flatMap((node) =>
      (below.get(node) ?? [])
        .filter((one) => isProperty(one) && TELLING.has(one.browseName.name ?? ''))
        .map(({ nodeId, browseName }) => ({ node, nodeId, name: browseName.name ?? '' })),
    );
    const values = await this.#read([
      ...variables.flatMap(({ nodeId }) => FACTS.map((attributeId) => ({ nodeId, attributeId }))),
      ...telling.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })),
    ]);
    const told = new Map<FoundNode, Map<string, unknown>>();
    const properties = values.slice(variables.length * FACTS.length);
    for (const [i, { node, name }] of telling.entries()) {
      const known = told.get(node) ?? new Map<string, unknown>();
      told.set(node, known.set(name, properties[i]?.value.value));
    }
    const rows = variables.map((_, i) => values.slice(i * FACTS.length, (i + 1) * FACTS.length));
    const types = rows.flatMap(([type]) => dataTypeOf(type) ?? []);
    await this.#types.learn(types);
    const facts = new Map(
      variables.map((node, i) => [node, this.#factsOf(rows[i] ?? [], told.get(node))]),
    );
    return nodes.map((node) => ({ ...node, variable: facts.get(node) }));
  }

  #factsOf(row: readonly DataValue[], told: ReadonlyMap<string, unknown> | undefined) {
    const [type, rank, access, value] = row as [DataValue, DataValue, DataValue, DataValue];
    const dataType = dataTypeOf(type) ?? new NodeId();
    const level = typeof access.value.value === 'number' ? access.value.value : 0;
    return {
      dataType,
      typeName: dataType.isEmpty() ? '' : this.#types.nameOf(dataType),
      valueRank: typeof rank.value.value === 'number' ? rank.value.value : -1,
      isReadable: (level & READABLE) !== 0,
      isWritable: (level & WRITABLE) !== 0,
      value,
      unit: unitOf(told?.get('EngineeringUnits')),
      names:
        enumNames(told?.get('EnumStrings') ?? told?.get('EnumValues')) ??
        this.#types.enumOf(dataType),
    };
  }

  async #read(nodes: readonly ReadNode[]): Promise<readonly DataValue[]> {
    const signal = this.#signal;
    return inChunks(this.#link, 'nodesPerRead', nodes, async (nodesToRead) => {
      const request = new ReadRequest({
        nodesToRead: [...nodesToRead],
        timestampsToReturn: TimestampsToReturn.Neither,
      });
      const { results } = await this.#link.ask<ReadResponse>(request, {
        ...(signal && { signal }),
      });
      return results;
    });
  }
}

const dataTypeOf = (read: DataValue | undefined): NodeId | undefined => {
  const type: unknown = read?.value.value;
  return type instanceof NodeId ? type : undefined;
};
