/** `headgate why` against the socket of a gateway that the test plays, and the words of states. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { whyVerb } from '../../../gateway/cli/why/why.ts';
import { renderWhy } from '../../../gateway/cli/why/why-view.ts';
import { keyText, roleText, stateText } from '../../../gateway/cli/why/why-words.ts';
import { ControlSocket, socketPath } from '../../../gateway/health/control-socket.ts';
import type { WhyAnswer } from '../../../gateway/health/why.ts';
import { utcMs } from '../../../gateway/model/units.ts';
import { called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';

const ended = disposals();
const UTC = utcMs(Date.UTC(2026, 0, 1));

async function headgate(answer: WhyAnswer | undefined, ...args: readonly string[]) {
  const folder = ended(await mkdtemp(join(tmpdir(), 'headgate-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  await writeFile(join(folder, 'gateway.yaml'), 'gateway: { id: a }\njournal: { path: j.db }\n');
  const questions: unknown[] = [];
  if (answer) {
    const answers = {
      why: (about: unknown) => {
        questions.push(about);
        return answer;
      },
    };
    const socket = ended(new ControlSocket(socketPath(join(folder, 'j.db')), answers), (open) =>
      open.close(),
    );
    await socket.open();
  }
  const [name, ...rest] = args;
  const argv = name === undefined ? ['why'] : ['why', name, folder, ...rest];
  return { ...(await called({ why: whyVerb }, argv)), questions };
}

describe('headgate why', () => {
  const TAG: WhyAnswer = {
    utc: UTC,
    found: 'tag',
    tag: 'press.pump',
    usedBy: [],
    writtenBy: ['press-overheat'],
    recent: [],
  };

  it('hands on what was typed and prints the answer', async () => {
    const { status, stdout, questions } = await headgate(TAG, 'press.pump');
    expect(questions).toEqual([{ name: 'press.pump' }]);
    expect(status).toBe(0);
    expect(stdout).toContain('rules that write it: press-overheat');
  });

  it('prints all of it as JSON', async () => {
    const { stdout } = await headgate(TAG, 'press.pump', '--json');
    expect(JSON.parse(stdout)).toEqual(TAG);
  });

  it('names what is likely meant where nothing has that name', async () => {
    const answer: WhyAnswer = { utc: UTC, found: 'nothing', likely: ['press-overheat'] };
    const { status, stderr } = await headgate(answer, 'press-overhet');
    expect(status).toBe(1);
    expect(stderr).toContain('why.unknown');
    expect(stderr).toContain('press-overheat');
  });

  it('does not choose between two alarms', async () => {
    const answer: WhyAnswer = { utc: UTC, found: 'several', names: ['4f2a hot', '4f2b cold'] };
    const { status, stderr } = await headgate(answer, '4f2');
    expect(status).toBe(1);
    expect(stderr).toContain('why.ambiguous');
    expect(stderr).toContain('4f2b cold');
  });

  it.each([
    ['alarm-flood', 'headgate alarms', '暂缓'],
    ['rules.rolled-back', 'headgate rules apply', '文件'],
    ['hot.stopped', 'rules.rule-stopped', '日志'],
  ])('says what to do about %s, which the gateway raised by itself', async (id, next, zh) => {
    const messages = { en: 'in English', zh: `中文 ${zh}` };
    const alarm = { key: '4f2a', device: 'rules', id, about: id, condition: 'Rule', messages };
    const answer: WhyAnswer = {
      ...{ utc: UTC, found: 'alarm' },
      alarm: { ...alarm, message: messages.en },
    };
    const { stdout } = await headgate(answer, id);
    expect(stdout).toMatch(`4f2a ${id}: in English\n  → `);
    expect(stdout).toContain(next);
    const chinese = renderWhy(answer, { language: 'zh', stamp: String, paint: (_, text) => text });
    expect(chinese).toContain(`4f2a ${id}：`.replace('：', ': ') + messages.zh);
    expect(chinese).not.toContain('in English');
    expect(chinese).not.toContain(' only ');
  });

  it('says that nothing runs', async () => {
    const { status, stderr } = await headgate(undefined, 'press-overheat');
    expect(status).toBe(1);
    expect(stderr).toContain('cli.not-running');
  });

  it('wants a name', async () => {
    expect(await headgate(undefined)).toMatchObject({ status: 2 });
  });
});

it.each<readonly [string, string | undefined, string]>([
  ['off', 'off', '未触发'],
  ['on_pending until 12500', 'turns on in 2.5 s if nothing changes', '若无变化，2.5 秒后触发'],
  ['off_pending until 9000', 'clears in 0 s if nothing changes', '若无变化，0 秒后恢复'],
  ['waits for 2026-01-01T06:00:00.000Z', undefined, '等待 2026-01-01T06:00:00.000Z'],
  ['on since 4000', 'on for 6 s', '接通，已持续 6 秒'],
  [
    'not enabled, off since 4000, without values since 7000',
    'not enabled, off for 6 s, without values for 3 s',
    '未启用，断开，已持续 6 秒，已 3 秒无有效值',
  ],
  ['not enabled, output not known yet', undefined, '未启用，输出未知'],
  ...[
    ['idle', '已停用'],
    ['entering', '正在接管'],
    ['acting', '调节中'],
    ['fallback', '采用后备值'],
  ].map(([phase, zh]): [string, string, string] => [
    `${phase} until 15000, output 40, integral 12.5`,
    `${phase}, 5 s left, output 40, integral 12.5`,
    `${zh}，剩余 5 秒，输出 40，积分 12.5`,
  ]),
  [
    'awaits step "part clear" until 13000; hung at step "gripper"',
    'awaits step "part clear", 3 s left; hung at step "gripper"',
    '等待步骤 "part clear"，剩余 3 秒；卡在步骤 "gripper"',
  ],
])('says %s in seconds and in both languages', (state, en, zh) => {
  expect(stateText(state, 10_000, 'en')).toBe(en ?? state);
  expect(stateText(state, 10_000, 'zh')).toBe(zh);
});

it.each([
  ['when', 'when', '条件'],
  ['do[1].value', 'then 2', '动作 2'],
  ['sequence.steps[0].when', 'step 1', '步骤 1'],
  ['loop.setpoint', 'setpoint', '设定值'],
  ['something_new', 'something_new', 'something_new'],
])('calls the expression %s by its role', (role, en, zh) => {
  expect([roleText(role, 'en'), roleText(role, 'zh')]).toEqual([en, zh]);
  expect(keyText('step 2', 'zh')).toBe('步骤 2');
});
