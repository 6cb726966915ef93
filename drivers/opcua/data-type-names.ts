/** Data types as people know them: their names, and the names that an enumeration has for its numbers. */
import { type AskingLink, childrenOf } from './references.ts';
import { AttributeIds, DataType, type DataValue, type NodeId } from './stack.ts';

/** The built-in types are numbered as in their encoding (OPC 10000-6 §5.1.2). */
const HIGHEST_BUILT_IN = 25;
/** More properties of types than any server has. */
const MOST_PROPERTIES = 100_000;

type ReadNodes = (
  nodes: readonly { readonly nodeId: NodeId; readonly attributeId: AttributeIds }[],
) => Promise<readonly DataValue[]>;

export class TypeNames {
  readonly #link: AskingLink;
  readonly #read: ReadNodes;
  readonly #names = new Map<string, string>();
  readonly #enums = new Map<string, ReadonlyMap<number, string>>();

  constructor(link: AskingLink, read: ReadNodes) {
    this.#link = link;
    this.#read = read;
  }

  /** Asks the server about the types that are not known yet. Rejects as `ask` does. */
  async learn(types: readonly NodeId[]): Promise<void> {
    const unknown = new Map<string, NodeId>();
    for (const type of types)
      if (builtInName(type) === undefined && !this.#names.has(type.toString()))
        unknown.set(type.toString(), type);
    const ids = [...unknown.values()];
    if (ids.length === 0) return;
    const names = await this.#read(
      ids.map((nodeId) => ({ nodeId, attributeId: AttributeIds.BrowseName })),
    );
    const below = await childrenOf(this.#link, ids, { most: MOST_PROPERTIES });
    const told = ids.flatMap((type, i) =>
      (below[i]?.references ?? [])
        .filter(({ browseName: { name } }) => name === 'EnumStrings' || name === 'EnumValues')
        .map(({ nodeId }) => ({ type, nodeId })),
    );
    const values = await this.#read(
      told.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })),
    );
    for (const [i, type] of ids.entries()) {
      const name: unknown = names[i]?.value.value;
      this.#names.set(type.toString(), nameIn(name) ?? type.toString());
    }
    for (const [i, { type }] of told.entries()) {
      const known = enumNames(values[i]?.value.value);
      if (known) this.#enums.set(type.toString(), known);
    }
  }

  /** The NodeId as text for a type that was not learnt. */
  nameOf(type: NodeId): string {
    return builtInName(type) ?? this.#names.get(type.toString()) ?? type.toString();
  }

  /** Undefined for what is no enumeration. */
  enumOf(type: NodeId): ReadonlyMap<number, string> | undefined {
    return this.#enums.get(type.toString());
  }
}

const builtInName = ({ namespace, value }: NodeId): string | undefined =>
  namespace === 0 && typeof value === 'number' && value > 0 && value <= HIGHEST_BUILT_IN
    ? DataType[value]
    : undefined;

/** EnumStrings, or EnumValues (OPC 10000-3 §8.40). Undefined for anything else. */
export function enumNames(told: unknown): ReadonlyMap<number, string> | undefined {
  if (!Array.isArray(told) || told.length === 0) return undefined;
  const names = new Map<number, string>();
  for (const [i, one] of told.entries()) {
    const text = textIn(one) ?? textIn(fieldOf(one, 'displayName'));
    const number = numberIn(fieldOf(one, 'value')) ?? i;
    if (text !== undefined) names.set(number, text);
  }
  return names.size > 0 ? names : undefined;
}

/** What a unit is shown as: the display name in EngineeringUnits (OPC 10000-8 §5.6.3). */
export const unitOf = (told: unknown): string | undefined =>
  textIn(fieldOf(told, 'displayName'))?.trim() || undefined;

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

const stringOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const textIn = (value: unknown): string | undefined => stringOf(fieldOf(value, 'text'));
const nameIn = (value: unknown): string | undefined => stringOf(fieldOf(value, 'name'));

/** An Int64 comes as its two halves. */
function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const low: unknown = Array.isArray(value) ? value[1] : undefined;
  return typeof low === 'number' ? low : undefined;
}
