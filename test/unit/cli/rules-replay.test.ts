/** `headgate rules replay` on journals that the journal itself wrote, and on recorded tables. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runReplay } from '../../../gateway/cli/rules/replay-run.ts';
import type { ReplaySource } from '../../../gateway/cli/rules/replay-source.ts';
import { flagsOf, rowsOf, utcOf } from '../../../gateway/cli/rules/replay-table.ts';
import { renderProgress } from '../../../gateway/cli/rules/replay-view.ts';
import { rulesVerb } from '../../../gateway/cli/rules/rules.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { toBatch } from '../../../gateway/journal/batch.ts';
import type { Sample, TagId, Value } from '../../../gateway/model/sample.ts';
import { millis, monoMs, utcMs } from '../../../gateway/model/units.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { journalAt, temporaryDirectory } from '../../support/journal-fixture.ts';
import { conditionRule, ruleSet } from '../../support/rule-test-fixture.ts';

const T0 = Date.UTC(2026, 0, 1);

const SITE = `gateway: { id: plant, timezone: Asia/Shanghai }
journal: { path: ./journal.db }
buses: { line: { tcp: 10.0.0.5:502 } }
devices:
  press:
    bus: line
    protocol: modbus
    tags:
      oil_temp: { address: "holding:0 float32", unit: °C }
      guard: { address: "coil:4" }
      pump: { address: "coil:5", access: read-write }
simulation:
  trace: { time: at, separator: ",", columns: { Oil: press.oil_temp, Guard: press.guard } }
`;

const rules = (delay: string, more = '') => `constants: { limit: 75 }
rules:
  press-overheat:
    when: press.oil_temp > limit && press.guard
    clear_when: press.oil_temp < 70
    on_delay: ${delay}
    alarm: { severity: high, message: { en: "oil at {press.oil_temp:1} °C", zh: "油温 {press.oil_temp:1} °C" } }
    do: [ { write: press.pump, value: false } ]
    on_clear: [ { write: press.pump, value: true }, { record: peak, values: { max: 'max(press.oil_temp, "10m")' } } ]
  smooth: { derive: { tag: press.smooth, value: 'avg(press.oil_temp, "1m")', unit: °C } }
${more}`;

function siteOf(delay = '10s'): { readonly folder: string; readonly other: string } {
  const folder = temporaryDirectory();
  writeFileSync(join(folder, 'gateway.yaml'), SITE);
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'press.yaml'), rules(delay));
  const other = temporaryDirectory();
  return { folder, other };
}

const TAGS = ['press.oil_temp', 'press.guard', 'press.pump', 'press.smooth'] as TagId[];

/** Ten minutes, a sample of the temperature each second: warm for a while in the third and the seventh. */
async function recorded(folder: string) {
  const clock = virtualClock(utcMs(T0));
  const journal = journalAt(join(folder, 'journal.db'), { tags: TAGS, clock });
  const sample = (tag: number, value: Value): Sample => ({
    tag: TAGS[tag] as TagId,
    value,
    quality: 'good',
    time: clock.utc(),
    timeBasis: 'gateway',
  });
  const index = (tag: TagId) => TAGS.indexOf(tag);
  for (let second = 0; second < 600; second++) {
    const isWarm = second % 240 >= 120 && second % 240 < 150;
    const samples = [sample(0, isWarm ? 80 + (second % 7) / 10 : 60), sample(3, 999)];
    if (second === 0) samples.push(sample(1, true));
    const key = { origin: 'test', number: second + 1 };
    await journal.append('telemetry', toBatch(samples, index), key);
    await clock.advance(millis(1000));
  }
  return { clock, journal };
}

const replay = (folder: string, args: readonly string[], options: CallOptions = {}) =>
  called({ rules: rulesVerb }, ['rules', 'replay', folder, ...args], options);

describe('headgate rules replay', () => {
  it('prints what the rules would have done, while the gateway has the journal open and afterwards', async () => {
    const { folder } = siteOf();
    const { clock, journal } = await recorded(folder);
    const beside = await replay(folder, ['--since', '1h'], { clock });
    expect(beside.stderr).toBe('');
    await expect(`${beside.stdout}\n`).toMatchFileSnapshot('../../golden/replay/journal.en.txt');
    expect(beside.status).toBe(0);
    await journal.close();
    const after = await replay(folder, ['--since', '2026-01-01 00:00:00'], {
      clock,
      language: 'zh',
    });
    await expect(`${after.stdout}\n`).toMatchFileSnapshot('../../golden/replay/journal.zh.txt');
    const late = await replay(folder, ['--since', '2026-01-01T00:05:00Z'], { clock });
    // The guard was told once, long before: it is known all the same.
    expect(late.stdout).toMatch(/^2026-01-01 08:06:10 {2}press-overheat {2}alarm active/);
    expect(late.stdout).toContain('1 alarms');
    const part = await replay(folder, ['--since', '1h', '--until', '2026-01-01T08:02:20+08:00'], {
      clock,
    });
    expect(part.stdout.match(/alarm active/g)).toHaveLength(1);
    const none = await replay(folder, ['--since', '2027-01-01T00:00:00Z'], { clock });
    expect(none.status).toBe(1);
    expect(none.stderr).toContain('replay.nothing-recorded');
    expect(none.stderr).toContain('2026-01-01 08:00:00 … 2026-01-01 08:09:59');
  });

  it('prints the difference to other rules, and says by its exit code whether there is one', async () => {
    const { folder, other } = siteOf();
    const { clock, journal } = await recorded(folder);
    await journal.close();
    const more = `  short: { when: press.oil_temp > 80.5, alarm: { severity: low, message: "warm" } }\n`;
    writeFileSync(join(other, 'rules.yaml'), rules('25s', more).replace('high', 'urgent'));
    for (const language of ['en', 'zh'] as const) {
      const found = await replay(folder, ['--with', other], { clock, language });
      expect(found.status).toBe(1);
      await expect(`${found.stdout}\n`).toMatchFileSnapshot(
        `../../golden/replay/difference.${language}.txt`,
      );
    }
    writeFileSync(join(other, 'rules.yaml'), rules('10s'));
    const same = await replay(folder, ['--with', other], { clock });
    expect(same.stdout).toContain('both did the same');
    expect(same.status).toBe(0);
    // A copy of the site's own rules, with what they say of all alarms.
    const flood = `alarms: { flood: { most: 3, within: 1m } }\n${rules('10s')}`;
    writeFileSync(join(folder, 'rules', 'press.yaml'), flood);
    writeFileSync(join(other, 'rules.yaml'), flood);
    expect(await replay(folder, ['--with', other], { clock })).toMatchObject({ status: 0 });
    // A whole site is taken as it is.
    cpSync(join(folder, 'gateway.yaml'), join(other, 'gateway.yaml'));
    expect(await replay(folder, ['--with', other], { clock })).toMatchObject({ status: 0 });
  });

  it('gives a digest that is the same for the same, and all of it as JSON', async () => {
    const { folder, other } = siteOf();
    const { clock, journal } = await recorded(folder);
    await journal.close();
    writeFileSync(join(other, 'rules.yaml'), rules('12s'));
    const [first, second] = await Promise.all([
      replay(folder, ['--json'], { clock }),
      replay(folder, ['--json', '--with', other], { clock }),
    ]);
    const [one, two] = [JSON.parse(first.stdout), JSON.parse(second.stdout)];
    expect(one.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(two.digest).toBe(one.digest);
    expect(two.with.digest).not.toBe(one.digest);
    expect(one).toMatchObject({
      samples: 601,
      blocks: 600,
      gaps: [],
      damaged: [],
      clock_steps: 0,
      dropped: 0,
    });
    expect(two.difference.totals).toMatchObject({ moved: 4 });
    expect(one.effects[0]).toMatchObject({
      kind: 'alarm',
      rule: 'press-overheat',
      to: 'active',
      time: T0 + 130_000,
    });
    expect(one.derived).toEqual([{ tag: 'press.smooth', values: expect.any(Number) }]);
  });

  it('does not compare with rules whose tests fail', async () => {
    const { folder, other } = siteOf();
    const test = `  bad:
    when: press.oil_temp > 75
    alarm: { severity: low, message: "warm" }
    tests: [ { name: cold is warm, series: { press.oil_temp: "60x3" }, expect: { alarms: [ { at: 1s, to: active } ] } } ]
`;
    writeFileSync(join(other, 'rules.yaml'), rules('10s', test));
    const { status, stderr } = await replay(folder, ['--with', other]);
    expect(status).toBe(1);
    expect(stderr).toContain('cli.site-invalid');
    expect(stderr).toContain('cold is warm');
  });

  it('plays a recorded table', async () => {
    const { folder } = siteOf();
    const rows = Array.from({ length: 60 }, (_, i) => {
      const time = new Date(T0 + i * 1000).toISOString().replace('T', ' ').slice(0, 19);
      return `${time},${i < 20 ? 60 : 80.5},${i % 10 === 0 ? 1 : ''},x`;
    });
    const csv = join(folder, 'trace.csv');
    writeFileSync(csv, ['at,Oil,Guard,Note', ...rows].join('\n'));
    const { status, stdout, stderr } = await replay(folder, ['--csv', csv]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain(
      '2026-01-01 08:00:30  press-overheat  alarm active (700)  oil at 80.5 °C',
    );
    const bad = join(folder, 'bad.csv');
    writeFileSync(
      bad,
      ['at,Oil,Guard', ...rows.slice(0, 3), '2026-01-01 00:00:03,1.2.3,1'].join('\n'),
    );
    const refused = await replay(folder, ['--csv', bad]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      'bad.csv:5 the table cannot be read: "1.2.3" in column Oil is no number [replay.table-invalid]',
    );
  });

  it('says what is missing: a mapping, rules, a journal', async () => {
    const folder = temporaryDirectory();
    const csv = join(folder, 'trace.csv');
    writeFileSync(csv, 'when;A;B\n2026-01-01 00:00:00;1;2\n');
    const [plain = ''] = SITE.split('simulation:');
    writeFileSync(join(folder, 'gateway.yaml'), `${plain}${rules('10s')}`);
    const unmapped = await replay(folder, ['--csv', csv]);
    expect(unmapped.stderr).toContain('replay.no-mapping');
    expect(unmapped.stderr).toContain('when, A, B');
    expect((await replay(folder, [])).stderr).toContain('journal.unusable');
    writeFileSync(join(folder, 'gateway.yaml'), plain);
    expect((await replay(folder, [])).stderr).toContain('replay.no-rules');
  });

  it.each([
    ['--since', 'yesterday'],
    ['--until', '25:00'],
    ['--since', '1h', '--until', '2h'],
  ])('does not understand %s %s', async (...args) => {
    const { folder } = siteOf();
    expect(await replay(folder, args)).toMatchObject({ status: 2 });
  });

  it('shows progress from two seconds on, every second, and ends when it is told to', async () => {
    let now = 0;
    const quarters = () => {
      now += 250;
      return monoMs(now);
    };
    const clock = { ...virtualClock(), mono: quarters };
    const source = (count: number): ReplaySource => ({
      name: 'x',
      blocks: Array.from({ length: count }, (_, i) => ({ samples: [], done: (i + 1) / count })),
      losses: () => ({ gaps: [], damaged: [], more: 0 }),
      held: () => undefined,
      close: () => {},
    });
    const run = (count: number, signal: AbortSignal) => {
      const notes: string[] = [];
      const terminal = {
        clock,
        signal,
        note: (text: string) => notes.push(text),
        language: 'en',
      } as const;
      return { notes, ended: runReplay([ruleSet([])], source(count), terminal) };
    };
    const { notes, ended } = run(20, new AbortController().signal);
    await ended;
    // Twenty looks of a quarter of a second: at 2, 3, 4 and 5 s.
    expect(notes.map((note) => note.replace(/,.*/, ''))).toEqual([
      'replaying: 40 %',
      'replaying: 60 %',
      'replaying: 80 %',
      'replaying: 100 %',
    ]);
    expect((await Promise.allSettled([run(20, AbortSignal.abort()).ended]))[0]?.status).toBe(
      'rejected',
    );
  });

  it('tells how far it is, and how long it will take', () => {
    expect(renderProgress({ done: 0.25, spent: millis(10_000) }, 'en')).toBe(
      'replaying: 25 %, 30 s left',
    );
    expect(renderProgress({ done: 0, spent: millis(2_000) }, 'zh')).toBe('回放中：0 %，剩余 ?');
  });
});

describe('a recorded table', () => {
  it.each([
    ['2026-01-31 08:09:10', Date.UTC(2026, 0, 31, 8, 9, 10)],
    ['2026-01-31T08:09:10Z', Date.UTC(2026, 0, 31, 8, 9, 10)],
    ['2026-01-31T08:09:10.25+08:00', Date.UTC(2026, 0, 31, 0, 9, 10, 250)],
    ['2026-01-31 08:09', Date.UTC(2026, 0, 31, 8, 9)],
    ['2026-02-30 08:09:10', undefined],
    ['2026-01-31 24:09:10', undefined],
    ['31.01.2026 08:09', undefined],
    ['', undefined],
  ])('reads the time %s', (text, utc) => {
    expect(utcOf(text)).toBe(utc);
  });

  it('leaves out empty cells, and takes 1 and 0 for true and false where the rules do', () => {
    const mapping = {
      time: 'at',
      separator: ';',
      columns: new Map([
        ['x', 'a.x' as TagId],
        ['on', 'a.on' as TagId],
      ]),
    } as const;
    const bytes = new TextEncoder().encode(
      'at;on;x;y\n2026-01-01 00:00:00;1;;\n\n2026-01-01 00:00:01;;-1.5e1;z\n',
    );
    const { count, rows } = rowsOf(bytes, 't.csv', mapping, new Set(['a.on' as TagId]));
    expect(count).toBe(2);
    expect(
      [...rows].map((row) => row.map(({ tag, value, time }) => [tag, value, time - T0])),
    ).toEqual([[['a.on', true, 0]], [['a.x', -15, 1000]]]);
    const missing = { ...mapping, time: 'when' };
    expect(() => rowsOf(bytes, 't.csv', missing, new Set())).toThrow(
      expect.objectContaining({ code: 'replay.table-invalid' }),
    );
    expect(flagsOf([ruleSet([conditionRule('r', 'a.x > 1')])])).toEqual(new Set());
  });
});
