import { describe, expect, test } from 'vitest';
import { parseNode } from '../../../drivers/opcua/node-ref.ts';
import { resolveNodes } from '../../../drivers/opcua/resolve.ts';
import {
  type MemoryNode,
  type MemoryServer,
  type MemoryServerOptions,
  memoryServer,
} from '../../support/opcua-memory-server.ts';

const CELL: readonly MemoryNode[] = [
  {
    id: 'ns=1;s=Cell',
    name: '1:Cell',
    below: [
      {
        id: 'ns=1;s=Axes',
        name: '2:Axes',
        below: [
          { id: 'ns=1;s=A1', name: '1:Axis/1', nodeClass: 'Variable' },
          { id: 'ns=1;s=A2', name: '2:Axis2', nodeClass: 'Variable' },
        ],
      },
      { id: 'ns=1;s=Twin.a', name: '1:Twin' },
      { id: 'ns=2;s=Twin.b', name: '2:Twin' },
      { id: 'ns=1;i=7', name: '1:Same' },
      { id: 'ns=1;i=8', name: '1:Same' },
    ],
    links: ['ns=1;s=A2'],
  },
];

const refOf = (text: string) => {
  const parsed = parseNode(text);
  if ('code' in parsed) throw new Error(parsed.code);
  return parsed.value;
};

async function resolved(
  texts: readonly string[],
  {
    server = memoryServer(CELL),
    root,
    namespaces = {},
  }: {
    readonly server?: MemoryServer;
    readonly root?: string;
    readonly namespaces?: Readonly<Record<string, string>>;
  } = {},
): Promise<readonly string[]> {
  const device = {
    namespaces: new Map(Object.entries(namespaces)),
    root: root === undefined ? undefined : refOf(root),
  };
  const found = await resolveNodes(server, device, texts.map(refOf));
  return found.map((one) => ('identifierType' in one ? one.toString() : one.name));
}

describe('a node by its id', () => {
  test('is in the namespace that the server has under the URI at this moment', async () => {
    const server = memoryServer(CELL);
    expect(await resolved(['nsu=urn:b;s=X', 'nsu=urn:a;i=5'], { server })).toEqual([
      'ns=2;s=X',
      'ns=1;i=5',
    ]);
    server.namespaces = ['http://opcfoundation.org/UA/', 'urn:new', 'urn:b', 'urn:a'];
    expect(await resolved(['nsu=urn:b;s=X', 'nsu=urn:a;i=5'], { server })).toEqual([
      'ns=2;s=X',
      'ns=3;i=5',
    ]);
    expect(server.asked).toEqual([]);
  });

  test('may have a prefix of its device, or an index, or be of OPC UA itself', async () => {
    const namespaces = { vendor: 'urn:b' };
    expect(await resolved(['vendor:s=X', 'ns=1;s=Y', 'i=2258'], { namespaces })).toEqual([
      'ns=2;s=X',
      'ns=1;s=Y',
      'ns=0;i=2258',
    ]);
  });

  test('is unknown where the server has no such namespace', async () => {
    expect(
      await resolved(['nsu=urn:gone;s=X', 'ns=3;s=X', 'vendor:s=X', '/Objects/vendor:X']),
    ).toEqual(Array(4).fill('BadNodeIdUnknown'));
  });

  test('keeps a text that looks like something else', async () => {
    expect(await resolved(['ns=1;s=i=5', 'ns=1;s=ns=2;s=X'])).toEqual([
      'ns=1;s=i=5',
      'ns=1;s=ns=2;s=X',
    ]);
  });
});

const BOTH_WAYS: readonly (readonly [string, MemoryServerOptions])[] = [
  ['by translating', {}],
  ['by browsing, where the server does not translate', { translates: false }],
  ['in small requests', { limits: { nodesPerTranslate: 2, nodesPerBrowse: 2 }, refusesAbove: 2 }],
  ['page by page', { translates: false, page: 1, points: 1 }],
];

describe.each(BOTH_WAYS)('a node by its path, %s', (_, options) => {
  const at = (texts: readonly string[], more: Parameters<typeof resolved>[1] = {}) =>
    resolved(texts, { server: memoryServer(CELL, options), ...more });

  test('is found from the Root folder, from the Objects folder and from the root of the device', async () => {
    expect(await at(['/0:Objects/1:Cell/2:Axes/2:Axis2', '1:Cell/2:Axes/1:Axis&/1'])).toEqual([
      'ns=1;s=A2',
      'ns=1;s=A1',
    ]);
    expect(await at(['2:Axis2', '/0:Objects/1:Cell'], { root: '1:Cell/2:Axes' })).toEqual([
      'ns=1;s=A2',
      'ns=1;s=Cell',
    ]);
    expect(await at(['2:Axis2'], { root: 'ns=1;s=Axes' })).toEqual(['ns=1;s=A2']);
  });

  test('is found without any namespaces', async () => {
    expect(await at(['Cell/Axes/Axis2', '/Objects/Cell/2:Axes/Axis&/1', 'Cell/Axis2'])).toEqual([
      'ns=1;s=A2',
      'ns=1;s=A1',
      'ns=1;s=A2',
    ]);
  });

  test('matches nothing, or more than one, and says so', async () => {
    expect(
      await at(['Cell/Axis9', '1:Cell/1:Axes', 'Cell/Twin', '1:Cell/2:Twin', '1:Cell/1:Same']),
    ).toEqual([
      'BadNoMatch',
      'BadNoMatch',
      'BadTooManyMatches',
      'ns=2;s=Twin.b',
      'BadTooManyMatches',
    ]);
  });

  test('takes over what is wrong with the root', async () => {
    expect(await at(['2:Axis2', 'Axis2', 'ns=1;s=A1'], { root: 'Nowhere' })).toEqual([
      'BadNoMatch',
      'BadNoMatch',
      'ns=1;s=A1',
    ]);
    expect(await at(['2:Axis2', 'Axis2'], { root: 'ns=1;s=Gone' })).toEqual([
      'BadNodeIdUnknown',
      'BadNodeIdUnknown',
    ]);
  });
});

describe('many paths cost few requests', () => {
  const wide: readonly MemoryNode[] = [
    {
      id: 'ns=1;s=Line',
      name: '1:Line',
      below: Array.from({ length: 1_500 }, (_, i) => ({ id: `ns=1;i=${i + 1}`, name: `1:V${i}` })),
    },
  ];
  const paths = (prefix: string) => wide[0]?.below?.map((_, i) => `1:Line/${prefix}V${i}`) ?? [];

  test('with namespaces: one call for each thousand', async () => {
    const server = memoryServer(wide);
    const found = await resolved(paths('1:'), { server });
    expect(found).toEqual(paths('1:').map((_, i) => `ns=1;i=${i + 1}`));
    expect(server.asked.map(([, count]) => count)).toEqual([1_000, 500]);
  });

  test('without: the children are browsed once', async () => {
    const server = memoryServer(wide);
    const found = await resolved(paths(''), { server });
    expect(found).toEqual(paths('').map((_, i) => `ns=1;i=${i + 1}`));
    expect(server.asked).toEqual([
      ['TranslateBrowsePathsToNodeIds', 1],
      ['Browse', 1],
    ]);
  });
});
