/** What every profile that comes with the gateway has to have, and the words that docs/profiles.md gives them. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { loadProfiles, type Profile } from '../../../config/profiles.ts';
import { renderProblems } from '../../../config/report.ts';
import { parseYaml } from '../../../config/yaml-document.ts';
import { DRIVERS } from '../../../drivers/all-drivers.ts';
import type { TagRequest } from '../../../drivers/driver.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { deviceName, tagId } from '../../../gateway/model/sample.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { WIRE_ACCESS } from '../../support/modbus-fixture.ts';

const ROOT = join(import.meta.dirname, '../../..');
const profiles = await loadProfiles(DRIVER_OPTIONS);
const each = profiles.map((profile) => [profile.id, profile] as const);

const CHINESE = /[\u4e00-\u9fff]/;
const UNITS = new Set(
  `V A W kW var kvar VA kVA Hz Wh kWh kvarh % °C ° m/s mV ppm mg/L mg/kg µS/cm rpm m3 m3/h GJ/h h`.split(
    ' ',
  ),
);

async function vocabularyOf(file: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, file), 'utf8');
  const rows = text.split('|---|---|---|\n')[1]?.split('\n') ?? [];
  return rows.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
  );
}

describe.each(each)('%s', (id, profile) => {
  test('is the file of its id', async () => {
    const file = join(ROOT, 'config/profiles', `${id}.yaml`);
    const { root } = parseYaml(await readFile(file, 'utf8'), file);
    expect(root?.entries.get('profile')?.value).toMatchObject({ value: id });
  });

  test('is named in both languages, and so are its tags and traps', () => {
    const said = [profile.name, ...profile.tags.map(({ name }) => name), ...profile.quirks];
    for (const words of said) {
      expect(words?.en).toMatch(/[A-Za-z]/);
      expect(words?.en).not.toMatch(CHINESE);
    }
    expect(
      [...profile.quirks, ...profile.tags.map(({ name }) => name)].map((it) => it?.zh),
    ).toEqual(expect.not.arrayContaining([expect.not.stringMatching(CHINESE)]));
  });

  test('says where it comes from and has frames', () => {
    expect(profile.provenance.length).toBeGreaterThan(0);
    expect(profile.provenance.every((one) => one.verified ?? one.unverified)).toBe(true);
    expect(profile.golden.length).toBeGreaterThan(0);
    expect(profile.golden.every(({ note }) => note !== undefined)).toBe(true);
  });

  test('has units that everybody knows', () => {
    expect(profile.tags.filter(({ unit }) => unit !== undefined && !UNITS.has(unit))).toEqual([]);
  });

  test('can be planned as a whole, within the limits of the device', () => {
    const groups = planOf(profile);
    const readable = profile.tags.filter(({ access }) => access !== 'write');
    expect(groups.flatMap(({ tags }) => tags)).toHaveLength(readable.length);
    const most = Number(profile.device.max_registers ?? 125);
    for (const group of groups)
      if ('quantity' in group) expect(group.quantity).toBeLessThanOrEqual(most);
  });
});

function planOf(profile: Profile) {
  const options = DRIVER_OPTIONS.get(profile.protocol)?.deviceSchema.parse({
    ...profile.device,
    ...profile.golden[0]?.device,
  });
  if (!options?.ok) throw new Error(JSON.stringify(options));
  const requests = profile.tags
    .filter(({ access }) => access !== 'write')
    .map(
      ({ quantity, address, unit, decimals, scan }, index): TagRequest<unknown> => ({
        tag: {
          index,
          id: tagId('device', quantity),
          device: deviceName('device'),
          quantity,
          unit,
          decimals,
          report: { deadband: undefined, heartbeat: undefined },
        },
        address,
        scan: scan ?? profile.scan ?? seconds(10),
      }),
    );
  return DRIVERS.get(profile.protocol)?.plan(options.value, requests, WIRE_ACCESS) ?? [];
}

test('Eastron meters are asked for an even number of registers from an even start', () => {
  const groups = planOf(profiles.find(({ id }) => id === 'eastron/sdm630') as Profile);
  const blocks = groups.map((group) => ({ start: 1, quantity: 1, ...group }));
  expect(blocks.length).toBeGreaterThan(1);
  expect(blocks.filter(({ start, quantity }) => start % 2 !== 0 || quantity % 2 !== 0)).toEqual([]);
});

describe('the words of docs/profiles.md', () => {
  test('are the same in both languages', async () => {
    const english = await vocabularyOf('docs/profiles.md');
    expect(english.length).toBeGreaterThan(50);
    expect(await vocabularyOf('docs/profiles.zh-CN.md')).toEqual(english);
  });

  test('name every tag of every profile, and nothing that no profile has', async () => {
    const patterns = (await vocabularyOf('docs/profiles.md')).map(
      (word) => [word, new RegExp(`^${word.replaceAll('<n>', '\\d+')}$`)] as const,
    );
    const used = [...new Set(profiles.flatMap(({ tags }) => tags.map(({ quantity }) => quantity)))];
    expect(used.filter((tag) => !patterns.some(([, pattern]) => pattern.test(tag)))).toEqual([]);
    expect(
      patterns
        .filter(([, pattern]) => !used.some((tag) => pattern.test(tag)))
        .map(([word]) => word),
    ).toEqual([]);
  });

  test('mean the same in every profile', () => {
    const meanings = new Map<string, Set<string>>();
    for (const { quantity, name } of profiles.flatMap(({ tags }) => tags)) {
      const known = meanings.get(quantity) ?? new Set();
      meanings.set(quantity, known.add(`${name?.en} · ${name?.zh}`));
    }
    expect([...meanings].filter(([, known]) => known.size > 1)).toEqual([]);
  });
});

test.each(['docs/profiles.md', 'docs/profiles.zh-CN.md'])(
  'the examples of %s load',
  async (file) => {
    const text = await readFile(join(ROOT, file), 'utf8');
    const [use, change, profile] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(
      (it) => it[1] ?? '',
    );
    const folder = await mkdtemp(join(tmpdir(), 'headgate-docs-'));
    try {
      await mkdir(join(folder, 'profiles'));
      await writeFile(join(folder, 'gateway.yaml'), `gateway: { id: a }\n${use}`);
      await writeFile(join(folder, 'profiles/boiler.yaml'), profile ?? '');
      const changed = change?.replace('  meter:', '  changed:').replace('unit: 3', 'unit: 4') ?? '';
      await writeFile(join(folder, 'more.yaml'), changed);
      const loaded = await loadSite(folder, DRIVER_OPTIONS, { environment: {} });
      const problems = loaded.ok ? loaded.warnings : loaded.problems;
      expect(loaded.ok, renderProblems(problems, 'en')).toBe(true);
      expect(problems.map(({ code }) => code)).toEqual(['config.write-wears']);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
