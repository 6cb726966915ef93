/**
 * From names that outlive a restart of the server to the NodeIds of this connection: namespaces by the table as it is
 * now, browse paths by asking the server.
 */
import type { NamespaceRef, NodeRef, OpcuaDevice, PathStep } from './device.ts';
import { inChunks, limitOf } from './limits.ts';
import { ServiceFault } from './link.ts';
import { type AskingLink, childrenOf, HIERARCHICAL, localId } from './references.ts';
import {
  type BrowsePathResult,
  coerceNodeId,
  NodeId,
  type StatusCode,
  StatusCodes,
  TranslateBrowsePathsToNodeIdsRequest,
  type TranslateBrowsePathsToNodeIdsResponse,
} from './stack.ts';

/** The Root and the Objects folder (OPC 10000-5 §8.2.1, §8.2.4). */
export const ROOT = coerceNodeId('i=84');
export const OBJECTS = coerceNodeId('i=85');
/** The most children that are looked through for names without a namespace. */
const MOST_CHILDREN = 100_000;
/** Of a target in this server (OPC 10000-4 §5.9.4). */
const WHOLE_PATH = 0xffff_ffff;

type Resolved = NodeId | StatusCode;
type Names = Pick<OpcuaDevice, 'namespaces' | 'root'>;

/** The index of a namespace in the server's table; undefined when the server has no such namespace. */
export function namespaceIndex(
  ref: NamespaceRef,
  table: readonly string[],
  prefixes: ReadonlyMap<string, string>,
): number | undefined {
  if ('index' in ref) return ref.index < table.length ? ref.index : undefined;
  const uri = 'prefix' in ref ? prefixes.get(ref.prefix) : ref.uri;
  const index = uri === undefined ? -1 : table.indexOf(uri);
  return index < 0 ? undefined : index;
}

/** A node by its id and the URI of its namespace, as it can be written down. Pure. */
export function nodeRefOf(node: NodeId, table: readonly string[]): NodeRef {
  const { namespace: index } = node;
  const uri = table[index];
  const namespace = index === 0 || uri === undefined ? { index } : { uri };
  return { kind: 'id', namespace, id: node.toString().replace(/^ns=\d+;/, '') };
}

/**
 * One NodeId or bad status for each reference, in their order. BadNodeIdUnknown: the server has no such namespace.
 * BadNoMatch: nothing is there by that path. BadTooManyMatches: several nodes are. A NodeId that was written as one is
 * not looked up. Rejects as `ask` does.
 */
export async function resolveNodes(
  link: AskingLink,
  device: Names,
  refs: readonly NodeRef[],
): Promise<readonly Resolved[]> {
  const place = new Place(link, device.namespaces);
  const isRelative = refs.some((ref) => ref.kind === 'path' && !ref.absolute);
  if (device.root === undefined || !isRelative) return place.resolve(refs, OBJECTS);
  const [root = StatusCodes.BadNoMatch] = await place.resolve([device.root], OBJECTS);
  return place.resolve(refs, root);
}

/** A path on its way down: where it has come to, and what is left of it. */
interface Walk {
  at: Resolved;
  steps: readonly QualifiedStep[];
}
interface QualifiedStep {
  /** Undefined: any. */
  readonly namespace: number | undefined;
  readonly name: string;
}
/** Steps that are taken at once from one node. */
interface Stretch {
  readonly from: NodeId;
  readonly steps: readonly QualifiedStep[];
}

class Place {
  readonly #link: AskingLink;
  readonly #prefixes: ReadonlyMap<string, string>;
  /** Until the server says that it cannot. */
  #isTranslating = true;

  constructor(link: AskingLink, prefixes: ReadonlyMap<string, string>) {
    this.#link = link;
    this.#prefixes = prefixes;
  }

  async resolve(refs: readonly NodeRef[], root: Resolved): Promise<readonly Resolved[]> {
    const walks = refs.map((ref) => this.#walkOf(ref, root));
    for (;;) {
      const open = walks.filter((walk) => walk.at instanceof NodeId && walk.steps.length > 0);
      if (open.length === 0) return walks.map(({ at }) => at);
      await this.#advance(open);
    }
  }

  #walkOf(ref: NodeRef, root: Resolved): Walk {
    if (ref.kind === 'id') {
      const index = this.#indexOf(ref.namespace);
      const isKnown = index !== undefined;
      return {
        at: isKnown ? coerceNodeId(ref.id, index) : StatusCodes.BadNodeIdUnknown,
        steps: [],
      };
    }
    const steps = ref.steps.map((step) => this.#qualified(step));
    return steps.every((step) => step !== undefined)
      ? { at: ref.absolute ? ROOT : root, steps }
      : { at: StatusCodes.BadNodeIdUnknown, steps: [] };
  }

  #indexOf(ref: NamespaceRef): number | undefined {
    return namespaceIndex(ref, this.#link.namespaces, this.#prefixes);
  }

  #qualified({ namespace, name }: PathStep): QualifiedStep | undefined {
    if (namespace === undefined) return { namespace, name };
    const index = this.#indexOf(namespace);
    return index === undefined ? undefined : { namespace: index, name };
  }

  /** Takes every walk on: as far as its names have namespaces, or one step where the next has none. */
  async #advance(walks: readonly Walk[]): Promise<void> {
    const stretches = new Map<string, Stretch>();
    const keys = walks.map(({ at, steps }) => {
      const stretch = { from: at as NodeId, steps: this.#stretchOf(steps) };
      const key = JSON.stringify([stretch.from.toString(), stretch.steps]);
      stretches.set(key, stretch);
      return key;
    });
    let targets: ReadonlyMap<Stretch, Resolved>;
    try {
      targets = await this.#targetsOf([...stretches.values()]);
    } catch (error) {
      if (!this.#isTranslating || !isUnsupported(error)) throw error;
      this.#isTranslating = false;
      return;
    }
    for (const [i, walk] of walks.entries()) {
      const stretch = stretches.get(keys[i] ?? '');
      walk.at = (stretch && targets.get(stretch)) ?? StatusCodes.BadNoMatch;
      walk.steps = walk.steps.slice(stretch?.steps.length);
    }
  }

  #stretchOf(steps: readonly QualifiedStep[]): readonly QualifiedStep[] {
    if (!this.#isTranslating) return steps.slice(0, 1);
    const free = steps.findIndex(isFree);
    return free < 0 ? steps : steps.slice(0, Math.max(1, free));
  }

  /** A name without a namespace is tried with all of them, as long as one request does; else children are browsed. */
  async #targetsOf(stretches: readonly Stretch[]): Promise<ReadonlyMap<Stretch, Resolved>> {
    const { namespaces } = this.#link;
    const free = stretches.filter(({ steps: [first] }) => first && isFree(first));
    const isFew = free.length * namespaces.length <= limitOf(this.#link, 'nodesPerTranslate');
    const browsed = new Set(!this.#isTranslating ? stretches : isFew ? [] : free);
    const translated = stretches.filter((stretch) => !browsed.has(stretch));
    return new Map([...(await this.#translate(translated)), ...(await this.#browse([...browsed]))]);
  }

  async #translate(
    stretches: readonly Stretch[],
  ): Promise<readonly (readonly [Stretch, Resolved])[]> {
    const tries = stretches.flatMap((stretch) =>
      stretch.steps.some(isFree)
        ? this.#link.namespaces.map((_, namespace) => ({ stretch, namespace }))
        : [{ stretch, namespace: 0 }],
    );
    const answers = await inChunks(this.#link, 'nodesPerTranslate', tries, async (chunk) => {
      const browsePaths = chunk.map(({ stretch, namespace }) => browsePathOf(stretch, namespace));
      const request = new TranslateBrowsePathsToNodeIdsRequest({ browsePaths });
      const response = await this.#link.ask<TranslateBrowsePathsToNodeIdsResponse>(request);
      return response.results;
    });
    const found = new Map<Stretch, Resolved[]>();
    for (const [i, { stretch }] of tries.entries()) {
      const { statusCode, targets } = answers[i] as BrowsePathResult;
      const here = (targets ?? [])
        .filter(({ remainingPathIndex }) => remainingPathIndex === WHOLE_PATH)
        .flatMap(({ targetId }) => localId(targetId, this.#link.namespaces) ?? []);
      found.set(stretch, [...(found.get(stretch) ?? []), ...here, statusCode]);
    }
    return [...found].map(([stretch, all]) => [stretch, onlyOne(all)]);
  }

  async #browse(stretches: readonly Stretch[]): Promise<readonly (readonly [Stretch, Resolved])[]> {
    const parents = new Map(stretches.map(({ from }) => [from.toString(), from]));
    const options = { most: MOST_CHILDREN };
    const all = await childrenOf(this.#link, [...parents.values()], options);
    const children = new Map([...parents.keys()].map((key, i) => [key, all[i]]));
    return stretches.map((stretch) => {
      const { status = StatusCodes.BadNoMatch, references = [] } =
        children.get(stretch.from.toString()) ?? {};
      const [step] = stretch.steps;
      const matches = references
        .filter(
          ({ browseName: { name, namespaceIndex } }) =>
            name === step?.name && (step.namespace ?? namespaceIndex) === namespaceIndex,
        )
        .flatMap(({ nodeId }) => localId(nodeId, this.#link.namespaces) ?? []);
      return [stretch, onlyOne([...matches, status])];
    });
  }
}

const isFree = ({ namespace }: QualifiedStep): boolean => namespace === undefined;

const browsePathOf = ({ from, steps }: Stretch, namespace: number) => ({
  startingNode: from,
  relativePath: {
    elements: steps.map((step) => ({
      referenceTypeId: HIERARCHICAL,
      isInverse: false,
      includeSubtypes: true,
      targetName: { namespaceIndex: step.namespace ?? namespace, name: step.name },
    })),
  },
});

/** Of all that was found and said: the one node, or why there is not exactly one. */
function onlyOne(all: readonly Resolved[]): Resolved {
  const nodes = new Map<string, NodeId>();
  const said: StatusCode[] = [];
  for (const one of all)
    if (one instanceof NodeId) nodes.set(one.toString(), one);
    else if (isBad(one) && !one.equals(StatusCodes.BadNoMatch)) said.push(one);
  const [first] = nodes.values();
  if (first === undefined) return said[0] ?? StatusCodes.BadNoMatch;
  return nodes.size === 1 ? first : StatusCodes.BadTooManyMatches;
}

/** The two severity bits of a status (OPC 10000-4 §7.39.1). */
const isBad = ({ value }: StatusCode): boolean => value >>> 30 >= 2;

const isUnsupported = (error: unknown): boolean =>
  error instanceof ServiceFault &&
  (error.status.equals(StatusCodes.BadServiceUnsupported) ||
    error.status.equals(StatusCodes.BadNotImplemented));
