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
    const device = { common: undefined, bus: 'line', own: undefined, framings: undefined, tags };
    return lint({
      gateway: undefined,
      journal: undefined,
      uplinks: new Map(),
      buses: new Map([['line', undefined]]),
      devices: new Map([['press', device]]),
      simulation: undefined,
    });
  };
  expect(devicesOf(MOST_TAGS)).toEqual([]);
  expect(devicesOf(MOST_TAGS + 1)).toMatchObject([
    { code: 'config.too-many-tags', details: { count: MOST_TAGS + 1 } },
  ]);
});
