import { describe, expect, test } from 'vitest';
import { type BrowsedNode, type BrowseOptions, browse } from '../../../drivers/opcua/browse.ts';
import { coerceNodeId } from '../../../drivers/opcua/stack.ts';
import {
  type MemoryNode,
  type MemoryServer,
  memoryServer,
} from '../../support/opcua-memory-server.ts';

const DOUBLE = 'i=11';
const variable = (id: string, more: Partial<MemoryNode> = {}): MemoryNode => ({
  id: `ns=1;s=${id}`,
  name: `1:${id}`,
  nodeClass: 'Variable',
  dataType: DOUBLE,
  value: 1.5,
  ...more,
});
const property = (id: string, name: string, value: unknown): MemoryNode => ({
  id: `ns=1;s=${id}`,
  name,
  nodeClass: 'Variable',
  isProperty: true,
  value,
});

async function browsed(server: MemoryServer, options: BrowseOptions = {}) {
  const nodes: BrowsedNode[] = [];
  for await (const node of browse(server, options)) nodes.push(node);
  return nodes;
}
const names = (nodes: readonly BrowsedNode[]) => nodes.map(({ displayName }) => displayName);

const TREE: readonly MemoryNode[] = [
  {
    id: 'ns=1;s=A',
    name: '1:A',
    below: [variable('a1'), { id: 'ns=1;s=A2', name: '1:A2', below: [variable('a21')] }],
    links: ['ns=1;s=B'],
  },
  { id: 'ns=1;s=B', name: '1:B', below: [variable('b1')], links: ['ns=1;s=A'] },
  { id: 'ns=1;s=M', name: '1:M', nodeClass: 'Method', below: [variable('argument')] },
];

describe('browsing', () => {
  test('goes level by level, each node once, round no loop', async () => {
    const nodes = await browsed(memoryServer(TREE));
    expect(names(nodes)).toEqual(['Objects', 'A', 'B', 'M', 'a1', 'A2', 'b1', 'a21']);
    const last = nodes.at(-1);
    expect(last?.path.map(({ name }) => name)).toEqual(['A', 'A2', 'a21']);
    expect(last).toMatchObject({ depth: 3, parent: 'ns=1;s=A2' });
  });

  test('begins where it is told and ends as deep as it is told', async () => {
    const from = coerceNodeId('ns=1;s=A');
    expect(names(await browsed(memoryServer(TREE), { from, depth: 1 }))).toEqual([
      'A',
      'a1',
      'A2',
      'B',
    ]);
    const leaf = coerceNodeId('ns=1;s=b1');
    expect(await browsed(memoryServer(TREE), { from: leaf, depth: 0 })).toMatchObject([
      { displayName: 'b1', depth: 0, path: [], variable: { typeName: 'Double' } },
    ]);
  });

  test('looks on the last level only at what describes variables', async () => {
    const inner = variable('inner');
    const server = memoryServer([
      { id: 'ns=1;s=O', name: '1:O', below: [inner] },
      variable('outer', { below: [variable('part'), property('u', 'EngineeringUnits', null)] }),
    ]);
    expect(names(await browsed(server, { depth: 1 }))).toEqual(['Objects', 'O', 'outer']);
    expect(server.asked.filter(([name]) => name === 'Browse')).toEqual([
      ['Browse', 1],
      ['Browse', 1],
    ]);
  });

  test('leaves out what a filter leaves out, not what is below it', async () => {
    const server = memoryServer(TREE);
    const filter = ({ displayName }: { displayName: string }) => displayName.endsWith('1');
    expect(names(await browsed(server, { filter }))).toEqual(['a1', 'b1', 'a21']);
  });

  test('does not look below what is closed', async () => {
    const closed = ({ displayName }: { displayName: string }) => displayName === 'A';
    expect(names(await browsed(memoryServer(TREE), { closed }))).toEqual([
      'Objects',
      'A',
      'B',
      'M',
      'b1',
    ]);
  });

  test('ends at its bound and says so', async () => {
    let cuts = 0;
    const server = memoryServer(TREE);
    const nodes = await browsed(server, { most: 4, onCut: () => cuts++ });
    expect(names(nodes)).toEqual(['Objects', 'A', 'B', 'M']);
    expect(cuts).toBe(1);
    expect(await browsed(server, { most: 8, onCut: () => cuts++ })).toHaveLength(8);
    expect(cuts).toBe(1);
  });

  test('takes no more than it may from a node without end, and gives the rest back', async () => {
    const endless = { id: 'ns=1;s=E', name: '1:E', below: many(5_000) };
    const server = memoryServer([endless], { page: 100 });
    expect(await browsed(server, { most: 300 })).toHaveLength(300);
    expect(server.openPoints()).toBe(0);
    expect(server.asked.filter(([name]) => name === 'BrowseNext').length).toBeLessThan(12);
  });

  test('hands over a node that the server does not let anybody look into', async () => {
    const secret = { id: 'ns=1;s=S', name: '1:S', links: [] };
    const server = memoryServer([
      secret,
      variable('v', { dataType: 'ns=1;i=99', value: undefined }),
    ]);
    const from = coerceNodeId('ns=1;s=gone');
    expect(await browsed(server, { from })).toMatchObject([{ displayName: 'ns=1;s=gone' }]);
    const [, , unreadable] = await browsed(server);
    expect(unreadable?.variable).toMatchObject({ typeName: 'ns=1;i=99' });
    expect(unreadable?.variable?.value.statusCode.name).toBe('BadNodeIdUnknown');
  });
});

describe('a variable', () => {
  test('comes with its type, access, unit and value', async () => {
    const unit = { displayName: { text: '°C' }, unitId: 4408652 };
    const server = memoryServer([
      variable('t', {
        access: 3,
        value: 21.5,
        below: [property('u', 'EngineeringUnits', unit), property('r', 'EURange', {})],
      }),
    ]);
    const nodes = await browsed(server);
    expect(names(nodes)).toEqual(['Objects', 't']);
    expect(nodes[1]?.variable).toMatchObject({
      typeName: 'Double',
      valueRank: -1,
      isReadable: true,
      isWritable: true,
      unit: '°C',
      value: { value: { value: 21.5 } },
    });
  });

  test('of an enumeration comes with the names that its type has', async () => {
    const mode: MemoryNode = {
      id: 'ns=1;i=3000',
      name: '1:ModeEnum',
      nodeClass: 'DataType',
      below: [property('es', 'EnumStrings', [{ text: 'Manual' }, { text: 'Automatic' }])],
    };
    const level: MemoryNode = {
      id: 'ns=1;i=3001',
      name: '1:LevelEnum',
      nodeClass: 'DataType',
      below: [
        property('ev', 'EnumValues', [
          { value: [0, 10], displayName: { text: 'low' } },
          { value: [0, 20], displayName: { text: 'high' } },
        ]),
      ],
    };
    const own = [property('own', 'EnumStrings', [{ text: 'shut' }, { text: 'open' }])];
    const server = memoryServer([
      mode,
      level,
      variable('m', { dataType: mode.id }),
      variable('l', { dataType: level.id }),
      variable('o', { dataType: 'i=7', below: own }),
    ]);
    const nodes = await browsed(server, {
      filter: ({ displayName }) => /^[mlo]$/.test(displayName),
    });
    expect(nodes.map((node) => [node.variable?.typeName, ...(node.variable?.names ?? [])])).toEqual(
      [
        ['ModeEnum', [0, 'Manual'], [1, 'Automatic']],
        ['LevelEnum', [10, 'low'], [20, 'high']],
        ['UInt32', [0, 'shut'], [1, 'open']],
      ],
    );
  });
});

const many = (count: number) => Array.from({ length: count }, (_, i) => variable(`v${i}`));

describe('ten thousand nodes', () => {
  const groups = Array.from({ length: 100 }, (_, g) => ({
    id: `ns=1;s=G${g}`,
    name: `1:G${g}`,
    below: Array.from({ length: 99 }, (_, i) => variable(`G${g}.V${i}`, { value: g * 99 + i })),
  }));

  test.each([
    ['large requests', {}, 80],
    ['10 at a time', { limits: { nodesPerRead: 10, nodesPerBrowse: 10 }, refusesAbove: 10 }, 5_200],
    ['10 at a time, without being told', { refusesAbove: 10 }, 7_500],
    ['answers of 7 with 3 to be continued', { page: 7, points: 3 }, 1_800],
  ])('are all found, once, with their values: %s', async (_, options, mostRequests) => {
    const server = memoryServer(groups, options);
    const nodes = await browsed(server);
    expect(nodes).toHaveLength(1 + 100 + 9_900);
    expect(new Set(nodes.map(({ nodeId }) => nodeId.toString())).size).toBe(nodes.length);
    const values = nodes.flatMap(({ variable }) => (variable ? [variable.value.value.value] : []));
    expect(values).toEqual(Array.from({ length: 9_900 }, (_, i) => i));
    expect(server.asked.length).toBeLessThan(mostRequests);
    expect(server.openPoints()).toBe(0);
  });
});
