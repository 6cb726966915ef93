/**
 * A node of a server, as people write it:
 *
 * - `ns=2;s=Axis1.Pos`, `nsu=http://vendor/x/;i=1001`, `robot:s=Axis1` — the namespace by its index, its URI or a prefix
 *   of the device, then the identifier: `i=` number, `s=` text, `g=` GUID, `b=` base64. Without a namespace it is one
 *   of OPC UA itself. In a URI `%3B` is a semicolon and `%25` a percent sign (OPC 10000-6 §5.1.12).
 * - `/Objects/2:DeviceSet/robot:Axes` — browse names from the server's Root folder; `MotionDevices/Robot` — from the
 *   device's root. Before a name stands the index, the prefix or `{URI}` of its namespace, or nothing for any.
 *
 * In names the characters `/ . < > : # ! &` stand behind a `&` (OPC 10000-4 Annex A.2); any other may. In identifiers
 * only `&&` and `&` with a space mean the second character alone.
 */
import type { Refusal } from '../../gateway/host/schema.ts';
import type { NamespaceRef, NodeRef, PathStep } from './device.ts';

type Read<T> = { readonly value: T } | Refusal;

/** What a prefix may look like; a digit in front would be an index. */
export const PREFIX = /^[A-Za-z_][\w-]{0,31}$/;
/** OPC 10000-3 §8.2.4. */
const LONGEST_IDENTIFIER = 4_096;
const HIGHEST_INDEX = 0xffff;
const HIGHEST_NUMBER = 0xffff_ffff;
const STANDARD: NamespaceRef = { index: 0 };
const FORM: Refusal = { code: 'opcua.address-form' };

/** Reads one node. Where spaces end it is for the caller to know. */
export function parseNode(text: string): Read<NodeRef> {
  const [, index, uri, prefix, id] = BY_ID.exec(text) ?? [];
  if (id === undefined) return MEANT_AS_ID.test(text) ? FORM : parsePath(text);
  const namespace = namespaceOf(index, uri, prefix);
  const identifier = id.replace(/&([&\s])/g, '$1');
  if (namespace === undefined || !isIdentifier(identifier)) return FORM;
  return { value: { kind: 'id', namespace, id: identifier } };
}

const MEANT_AS_ID = /^(?:nsu?|(?:[A-Za-z_][\w-]*:)?[isgb])=/;
const BY_ID = /^(?:ns=(\d{1,5});|nsu=([^;]+);|([A-Za-z_][\w-]{0,31}):)?([isgb]=.+)$/s;

function namespaceOf(
  index: string | undefined,
  uri: string | undefined,
  prefix: string | undefined,
): NamespaceRef | undefined {
  if (uri !== undefined) return { uri: uri.replace(/%3b/gi, ';').replace(/%25/g, '%') };
  if (prefix !== undefined) return { prefix };
  if (index === undefined) return STANDARD;
  return Number(index) <= HIGHEST_INDEX ? { index: Number(index) } : undefined;
}

function isIdentifier(id: string): boolean {
  const body = id.slice(2);
  switch (id[0]) {
    case 'i':
      return /^\d{1,10}$/.test(body) && Number(body) <= HIGHEST_NUMBER;
    case 'g':
      return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(body);
    case 'b':
      return /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/.test(body);
    default:
      return body.length <= LONGEST_IDENTIFIER;
  }
}

function parsePath(text: string): Read<NodeRef> {
  const absolute = text.startsWith('/');
  const steps: PathStep[] = [];
  for (const [, part = ''] of (absolute ? text.slice(1) : text).matchAll(PARTS)) {
    const step = parseStep(part);
    if ('code' in step) return step;
    steps.push(step.value);
  }
  return { value: { kind: 'path', absolute, steps } };
}

/** Divided at each `/` that is neither escaped nor within the braces of a URI. */
const PARTS = /(?:^|\/)((?:\{[^}]*\})?(?:&.|[^/])*)/gs;

function parseStep(part: string): Read<PathStep> {
  const [, uri, index, prefix, written = ''] = STEP.exec(part) ?? [];
  const reserved = /[.<>:#!&]/.exec(written.replace(/&./gs, ''))?.[0];
  if (reserved !== undefined)
    return { code: 'opcua.path-escape', details: { name: written, character: reserved } };
  const isNamed = (uri ?? index ?? prefix) !== undefined;
  const namespace = isNamed
    ? uri === undefined
      ? namespaceOf(index, undefined, prefix)
      : { uri }
    : undefined;
  if (written === '' || (isNamed && namespace === undefined)) return FORM;
  return { value: { namespace, name: written.replace(/&(.)/gs, '$1') } };
}

const STEP = /^(?:\{([^}]+)\}|(\d{1,5}):|([A-Za-z_][\w-]{0,31}):)?(.*)$/s;

/** The text that parses to the same node; `ended` where a space ends it. */
export function nodeText(node: NodeRef, ended = false): string {
  if (node.kind === 'id')
    return (
      namespaceText(node.namespace) + node.id.replace(ended ? /&(?=[&\s]|$)|\s/g : IN_ID, '&$&')
    );
  const path = node.steps.map((step) => stepText(step, ended)).join('/');
  return node.absolute ? `/${path}` : path;
}

/** A space before an index or a field would end the node, as one at its end. */
const IN_ID = /&(?=[&\s]|$)|\s(?=[[.]|$)/g;
/** An `=` could make an identifier of the name, a brace a URI. */
const IN_NAME = /[/.<>:#!&=]|^[{\s]|\s(?=[[.]|$)/g;

function namespaceText(namespace: NamespaceRef): string {
  if ('uri' in namespace) return `nsu=${namespace.uri.replace(/%/g, '%25').replace(/;/g, '%3B')};`;
  if ('prefix' in namespace) return `${namespace.prefix}:`;
  return namespace.index === 0 ? '' : `ns=${namespace.index};`;
}

function stepText({ namespace, name }: PathStep, ended: boolean): string {
  const text = name.replace(ended ? /[/.<>:#!&=\s]|^\{/g : IN_NAME, '&$&');
  if (namespace === undefined) return text;
  if ('uri' in namespace) return `{${namespace.uri}}${text}`;
  return `${'prefix' in namespace ? namespace.prefix : namespace.index}:${text}`;
}

/** A prefix that is none of the device's; undefined where all are known. */
export function unknownPrefix(
  node: NodeRef | undefined,
  namespaces: ReadonlyMap<string, string>,
): Refusal | undefined {
  const unknown = namespacesOf(node).find((one) => 'prefix' in one && !namespaces.has(one.prefix));
  if (unknown === undefined || !('prefix' in unknown)) return undefined;
  const known = [...namespaces.keys()].join(', ') || '-';
  return { code: 'opcua.prefix-unknown', details: { prefix: unknown.prefix, known } };
}

function namespacesOf(node: NodeRef | undefined): readonly NamespaceRef[] {
  if (node === undefined) return [];
  return node.kind === 'id' ? [node.namespace] : node.steps.flatMap((step) => step.namespace ?? []);
}
