/** `headgate rules test` and what `check` says of rule tests: real sites in real folders. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkVerb } from '../../../gateway/cli/check.ts';
import { commandLine } from '../../../gateway/cli/command-line.ts';
import { FileWatch } from '../../../gateway/cli/rules/file-watch.ts';
import { rulesVerb } from '../../../gateway/cli/rules/rules.ts';
import { type Clock, systemClock } from '../../../gateway/host/clock.ts';
import { monoMs } from '../../../gateway/model/units.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { until } from '../../support/waiting.ts';

const top = mkdtempSync(join(tmpdir(), 'headgate-rules-test-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const GATEWAY = `gateway: { id: x }
uplinks: { cloud: { mqtt: "mqtt://127.0.0.1:1883" } }
buses: { press: { tcp: "127.0.0.1:502" } }
devices:
  press:
    bus: press
    protocol: modbus
    unit: 1
    tags:
      oil_temp: { address: "holding:100 float32", unit: °C }
      pump: { address: "coil:5", access: read-write }
`;

/** The rule of the guide; the alarm is expected at `active`. */
const rulesYaml = (active: string) => `rules:
  press-overheat:
    when: press.oil_temp > 75
    on_delay: 10s
    clear_when: press.oil_temp < 70
    alarm: { severity: high, message: { zh: "油温 {press.oil_temp} °C", en: "oil at {press.oil_temp} °C" }, latch: true }
    do: [ { write: press.pump, value: false } ]
    on_clear: [ { write: press.pump, value: true } ]
    tests:
      - name: a short peak is no alarm
        series: { press.oil_temp: "60x10 80x5 60x10", step: 1s }
        expect: { alarms: [] }
      - name: ten seconds above is one
        series: { press.oil_temp: "60x10 80x20 65x5", step: 1s }
        expect: { alarms: [ { at: ${active}, to: active, message: "oil at 80 °C" }, { at: 30s, to: cleared } ], writes: [ { at: 20s, press.pump: false }, { at: 30s, press.pump: true } ] }
`;

function site(name: string, active = '20s'): string {
  const path = join(top, name);
  mkdirSync(join(path, 'rules'), { recursive: true });
  writeFileSync(join(path, 'gateway.yaml'), GATEWAY);
  writeFileSync(join(path, 'rules', 'press.yaml'), rulesYaml(active));
  return path;
}

const green = site('green');
const red = site('red', '21s');

const run = (args: readonly string[], options: CallOptions = {}) =>
  called({ rules: rulesVerb, check: checkVerb }, args, options);

/** Time that passes differs from run to run. */
const timeless = (text: string) => text.replace(/\d+\.\d s/, '_ s').replaceAll(`${top}/`, '');

describe('headgate rules test', () => {
  it('passes the example of the guide as it is written', async () => {
    const { status, stdout, stderr } = await run(['rules', 'test', green]);
    expect([status, timeless(stdout), stderr]).toEqual([
      0,
      '1 rules, 2 tests: 2 passed, 0 failed (_ s)',
      '',
    ]);
  });

  it('draws what fails, at its place, in the language of whoever reads', async () => {
    const english = await run(['rules', 'test', red]);
    expect(english.status).toBe(1);
    expect(timeless(english.stdout).split('\n')).toEqual([
      'red/rules/press.yaml:13:9 press-overheat: ten seconds above is one',
      '',
      expect.stringMatching(/^ +0s +5s +10s/),
      expect.stringMatching(/^ +├─/),
      expect.stringMatching(/^press.oil_temp °C +60 ─/),
      expect.stringMatching(/^when +_{20}█{40}_{10}$/),
      expect.stringMatching(/^clear_when +█{20}_{40}█{10}$/),
      expect.stringMatching(/^state +off ─+ on_pending ─+ on ─+ off ─+$/),
      expect.stringMatching(/^alarm expected +!active +\^cleared$/),
      expect.stringMatching(/^ +got +!active +\^cleared$/),
      expect.stringMatching(/^press.pump expected +\^false +\^true$/),
      expect.stringMatching(/^ +got +\^false +\^true$/),
      '',
      '- expected at 21s: alarm active "oil at 80 °C"; got at 20s',
      '',
      '1 rules, 2 tests: 1 passed, 1 failed (_ s)',
    ]);
    const chinese = await run(['rules', 'test', red], { language: 'zh' });
    expect(chinese.stdout).toContain('- 应在 21s：报警激活（active） "oil at 80 °C"；实际在 20s');
    expect(timeless(chinese.stdout)).toContain('1 条规则，2 个测试：1 个通过，1 个未通过（_ s）');
  });

  it('runs only what is asked for', async () => {
    expect((await run(['rules', 'test', red, '--only', 'short peak'])).status).toBe(0);
    expect((await run(['rules', 'test', red, '--only', 'press-overheat'])).status).toBe(1);
    const nothing = await run(['rules', 'test', red, '--only', 'press']);
    expect(nothing.status).toBe(1);
    expect(nothing.stderr).toContain('rules.no-such-test');
  });

  it('tells the coverage, and demands it', async () => {
    const { status, stdout } = await run([
      'rules',
      'test',
      green,
      '--coverage',
      '--only',
      'short peak',
    ]);
    expect(status).toBe(0);
    expect(timeless(stdout).split('\n')).toEqual([
      'coverage of conditions',
      'press-overheat: 100 % (4/4, 2 tests)',
      '  never unknown (not counted): `press.oil_temp > 75` (when), `press.oil_temp < 70` (clear_when)',
      'together: 100 %',
      '',
      '1 rules, 1 tests: 1 passed, 0 failed (_ s)',
    ]);
    const half = site('half');
    writeFileSync(
      join(half, 'rules', 'more.yaml'),
      `rules:
  press-cold:
    when: press.oil_temp < 10 && press.pump
    alarm: { severity: low, message: cold }
    tests:
      - { name: pump, series: { press.oil_temp: "60 5", press.pump: "false" }, expect: { alarms: [] } }
`,
    );
    const enough = await run(['rules', 'test', half, '--min-coverage', '80']);
    expect(enough.status).toBe(0);
    const low = await run(['rules', 'test', half, '--min-coverage', '81'], { language: 'zh' });
    expect(low.status).toBe(1);
    const one = ['rules', 'test', half, '--only', 'press-overheat', '--min-coverage', '100'];
    expect((await run(one)).status).toBe(0);
    expect(low.stdout).toContain('  从未为真: `press.pump` (when)');
    expect(low.stdout).toContain('合计: 80 %，要求 81 %');
  });

  it('says everything as JSON', async () => {
    const { status, stdout } = await run(['rules', 'test', red, '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      rules: 1,
      tests: 2,
      passed: 1,
      failed: 1,
      results: [
        { rule: 'press-overheat', test: 'a short peak is no alarm', ok: true, differences: [] },
        {
          test: 'ten seconds above is one',
          line: 13,
          col: 9,
          ok: false,
          differences: [
            { kind: 'moved', at: 21_000, to: 20_000, message: { en: expect.any(String) } },
          ],
        },
      ],
      coverage: { percent: 100, rules: [{ rule: 'press-overheat', outcomes: 4, reached: 4 }] },
    });
  });

  it('writes JUnit XML beside what it prints, and says when it cannot', async () => {
    const file = join(top, 'results.xml');
    expect((await run(['rules', 'test', red, '--junit', file])).status).toBe(1);
    expect(readFileSync(file, 'utf8')).toContain(
      '<testsuite name="press-overheat" tests="2" failures="1"',
    );
    const { status, stderr } = await run([
      'rules',
      'test',
      red,
      '--junit',
      join(top, 'no', 'such'),
    ]);
    expect([status, stderr.includes('rules.junit-unwritable')]).toEqual([1, true]);
  });

  it('shows progress when it takes long', async () => {
    let now = 0;
    const mono = () => {
      now += 1_500;
      return monoMs(now);
    };
    const slow: Clock = { ...systemClock(), mono };
    const { stderr } = await run(['rules', 'test', green], { clock: slow });
    expect(stderr).toBe('1 of 2 tests, 0 failed\n2 of 2 tests, 0 failed');
  });

  it('does not run the tests of a site that is not in order', async () => {
    const broken = site('broken');
    writeFileSync(
      join(broken, 'rules', 'more.yaml'),
      'rules: { x: { when: press.oil_tmp > 3 } }\n',
    );
    const { status, stderr, stdout } = await run(['rules', 'test', broken]);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('cli.site-invalid');
  });

  it.each([
    [['rules'], 'needs a command'],
    [['rules', 'dance'], 'commands are'],
    [['rules', 'test', green, '--min-coverage', 'much'], '0 to 100'],
    [['rules', 'test', green, '--min-coverage', '101'], '0 to 100'],
  ])('knows wrong usage: %j', async (args, words) => {
    const { status, stderr } = await run(args);
    expect([status, stderr.includes(words)]).toEqual([2, true]);
  });
});

describe('headgate check', () => {
  it('runs the tests of rules and says how many', async () => {
    const { status, stdout } = await run(['check', green]);
    expect([status, stdout.includes('1 rules, 2 rule tests run')]).toEqual([0, true]);
  });

  it('refuses a site with a failing test, at the place of the test', async () => {
    const { status, stdout } = await run(['check', red]);
    expect(status).toBe(1);
    expect(timeless(stdout)).toContain(
      'red/rules/press.yaml:13:9 rules.test-failed rule press-overheat, test "ten seconds above is one": expected at 21s: alarm active "oil at 80 °C"; got at 20s',
    );
    const chinese = await run(['check', red], { language: 'zh' });
    expect(chinese.stdout).toContain(
      '规则 press-overheat 的测试“ten seconds above is one”未通过：应在 21s',
    );
  });
});

describe('headgate rules test --watch', () => {
  it('runs again when a rule changes, lives through a broken file, and ends when it is told to', async () => {
    const path = site('watched');
    const file = join(path, 'rules', 'press.yaml');
    const stop = new AbortController();
    const out: string[] = [];
    const verbs = { rules: { summary: { en: '', zh: '' }, load: async () => rulesVerb } };
    const ended = commandLine(verbs, ['rules', 'test', path, '--watch'], {
      language: 'en',
      clock: systemClock(),
      signal: stop.signal,
      input: async () => '',
      ask: async () => undefined,
      confirm: async () => false,
      print: (text) => out.push(timeless(text)),
      note: (text) => out.push(timeless(text)),
    });
    const waits = (times: number) =>
      until(
        `${times} runs`,
        () => out.filter((line) => line.startsWith('waiting')).length === times,
      );
    await waits(1);
    expect(out[0]).toBe('1 rules, 2 tests: 2 passed, 0 failed (_ s)');
    writeFileSync(file, rulesYaml('21s'));
    await waits(2);
    expect(out.at(-2)).toBe('1 rules, 2 tests: 1 passed, 1 failed (_ s)');
    writeFileSync(file, 'rules: [\n');
    await waits(3);
    expect(out.at(-2)).toContain('cli.site-invalid');
    // As editors save: a new file in the place of the old.
    writeFileSync(`${file}.tmp`, rulesYaml('20s'));
    renameSync(`${file}.tmp`, file);
    await waits(4);
    expect(out.at(-2)).toBe('1 rules, 2 tests: 2 passed, 0 failed (_ s)');
    stop.abort();
    expect(await ended).toBe(0);
  });

  it('sees files in folders that are made meanwhile, and nothing but YAML', async () => {
    const path = site('growing');
    const stop = new AbortController();
    const watch = new FileWatch(path, systemClock());
    await watch.start();
    mkdirSync(join(path, 'devices'));
    expect(await watch.next(stop.signal)).toBe(true);
    let isTold = false;
    const next = watch.next(stop.signal).then((told) => {
      isTold = told;
    });
    await until('the new folder is watched', async () => {
      writeFileSync(join(path, 'journal.db'), `${performance.now()}`);
      writeFileSync(join(path, 'devices', 'one.yaml'), `# ${performance.now()}\n`);
      return isTold;
    });
    await next;
    stop.abort();
    expect(await watch.next(stop.signal)).toBe(false);
    watch.close();
  });

  it('says when there is nothing to watch', async () => {
    const { status, stderr } = await run(['rules', 'test', join(top, 'nowhere'), '--watch']);
    expect([status, stderr.includes('rules.watch-failed')]).toEqual([1, true]);
  });
});
