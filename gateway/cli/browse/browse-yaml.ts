/** Variables of a server as YAML for a site: the bus, one device, and a tag for each of them. Pure. */
import type { BrowsedNode, VariableFacts } from '../../../drivers/opcua/browse.ts';
import { type CompanionMatch, companionOf } from '../../../drivers/opcua/companions.ts';
import type { OpcuaBus } from '../../../drivers/opcua/security.ts';
import { printable } from '../../host/quoted.ts';
import { addressOf, typeText, valueText } from './browse-view.ts';
import { quantityOf, uniqueNames } from './tag-names.ts';

const LONGEST_UNIT = 32;
const LONGEST_REMARK = 300;
const MOST_NAMES = 12;

/** A variable that becomes a tag. */
export interface BrowsedTag {
  readonly node: BrowsedNode;
  readonly variable: VariableFacts;
  readonly quantity: string;
  readonly companion: CompanionMatch | undefined;
}

/** The readable variables with a name each; with `isCompanion` only those that a companion specification names. */
export function tagsOf(
  nodes: readonly BrowsedNode[],
  namespaces: readonly string[],
  isCompanion = false,
): readonly BrowsedTag[] {
  const wanted = withoutConditions(nodes).flatMap((node) => {
    const { variable } = node;
    const path = node.path.map(({ namespaceIndex, name }) => ({
      uri: namespaces[namespaceIndex] ?? '',
      name: name ?? '',
    }));
    const companion = companionOf(path);
    if (!variable?.isReadable || (isCompanion && companion === undefined)) return [];
    const wish = companion?.tag ?? nameOf(node);
    return [{ node, variable, companion, wish, within: path.slice(0, -1).map(({ name }) => name) }];
  });
  const names = uniqueNames(wanted);
  return wanted.map(({ node, variable, companion }, i) => ({
    node,
    variable,
    companion,
    quantity: names[i] as string,
  }));
}

/** Every condition has these (OPC 10000-9 §5.5.2), and as tags nobody wants them: alarms have a way of their own. */
const OF_A_CONDITION = ['EventId', 'ConditionClassId'];

function withoutConditions(nodes: readonly BrowsedNode[]): readonly BrowsedNode[] {
  const placesOf = ({ path }: BrowsedNode): readonly string[] =>
    path.map((_, i) =>
      path
        .slice(0, i)
        .map(({ name }) => name)
        .join('\0'),
    );
  const parents = OF_A_CONDITION.map((name) => {
    const telling = nodes.filter(({ path }) => path.at(-1)?.name === name);
    return new Set(telling.map((node) => placesOf(node).at(-1)));
  });
  const [some, others] = parents as [Set<string>, Set<string>];
  const conditions = some.intersection(others);
  return nodes.filter((node) => !placesOf(node).some((place) => conditions.has(place)));
}

/** Of a name without a letter that a tag's may have, the identifier does instead. */
function nameOf({ path, displayName, nodeId }: BrowsedNode): string {
  const id = typeof nodeId.value === 'string' ? (nodeId.value.split(/[./|]/).at(-1) ?? '') : '';
  const candidates = [path.at(-1)?.name ?? '', displayName, id];
  return candidates.map(quantityOf).find((name) => name !== '') ?? '';
}

/** Ready to be pasted: `security` and `user` as they worked, the password to be filled in. */
export function siteYaml(
  tags: readonly BrowsedTag[],
  { url, security, user }: Pick<OpcuaBus, 'url' | 'security' | 'user'>,
  namespaces: readonly string[],
): string {
  const login =
    user.kind === 'password'
      ? [`    user: ${quote(user.name)}`, `    password: \${credential:opcua}`]
      : [];
  const lines = tags.map((tag) => tagLine(tag, namespaces));
  return [
    'buses:',
    '  opcua1:',
    `    opcua: ${quote(url)}`,
    `    security: ${security}`,
    ...login,
    'devices:',
    '  machine:',
    '    bus: opcua1',
    '    protocol: opcua',
    lines.length > 0 ? '    tags:' : '    tags: {}',
    ...lines,
  ].join('\n');
}

/** A structure or an array is no tag until somebody says which part of it is meant: it is left as a comment. */
function tagLine(tag: BrowsedTag, namespaces: readonly string[]): string {
  const { node, variable, companion, quantity } = tag;
  const [part, isOpen] = partOf(variable, companion);
  const unit = (variable.unit ?? companion?.of.unit ?? '').slice(0, LONGEST_UNIT);
  const address = `${addressOf(node, namespaces)}${part && ` ${part}`}`;
  const written = [`address: ${quote(address)}`, ...(unit ? [`unit: ${quote(unit)}`] : [])];
  return `      ${isOpen ? '# ' : ''}${keyOf(quantity)}: { ${written.join(', ')} } # ${remarkOf(tag)}`;
}

/** Some names are values in YAML. */
const keyOf = (name: string): string => (/^(null|true|false)$/.test(name) ? quote(name) : name);

function partOf(
  variable: VariableFacts,
  companion: CompanionMatch | undefined,
): readonly [part: string, isOpen: boolean] {
  if (companion?.of.part) return [companion.of.part, false];
  const { valueRank, value } = variable;
  if (valueRank > 0) return [`[${Array(valueRank).fill(0).join(',')}]`, true];
  return value.value.dataType === EXTENSION_OBJECT ? ['.field', true] : ['', false];
}

/** DataType of a structure (OPC 10000-6 §5.1.2). */
const EXTENSION_OBJECT = 22;

/** What helps to choose: where it is, its type and value, of an enumeration all names. */
function remarkOf({ node, variable, companion }: BrowsedTag): string {
  const { names } = variable;
  const listed = names && [...names].slice(0, MOST_NAMES).map(([n, name]) => `${n} ${name}`);
  const parts = [
    ...(companion ? [companion.companion.name] : []),
    typeText(variable),
    listed ? listed.join(', ') : valueText(variable),
    node.path.map(({ name }) => name).join('/'),
  ];
  return printable(parts.join(' · '), LONGEST_REMARK);
}

/** JSON is YAML, and needs no rules of its own about colons and quotes. */
const quote = (text: string): string => JSON.stringify(text);
