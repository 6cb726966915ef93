import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressText, opcuaAddress, type Place } from '../../../drivers/opcua/address.ts';
import type { NamespaceRef, NodeRef } from '../../../drivers/opcua/device.ts';
import { nodeText, parseNode } from '../../../drivers/opcua/node-ref.ts';
import { addressSchema, deviceSchema, opcuaOptions } from '../../../drivers/opcua/options.ts';
import { opcuaAddressOf, opcuaDevice } from '../../support/opcua-fixture.ts';

const node = (text: string): NodeRef => {
  const parsed = parseNode(text);
  if ('code' in parsed) throw new Error(parsed.code);
  return parsed.value;
};
const place = (text: string): Partial<Place> => {
  const parsed = opcuaAddress(text);
  if ('code' in parsed) throw new Error(parsed.code);
  return parsed.value;
};
const byId = (namespace: NamespaceRef, id: string): NodeRef => ({ kind: 'id', namespace, id });
const path = (absolute: boolean, ...steps: (string | [NamespaceRef, string])[]): NodeRef => ({
  kind: 'path',
  absolute,
  steps: steps.map((step) =>
    typeof step === 'string'
      ? { namespace: undefined, name: step }
      : { namespace: step[0], name: step[1] },
  ),
});

describe('a node by its identifier', () => {
  test.each([
    ['i=2258', byId({ index: 0 }, 'i=2258')],
    ['ns=2;s=Axis1.Pos', byId({ index: 2 }, 's=Axis1.Pos')],
    ['ns=3;s="DB1"."Motor speed"[2]', byId({ index: 3 }, 's="DB1"."Motor speed"[2]')],
    ['nsu=http://vendor/x/;i=1001', byId({ uri: 'http://vendor/x/' }, 'i=1001')],
    ['nsu=urn:x;s=a;b=c', byId({ uri: 'urn:x' }, 's=a;b=c')],
    ['nsu=urn:a%3Bb%25;i=1', byId({ uri: 'urn:a;b%' }, 'i=1')],
    ['robot:s=Axis1', byId({ prefix: 'robot' }, 's=Axis1')],
    ['robot:s=ns=1;i=5', byId({ prefix: 'robot' }, 's=ns=1;i=5')],
    [
      'ns=1;g=72962B91-FA75-4AE6-8D28-B404DC7DAF63',
      byId({ index: 1 }, 'g=72962B91-FA75-4AE6-8D28-B404DC7DAF63'),
    ],
    ['ns=1;b=M/RbKBsRVkePCePcx24oRA==', byId({ index: 1 }, 'b=M/RbKBsRVkePCePcx24oRA==')],
    ['s=R&D', byId({ index: 0 }, 's=R&D')],
    ['s=a&&b& [1]', byId({ index: 0 }, 's=a&b [1]')],
  ])('%s', (text, expected) => {
    expect(node(text)).toEqual(expected);
  });

  test.each([
    'ns=70000;i=1',
    'ns=2',
    'ns=2;x=1',
    'ns=2;Axis',
    'nsu=;i=1',
    'i=4294967296',
    'i=-1',
    'i=1.5',
    'g=123',
    'b=***',
    's=',
    `s=${'x'.repeat(4097)}`,
  ])('%s is none', (text) => {
    const parsed = parseNode(text);
    expect('code' in parsed && parsed.code).toBe('opcua.address-form');
  });
});

describe('a node by its path', () => {
  test.each([
    ['/Objects/2:DeviceSet', path(true, 'Objects', [{ index: 2 }, 'DeviceSet'])],
    ['MotionDevices/Robot', path(false, 'MotionDevices', 'Robot')],
    ['robot:Axes/0:Id', path(false, [{ prefix: 'robot' }, 'Axes'], [{ index: 0 }, 'Id'])],
    [
      '/Objects/{http://opcfoundation.org/UA/DI/}DeviceSet/A',
      path(true, 'Objects', [{ uri: 'http://opcfoundation.org/UA/DI/' }, 'DeviceSet'], 'A'),
    ],
    ['Motor&.Speed/a&/b/x&&y', path(false, 'Motor.Speed', 'a/b', 'x&y')],
    ['Motor speed', path(false, 'Motor speed')],
    ['i&=5', path(false, 'i=5')],
    ['2&:Odd', path(false, '2:Odd')],
  ])('%s', (text, expected) => {
    expect(node(text)).toEqual(expected);
  });

  test.each([
    ['', 'opcua.address-form'],
    ['/', 'opcua.address-form'],
    ['A//B', 'opcua.address-form'],
    ['A/', 'opcua.address-form'],
    ['//A', 'opcua.address-form'],
    ['70000:A', 'opcua.address-form'],
    ['Motor.Speed', 'opcua.path-escape'],
    ['A/robot:B:C', 'opcua.path-escape'],
    ['A<HasChild>B', 'opcua.path-escape'],
    ['A&', 'opcua.path-escape'],
  ])('"%s": %s', (text, code) => {
    const parsed = parseNode(text);
    expect('code' in parsed && parsed.code).toBe(code);
  });
});

describe('what is meant of the value', () => {
  test.each([
    ['ns=2;s=Cell.Data', undefined, []],
    ['ns=2;s=Cell.Data [3]', [3], []],
    ['ns=2;s=Cell.Data [1,2]', [1, 2], []],
    ['ns=2;s=Cell.Data .pos.x', undefined, ['pos', 'x']],
    ['ns=2;s=Cell.Data [3] .pos.x', [3], ['pos', 'x']],
    ['ns=2;s=Cell.Data   [3].items[2].name ', [3], ['items', 2, 'name']],
    ['ns=2;s=Cell.Data .grid[1,2]', undefined, ['grid', 1, 2]],
    ['ns=2;s=Cell.Data .Motor& speed.a&.b', undefined, ['Motor speed', 'a.b']],
  ])('%s', (text, index, field) => {
    expect(place(text)).toEqual({
      node: byId({ index: 2 }, 's=Cell.Data'),
      object: undefined,
      index,
      field,
    });
  });

  test('stands behind a space, so that identifiers may have dots and brackets', () => {
    expect(place('ns=2;s=Cell[3].x')).toMatchObject({ node: { id: 's=Cell[3].x' }, field: [] });
    expect(place('ns=2;s=A b c')).toMatchObject({ node: { id: 's=A b c' } });
    expect(place('ns=2;s=A& .b .c')).toMatchObject({ node: { id: 's=A .b' }, field: ['c'] });
    expect(place('Motor speed [2]')).toMatchObject({
      node: { steps: [{ name: 'Motor speed' }] },
      index: [2],
    });
  });

  test.each([
    'i=1 [',
    'i=1 [x]',
    'i=1 [1] [2]',
    'i=1 [-1]',
    'i=1 [2147483647]',
    'i=1 .',
    'i=1 .a..b',
    'i=1 .a]',
    `i=1 ${'.a'.repeat(33)}`,
  ])('%s is nothing of it', (text) => {
    const parsed = opcuaAddress(text);
    expect('code' in parsed && parsed.code).toBe('opcua.element-form');
  });
});

describe('a method', () => {
  test('is called on an object', () => {
    expect(place('call ns=2;s=Cell ns=2;s=Cell.Start')).toEqual({
      node: byId({ index: 2 }, 's=Cell.Start'),
      object: byId({ index: 2 }, 's=Cell'),
      index: undefined,
      field: [],
    });
    expect(place('call /Objects/My& Cell robot:Start')).toMatchObject({
      object: { steps: [{ name: 'Objects' }, { name: 'My Cell' }] },
      node: { steps: [{ name: 'Start' }] },
    });
  });

  test.each(['call', 'call i=1', 'call i=1 i=2 i=3'])('%s: needs both', (text) => {
    const parsed = opcuaAddress(text);
    expect('code' in parsed && parsed.code).toBe('opcua.call-form');
  });

  test('is text to write, and is not watched', () => {
    expect(opcuaOptions.kindOf?.(opcuaAddressOf('call i=1 i=2'))).toBe('text');
    expect(opcuaOptions.kindOf?.(opcuaAddressOf('i=1'))).toBeUndefined();
    const parsed = addressSchema.parse({ address: 'call i=1 i=2', sampling: '1s', queue: 3 });
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([
      { path: ['sampling'], code: 'opcua.only-read' },
      { path: ['queue'], code: 'opcua.only-read' },
    ]);
  });
});

describe('whatever is printed is read as the same', () => {
  const texts = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  const odd = fc
    .array(fc.constantFrom(...'&/ .[]:;={}ns iscal1\t'.split(''), 'call ', ' [3]', '&&'), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join(''));
  const names = fc.oneof(texts, odd);
  const uris = names.map((name) => `urn:${name.replace(/[{}\s]/g, '')}`);
  const namespaces: fc.Arbitrary<NamespaceRef> = fc.oneof(
    fc.record({ index: fc.nat(0xffff) }),
    fc.record({ uri: uris }),
    fc.record({ prefix: fc.constantFrom('di', 'robot', 'ns', 'call', 'i') }),
  );
  const identifiers = fc.oneof(
    names.map((name) => `s=${name}`),
    fc.nat(0xffff_ffff).map((number) => `i=${number}`),
    fc.uuid().map((guid) => `g=${guid}`),
    fc.base64String({ minLength: 4 }).map((bytes) => `b=${bytes}`),
  );
  const nodes: fc.Arbitrary<NodeRef> = fc.oneof(
    fc.record({ kind: fc.constant('id'), namespace: namespaces, id: identifiers }),
    fc.record({
      kind: fc.constant('path'),
      absolute: fc.boolean(),
      steps: fc.array(
        fc.record({ namespace: fc.option(namespaces, { nil: undefined }), name: names }),
        { minLength: 1, maxLength: 4 },
      ),
    }),
  );

  test('a node', () => {
    fc.assert(
      fc.property(nodes, (node) => {
        expect(parseNode(nodeText(node))).toEqual({ value: node });
        expect(parseNode(nodeText(node, true))).toEqual({ value: node });
      }),
      { numRuns: 500 },
    );
  });

  test('an address', () => {
    const fields = fc
      .tuple(names, fc.array(fc.oneof(names, fc.nat(0xffff)), { maxLength: 3 }))
      .map(([first, rest]) => [first, ...rest]);
    const values: fc.Arbitrary<Place> = fc.record({
      node: nodes,
      object: fc.constant(undefined),
      index: fc.option(fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 3 }), {
        nil: undefined,
      }),
      field: fc.oneof(fc.constant([]), fields),
    });
    const calls: fc.Arbitrary<Place> = fc.record({
      node: nodes,
      object: nodes,
      index: fc.constant(undefined),
      field: fc.constant([]),
    });
    fc.assert(
      fc.property(fc.oneof(values, calls), (address) => {
        expect(opcuaAddress(addressText(address))).toEqual({ value: address });
        expect(opcuaAddress(`  ${addressText(address)} `)).toEqual({ value: address });
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the options of a tag', () => {
  test('have defaults', () => {
    expect(opcuaAddressOf('i=2258')).toEqual({
      node: byId({ index: 0 }, 'i=2258'),
      object: undefined,
      index: undefined,
      field: [],
      enumeration: 'name',
      sampling: undefined,
      queue: undefined,
      discard: 'oldest',
      deadband: undefined,
    });
  });

  test('say how it is watched', () => {
    const written = { address: 'i=1', sampling: '100ms', queue: 20, discard: 'newest' };
    expect(opcuaAddressOf({ ...written, enum: 'number', server_deadband: 0.5 })).toMatchObject({
      enumeration: 'number',
      sampling: 100,
      queue: 20,
      discard: 'newest',
      deadband: { kind: 'absolute', value: 0.5 },
    });
    expect(opcuaAddressOf({ address: 'i=1', deadband_percent: 2 })).toMatchObject({
      deadband: { kind: 'percent', value: 2 },
    });
  });

  test('take one deadband of the server', () => {
    const parsed = addressSchema.parse({ address: 'i=1', server_deadband: 1, deadband_percent: 1 });
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([
      { path: ['deadband_percent'], code: 'opcua.deadband-twice' },
    ]);
  });

  test('are refused in words that name the next step', () => {
    const parsed = addressSchema.parse('A/Motor.Speed');
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([
      {
        path: [],
        message: 'the browse name "Motor.Speed" has a "." in it that is not escaped',
      },
    ]);
  });
});

describe('the options of a device', () => {
  test('have defaults', () => {
    expect(opcuaDevice()).toEqual({
      namespaces: new Map(),
      root: undefined,
      mode: 'auto',
      timestamps: 'source',
      clockTolerance: 300_000,
      alarms: undefined,
    });
    expect(opcuaOptions.raisesAlarms?.(opcuaDevice())).toBe(false);
    expect(opcuaOptions.framings?.(opcuaDevice())).toEqual(['opcua']);
  });

  test('switch alarms on with nothing more to say', () => {
    const device = opcuaDevice({ alarms: {} });
    expect(device.alarms).toEqual({ minSeverity: 1, source: undefined });
    expect(opcuaOptions.raisesAlarms?.(device)).toBe(true);
  });

  test('know the prefixes that paths use', () => {
    const namespaces = { di: 'http://opcfoundation.org/UA/DI/' };
    const device = opcuaDevice({ namespaces, root: '/Objects/di:DeviceSet' });
    expect(device.root).toEqual(path(true, 'Objects', [{ prefix: 'di' }, 'DeviceSet']));
    const parsed = deviceSchema.parse({ root: 'robot:A', alarms: { source: 'robot:i=1' } });
    expect(parsed.ok ? [] : parsed.issues).toMatchObject([
      { path: ['root'], code: 'opcua.prefix-unknown', details: { prefix: 'robot', known: '-' } },
      { path: ['alarms', 'source'], code: 'opcua.prefix-unknown' },
    ]);
    const misfit = (address: string) => opcuaOptions.misfit?.(device, opcuaAddressOf(address));
    expect(misfit('di:s=A')).toBeUndefined();
    expect(misfit('call di:s=A robot:s=B')).toMatchObject({ code: 'opcua.prefix-unknown' });
  });
});
