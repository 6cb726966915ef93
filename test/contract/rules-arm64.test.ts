/**
 * Rules do the same on the machine that they are tried on and on the one that they run on: every function, every kind
 * of rule, bit for bit, on x86-64 and on arm64 (which qemu plays).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tagId } from '../../gateway/model/sample.ts';
import { buildRules } from '../../rules/config/build.ts';
import type { RuleTag } from '../../rules/config/build-site.ts';
import { EXAMPLE_TAGS, EXAMPLE_TIME, FUNCTIONS } from '../../rules/language/functions.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { describeWith } from '../support/real-parts.ts';
import { type DigestResult, type DigestTask, digestOf } from '../support/replay-digest-process.ts';

/** Where test/support/peers/fetch-node-arm64 puts it, and where Debian's libc6-arm64-cross is. */
const NODE = join(
  process.env.HEADGATE_PEERS ?? join(homedir(), '.cache', 'headgate'),
  'node-arm64',
  'bin',
  'node',
);
const LIBRARIES = '/usr/aarch64-linux-gnu';
const QEMU = 'qemu-aarch64-static';

const folder = mkdtempSync(join(tmpdir(), 'headgate-digest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One rule of each kind beside those of the functions. */
const KINDS = {
  hot: {
    when: 'press.oil_temp > 71.5',
    deadband: 0.7,
    on_delay: '2s',
    alarm: {
      severity: 'high',
      message: { en: '{press.oil_temp} {press.oil_temp / 3:3}', zh: '{press.oil_temp / 7}' },
    },
    do: [{ write: 'press.valve', value: 'press.oil_temp / 3' }],
    on_clear: [
      {
        record: 'peak',
        values: { max: 'max(press.oil_temp, "1m")', dev: 'stddev(press.oil_temp, "1m")' },
      },
    ],
  },
  heating: {
    loop: {
      input: 'press.oil_temp',
      setpoint: 70.1,
      output: 'press.valve',
      pi: {
        action: 'heat',
        gain: 5.3,
        integral_time: '7m',
        min: 0,
        max: 100,
        every: '10s',
        output_deadband: 0.01,
      },
      fallback: { value: 0, after: '60s' },
    },
  },
  relay: {
    loop: {
      input: 'press.oil_temp',
      setpoint: 'press.parts',
      output: 'press.relay',
      on_off: { action: 'cool', band: 1.5, min_on: '5s', min_off: '7s' },
    },
  },
  dusk: {
    schedule: { sun: 'sunset', offset: '-15m' },
    do: [{ write: 'press.relay', value: true }],
  },
  dawn: { schedule: { sun: 'sunrise' }, do: [{ write: 'press.relay', value: false }] },
  hourly: {
    schedule: { cron: '*/7 * * * *' },
    do: [{ record: 'count', values: { parts: 'press.parts / 9' } }],
  },
  order: {
    sequence: {
      steps: [
        { name: 'pump', when: 'press.pump' },
        { name: 'hand', when: 'press.mode == "hand"', within: '3s' },
      ],
    },
    alarm: { severity: 'low', message: 'hangs at {step}' },
  },
} as const;

function everything(): RuleSet {
  const own = (tag: Pick<RuleTag, 'id' | 'type' | 'unit' | 'access'>): RuleTag => ({
    ...tag,
    scan: undefined,
    counter: undefined,
  });
  const [written, read] = ['read-write', 'read'] as const;
  const tags = [
    ...EXAMPLE_TAGS.map(({ id, type, unit }) =>
      own({ id: tagId('press', id.slice('press.'.length)), type, unit, access: read }),
    ),
    own({ id: tagId('press', 'valve'), type: 'number', unit: undefined, access: written }),
    own({ id: tagId('press', 'relay'), type: 'flag', unit: undefined, access: written }),
  ];
  const derived = FUNCTIONS.map(({ name, example }, i) => [
    `f${i}-${name.toLowerCase()}`,
    { derive: { tag: `f.r${i}`, value: example } },
  ]);
  const found: unknown[] = [];
  const set = buildRules(
    {
      rules: { ...Object.fromEntries(derived), ...KINDS },
      templates: {},
      constants: {},
      alarms: undefined,
    },
    {
      timezone: EXAMPLE_TIME.timezone,
      position: { latitude: 36.9, longitude: 122.4 },
      tags: new Map(tags.map((tag) => [String(tag.id), tag])),
      made: new Set(),
      firstIndex: tags.length,
      interlocks: [],
    },
    {
      find: (finding) => {
        if (finding.severity !== 'warning') found.push(finding);
      },
      issue: (path, issue) => found.push({ path, issue }),
      placeOf: () => ({ file: 'all.yaml', line: 1, col: 1 }),
    },
  );
  expect(found).toEqual([]);
  expect(set.rules).toHaveLength(FUNCTIONS.length + Object.keys(KINDS).length);
  return set;
}

const task = (seed: number): DigestTask => ({
  set: everything(),
  seed,
  batches: 300,
  // A quarter of an hour before sunset is within the minutes that it takes.
  start: Date.parse('2026-01-01T16:24:00+08:00'),
  tags: EXAMPLE_TAGS.map(({ id, type }) => [id, type]),
});

const SEED = Number(process.env.SEED ?? 20_260_101);

describe('a replay of everything that rules can do', () => {
  it('is the same twice, and another one with other samples', () => {
    const first = digestOf(task(SEED));
    expect(digestOf(task(SEED))).toEqual(first);
    expect(digestOf(task(SEED + 1)).digest).not.toBe(first.digest);
    expect(first.effects).toBeGreaterThan(5_000);
    const silent = everything().rules.filter(({ name }) => !first.rules.includes(name));
    expect(silent.map(({ name }) => name)).toEqual(['dawn']);
    expect(first.fractions).toBeGreaterThan(500);
  });
});

describeWith([QEMU, NODE, join(LIBRARIES, 'lib', 'libstdc++.so.6')], 'on arm64', () => {
  it(`has the same digest (seed ${SEED})`, { timeout: 300_000 }, () => {
    const path = join(folder, 'task.json');
    writeFileSync(path, JSON.stringify(task(SEED)));
    const script = join(import.meta.dirname, '..', 'support', 'replay-digest-process.ts');
    const said = execFileSync(QEMU, ['-L', LIBRARIES, NODE, script, path], { encoding: 'utf8' });
    const { arch, ...there }: DigestResult = JSON.parse(said);
    expect(arch).toBe('arm64');
    const { arch: _, ...here } = digestOf(JSON.parse(JSON.stringify(task(SEED))));
    expect(there).toEqual(here);
  });
});
