/** What lies below nodes in a server's address space: Browse and BrowseNext for many nodes at once. */
import { inChunks, limitOf } from './limits.ts';
import type { OpcuaLink } from './link.ts';
import {
  BrowseDirection,
  BrowseNextRequest,
  type BrowseNextResponse,
  BrowseRequest,
  type BrowseResponse,
  type BrowseResult,
  coerceNodeId,
  type ExpandedNodeId,
  NodeId,
  type ReferenceDescription,
  type StatusCode,
  StatusCodes,
} from './stack.ts';

/** The way to a server, as far as looking around in it needs it. */
export type AskingLink = Pick<OpcuaLink, 'ask' | 'limits' | 'namespaces'>;

/** HierarchicalReferences (OPC 10000-5 §11.4). */
export const HIERARCHICAL = coerceNodeId('i=33');
/** Reference type, node class, browse name and display name of each reference (OPC 10000-4 §5.9.2). */
const FIELDS = 1 | 4 | 8 | 16;

export interface Children {
  /** Bad when some or all of the references are missing. */
  readonly status: StatusCode;
  /** With type, node class and names of each; forward, and without type definitions. */
  readonly references: readonly ReferenceDescription[];
}

export interface ChildrenOptions {
  /** When all parents together have so many references, what did not come yet is left out. */
  readonly most: number;
  readonly signal?: AbortSignal;
}

/**
 * The hierarchical references of each parent, in their order. Rejects as `ask` does. A server that runs out of
 * continuation points is asked again for the nodes that it had none for.
 */
export async function childrenOf(
  link: AskingLink,
  parents: readonly NodeId[],
  { most, signal }: ChildrenOptions,
): Promise<readonly Children[]> {
  const asking = { link, budget: { left: most }, signal };
  return inChunks(link, 'nodesPerBrowse', parents, (chunk) => browseAll(asking, chunk));
}

interface Asking {
  readonly link: AskingLink;
  readonly budget: { left: number };
  readonly signal: AbortSignal | undefined;
}

/** One parent on the way to all of its references. */
interface Parent {
  readonly node: NodeId;
  references: ReferenceDescription[];
  status: StatusCode;
  point: Buffer | null;
}

async function browseAll(asking: Asking, nodes: readonly NodeId[]): Promise<readonly Children[]> {
  const parents = nodes.map(
    (node): Parent => ({ node, references: [], status: StatusCodes.Good, point: null }),
  );
  let open: readonly Parent[] = parents;
  while (open.length > 0) {
    await browseOnce(asking, open);
    await followPoints(asking, open);
    const left = open.filter(({ status }) => status.equals(StatusCodes.BadNoContinuationPoints));
    if (left.length === open.length) break;
    open = left;
  }
  return parents;
}

async function browseOnce({ link, budget, signal }: Asking, parents: readonly Parent[]) {
  const nodesToBrowse = parents.map(({ node }) => ({
    nodeId: node,
    browseDirection: BrowseDirection.Forward,
    referenceTypeId: HIERARCHICAL,
    includeSubtypes: true,
    nodeClassMask: 0,
    resultMask: FIELDS,
  }));
  const request = new BrowseRequest({ requestedMaxReferencesPerNode: 0, nodesToBrowse });
  const { results } = await link.ask<BrowseResponse>(request, { ...(signal && { signal }) });
  for (const [i, parent] of parents.entries()) {
    parent.references = [];
    take(parent, results?.[i], budget);
  }
}

/** Fetches what did not fit into the first answer; what is beyond the budget is given up, which frees the server. */
async function followPoints(asking: Asking, parents: readonly Parent[]): Promise<void> {
  const { link, budget, signal } = asking;
  for (;;) {
    const open = parents.filter(({ point }) => point !== null && point.length > 0);
    if (open.length === 0) return;
    const continued = open.slice(0, limitOf(link, 'nodesPerBrowse'));
    const releaseContinuationPoints = budget.left <= 0;
    const request = new BrowseNextRequest({
      releaseContinuationPoints,
      continuationPoints: continued.map(({ point }) => point as Buffer),
    });
    const { results } = await link.ask<BrowseNextResponse>(request, { ...(signal && { signal }) });
    for (const [i, parent] of continued.entries()) {
      parent.point = null;
      if (!releaseContinuationPoints) take(parent, results?.[i], budget);
    }
  }
}

/** A node of this server; undefined: it is another server's, or in a namespace that this one does not have. */
export function localId(
  { identifierType, value, namespace, namespaceUri, serverIndex }: ExpandedNodeId,
  table: readonly string[],
): NodeId | undefined {
  const index = namespaceUri ? table.indexOf(namespaceUri) : namespace;
  return serverIndex === 0 && index >= 0 ? new NodeId(identifierType, value, index) : undefined;
}

function take(parent: Parent, result: BrowseResult | undefined, budget: { left: number }): void {
  const found = result?.references ?? [];
  budget.left -= found.length;
  for (const reference of found) parent.references.push(reference);
  parent.status = result?.statusCode ?? StatusCodes.BadUnknownResponse;
  parent.point = result?.continuationPoint ?? null;
}
