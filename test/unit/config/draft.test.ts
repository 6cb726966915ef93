/** Problems that a driver, or the size of a site, makes. */
import { expect, test } from 'vitest';
import type { DraftTag } from '../../../config/checker.ts';
import { draftOf } from '../../../config/draft.ts';
import { lint, MOST_TAGS } from '../../../config/lint.ts';
import { notesOn } from '../../../config/notes.ts';
import { parseYaml } from '../../../config/yaml-document.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';

const SITE = `gateway: { id: a }
buses: { line: { tcp: h:502 } }
devices:
  press: { bus: line, protocol: modbus, unit: 7, tags: {} }
`;

test('a driver that has no words in the catalogue is heard with its own', () => {
  const modbus = DRIVER_OPTIONS.get('modbus');
  const { root } = parseYaml(SITE, 'gateway.yaml');
  if (root === undefined || modbus === undefined) throw new Error('the fixture is broken');
  const grumpy = {
    ...modbus,
    deviceSchema: {
      json: modbus.deviceSchema.json,
      parse: () => ({
        ok: false as const,
        issues: [{ path: ['unit'], code: 'grumpy.seven', message: 'not seven' }],
      }),
    },
  };
  const notes = notesOn(root);
  draftOf(root, new Map([['modbus', grumpy]]), notes, new Set());
  expect(notes.problems).toMatchObject([
    {
      file: 'gateway.yaml',
      line: 4,
      col: 47,
      code: 'grumpy.seven',
      message: {
        en: 'the driver does not take this: not seven',
        zh: '驱动程序不接受此项：not seven',
      },
      hint: { en: 'see the options of modbus in the reference' },
    },
  ]);
});

test('a site has a most of tags', () => {
  const tag: DraftTag = {
    common: undefined,
    addressText: '',
    address: undefined,
    kind: undefined,
  };
  const devicesOf = (count: number) => {
    const tags = new Map(Array.from({ length: count }, (_, index) => [`t${index}`, tag]));
    const device = {
      driver: undefined,
      common: undefined,
      bus: 'line',
      own: undefined,
      framings: undefined,
      raisesAlarms: false,
      tags,
    };
    return lint({
      gateway: undefined,
      journal: undefined,
      uplinks: new Map(),
      buses: new Map([['line', undefined]]),
      devices: new Map([['press', device]]),
      simulation: undefined,
      commands: undefined,
      operators: new Map(),
    });
  };
  expect(devicesOf(MOST_TAGS)).toEqual([]);
  expect(devicesOf(MOST_TAGS + 1)).toMatchObject([
    { code: 'config.too-many-tags', details: { count: MOST_TAGS + 1 } },
  ]);
});

test('what would take the name of the tag for the alarms of a device is told', () => {
  const modbus = DRIVER_OPTIONS.get('modbus');
  if (modbus === undefined) throw new Error('the fixture is broken');
  const alarming = new Map([['modbus', { ...modbus, raisesAlarms: () => true }]]);
  const found = (tags: string) => {
    const { root } = parseYaml(SITE.replace('tags: {}', `tags: ${tags}`), 'gateway.yaml');
    if (root === undefined) throw new Error('the fixture is broken');
    const findings = lint(draftOf(root, alarming, notesOn(root), new Set()));
    return findings.map(({ path, code }) => `${path.join('/')} ${code}`);
  };
  expect(found('{ alarm: "input:1", counting_event: "input:2" }')).toEqual([]);
  expect(found('{ alarm_event: { address: "input:1" } }')).toEqual([
    'devices/press/tags/alarm_event alarm.name-taken',
  ]);
  expect(found('{ alarm: { address: "input:1 uint32", counter: {} } }')).toEqual([
    'devices/press/tags/alarm alarm.name-taken',
  ]);
});

test('an address that makes no sense for its device is told where it stands', () => {
  const site = `gateway: { id: a }
buses: { plc: { opcua: "opc.tcp://h:4840" } }
devices:
  cell:
    bus: plc
    protocol: opcua
    namespaces: { di: "http://opcfoundation.org/UA/DI/" }
    tags:
      pos: { address: "/Objects/di:DeviceSet/robot:Axis" }
      speed: { address: "di:s=Speed" }
`;
  const { root } = parseYaml(site, 'gateway.yaml');
  if (root === undefined) throw new Error('the fixture is broken');
  const notes = notesOn(root);
  draftOf(root, DRIVER_OPTIONS, notes, new Set());
  expect(notes.problems).toMatchObject([
    {
      line: 9,
      col: 23,
      code: 'opcua.prefix-unknown',
      message: { en: '"robot" is no prefix of the device; it has: di' },
    },
  ]);
});
