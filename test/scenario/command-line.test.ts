/** The command line as a person meets it: real processes, their words and their exit codes. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const headgate = (args: readonly string[], language = 'en', input = '') => {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'bin', 'headgate.mjs'), args, {
    encoding: 'utf8',
    input,
    env: { ...process.env, HEADGATE_LANG: language },
  });
  return { status, stdout, stderr };
};

/** Every verb that the overview names. */
const VERBS = [...headgate(['--help']).stdout.matchAll(/^ {2}([\w-]+) /gm)].map(
  ([, verb]) => `${verb}`,
);

describe('headgate', () => {
  it('teaches what it can do, in both languages', () => {
    const english = headgate(['--help']);
    expect(english.status).toBe(0);
    for (const verb of ['run', 'check', 'plan', 'read', 'write', 'decode', 'scan', 'doctor'])
      expect(VERBS).toContain(verb);
    expect(headgate(['--help'], 'zh').stdout).toContain('用法');
  });

  it.each(VERBS)('explains %s with an example', (verb) => {
    for (const language of ['en', 'zh']) {
      const { status, stdout } = headgate([verb, '--help'], language);
      expect(status).toBe(0);
      expect(stdout).toContain(language === 'zh' ? '示例' : 'examples');
    }
  });

  it('exits with 2 for wrong usage and says what is wrong', () => {
    expect(headgate([])).toMatchObject({ status: 2 });
    expect(headgate(['toast']).stderr).toContain('there is no verb "toast"');
    expect(headgate(['toast']).status).toBe(2);
    expect(headgate(['constructor']).status).toBe(2);
    const option = headgate(['check', '--jsn']);
    expect(option).toMatchObject({ status: 2 });
    expect(option.stderr).toContain('--jsn');
    expect(headgate(['demo', '--for', 'long'])).toMatchObject({ status: 2 });
    expect(headgate(['read', 'tcp://127.0.0.1'])).toMatchObject({ status: 2 });
    expect(headgate(['read', 'telnet://127.0.0.1:23', 'coil:0'])).toMatchObject({ status: 2 });
  });

  it('checks a good site', () => {
    const { status, stdout } = headgate(['check', join(ROOT, 'config', 'sites', 'workshop')]);
    expect(status).toBe(0);
    expect(stdout).toContain('2 buses, 7 devices, 73 tags');
  });

  it('prints every problem of a bad site with its place, and starts nothing', () => {
    const site = join(folder, 'bad.yaml');
    writeFileSync(site, 'gateway: { id: x, timezone: Mars/Base }\nbuses: { a: { tpc: "h:1" } }\n');
    const checked = headgate(['check', site]);
    expect(checked.status).toBe(1);
    expect(checked.stdout).toMatch(/bad\.yaml:1:\d+ config\./);
    expect(checked.stdout).toMatch(/bad\.yaml:2:\d+ config\./);
    expect(headgate(['check', site], 'zh').stdout).toMatch(/[\u4e00-\u9fff]/);
    const json = JSON.parse(headgate(['check', site, '--json']).stdout);
    expect(json.ok).toBe(false);
    expect(json.problems.length).toBeGreaterThanOrEqual(2);
    const ran = headgate(['run', site]);
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain('cli.site-invalid');
  });

  it('says in one sentence why a device cannot be read', () => {
    const { status, stderr } = headgate(['read', 'tcp://127.0.0.1:1', 'holding:0']);
    expect(status).toBe(1);
    expect(stderr).toContain('cannot open tcp:127.0.0.1:1');
    expect(headgate(['read', 'tcp://127.0.0.1:1', 'holdin:0'], 'zh').stderr).toMatch(/holding/);
  });
});

describe('headgate decode', () => {
  it('takes what people paste, as arguments', () => {
    const frames = [
      'TX',
      '->',
      '01 04 00 01 00 02 20 0B',
      'RX',
      '<-',
      '01 04 04 01 1D 02 7F 2A FE',
    ];
    const { status, stdout } = headgate(['decode', 'modbus-rtu', ...frames, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ temperature: 28.5, humidity: 63.9 });
  });

  it('takes it from standard input', () => {
    const reply = '68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16\n';
    const { status, stdout } = headgate(['decode', 'dlt645', '-', '--json'], 'en', reply);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ value: 1234.56, unit: 'kWh' });
    expect(headgate(['decode', 'modbus-ascii', ':010300000002FA\\r\\n']).status).toBe(0);
  });

  it('ends with 1 and the reason for a frame that is refused', () => {
    const damaged = '68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 55 16';
    const { status, stdout } = headgate(['decode', 'dlt645', damaged, '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({ reject: 'checksum' });
    const words = headgate(['decode', 'dlt645', damaged], 'zh');
    expect(words.status).toBe(1);
    expect(words.stdout).toContain('校验');
  });
});

describe('headgate plan', () => {
  it('prints the frames of the example sites', () => {
    const { status, stdout } = headgate(['plan', join(ROOT, 'config', 'sites', 'workshop')]);
    expect(status).toBe(0);
    expect(stdout).toContain('0D 04 00 01 00 02 20 C7');
    expect(stdout).toContain('every cycle can be kept');
  });
});

describe('headgate write', () => {
  it('sends nothing where nobody sits at a terminal to agree', () => {
    const { status, stdout } = headgate([
      'write',
      'tcp://127.0.0.1:1',
      'holding:0',
      '-5',
      '--json',
    ]);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'failed', value: -5, sent: null });
  });
});

describe('headgate write of a tag', () => {
  it('says that no gateway runs the site', () => {
    const site = join(folder, 'still.yaml');
    writeFileSync(site, 'gateway: { id: a }\njournal: { path: j.db }\n');
    const { status, stderr } = headgate(['write', 'press.pump', 'off', site, '--yes']);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.not-running]');
  });

  it('keeps its two forms apart in its help', () => {
    const { stdout } = headgate(['write', '--help']);
    expect(stdout).toContain('headgate write <tag> <value> [site]');
    expect(stdout).toContain('headgate write <bus> <address> <value>');
    expect(headgate(['write', '--help'], 'zh').stdout).toMatch(/写点：.*\n\n写总线：/);
  });
});

describe('commands from upstream', () => {
  it('are signed with a key that was made before', () => {
    const key = join(folder, 'dispatch.pem');
    const made = headgate(['keys', 'new', 'dispatch', '--out', key]);
    expect(made).toMatchObject({ status: 0, stderr: '' });
    expect(made.stdout).toContain('operators:\n    dispatch:\n      key: ');
    const wish = '{"gw":"a","tag":"press.pump","value":false,"by":"dispatch"}';
    const signed = headgate(['sign', '-', '--key', key], 'zh', wish);
    expect(signed.status).toBe(0);
    expect(JSON.parse(JSON.parse(signed.stdout).signed)).toMatchObject(JSON.parse(wish));
    expect(signed.stderr).toContain('发布到 headgate/v1/a/cmd');
  });
});

describe('headgate demo', () => {
  it('plays as much of the robot cell as fits, and says what came of it in one JSON line', {
    timeout: 60_000,
  }, () => {
    const { status, stdout, stderr } = headgate(['demo', '--for', '9s', '--json']);
    expect(stderr).toBe('');
    const { story, ...summary } = JSON.parse(stdout);
    expect(summary).toMatchObject({ lost: 0, gaps: 0 });
    expect(summary.stored).toBe(summary.delivered);
    expect(summary.stored).toBeGreaterThan(300);
    expect(story).toMatchObject({ missing: [], unexpected: [] });
    expect(story.until).toMatch(/^08:0[0-4]$/);
    expect(status).toBe(0);
  });

  it('loses nothing of a site without a story while the broker is away', {
    timeout: 60_000,
  }, () => {
    const { status, stdout } = headgate(['demo', 'workshop', '--for', '6s', '--json']);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ lost: 0, gaps: 0, late_polls: 0 });
    expect(summary.stored).toBe(summary.delivered);
    expect(summary.stored).toBeGreaterThan(300);
    expect(status).toBe(0);
  });

  it('plays servers of OPC UA and the pins of the box', { timeout: 60_000 }, () => {
    const site = join(ROOT, 'config', 'sites', 'robot');
    const { status, stdout, stderr } = headgate(['demo', site, '--for', '6s', '--json']);
    expect(stderr).toBe('');
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ lost: 0, gaps: 0 });
    expect(summary.stored).toBe(summary.delivered);
    // Every tag once, and the position of an axis five times a second.
    expect(summary.stored).toBeGreaterThan(50);
    expect(status).toBe(0);
  });
});
