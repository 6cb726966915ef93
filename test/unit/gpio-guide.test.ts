/** The guides of the pins: their sites load, their codes exist, and both languages say the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { isErrorCode } from '../../gateway/model/errors.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';

const GUIDES = ['docs/gpio.md', 'docs/gpio.zh-CN.md'] as const;
const guide = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');
const blocks = (name: string) =>
  [...guide(name).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '');
const codes = (name: string) =>
  [...guide(name).matchAll(/`(gpio\.[a-z-]+)`/g)].map(([, code]) => code ?? '');

test.each(GUIDES)('the sites of %s load', async (name) => {
  const path = join(temporaryDirectory(), 'gateway.yaml');
  for (const yaml of blocks(name)) {
    writeFileSync(path, `gateway: { id: x }\n${yaml}`);
    const loaded = await loadSite(path, DRIVER_OPTIONS);
    expect(loaded.ok ? [] : loaded.problems).toEqual([]);
  }
});

test('both guides name the same codes, and they exist', () => {
  const [english, chinese] = GUIDES.map(codes);
  expect(english?.length).toBeGreaterThan(4);
  expect(chinese).toEqual(english);
  expect(english?.filter((code) => !isErrorCode(code))).toEqual([]);
  const bare = (yaml: string) => yaml.replaceAll(/#.*$/gm, '').replaceAll(/ +$/gm, '');
  expect(blocks(GUIDES[1]).map(bare)).toEqual(blocks(GUIDES[0]).map(bare));
});
