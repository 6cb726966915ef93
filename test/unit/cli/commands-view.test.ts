import { describe, expect, it } from 'vitest';
import { commandLines } from '../../../gateway/cli/commands/command-facts-view.ts';
import { limitText, policyText, reasonText } from '../../../gateway/cli/commands/command-words.ts';
import { renderCommands } from '../../../gateway/cli/commands/commands-view.ts';
import { localStamps, shortStamps } from '../../../gateway/cli/local-stamp.ts';
import type {
  CommandFacts,
  CommandsAnswer,
  PastCommand,
  PlainPolicy,
  PresentLimit,
  ShownTag,
} from '../../../gateway/command/command-answers.ts';
import { widthOf } from '../../../gateway/host/text-width.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const NOW = Date.UTC(2026, 0, 2, 8, 0, 0);
const at = (minutes: number) => NOW + minutes * 60_000;
const view = (language: 'en' | 'zh') => ({
  language,
  stamp: shortStamps(localStamps('UTC'), utcMs(NOW)),
});
const policy: PlainPolicy = {
  type: 'number',
  kind: 'level',
  by: ['local', 'rule'],
  has_interlock: false,
  settle_ms: 3000,
};
const speed: ShownTag = {
  tag: 'press.speed',
  unit: 'rpm',
  value: 38,
  policy,
  owner: { origin: 'rule', by: 'press-overheat', value: 40, since: at(-1440) },
  limits: [
    { kind: 'interval', until: at(1) },
    { kind: 'slew', min: 36, max: 40 },
  ],
  waiting: { origin: 'remote', by: 'dispatch', value: 55, allowed_at: at(5) },
};
const pump: ShownTag = { tag: 'press.pump', policy: { ...policy, type: 'flag' }, limits: [] };
const held: ShownTag = {
  ...pump,
  tag: '1.p',
  value: true,
  owner: { origin: 'local', by: '李工', value: false, since: at(-1), until: at(59) },
};
const past: PastCommand = {
  id: 'local-7',
  time: at(-0.5),
  origin: 'local',
  by: '李工',
  tag: 'press.pump',
  value: false,
  outcome: 'verified',
};
const REJECTED: PastCommand = {
  ...past,
  time: at(-1500),
  origin: 'remote',
  by: 'dispatch',
  value: '12345678901234567890',
  outcome: 'rejected',
  reason: { code: 'command.stale', details: { seconds: 9 } },
};
const answer: CommandsAnswer = {
  tags: [speed, pump, held],
  last: [past, REJECTED],
};
/** The open one: a release that has not ended. */
const { value: _, outcome: __, ...open } = past;

describe('the list of what can be written, and was', () => {
  it('stands in columns, in English', () => {
    expect(renderCommands(answer, view('en'))).toBe(
      [
        'tag          now     wanted  owner                since                until',
        'press.speed  38 rpm  40 rpm  rule press-overheat  2026-01-01 08:00:00  released',
        '  ! not before 08:01:00 (interval)',
        '  ! only 36 to 40 (slew)',
        '  waiting: remote dispatch: 55 rpm, until 08:05:00',
        'press.pump   —       —       —                    —                    —',
        '1.p          true    false   local 李工           07:59:00             08:59:00',
        '',
        'time                 origin  by        tag         value                 outcome   reason',
        '07:59:30             local   李工      press.pump  false                 verified',
        '2026-01-01 07:00:00  remote  dispatch  press.pump  12345678901234567890  rejected  the command came 9 s after its end [command.stale]',
      ].join('\n'),
    );
  });

  it('stands in columns, in Chinese, where a character takes two', () => {
    const lines = renderCommands(answer, view('zh')).split('\n');
    expect(lines.slice(0, 7)).toEqual([
      '点           当前值  要求值  控制方               开始                 截止',
      'press.speed  38 rpm  40 rpm  规则 press-overheat  2026-01-01 08:00:00  释放为止',
      '  ! 08:01:00 前不能写（最短间隔）',
      '  ! 只能写 36 至 40（变化速率）',
      '  等待中: 远程 dispatch: 55 rpm，等到 08:05:00',
      'press.pump   —       —       —                    —                    —',
      '1.p          true    false   本地 李工            07:59:00             08:59:00',
    ]);
    const [head = '', ...rows] = lines.slice(8);
    const column = widthOf(head.slice(0, head.indexOf('结果')));
    const place = (row: string, word: string) => widthOf(row.slice(0, row.indexOf(word)));
    expect(place(rows[0] ?? '', '已核实')).toBe(column);
    expect(place(rows[1] ?? '', '被拒绝')).toBe(column);
    expect(rows[1]).toContain('命令到达时已过期 9 秒 [command.stale]');
  });

  it('says that there is nothing', () => {
    const none: CommandsAnswer = { tags: [], last: [] };
    expect(renderCommands(none, view('en'))).toBe(
      'no tag of this site can be written\n\nno command so far',
    );
    expect(renderCommands(none, view('zh'))).toBe('本站点没有可写的点\n\n尚无命令');
  });

  it('shows a release, and what has not ended', () => {
    const row = (language: 'en' | 'zh') =>
      renderCommands({ tags: [], last: [open] }, view(language))
        .split('\n')
        .at(-1);
    expect(row('en')).toBe('07:59:30  local   李工  press.pump  release  under way');
    expect(row('zh')).toBe('07:59:30  本地  李工    press.pump  释放  进行中');
  });

  it('does not let others write to the terminal, nor push its columns away', () => {
    const by = `\u001b[2J${'x'.repeat(200)}`;
    const value = `a\r\nb\u202e${'长'.repeat(100)}`;
    const text = renderCommands({ tags: [], last: [{ ...past, by, value }] }, view('en'));
    expect(text.split('\n')).toHaveLength(4);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThan(120);
  });
});

describe('a limit in words', () => {
  it.each<[PresentLimit, string, string]>([
    [
      { kind: 'interval', until: at(1) },
      'not before 08:01:00 (interval)',
      '08:01:00 前不能写（最短间隔）',
    ],
    [
      { kind: 'hourly', until: at(1) },
      'not before 08:01:00 (writes an hour)',
      '08:01:00 前不能写（每小时次数）',
    ],
    [{ kind: 'on', until: at(1) }, 'stays on until 08:01:00', '08:01:00 前须保持接通'],
    [{ kind: 'off', until: at(1) }, 'stays off until 08:01:00', '08:01:00 前须保持断开'],
    [{ kind: 'step', min: -2, max: 3 }, 'only -2 to 3 (step)', '只能写 -2 至 3（单次变化量）'],
    [{ kind: 'slew', min: 0, max: 1 }, 'only 0 to 1 (slew)', '只能写 0 至 1（变化速率）'],
    [
      { kind: 'present-unknown' },
      'what it holds is not known, so nothing may be written',
      '当前值未知，不能写入',
    ],
    [{ kind: 'interlock', is: 'false' }, 'interlock not met', '联锁条件不满足'],
    [{ kind: 'interlock', is: 'unknown' }, 'interlock cannot be told', '联锁条件无法判断'],
  ])('is %j', (limit, en, zh) => {
    expect(limitText(limit, view('en'))).toBe(en);
    expect(limitText(limit, view('zh'))).toBe(zh);
  });
});

describe('what a site allows', () => {
  it.each<[Partial<PlainPolicy>, string, string]>([
    [{}, 'may be written by local, rule', '允许写入：本地、规则'],
    [
      { min: 0, max: 80 },
      'may be written by local, rule; 0 to 80 °C',
      '允许写入：本地、规则；0 至 80 °C',
    ],
    [
      { min: 5 },
      'may be written by local, rule; at least 5 °C',
      '允许写入：本地、规则；不小于 5 °C',
    ],
    [
      { max: 5, by: ['remote'] },
      'may be written by remote; at most 5 °C',
      '允许写入：远程；不大于 5 °C',
    ],
    [
      { values: [1, 2] },
      'may be written by local, rule; only 1, 2',
      '允许写入：本地、规则；只能是 1, 2',
    ],
  ])('%j', (say, en, zh) => {
    expect(policyText({ ...policy, ...say }, '°C', 'en')).toBe(en);
    expect(policyText({ ...policy, ...say }, '°C', 'zh')).toBe(zh);
  });
});

describe('a reason', () => {
  it('is its code alone where its details are gone', () => {
    const { message, hint } = reasonText({ code: 'command.stale', details: {} }, 'en');
    expect(message).toBe('[command.stale]');
    expect(hint).toContain('send it again');
  });

  it('may have braces in its details', () => {
    const details = { tag: '{seconds}', seconds: 3 };
    expect(reasonText({ code: 'command.out-of-order', details }, 'en').message).toContain(
      'a newer command for {seconds} came',
    );
  });

  it('is its code alone where the gateway is newer than the command line', () => {
    const reason = JSON.parse('{"code":"command.of-tomorrow","details":{}}');
    expect(reasonText(reason, 'zh')).toEqual({
      code: 'command.of-tomorrow',
      message: '[command.of-tomorrow]',
      hint: undefined,
    });
  });
});

describe('the line of the status', () => {
  const none: CommandFacts = {
    outcomes: { verified: 0, written: 0, rejected: 0, expired: 0, failed: 0, unknown: 0 },
    refused: 0,
    waiting: 0,
    owned: { interlock: 0, local: 0, rule: 7, remote: 0 },
  };

  it('is not there where nothing happened', () => {
    expect(commandLines(none, 'en')).toEqual([]);
    expect(commandLines(undefined, 'en')).toEqual([]);
  });

  it('tells what became of commands, and who but rules holds tags', () => {
    const facts: CommandFacts = {
      outcomes: { ...none.outcomes, verified: 12, unknown: 1 },
      refused: 3,
      waiting: 2,
      owned: { interlock: 1, local: 2, rule: 7, remote: 4 },
    };
    expect(commandLines(facts, 'en')).toEqual([
      'commands: verified 12 · unknown 1 · refused messages 3 · waiting 2 · held by interlock 1 · held by local 2 · held by remote 4',
    ]);
    expect(commandLines(facts, 'zh')).toEqual([
      '命令: 已核实 12 · 结果未知 1 · 拒收报文 3 · 等待中 2 · 联锁控制的点 1 · 本地控制的点 2 · 远程控制的点 4',
    ]);
  });
});
