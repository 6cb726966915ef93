/**
 * What a server says about the types of its variables: what a value travels as, the names of an enumeration, the fields
 * of a structure. Asked once per connection and type.
 */
import { TypeNames } from './data-type-names.ts';
import { inChunks } from './limits.ts';
import type { AskingLink } from './references.ts';
import { scalarValue } from './scalar.ts';
import {
  AttributeIds,
  BrowseDirection,
  BrowseRequest,
  type BrowseResponse,
  coerceNodeId,
  DataType,
  DataTypeDefinition,
  type DataValue,
  NodeId,
  ReadRequest,
  type ReadResponse,
} from './stack.ts';
import type { DataTypeInfo, Structure, TypeBook } from './structure.ts';

/** What is known of a variable before its first value comes. */
export interface ValueType extends DataTypeInfo {
  /** -1 a scalar, 1 an array, more a matrix; below -1 or 0 both may come (OPC 10000-3 §5.6.2). */
  readonly rank: number;
  readonly book: TypeBook;
}

/** The most types that are kept of one connection; of further ones nothing is known. */
export const MOST_TYPES = 5_000;
/** Types stand on types; no specification goes deeper. */
const DEEPEST = 32;

/** Numbers of data types in namespace 0 (OPC 10000-6 annex A). */
const BASE = 24;
const HIGHEST_BUILT_IN = 25;
const ENUMERATION = 29;
const ANY = new Set([BASE, 26, 27, 28]);
const HAS_SUBTYPE = coerceNodeId('i=45');
const ALL_FIELDS = 0x3f;

/**
 * By the text form of the node, the type of each variable that the server knows one of. Rejects as `ask` does.
 */
export async function readTypes(
  link: AskingLink,
  nodes: readonly NodeId[],
): Promise<ReadonlyMap<string, ValueType>> {
  const known = bookOf(link);
  const values = await readAttributes(
    link,
    nodes.flatMap((nodeId) =>
      [AttributeIds.DataType, AttributeIds.ValueRank].map((attributeId) => ({
        nodeId,
        attributeId,
      })),
    ),
  );
  const wanted = nodes.flatMap((node, i) => {
    const type: unknown = values[2 * i]?.value.value;
    const rank: unknown = values[2 * i + 1]?.value.value;
    return type instanceof NodeId
      ? [{ node, type, rank: typeof rank === 'number' ? rank : -2 }]
      : [];
  });
  await known.learn(
    link,
    wanted.map(({ type }) => type),
  );
  const types = new Map<string, ValueType>();
  for (const { node, type, rank } of wanted) {
    const info = known.typeOf(type.toString());
    if (info) types.set(node.toString(), { ...info, rank, book: known });
  }
  known.remember(types);
  return types;
}

/** The type of a variable as it was last read over this connection. */
export const rememberedType = (link: AskingLink, node: NodeId): ValueType | undefined =>
  bookOf(link).variable(node.toString());

/** The variable has another type now; the next to ask reads it again. */
export const forgetType = (link: AskingLink, node: NodeId): void =>
  bookOf(link).forget(node.toString());

/** What is known of data types by themselves, such as those of a method's arguments. */
export async function readDataTypes(link: AskingLink, types: readonly NodeId[]): Promise<TypeBook> {
  const known = bookOf(link);
  await known.learn(link, types);
  return known;
}

/** A connection has a namespace table of its own; what was learnt with another may have other numbers now. */
const books = new WeakMap<readonly string[], LearntTypes>();

function bookOf({ namespaces }: AskingLink): LearntTypes {
  const known = books.get(namespaces) ?? new LearntTypes();
  books.set(namespaces, known);
  return known;
}

/** A data type while it is asked about. */
interface Asked {
  readonly node: NodeId;
  readonly definition: unknown;
}

/** As many tags as a site may have. */
const MOST_VARIABLES = 50_000;

class LearntTypes implements TypeBook {
  readonly #types = new Map<string, DataTypeInfo>();
  readonly #encodings = new Map<string, DataTypeInfo>();
  /** Each type's supertype; undefined where the server names none. */
  readonly #parents = new Map<string, NodeId | undefined>();
  readonly #variables = new Map<string, ValueType>();

  typeOf(key: string): DataTypeInfo | undefined {
    return this.#types.get(key);
  }

  variable(node: string): ValueType | undefined {
    return this.#variables.get(node);
  }

  remember(types: ReadonlyMap<string, ValueType>): void {
    if (this.#variables.size + types.size > MOST_VARIABLES) this.#variables.clear();
    for (const [node, type] of types) this.#variables.set(node, type);
  }

  forget(node: string): void {
    this.#variables.delete(node);
  }

  byEncoding(key: string): DataTypeInfo | undefined {
    return this.#encodings.get(key);
  }

  /** Asks about those that are not known yet, and about the types of their fields. */
  async learn(link: AskingLink, types: readonly NodeId[]): Promise<void> {
    let next = this.#unknown(types);
    for (let depth = 0; next.length > 0 && depth < DEEPEST; depth++) {
      const definitions = await readAttributes(
        link,
        next.map((nodeId) => ({ nodeId, attributeId: AttributeIds.DataTypeDefinition })),
      );
      const asked = next.map((node, i) => ({ node, definition: definitions[i]?.value.value }));
      await this.#learnParents(link, next);
      await this.#learnEnumerations(link, asked);
      for (const { node, definition } of asked) this.#add(node, definition);
      next = this.#unknown(
        asked.flatMap(({ definition }) =>
          isStructureDefinition(definition)
            ? (definition.fields ?? []).map(({ dataType }) => dataType)
            : [],
        ),
      );
    }
  }

  /** Also notes what needs no asking: the built-in types have their own numbers. */
  #unknown(types: readonly NodeId[]): readonly NodeId[] {
    const unknown = new Map<string, NodeId>();
    for (const type of types) {
      const key = type.toString();
      if (this.#types.has(key)) continue;
      const builtIn = builtInOf(type);
      if (builtIn) this.#types.set(key, builtIn);
      else if (this.#types.size + unknown.size < MOST_TYPES) unknown.set(key, type);
    }
    return [...unknown.values()];
  }

  async #learnParents(link: AskingLink, types: readonly NodeId[]): Promise<void> {
    let next = types.filter((type) => !this.#parents.has(type.toString()));
    for (let depth = 0; next.length > 0 && depth < DEEPEST; depth++) {
      const parents = await supertypesOf(link, next);
      for (const [i, type] of next.entries()) this.#parents.set(type.toString(), parents[i]);
      const above = new Map(parents.flatMap((one) => (one ? [[one.toString(), one]] : [])));
      next = [...above.values()].filter(
        (type) => builtInOf(type) === undefined && !this.#parents.has(type.toString()),
      );
    }
  }

  /** Enumerations of older servers have their names in properties. */
  async #learnEnumerations(link: AskingLink, asked: readonly Asked[]): Promise<void> {
    const untold = asked
      .filter(({ node, definition }) => {
        const isTold = isEnumDefinition(definition);
        return !isTold && this.#rootOf(node)?.value === ENUMERATION;
      })
      .map(({ node }) => node);
    if (untold.length === 0) return;
    const names = new TypeNames(link, (nodes) => readAttributes(link, nodes));
    await names.learn(untold);
    for (const node of untold) this.#types.set(node.toString(), enumeration(names.enumOf(node)));
  }

  #add(node: NodeId, definition: unknown): void {
    const key = node.toString();
    if (this.#types.has(key)) return;
    if (isStructureDefinition(definition)) {
      const structure = structureOf(definition);
      const info = { builtIn: DataType.ExtensionObject, names: undefined, structure };
      this.#types.set(key, info);
      const encoding = definition.defaultEncodingId;
      if (encoding instanceof NodeId) this.#encodings.set(encoding.toString(), info);
      return;
    }
    const root = this.#rootOf(node);
    if (root?.value === ENUMERATION && isEnumDefinition(definition))
      this.#types.set(key, enumeration(namesIn(definition)));
    else if (root) this.#types.set(key, builtInOf(root) ?? UNKNOWN);
    else this.#types.set(key, UNKNOWN);
  }

  /** The nearest supertype that every server has; undefined where the way up is broken. */
  #rootOf(type: NodeId): NodeId | undefined {
    let at: NodeId | undefined = type;
    for (let depth = 0; at && depth < DEEPEST; depth++) {
      if (builtInOf(at)) return at;
      at = this.#parents.get(at.toString());
    }
    return undefined;
  }
}

const UNKNOWN: DataTypeInfo = { builtIn: undefined, names: undefined, structure: undefined };

const enumeration = (names: ReadonlyMap<number, string> | undefined): DataTypeInfo => ({
  builtIn: DataType.Int32,
  names,
  structure: undefined,
});

/** Of the types of the standard that others stand on. */
function builtInOf({ namespace, value }: NodeId): DataTypeInfo | undefined {
  if (namespace !== 0 || typeof value !== 'number' || value === 0) return undefined;
  if (ANY.has(value)) return UNKNOWN;
  if (value === ENUMERATION) return enumeration(undefined);
  return value <= HIGHEST_BUILT_IN
    ? { builtIn: value, names: undefined, structure: undefined }
    : undefined;
}

/** The stack's own classes are not among what its client gives away. */
interface StructureDefinition {
  readonly structureType: number;
  readonly defaultEncodingId: NodeId;
  readonly fields: readonly DefinedField[] | null;
}
interface DefinedField {
  readonly name: string | null;
  readonly dataType: NodeId;
  readonly valueRank: number;
  readonly isOptional: boolean;
}
interface EnumDefinition {
  readonly fields: readonly { readonly name: string | null; readonly value: unknown }[] | null;
}

const isStructureDefinition = (definition: unknown): definition is StructureDefinition =>
  definition instanceof DataTypeDefinition && 'structureType' in definition;
const isEnumDefinition = (definition: unknown): definition is EnumDefinition =>
  definition instanceof DataTypeDefinition && !('structureType' in definition);

/** In the order of the numbers that stand for them (OPC 10000-3 §8.49). */
const KINDS = ['plain', 'optional', 'union', 'subtypes', 'union-subtypes'] as const;

const structureOf = ({ structureType, fields }: StructureDefinition): Structure => ({
  kind: KINDS[structureType] ?? 'plain',
  fields: (fields ?? []).map(({ name, dataType, valueRank, isOptional }) => ({
    name: name ?? '',
    type: dataType.toString(),
    rank: valueRank,
    isOptional,
  })),
});

function namesIn({ fields }: EnumDefinition): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { name, value } of fields ?? []) {
    const number = scalarValue(DataType.Int64, value);
    if (typeof number === 'number' && name) names.set(number, name);
  }
  return names;
}

async function supertypesOf(
  link: AskingLink,
  types: readonly NodeId[],
): Promise<readonly (NodeId | undefined)[]> {
  return inChunks(link, 'nodesPerBrowse', types, async (chunk) => {
    const nodesToBrowse = chunk.map((nodeId) => ({
      nodeId,
      browseDirection: BrowseDirection.Inverse,
      referenceTypeId: HAS_SUBTYPE,
      includeSubtypes: false,
      nodeClassMask: 0,
      resultMask: ALL_FIELDS,
    }));
    const request = new BrowseRequest({ requestedMaxReferencesPerNode: 0, nodesToBrowse });
    const { results } = await link.ask<BrowseResponse>(request);
    return results?.map(({ references }) => {
      const [first] = references ?? [];
      return (
        first && new NodeId(first.nodeId.identifierType, first.nodeId.value, first.nodeId.namespace)
      );
    });
  });
}

const readAttributes = (
  link: AskingLink,
  nodes: readonly { readonly nodeId: NodeId; readonly attributeId: AttributeIds }[],
): Promise<readonly DataValue[]> =>
  inChunks(link, 'nodesPerRead', nodes, async (nodesToRead) => {
    const request = new ReadRequest({ nodesToRead: [...nodesToRead] });
    const { results } = await link.ask<ReadResponse>(request);
    return results;
  });
