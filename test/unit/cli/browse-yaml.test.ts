import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { browse } from '../../../drivers/opcua/browse.ts';
import { DataType } from '../../../drivers/opcua/stack.ts';
import { matchLine, nodeFields, renderTree } from '../../../gateway/cli/browse/browse-view.ts';
import { siteYaml, tagsOf } from '../../../gateway/cli/browse/browse-yaml.ts';
import { quantityOf, uniqueNames } from '../../../gateway/cli/browse/tag-names.ts';
import { type MemoryNode, memoryServer } from '../../support/opcua-memory-server.ts';

const TAG_NAME = /^[a-z][a-z0-9_]{0,63}$/;

describe('the name of a tag', () => {
  test.each([
    ['ActualPosition', 'actual_position'],
    ['CPUFanSpeed', 'cpu_fan_speed'],
    ['oil temp (°C)', 'oil_temp_c'],
    ['DB1.Motor[3].Speed', 'db1_motor_3_speed'],
    ['3rd', 'n3rd'],
    ['温度', ''],
    ['__x__', 'x'],
  ])('%s becomes "%s"', (name, quantity) => {
    expect(quantityOf(name)).toBe(quantity);
  });

  test('has what it is in before it, as far as it takes to tell two apart', () => {
    const of = (...within: string[]) => ({ wish: 'speed', within });
    expect(
      uniqueNames([of('Line', 'Fan'), of('Line', 'Pump'), { wish: 'level', within: [] }]),
    ).toEqual(['fan_speed', 'pump_speed', 'level']);
    expect(uniqueNames([of('A', 'Fan'), of('B', 'Fan')])).toEqual(['a_fan_speed', 'b_fan_speed']);
    expect(uniqueNames([of('A'), of('A'), of('A')])).toEqual(['a_speed', 'a_speed_2', 'a_speed_3']);
  });

  test('takes 10,000 nodes that are all called alike no longer than a test may', () => {
    const names = uniqueNames(
      Array.from({ length: 10_000 }, () => ({ wish: 'speed', within: ['Cell'] })),
    );
    expect(new Set(names).size).toBe(10_000);
    expect(names.at(-1)).toBe('cell_speed_10000');
  });

  test('is always one that a site takes, and never there twice', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('Speed', '速度', 'a'.repeat(80), '1'));
    const item = fc.record({
      wish: name.map(quantityOf),
      within: fc.array(name, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 12 }), (items) => {
        const names = uniqueNames(items);
        expect(names).toHaveLength(items.length);
        expect(new Set(names).size).toBe(names.length);
        for (const one of names) expect(one).toMatch(TAG_NAME);
      }),
    );
  });
});

const variable = (id: string, more: Partial<MemoryNode> = {}): MemoryNode => ({
  id: `ns=1;s=${id}`,
  name: `1:${id}`,
  nodeClass: 'Variable',
  dataType: 'i=11',
  dataValue: { dataType: DataType.Double, value: 1.5 },
  ...more,
});
const property = (id: string, name: string, value: unknown): MemoryNode => ({
  id: `ns=1;s=${id}`,
  name,
  nodeClass: 'Variable',
  isProperty: true,
  value,
});

const PLANT: readonly MemoryNode[] = [
  {
    id: 'ns=1;s=Plant',
    name: '1:Plant',
    below: [
      variable('Temp', {
        access: 3,
        below: [property('u', 'EngineeringUnits', { displayName: { text: '°C' } })],
      }),
      variable('Mode', {
        dataType: 'i=6',
        dataValue: { dataType: DataType.Int32, value: 1 },
        below: [property('e', 'EnumStrings', [{ text: 'Manual' }, { text: 'Automatic' }])],
      }),
      variable('Hidden', { access: 2 }),
      variable('温度'),
      variable('Line\u001b[2J'),
      { id: 'ns=1;s=Start', name: '1:Start', nodeClass: 'Method' },
      {
        id: 'ns=1;s=Alarm',
        name: '1:Alarm',
        below: [
          variable('EventId', { name: 'EventId' }),
          variable('CC', { name: 'ConditionClassId' }),
        ],
      },
    ],
  },
];

const found = async () => {
  const server = memoryServer(PLANT, { namespaces: ['http://opcfoundation.org/UA/', 'urn:a;b%'] });
  const nodes = [];
  for await (const node of browse(server)) nodes.push(node);
  return { nodes, namespaces: server.namespaces };
};

describe('the nodes of a server', () => {
  test('are a tree with type, value, unit and access', async () => {
    const { nodes, namespaces } = await found();
    expect(renderTree(nodes, namespaces).slice(0, 7)).toEqual([
      'Objects  i=85',
      '  Plant  nsu=urn:a%3Bb%25;s=Plant',
      '    Temp  nsu=urn:a%3Bb%25;s=Temp  Double  1.5 °C  rw',
      '    Mode  nsu=urn:a%3Bb%25;s=Mode  Int32  Automatic  r',
      '    Hidden  nsu=urn:a%3Bb%25;s=Hidden  Double  1.5  w',
      '    温度  nsu=urn:a%3Bb%25;s=温度  Double  1.5  r',
      '    Line\\u{1b}[2J  nsu=urn:a%3Bb%25;s=Line\\u{1b}[2J  Double  1.5  r',
    ]);
    expect(renderTree(nodes, namespaces)[7]).toBe('    Start  nsu=urn:a%3Bb%25;s=Start  method');
  });

  test('are found with their path, and are JSON for programs', async () => {
    const { nodes, namespaces } = await found();
    const mode = nodes.find(({ displayName }) => displayName === 'Mode');
    expect(mode && matchLine(mode, namespaces)).toMatch(/^Plant\/Mode {2}Mode {2}nsu=/);
    expect(mode && nodeFields(mode, namespaces)).toEqual({
      address: 'nsu=urn:a%3Bb%25;s=Mode',
      path: 'Plant/Mode',
      name: 'Mode',
      class: 'variable',
      depth: 2,
      type: 'Int32',
      value: 1,
      status: 'Good',
      access: 'r',
      names: { 0: 'Manual', 1: 'Automatic' },
    });
  });
});

describe('the YAML of a server', () => {
  const bus = {
    url: 'opc.tcp://10.0.0.1:4840',
    security: 'Basic256Sha256/SignAndEncrypt',
    user: { kind: 'password', name: 'op', password: 'secret' },
  } as const;

  test('has a tag for each variable that can be read, and none for the fields of a condition', async () => {
    const { nodes, namespaces } = await found();
    const tags = tagsOf(nodes, namespaces);
    expect(tags.map(({ quantity }) => quantity)).toEqual(['temp', 'mode', 'tag', 'line_2_j']);
    const yaml = siteYaml(tags, bus, namespaces);
    expect(yaml).toContain('temp: { address: "nsu=urn:a%3Bb%25;s=Temp", unit: "°C" }');
    expect(yaml).toContain('# Int32 · 0 Manual, 1 Automatic · Plant/Mode');
    expect(yaml).not.toContain('secret');
    expect(yaml).not.toContain('\u001b');
  });

  test('has names as texts that would be values in YAML', async () => {
    const { nodes, namespaces } = await found();
    const tags = tagsOf(nodes, namespaces).map((tag) => ({ ...tag, quantity: 'null' }));
    const lines = siteYaml(tags, bus, namespaces).split('\n');
    expect(lines.filter((line) => line.includes(' "null": { address'))).toHaveLength(tags.length);
  });

  test('has only what a specification names where that is wanted', async () => {
    const { nodes, namespaces } = await found();
    expect(tagsOf(nodes, namespaces, true)).toEqual([]);
    expect(siteYaml([], bus, namespaces)).toContain('tags: {}');
  });
});
