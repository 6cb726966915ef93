/** The guides to HJ 212: their site loads, their packet is explained as printed, their codes exist, both say the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { pastedBytes } from '../../gateway/cli/decode/decode-input.ts';
import { hj212Explainer } from '../../gateway/cli/decode/explain-hj212.ts';
import { isErrorCode } from '../../gateway/model/errors.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';

const GUIDES = ['docs/hj212.md', 'docs/hj212.zh-CN.md'] as const;
const guide = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');
const site = (name: string) => /```yaml\n([\s\S]*?)```/.exec(guide(name))?.[1] ?? '';
const codes = (name: string) =>
  [...guide(name).matchAll(/`(hj212\.[a-z-]+)`/g)].map(([, code]) => code ?? '');

test.each(GUIDES)(
  'the site of %s loads, with three scans of age and all kinds of data',
  async (name) => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'gateway.yaml'), site(name));
    writeFileSync(join(folder, 'bureau-pw'), '123456\n');
    const environment = { CREDENTIALS_DIRECTORY: folder };
    const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment });
    expect(loaded.ok ? loaded.warnings : loaded.problems).toEqual([]);
    expect(loaded.ok && loaded.site.uplinks).toMatchObject([
      {
        name: 'bureau',
        hj212: {
          ...{ host: '10.1.2.3', port: 9000, st: '32', mn: '010000A8900016F000169DC0' },
          ...{ pw: '123456', timezone: 'Asia/Shanghai', minute: 600_000, realtime: 60_000 },
          factors: [
            { code: 'w01018', tag: 'cod.value', maxAge: 90_000, flag: { maxAge: 90_000 } },
            {
              code: 'w00000',
              tag: 'flow.rate',
              maxAge: 30_000,
              total: { tag: 'flow.total', maxAge: 30_000 },
            },
          ],
          sends: ['realtime', 'minute', 'hour', 'day'],
        },
      },
    ]);
  },
);

test.each(['12 34', '12;34', '1234567890123456789012345', '密码'])(
  'the password %j is refused',
  async (pw) => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'gateway.yaml'), site(GUIDES[0]));
    writeFileSync(join(folder, 'bureau-pw'), pw);
    const environment = { CREDENTIALS_DIRECTORY: folder };
    const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment });
    const told = loaded.ok ? [] : loaded.problems.map(({ code, line }) => `${line} ${code}`);
    expect(told).toEqual(['7 config.hj212-pw']);
  },
);

test.each(GUIDES)('the packet of %s is explained as it is printed', (name) => {
  const [, pasted = '', printed = ''] =
    /\$ headgate decode hj212 '(.*)' --json\n(.*)\n/.exec(guide(name)) ?? [];
  const bytes = pastedBytes(pasted, 'hj212');
  const explanation = 'bytes' in bytes ? hj212Explainer.explain(bytes.bytes) : undefined;
  expect(explanation?.ok && JSON.stringify(explanation.fields)).toBe(printed);
});

test('both guides name the same codes, and they exist; their sites are the same', () => {
  const [english, chinese] = GUIDES.map(codes);
  expect(english?.length).toBeGreaterThan(4);
  expect(chinese).toEqual(english);
  expect(english?.filter((code) => !isErrorCode(code))).toEqual([]);
  expect(site(GUIDES[1])).toBe(site(GUIDES[0]));
});
