/** The guide to a plant of one's own: its table becomes a profile, its site is checked, its rules are tested and covered, it plays. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadSite } from '../../config/load.ts';
import { DRIVER_OPTIONS } from '../../drivers/options.ts';
import { createDevice, processImage } from '../../firmware-sim/device.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { rtuStation } from '../../firmware-sim/rtu-station.ts';
import { readVerb } from '../../gateway/cli/read/read.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { seconds } from '../../gateway/model/units.ts';
import { called } from '../support/command-line.ts';
import { disposals } from '../support/disposals.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { blocksOf, readGuide } from '../support/rules-guide.ts';
import { wireServer } from '../support/wire-server.ts';

const later = disposals();
const ROOT = join(import.meta.dirname, '../..');
/** What hangs fails. */
const LONGEST_MS = 50_000;
const GUIDES = ['docs/own-plant.md', 'docs/own-plant.zh-CN.md'] as const;
const VERBS = new Set(
  [...readGuide('gateway/main.ts').matchAll(/^ {2}'?([\w-]+)'?: \{$/gm)].map(([, verb]) => verb),
);

function headgate(line: string, cwd: string) {
  const [, ...args] = line.split(' ');
  const options = { cwd, encoding: 'utf8', timeout: LONGEST_MS } as const;
  const env = { ...process.env, HEADGATE_LANG: 'en' };
  return spawnSync(join(ROOT, 'bin/headgate.mjs'), args, { ...options, env });
}

/** The files of the page in a new folder. */
function filesOf(text: string): string {
  const folder = temporaryDirectory();
  const put = (file: string, block: string) => {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), block);
  };
  put('flow.csv', blocksOf(text, 'csv')[0] ?? '');
  for (const block of blocksOf(text, 'yaml')) put(/^# (\S+)/.exec(block)?.[1] ?? '', block);
  return folder;
}

const linesOf = (text: string): readonly string[] =>
  blocksOf(text, 'sh').flatMap((block) => block.trim().split('\n'));

describe('a plant of your own', () => {
  it('is built by the page as it stands, without a warning', { timeout: 120_000 }, async () => {
    const text = readGuide(GUIDES[0]);
    const folder = filesOf(text);
    const open = headgate('headgate new-profile flow.csv', folder);
    const told = [...open.stderr.matchAll(/ import\.([a-z]+)-missing /g)].map(([, what]) => what);
    expect(told).toEqual(['function', 'order', 'base']);
    expect(linesOf(text).length).toBe(5);
    for (const line of linesOf(text)) {
      const { status, stdout, stderr } = headgate(line, folder);
      expect(status, `${line}\n${stdout}${stderr}`).toBe(0);
    }
    const loaded = await loadSite(join(folder, 'my-site'), DRIVER_OPTIONS);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    expect(loaded.warnings).toEqual([]);
    const flow = loaded.site.devices.find(({ name }) => name === 'chilled')?.tags[0];
    expect(flow).toMatchObject({
      tag: { id: 'chilled.flow_rate', unit: 'm3/h' },
      address: { table: 'holding', address: 0, type: 'float32', order: 'cdab' },
    });
  });

  it('reads what its table counts from as it says', async () => {
    const clock = systemClock();
    const where = { table: 'holding', address: 0, type: 'float32', order: 'cdab' } as const;
    const shown = { shape: 'constant', min: 12.3, max: 12.3, period: seconds(1) } as const;
    const image = processImage(
      [definePoint({ name: 'flow', ...where })],
      new Map([['flow', shown]]),
      1,
      clock,
    );
    const unit = rtuStation(createDevice({ name: 'chilled', unit: 1, image }));
    const { place } = later(await wireServer([unit], clock), (server) => server.close());
    const text = readGuide(GUIDES[0]);
    const [, args = ''] =
      /headgate read serial:\/\/\/dev\/ttyS2 (--unit 1 \S+ --expect \S+)/.exec(text) ?? [];
    const bus = `rtu+tcp://${place}?9600-8-N-1`;
    const { stdout } = await called({ read: readVerb }, ['read', bus, ...args.split(' ')]);
    const [, found = ''] = /It finds `([^`]+)`/.exec(text) ?? [];
    expect(found).not.toBe('');
    expect(stdout).toContain(`{ address: "${found}" }`);
  });

  it('is the same in both languages, but for the words', () => {
    const [en, zh] = GUIDES.map(readGuide) as [string, string];
    const bare = (block: string) => block.replace(/ +#(?! my-site).*$/gm, '');
    const parts = (text: string) => ({
      headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
      csv: blocksOf(text, 'csv'),
      sh: linesOf(text),
      yaml: blocksOf(text, 'yaml').map(bare),
      lines: blocksOf(text, 'text').map((block) => block.match(/^headgate( [\w.:/-]+)+/gm)),
    });
    expect(parts(zh)).toEqual(parts(en));
  });

  it('is linked, and names only verbs that there are', () => {
    for (const name of GUIDES) {
      const verbs = [...readGuide(name).matchAll(/headgate ([a-z-]+)/g)].map(([, verb]) => verb);
      expect(verbs.length).toBeGreaterThan(10);
      expect(verbs.filter((verb) => !VERBS.has(verb))).toEqual([]);
      const first = name.replace('own-plant', 'technician');
      expect(readGuide(first)).toContain(`](${name.replace('docs/', '')})`);
    }
  });
});
