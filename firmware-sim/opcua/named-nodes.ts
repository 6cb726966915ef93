/** Moving variables at the very nodes that a site names, so that it can be played without its own servers. */
import { branchOf, browseNameOf, childOf, idUnder, placeUnder, type Step } from './branch.ts';
import type { ContentPlace, ServerContent } from './content.ts';
import type { BaseNode } from './stack.ts';
import { type PlacedVariable, type PlainVariable, playServed, serveMoving } from './variables.ts';

/** What stands here without a namespace of its own. */
const SITE_NAMESPACE = 'urn:headgate:simulated:site';

/** A namespace by its URI, or by the index that the site found it under. */
export type NamedNamespace = { readonly uri: string } | { readonly index: number };

export interface NamedStep {
  readonly namespace: NamedNamespace | undefined;
  readonly name: string;
}

export type NodeName =
  /** `id` is what stands behind the namespace: `s=Axis1`. */
  | { readonly kind: 'id'; readonly namespace: NamedNamespace; readonly id: string }
  /** From the Root folder where `from` is `root`, from the Objects folder where it is undefined. */
  | {
      readonly kind: 'path';
      readonly from: 'root' | NodeName | undefined;
      readonly steps: readonly NamedStep[];
    };

export interface NamedNode extends PlainVariable {
  readonly node: NodeName;
}

/**
 * Nodes that are there already stay as they are, but for those that are played; those in the namespace of OPC UA itself are
 * never made.
 */
export const namedNodes = (nodes: readonly NamedNode[]): ServerContent => ({
  namespaces: [SITE_NAMESPACE, ...new Set(nodes.flatMap(({ node }) => urisOf(node)))],
  build(place) {
    // One after the other: a node may stand below another one.
    for (const variable of nodes) {
      const placed = placedAt(place, variable);
      if (placed) serveMoving([placed], place);
    }
  },
});

function urisOf(node: NodeName): readonly string[] {
  if (node.kind === 'id') return 'uri' in node.namespace ? [node.namespace.uri] : [];
  const { from, steps } = node;
  return [
    ...(typeof from === 'object' ? urisOf(from) : []),
    ...steps.flatMap(({ namespace }) => (namespace && 'uri' in namespace ? [namespace.uri] : [])),
  ];
}

/** Undefined where there is something already. */
function placedAt(place: ContentPlace, variable: NamedNode): PlacedVariable | undefined {
  const { node, name } = variable;
  const { space } = place;
  if (node.kind === 'id') {
    const uri = uriOf(place, node.namespace);
    const namespace = place.namespace(uri);
    const found = space.findNode(`ns=${namespace.index};${node.id}`);
    if (found) playServed(found, variable, place);
    if (found || namespace.index === 0) return undefined;
    const organizedBy = space.rootFolder.objects;
    return { variable, namespace, at: { browseName: name, nodeId: node.id, organizedBy } };
  }
  const steps = node.steps.map((step) => stepOf(place, step));
  const parent = objectAt(place, node.from, steps.slice(0, -1));
  const [last] = steps.slice(-1);
  const found = last && childOf(place, parent, last);
  if (found) playServed(found, variable, place);
  if (found || !last) return undefined;
  return {
    variable,
    namespace: place.namespace(SITE_NAMESPACE),
    at: {
      browseName: browseNameOf(place, steps, SITE_NAMESPACE),
      nodeId: `s=${idUnder(parent, last)}`,
      ...placeUnder(place, parent),
    },
  };
}

/** The object at the end of a path, with what is missing on the way made. */
function objectAt(
  place: ContentPlace,
  from: 'root' | NodeName | undefined,
  steps: readonly Step[],
): BaseNode {
  const { rootFolder } = place.space;
  let node: BaseNode =
    from === undefined ? rootFolder.objects : from === 'root' ? rootFolder : rootOf(place, from);
  for (const step of steps) node = branchOf(place, node, step, SITE_NAMESPACE);
  return node;
}

/** Where the paths of a device begin. */
function rootOf(place: ContentPlace, node: NodeName): BaseNode {
  if (node.kind === 'path')
    return objectAt(
      place,
      node.from,
      node.steps.map((step) => stepOf(place, step)),
    );
  const { space } = place;
  const namespace = place.namespace(uriOf(place, node.namespace));
  return (
    space.findNode(`ns=${namespace.index};${node.id}`) ??
    namespace.addObject({
      browseName: node.id.slice(2),
      nodeId: node.id,
      organizedBy: space.rootFolder.objects,
    })
  );
}

const stepOf = (place: ContentPlace, { namespace, name }: NamedStep): Step => ({
  uri: namespace && uriOf(place, namespace),
  name,
});

/** Fills the table of namespaces up to an index that only the site's own server had. */
function uriOf(place: ContentPlace, named: NamedNamespace): string {
  if ('uri' in named) return named.uri;
  const { space } = place;
  for (let next = space.getNamespaceArray().length; next <= named.index; next++)
    space.registerNamespace(`urn:headgate:simulated:index-${next}`);
  return space.getNamespaceUri(named.index);
}
