import { type BrowsedNode, browse, type FoundNode } from '../../../drivers/opcua/browse.ts';
import type { OpcuaConnection } from '../../../drivers/opcua/connection.ts';
import { parseNode } from '../../../drivers/opcua/node-ref.ts';
import { OBJECTS, resolveNodes } from '../../../drivers/opcua/resolve.ts';
import { NodeClass, NodeId } from '../../../drivers/opcua/stack.ts';
import { GatewayError } from '../../model/errors.ts';
import { later, type Millis, seconds } from '../../model/units.ts';
import { opcuaBusOf, useOpcua } from '../opcua/opcua-call.ts';
import { OPCUA_FLAGS } from '../opcua/opcua-flags.ts';
import type { Call, Verb, Words } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';
import { withProgress } from '../wire/field-call.ts';
import { matchLine, nodeFields, pathOf, renderTree } from './browse-view.ts';
import { siteYaml, tagsOf } from './browse-yaml.ts';

/** `headgate browse`: what an OPC UA server has. */
export const browseVerb: Verb = {
  usage: 'headgate browse <opc.tcp://host:4840> [--from node] [--depth n] [--search text] [--yaml]',
  about: {
    en: 'Prints what an OPC UA server has as a tree: name, node, type, value, unit and access. --search prints only the nodes with a text in name, path or node. --yaml prints a bus, a device and a tag for each readable variable, ready to be pasted into a site; addresses have the URI of their namespace, which stays when indexes change. --companions takes only what a companion specification (Robotics, MachineTool, PackML, Machinery, DI) names, under the names of the gateway. The Server object and others that every server has are shown without what is below them; --from i=2253 shows it. Only reads. Exit code 1 when nothing was found.',
    zh: '以树形打印 OPC UA 服务器的内容：名称、节点、类型、值、单位和访问权限。--search 只打印名称、路径或节点中含该文本的节点。--yaml 打印可直接粘贴到站点的总线、设备和每个可读变量的点；地址使用命名空间 URI，索引变化后仍有效。--companions 只取配套规范（Robotics、MachineTool、PackML、Machinery、DI）定义的变量，并使用网关的命名。Server 等每台服务器都有的对象默认不展开，可用 --from i=2253 查看。只读不写。未找到时退出码为 1。',
  },
  options: {
    from: {
      type: 'string',
      placeholder: 'node',
      help: {
        en: 'begin at this node: "ns=2;s=Cell", "nsu=http://vendor/;i=1", or a path such as /Objects/2:DeviceSet (the Objects folder)',
        zh: '从该节点开始：“ns=2;s=Cell”、“nsu=http://vendor/;i=1” 或路径 /Objects/2:DeviceSet（默认 Objects 文件夹）',
      },
    },
    depth: {
      type: 'string',
      placeholder: 'n',
      help: { en: 'so many levels below (all)', zh: '向下的层数（默认全部）' },
    },
    search: {
      type: 'string',
      placeholder: 'text|/regex/',
      help: {
        en: 'only nodes with this text, whatever its case, or a regular expression between slashes',
        zh: '只显示含该文本的节点（不分大小写），或两斜杠之间的正则表达式',
      },
    },
    yaml: {
      type: 'boolean',
      help: { en: 'print YAML for a site', zh: '打印可用于站点的 YAML' },
    },
    companions: {
      type: 'boolean',
      help: {
        en: 'YAML of what a companion specification names',
        zh: '打印配套规范所定义变量的 YAML',
      },
    },
    ...OPCUA_FLAGS,
    timeout: {
      type: 'string',
      placeholder: 'duration',
      help: { en: 'how long to wait for one answer (5s)', zh: '等待一次应答的时间（默认 5s）' },
    },
    json: { type: 'boolean', help: { en: 'one JSON object a node', zh: '每个节点一行 JSON' } },
  },
  examples: [
    [
      'headgate browse opc.tcp://10.0.0.20:4840 --depth 3',
      { en: 'the upper levels', zh: '只看上面几层' },
    ],
    [
      'headgate browse opc.tcp://10.0.0.20:4840 --from /Objects/Cell --yaml > cell.yaml',
      { en: 'a part of it as YAML', zh: '将其中一部分生成 YAML' },
    ],
    [
      'headgate browse opc.tcp://10.0.0.20:4840 --security None --search temp',
      { en: 'temperatures of a server without security', zh: '在无安全策略的服务器中查找温度' },
    ],
  ],
  async run(call) {
    const [url, ...rest] = call.positionals;
    if (url === undefined || rest.length > 0) throw usage('browse', 'name one OPC UA server');
    const wishes = wishesOf(call);
    const bus = await opcuaBusOf(call, 'browse', url);
    const working = useOpcua(call, bus, async (link) => {
      const { namespaces } = link;
      const nodes = await gather(call, link, wishes);
      if (nodes.length === 0) return 1;
      if (call.values.yaml || call.values.companions) {
        const tags = tagsOf(nodes, namespaces, call.values.companions === true);
        if (!call.values.json) call.print(siteYaml(tags, bus, namespaces));
        else
          for (const { node, quantity, companion } of tags)
            call.print(
              JSON.stringify({
                tag: quantity,
                ...nodeFields(node, namespaces),
                ...(companion && { companion: companion.companion.name }),
              }),
            );
        return tags.length > 0 ? 0 : 1;
      }
      if (call.values.json)
        for (const node of nodes) call.print(JSON.stringify(nodeFields(node, namespaces)));
      else if (wishes.matches) for (const node of nodes) call.print(matchLine(node, namespaces));
      else call.print(renderTree(nodes, namespaces).join('\n'));
      return 0;
    });
    const words = { en: `browsing ${url} …`, zh: `正在浏览 ${url} …` };
    return withProgress(call, words, working);
  },
};

interface Wishes {
  /** As it was written. */
  readonly from: string | undefined;
  readonly depth: number | undefined;
  readonly matches: ((text: string) => boolean) | undefined;
}

/** Throws `cli.usage`. */
function wishesOf({ values: { from, depth, search } }: Call): Wishes {
  const levels = depth === undefined ? undefined : Number(depth);
  if (levels !== undefined && !(Number.isInteger(levels) && levels >= 0))
    throw usage('browse', `--depth takes a number of levels, not "${depth}"`);
  return {
    from: from === undefined ? undefined : String(from),
    depth: levels,
    matches: search === undefined ? undefined : matcherOf(String(search)),
  };
}

function matcherOf(search: string): (text: string) => boolean {
  const [, pattern] = /^\/(.+)\/$/.exec(search) ?? [];
  if (pattern === undefined) {
    const wanted = search.toLowerCase();
    return (text) => text.toLowerCase().includes(wanted);
  }
  try {
    const expression = new RegExp(pattern, 'i');
    return (text) => expression.test(text);
  } catch {
    throw usage('browse', `--search ${search} is no regular expression`);
  }
}

/** Server, Aliases, Locations and Quantities: of every server, and sometimes more than all of its machine. */
const STANDARD = new Set(['ns=0;i=2253', 'ns=0;i=23470', 'ns=0;i=31915', 'ns=0;i=32530']);
const BETWEEN_NOTES: Millis = seconds(5);

async function gather(
  call: Call,
  link: OpcuaConnection,
  { from, depth, matches }: Wishes,
): Promise<readonly BrowsedNode[]> {
  const { clock, signal, language, note } = call;
  const start = from === undefined ? OBJECTS : await nodeAt(link, from);
  const isVariableOnly = call.values.yaml === true || call.values.companions === true;
  const filter = (node: FoundNode): boolean => {
    if (isVariableOnly && node.nodeClass !== NodeClass.Variable) return false;
    if (matches === undefined) return true;
    return [node.displayName, pathOf(node), node.nodeId.toString()].some(matches);
  };
  const nodes: BrowsedNode[] = [];
  let due = later(clock.mono(), BETWEEN_NOTES);
  const found = browse(link, {
    from: start,
    ...(depth !== undefined && { depth }),
    filter,
    closed: ({ nodeId, depth }) => depth > 0 && STANDARD.has(nodeId.toString()),
    onCut: () => note(CUT[language]),
    signal,
  });
  for await (const node of found) {
    nodes.push(node);
    if (clock.mono() < due) continue;
    note({ en: `${nodes.length} nodes …`, zh: `已找到 ${nodes.length} 个节点 …` }[language]);
    due = later(clock.mono(), BETWEEN_NOTES);
  }
  return nodes;
}

const CUT: Words = {
  en: 'there is more than this: --from begins further down',
  zh: '内容未完：可用 --from 从更下层开始',
};

/** Throws `cli.usage` for what is no node, `cli.opcua-no-node` for one that is not there. */
async function nodeAt(link: OpcuaConnection, text: string): Promise<NodeId> {
  const parsed = parseNode(text);
  if ('code' in parsed) throw new GatewayError(parsed.code, { ...parsed.details, found: text });
  const device = { namespaces: new Map<string, string>(), root: undefined };
  const [found] = await resolveNodes(link, device, [parsed.value]);
  if (found instanceof NodeId) return found;
  throw new GatewayError('cli.opcua-no-node', { node: text, status: found?.name });
}
