/** Nodes of a server as people and programs read them. Pure. */
import type { BrowsedNode, VariableFacts } from '../../../drivers/opcua/browse.ts';
import { nodeText } from '../../../drivers/opcua/node-ref.ts';
import { pickerOf } from '../../../drivers/opcua/picker.ts';
import { nodeRefOf } from '../../../drivers/opcua/resolve.ts';
import { NodeClass } from '../../../drivers/opcua/stack.ts';
import { isUsable } from '../../../drivers/opcua/value.ts';
import { printable } from '../../host/quoted.ts';
import { plainValue } from '../../model/sample.ts';

const LONGEST_VALUE = 40;
const LONGEST_NAME = 100;
const LONGEST_LINE = 1_000;
const WHOLE = pickerOf({ index: undefined, field: [] }, undefined);

/** The node as an address of a site, `nsu=http://vendor/;s=Axis1`. */
export const addressOf = ({ nodeId }: BrowsedNode, namespaces: readonly string[]): string =>
  nodeText(nodeRefOf(nodeId, namespaces));

/** Browse names from where it began, `Cell/Axes/Axis1`. */
export const pathOf = ({ path }: Pick<BrowsedNode, 'path'>): string =>
  path.map(({ name }) => name).join('/');

/** `Double`, `ModeEnum[]`. */
export const typeText = ({ typeName, valueRank }: VariableFacts): string =>
  `${typeName || '?'}${valueRank > 0 ? '[]'.repeat(valueRank) : ''}`;

/** `r`, `w`, `rw`, or nothing. */
export const accessText = ({ isReadable, isWritable }: VariableFacts): string =>
  `${isReadable ? 'r' : ''}${isWritable ? 'w' : ''}`;

/** The value as a line can hold it: an enumeration by its name, of what is not one value its size or nothing. */
export function valueText({ value: { statusCode, value }, names }: VariableFacts): string {
  if (!isUsable(statusCode)) return statusCode.name;
  const picked = WHOLE(value);
  if (picked === undefined) {
    const { length } = Object(value.value) as { readonly length?: unknown };
    return typeof length === 'number' ? `(${length})` : '…';
  }
  const named = typeof picked === 'number' ? names?.get(picked) : undefined;
  const text = named ?? `${plainValue(picked) ?? '—'}`;
  return printable(text.replace(/\s+/g, ' '), LONGEST_VALUE);
}

/** What stands behind the name: the NodeId, and of a variable its type, value, unit and access. */
export function nodeLine(node: BrowsedNode, namespaces: readonly string[]): string {
  const { variable, nodeClass } = node;
  const kind = nodeClass === NodeClass.Method ? ['method'] : [];
  const facts = variable && [
    typeText(variable),
    [valueText(variable), variable.unit].filter(Boolean).join(' '),
    accessText(variable) || '-',
  ];
  const name = printable(node.displayName, LONGEST_NAME);
  const address = printable(addressOf(node, namespaces), LONGEST_LINE);
  return [name, address, ...kind, ...(facts ?? [])].join('  ');
}

/** A node that was searched for: where it is comes first. */
export const matchLine = (node: BrowsedNode, namespaces: readonly string[]): string =>
  `${printable(pathOf(node), LONGEST_LINE)}  ${nodeLine(node, namespaces)}`;

/** All nodes below each other, in the order in which they were found. */
export function renderTree(
  nodes: readonly BrowsedNode[],
  namespaces: readonly string[],
): readonly string[] {
  const below = Map.groupBy(nodes, ({ parent }) => parent);
  const lines: string[] = [];
  const pending = (below.get(undefined) ?? []).toReversed();
  for (let node = pending.pop(); node; node = pending.pop()) {
    lines.push(`${'  '.repeat(node.depth)}${nodeLine(node, namespaces)}`);
    pending.push(...(below.get(node.nodeId.toString()) ?? []).toReversed());
  }
  return lines;
}

/** The JSON of a node. */
export function nodeFields(node: BrowsedNode, namespaces: readonly string[]) {
  const { variable, displayName, nodeClass, depth } = node;
  return {
    address: addressOf(node, namespaces),
    path: pathOf(node),
    name: displayName,
    class: (NodeClass[nodeClass] ?? '').toLowerCase(),
    depth,
    ...(variable && {
      type: typeText(variable),
      value: isUsable(variable.value.statusCode)
        ? plainValue(WHOLE(variable.value.value) ?? null)
        : null,
      status: variable.value.statusCode.name,
      access: accessText(variable),
      ...(variable.unit && { unit: variable.unit }),
      ...(variable.names && { names: Object.fromEntries(variable.names) }),
    }),
  };
}
