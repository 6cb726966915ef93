import { describe, expect, it } from 'vitest';
import type { ShownAlarm } from '../../../gateway/alarms/alarm-desk.ts';
import {
  ruledAnswer,
  shelvedAnswer,
  writtenAnswer,
} from '../../../gateway/cli/alarms/alarm-answers.ts';
import { alarmFields, renderAlarms } from '../../../gateway/cli/alarms/alarms-view.ts';
import { deviceName } from '../../../gateway/model/sample.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const NOW = Date.UTC(2026, 0, 1);
const alarm = (say: Partial<ShownAlarm> = {}): ShownAlarm => ({
  key: '4f2a9c01',
  device: deviceName('press'),
  id: 'nsu=urn:x;s=Hot',
  about: 'Axis 3',
  condition: 'OverTemperature',
  severity: 700,
  message: 'too hot',
  state: 'active',
  isActive: true,
  isAcknowledged: false,
  isStale: false,
  time: utcMs(NOW - 61_000),
  timeBasis: 'source',
  since: utcMs(NOW - 60_000),
  repeats: 0,
  ...say,
});
const OF_RULE = alarm({
  key: '0badcafe',
  device: deviceName('rules'),
  id: 'press-hot',
  about: 'press-hot',
  condition: 'Rule',
  message: 'oil at 80 °C',
  messages: { en: 'oil at 80 °C', zh: '油温 80 °C' },
  activation: 'press-hot#12',
  by: 'li',
  comment: 'on my way',
  isShelved: true,
  shelvedUntil: utcMs(NOW + 90_000),
  isSuppressed: true,
  isFirstOut: true,
  isHeldBack: true,
});
const view = (language: 'en' | 'zh', paint = (_: string, text: string) => text) => ({
  language,
  now: utcMs(NOW),
  paint,
});

describe('the list of alarms', () => {
  it('stands in columns, in either language', () => {
    const alarms = [
      alarm(),
      alarm({
        key: '00112233',
        device: deviceName('robot_2'),
        about: '轴 3',
        severity: 90,
        state: 'returned',
        isShelved: true,
        isStale: true,
        comment: 'on my way',
      }),
    ];
    expect(renderAlarms({ alarms, dropped: 0 }, view('en'))).toBe(
      [
        'id        severity  state                          since      device   about   condition        message',
        '4f2a9c01  700       active                         1 min 0 s  press    Axis 3  OverTemperature  too hot',
        '00112233  90        returned, shelved, last known  1 min 0 s  robot_2  轴 3    OverTemperature  too hot (on my way)',
      ].join('\n'),
    );
    expect(renderAlarms({ alarms, dropped: 3 }, view('zh'))).toBe(
      [
        '编号      严重度  状态                            持续       设备     对象    条件             信息',
        '4f2a9c01  700     活动                            1 min 0 s  press    Axis 3  OverTemperature  too hot',
        '00112233  90      已恢复未确认, 已搁置, 最后已知  1 min 0 s  robot_2  轴 3    OverTemperature  too hot (on my way)',
        '启动以来有 3 个报警因数量过多被移出列表；其事件已存储',
      ].join('\n'),
    );
  });

  it('says that there is none', () => {
    expect(renderAlarms({ alarms: [], dropped: 0 }, view('en'))).toBe('no alarm stands');
    expect(renderAlarms({ alarms: [], dropped: 0 }, view('zh'))).toBe('没有未消除的报警');
  });

  it('has colours by urgency where colours are wanted', () => {
    const painted = (say: Partial<ShownAlarm>): string =>
      renderAlarms(
        { alarms: [alarm(say)], dropped: 0 },
        view('en', (color) => color),
      )
        .split('\n')
        .slice(1)
        .join();
    expect(painted({ severity: 801 })).toBe('red');
    expect(painted({ severity: 800 })).toBe('yellow');
    expect(painted({ severity: 900, isStale: true })).toBe('dim');
    expect(painted({ state: 'acknowledged' })).toContain('too hot');
  });

  it('does not let a server write to the terminal', () => {
    const message = '\u001b[2J\u0007hot\r\nfake\u202etxt';
    const text = renderAlarms({ alarms: [alarm({ message })], dropped: 0 }, view('en'));
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('[2J hot fake txt');
    expect(text.replace('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('is complete as JSON', () => {
    expect(alarmFields(alarm())).toEqual({
      key: '4f2a9c01',
      device: 'press',
      id: 'nsu=urn:x;s=Hot',
      state: 'active',
      severity: 700,
      about: 'Axis 3',
      condition: 'OverTemperature',
      message: 'too hot',
      time: NOW - 61_000,
      time_basis: 'source',
      since: NOW - 60_000,
      repeats: 0,
      shelved: false,
      suppressed: false,
      first_out: false,
      held_back: false,
      stale: false,
    });
    expect(alarmFields(OF_RULE)).toMatchObject({
      messages: { en: 'oil at 80 °C', zh: '油温 80 °C' },
      activation: 'press-hot#12',
      by: 'li',
      shelved: true,
      shelved_until: NOW + 90_000,
      suppressed: true,
      first_out: true,
      held_back: true,
    });
  });

  it('speaks the language of its reader, and marks what is not told at present', () => {
    const shown = (language: 'en' | 'zh') =>
      renderAlarms({ alarms: [OF_RULE], dropped: 0 }, view(language)).split('\n')[1];
    expect(shown('en')).toBe(
      '0badcafe  700       active, first out, shelved for 1 min 30 s, suppressed, held back  1 min 0 s  rules   press-hot  Rule       oil at 80 °C (li: on my way)',
    );
    expect(shown('zh')).toContain('活动, 首出, 已搁置，剩 1 min 30 s, 已抑制, 暂缓通知 ');
    expect(shown('zh')).toContain('油温 80 °C (li: on my way)');
    const dim = renderAlarms(
      { alarms: [OF_RULE], dropped: 0 },
      view('en', (color) => color),
    );
    expect(dim.split('\n')[1]).toBe('dim');
  });
});

describe('what became of an acknowledgement', () => {
  const turnaround = undefined;
  const refusal = {
    code: 'opcua.alarm-refused',
    details: { alarm: 'nsu=urn:x;s=Hot', status: 'BadUserAccessDenied' },
  } as const;

  it('is said in one line', () => {
    expect(writtenAnswer(alarm(), { outcome: 'written', turnaround }, 'en').text).toBe(
      '4f2a9c01 press Axis 3 OverTemperature: written: acknowledged',
    );
  });

  it('comes with the reason and the next step', () => {
    const written = { outcome: 'rejected', refusal, turnaround } as const;
    const { text, fields, isDone } = writtenAnswer(alarm(), written, 'en');
    expect(isDone).toBe(false);
    expect(text).toContain('rejected: it was refused, nothing changed\nthe server did not take');
    expect(text).toContain('BadUserAccessDenied [opcua.alarm-refused]\n  → ');
    expect(writtenAnswer(alarm(), written, 'zh').text).toContain('服务器未接受');
    expect(fields).toMatchObject({
      key: '4f2a9c01',
      outcome: 'rejected',
      code: 'opcua.alarm-refused',
    });
  });
});

describe('what became of the alarm of a rule', () => {
  it.each([
    [{ outcome: 'acknowledged', id: 'press-hot#12' }, true, 'acknowledged: press-hot#12'],
    [
      { outcome: 'already', id: 'press-hot#12', by: 'wang', time: utcMs(NOW) },
      true,
      'already: by wang, 2026-01-01T00:00:00.000Z',
    ],
    [{ outcome: 'stale', id: 'press-hot#13' }, false, 'press-hot#13 [alarm.stale]'],
    [{ outcome: 'unknown' }, false, '[alarm.unknown]'],
  ] as const)('is %j', (ruled, isDone, text) => {
    const answer = ruledAnswer(OF_RULE, ruled, 'en');
    expect(answer).toMatchObject({ isDone, fields: { key: '0badcafe', outcome: ruled.outcome } });
    expect(answer.text).toContain(text);
    expect(ruledAnswer(OF_RULE, ruled, 'zh').fields.outcome).toBe(ruled.outcome);
  });

  it.each([
    ['shelved', true, 'shelved: for 8h'],
    ['unshelved', true, 'no longer shelved'],
    ['not-shelved', false, '[alarm.not-shelved]'],
    ['too-short', false, '1 min to 24 h, not for 8h [alarm.shelf-length]'],
    ['too-long', false, '[alarm.shelf-length]'],
    ['not-ours', false, 'belongs to rules, and the gateway cannot shelve it [alarm.not-ours]'],
    ['refused', false, '[alarm.not-shelvable]'],
    ['unknown', false, '[alarm.unknown]'],
  ] as const)('after shelving may be %s', (outcome, isDone, text) => {
    const answer = shelvedAnswer(OF_RULE, outcome, '8h', 'en');
    expect(answer).toMatchObject({ isDone, fields: { outcome } });
    expect(answer.text).toContain(text);
  });
});
