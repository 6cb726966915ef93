/** `headgate rules apply` and `confirm` at a gateway that answers what a test tells it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rulesVerb } from '../../../gateway/cli/rules/rules.ts';
import { ControlSocket, socketPath } from '../../../gateway/health/control-socket.ts';
import type { ApplyAnswer, ApplyQuestion } from '../../../gateway/rules/rule-reload.ts';
import { type CallOptions, called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { pressSite } from '../../support/rules-site.ts';

const keep = disposals();

const change = {
  kept: ['a', 'b'],
  changed: ['c'],
  added: Array.from({ length: 25 }, (_, i) => `r${i}`),
  removed: [],
  derivedAdded: [],
  derivedRemoved: ['p.q'],
};
const planned: ApplyAnswer = { outcome: 'planned', change, config: 'c0ffee00beef' };

async function gatewayWith(answers: readonly unknown[]) {
  const folder = temporaryDirectory();
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'gateway.yaml'), pressSite({ port: 502 }));
  const left = [...answers];
  const asked: ApplyQuestion[] = [];
  const answer = (about: unknown) => {
    asked.push(about as ApplyQuestion);
    return left.shift();
  };
  const path = socketPath(join(folder, 'data', 'journal.db'));
  const socket = new ControlSocket(path, { 'rules-apply': answer, 'rules-confirm': answer });
  await socket.open();
  keep(socket, (one) => one.close());
  const headgate = (argv: readonly string[], options: CallOptions = {}) =>
    called({ rules: rulesVerb }, ['rules', ...argv], options);
  return { folder, asked, headgate };
}

describe('headgate rules apply', () => {
  it('shows what will change before it does it, in the language of the reader', async () => {
    const applied = { ...planned, outcome: 'applied', confirm_within_ms: 300_000 };
    const { folder, asked, headgate } = await gatewayWith([planned, applied, planned]);
    const called = await headgate(['apply', folder, '--confirm-within', '5m'], { language: 'zh' });
    expect(called).toMatchObject({ status: 0, stderr: '' });
    expect(called.stdout).toMatch(/^配置 c0ffee00\n {2}保持（含状态）: 2\n {2}重新开始: 1 — c\n/);
    expect(called.stdout).toContain('移除计算点: 1 — p.q');
    expect(called.stdout).toContain('5 min 0 s');
    expect(asked).toMatchObject([
      { dry_run: true, confirm_within_ms: 300_000 },
      { confirm_within_ms: 300_000 },
    ]);
    expect(asked[1]).not.toHaveProperty('dry_run');
    const dry = await headgate(['apply', folder, '--dry-run', '--json']);
    expect(JSON.parse(dry.stdout)).toEqual(planned);
  });

  it('names some of many', async () => {
    const { folder, headgate } = await gatewayWith([planned]);
    const { stdout } = await headgate(['apply', folder, '--dry-run']);
    expect(stdout).toContain('r19 …');
    expect(stdout).not.toContain('r20');
    expect(stdout).toContain('begin anew: 1 — c');
  });

  it.each<[ApplyAnswer, string]>([
    [{ outcome: 'invalid', problems: [], count: 3 }, 'cli.site-invalid'],
    [{ outcome: 'restart-needed', what: ['bus line1'] }, 'rules.restart-needed'],
    [{ outcome: 'pending', left_ms: 61_000, config: 'beef' }, 'rules.apply-pending'],
    [{ outcome: 'moved' }, 'rules.apply-moved'],
    [{ outcome: 'not-durable' }, 'rules.apply-not-durable'],
    [{ outcome: 'no-site' }, 'rules.apply-no-site'],
  ])('%o is an answer of no: %s', async (answer, code) => {
    const { folder, headgate } = await gatewayWith([planned, answer]);
    const { status, stderr } = await headgate(['apply', folder]);
    expect(status).toBe(1);
    expect(stderr).toContain(`[${code}]`);
  });

  it('names what needs a restart in Chinese, too', async () => {
    const what = ['gateway', 'bus line1', 'device press', 'order of devices'];
    const { folder, headgate } = await gatewayWith([{ outcome: 'restart-needed', what }]);
    const { stderr } = await headgate(['apply', folder], { language: 'zh' });
    expect(stderr).toContain('：网关（名称、时区或位置）、总线 line1、设备 press、设备顺序；');
  });

  it.each([['soon'], ['0s'], ['25h'], ['5']])(
    '--confirm-within %s is wrong usage',
    async (time) => {
      const { folder, headgate } = await gatewayWith([]);
      const { status } = await headgate(['apply', folder, '--confirm-within', time]);
      expect(status).toBe(2);
    },
  );
});

describe('headgate rules confirm', () => {
  it('says what stays, or that nothing is to be confirmed', async () => {
    const confirmed = { outcome: 'confirmed', config: 'c0ffee00beef' };
    const { folder, headgate } = await gatewayWith([confirmed, { outcome: 'nothing-pending' }]);
    expect((await headgate(['confirm', folder])).stdout).toBe('confirmed: rules c0ffee00 stay');
    const { status, stderr } = await headgate(['confirm', folder]);
    expect(status).toBe(1);
    expect(stderr).toContain('[rules.nothing-pending]');
  });
});
