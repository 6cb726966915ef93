/**
 * Where a tag stands in an OPC UA server, as people write it: a node (see node-ref.ts), and behind a space what is meant
 * of its value:
 *
 * - `ns=2;s=Cell.Data [3]` — an element of an array, counted from 0; `[1,2]` of one with two dimensions.
 * - `ns=2;s=Cell.Data .pos.x` — a field of a structure; `[3] .items[2].name` — of an element, an element inside.
 * - `call ns=2;s=Cell ns=2;s=Cell.Start` — a method and before it the object it is called on.
 *
 * An identifier may have dots, brackets and spaces in it as it is; a space before a dot or a bracket that belong to the
 * identifier, and any space inside the two nodes of a call, has a `&` in front.
 */
import type { Refusal } from '../../gateway/host/schema.ts';
import type { OpcuaAddress } from './device.ts';
import { nodeText, parseNode } from './node-ref.ts';

/** What the text of an address says. */
export type Place = Pick<OpcuaAddress, 'node' | 'object' | 'index' | 'field'>;

/** OPC 10000-6 §5.2.2.16: dimensions are Int32. */
const HIGHEST_INDEX = 0x7fff_fffe;
/** Deeper structures and arrays have not been seen. */
const MOST_PARTS = 32;

/** Reads the text of a tag's `address:`. */
export function opcuaAddress(text: string): { readonly value: Place } | Refusal {
  const [, written = ''] = /^\s*((?:&.|[^&]|&$)*?)\s*$/s.exec(text) ?? [];
  if (/^call(\s|$)/.test(written)) return parseCall(written.slice('call'.length));
  const [, base = '', behind = ''] = BEHIND.exec(written) ?? ['', written];
  const node = parseNode(base);
  if ('code' in node) return node;
  const parts = parseParts(behind);
  if (parts === undefined) return { code: 'opcua.element-form', details: { part: behind } };
  return { value: { node: node.value, object: undefined, ...parts } };
}

/** What stands in front of an unescaped space with a bracket or a dot behind it, and what stands there. */
const BEHIND = /^((?:&.|[^&])*?)\s+([[.].*)$/s;

function parseCall(text: string): { readonly value: Place } | Refusal {
  const [, first, second] = TWO_NODES.exec(text) ?? [];
  if (first === undefined || second === undefined) return { code: 'opcua.call-form' };
  const object = parseNode(first);
  if ('code' in object) return object;
  const node = parseNode(second);
  if ('code' in node) return node;
  return { value: { node: node.value, object: object.value, index: undefined, field: [] } };
}

const TWO_NODES = /^\s+((?:&.|[^&\s])+)\s+((?:&.|[^&\s])+)$/s;

/** `[3] .items[1,2].name` */
function parseParts(text: string): Pick<Place, 'index' | 'field'> | undefined {
  let index: number[] | undefined;
  const field: (string | number)[] = [];
  let end = 0;
  for (const { index: at, 0: part, 1: indexes, 2: name } of text.matchAll(PARTS)) {
    if (at !== end) return undefined;
    end = at + part.length;
    const numbers = (indexes ?? '').split(',').map(Number);
    if (name !== undefined) field.push(name.replace(/&(.)/gs, '$1'));
    else if (numbers.some((number) => number > HIGHEST_INDEX)) return undefined;
    else if (field.length > 0) field.push(...numbers);
    else if (index === undefined) index = numbers;
    else return undefined;
  }
  const isRead = end === text.length && field.length + (index?.length ?? 0) <= MOST_PARTS;
  return isRead ? { index, field } : undefined;
}

const PARTS = /\s*(?:\[(\d{1,10}(?:,\d{1,10})*)\]|\.((?:&.|[^&.[\]\s])+))/gs;

/** The text that parses to the same place. */
export function addressText({ node, object, index, field }: Place): string {
  if (object !== undefined) return `call ${nodeText(object, true)} ${nodeText(node, true)}`;
  const element = index === undefined ? '' : ` [${index.join(',')}]`;
  const inside = field.map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${part.replace(/[&.[\]\s]/g, '&$&')}`,
  );
  // A browse name may begin with the word that begins a call.
  const base = nodeText(node).replace(/^call(?=\s|$)/, '&$&');
  return base + element + (inside.length > 0 ? ` ${inside.join('')}` : '');
}
