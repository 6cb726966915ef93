import { expect, test } from 'vitest';
import type { SubscriberFacts } from '../../../firmware-sim/subscriber.ts';
import { renderDemo } from '../../../gateway/cli/demo-view.ts';
import type { GatewayStatus } from '../../../gateway/cli/status.ts';
import { renderStatus } from '../../../gateway/cli/status-view.ts';
import type { ForwarderFacts } from '../../../gateway/forward/uplink.ts';
import type { SalvageFacts } from '../../../gateway/journal/journal.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import type { Language } from '../../../gateway/model/errors.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';
import { ENOUGH_ROOM } from '../../support/journal-room-facts.ts';
import { T0 } from '../../support/journal-samples.ts';
import { NO_WEAR, UNKNOWN_FLASH } from '../../support/memory-journal.ts';

const device = {
  name: 'cell',
  state: 'up' as const,
  sinceMs: 61_000,
  polls: 7,
  answered: 7,
  silent: 1,
  garbled: 0,
  late: 0,
  overruns: 0,
  lineMs: 0,
  turnaroundMs: 0,
};
const status: GatewayStatus = {
  gateway: 'robot-1',
  config: 'abcdef0123',
  uptime_s: 120,
  clock: { trust: 'synced', since_s: 90, steps: 0 },
  at: utcMs(T0),
  flash: UNKNOWN_FLASH,
  tags: 1,
  polls: { polls: 7, late: 0, overruns: 0, p99_lateness_ms: 0 },
  counters: [],
  state: { keys: 0, size: 0, refused: 0, failures: 0, damaged: 0 },
  alarms: { standing: 0, unacknowledged: 0, mostSevere: 0, events: 0, dropped: 0 },
  rules: {
    ...{ rules: 0, shadow: 0, off: 0, evaluations: 0, dropped: 0 },
    ...{ faulty: [], effects: {}, state: undefined },
    unsent: 0,
  },
  buses: [
    {
      name: 'controller',
      resource: 'opcua:opc.tcp://10.0.0.1:4840',
      line: 'open',
      lastError: undefined,
      busyShare: 0,
      devices: [device],
      link: { sessions: 2, lost_messages: 0, own_word: 5 },
    },
  ],
  north: {
    journal: {
      epoch: '9f3c2a17',
      head: seqOf(1),
      blocks: 1,
      samples: 1,
      backlogBlocks: 0,
      bytesOnDisk: bytes(1e6),
      bytesWritten: bytes(1e6),
      commits: 1,
      gaps: 0,
      lostSamples: 0,
      lastDay: undefined,
      oldest: undefined,
      autonomy: undefined,
      backlogs: [],
      wear: NO_WEAR,
      room: ENOUGH_ROOM,
    },
    uplinks: [],
    link: {
      ...{ state: 'open', waiting: 0, dropped: 0, restarts: 0, lastError: undefined },
      lossWindow: {
        ...{ windowMs: millis(1000), declaredMs: millis(1000), budget: undefined },
        ...{ presentDay: undefined, isExceeded: false },
      },
    },
  },
};

test('a bus that reports by itself shows what its link says, in the language of the reader', () => {
  expect(renderStatus(status, 'en')).toContain('sessions 2 · lost messages 0 · own word 5');
  expect(renderStatus(status, 'en')).toContain('reports 7 · lost 1');
  expect(renderStatus(status, 'zh')).toContain('会话 2 · 丢失消息 0 · own word 5');
  expect(renderStatus(status, 'zh')).toContain('上报 7 · 断开 1');
});

const withRules = (rules: Partial<GatewayStatus['rules']>): GatewayStatus => ({
  ...status,
  rules: { ...status.rules, rules: 12, ...rules },
});

test('rules have one line, and none where there are none', () => {
  expect(renderStatus(status, 'en')).not.toContain('rules');
  expect(renderStatus(withRules({}), 'en')).toContain('\nrules: 12\n');
  const busy = withRules({ shadow: 2, off: 1, faulty: ['hot'] });
  expect(renderStatus(busy, 'en')).toContain(
    'rules: 12 · in shadow 2 · switched off 1 · STOPPED by a fault 1 (hot)',
  );
  expect(renderStatus(busy, 'zh')).toContain('规则: 12 · 影子运行 2 · 停用 1 · 因故障停止 1 (hot)');
});

test('of a damaged journal it says what was saved and what is lost', () => {
  const salvage = {
    ...{ file: 'journal.db.corrupt.x', share: 0.4, found: 19, blocks: 12, samples: 40 },
    ...{ damagedBlocks: 0, leftBlocks: 0, lostSamples: 0, missingBlocks: 0 },
  };
  const told = (facts: Partial<SalvageFacts>, language: Language) =>
    renderStatus(
      { ...status, north: { ...status.north, salvage: { ...salvage, state: 'done', ...facts } } },
      language,
    );
  expect(renderStatus(status, 'en')).not.toContain('damaged');
  expect(told({ state: 'looking' }, 'en')).toContain('looking through journal.db.corrupt.x: 40 %');
  expect(told({ state: 'saving' }, 'zh')).toContain('抢救数据：12 块，40 %');
  expect(told({}, 'en')).toMatch(/journal.db.corrupt.x: 12 of 19 blocks, 40 samples$/m);
  const lost = { damagedBlocks: 3, leftBlocks: 4, missingBlocks: 5, lostSamples: 70 };
  expect(told(lost, 'en')).toContain(
    '3 cannot be read · no room for 4 · 5 are not there any more · 70 samples are lost for good',
  );
  expect(told(lost, 'zh')).toContain(
    '3 块无法读取 · 4 块放不下 · 5 块已不存在 · 永久丢失 70 个样本',
  );
});

test('commands have one line, and none where there are none', () => {
  expect(renderStatus(status, 'en')).not.toContain('commands');
  const outcomes = { verified: 12, written: 0, rejected: 2, expired: 0, failed: 0, unknown: 0 };
  const owned = { interlock: 0, local: 1, rule: 7, remote: 0 };
  const busy = { ...status, commands: { outcomes, refused: 0, waiting: 0, owned } };
  expect(renderStatus(busy, 'en')).toContain(
    '\ncommands: verified 12 · rejected 2 · held by local 1\n',
  );
  expect(renderStatus(busy, 'zh')).toContain('\n命令: 已核实 12 · 被拒绝 2 · 本地控制的点 1\n');
});

test('rules on trial show the time that is left, and a rollback that the files hold others', () => {
  const trying = withRules({ pending: { config: 'beef', left_ms: 90_000 } });
  expect(renderStatus(trying, 'en')).toContain('on trial, to be confirmed within 1 min 30 s');
  expect(renderStatus(trying, 'zh')).toContain('试运行，确认剩余时间 1 min 30 s');
  const refused = withRules({ refused: 'beefcafe0123' });
  expect(renderStatus(refused, 'en')).toContain(
    'ROLLED BACK, the files hold others (mend them, then "headgate rules apply"): beefcafe',
  );
  expect(renderStatus(refused, 'zh')).toContain(
    '已回退，文件中为其他规则（修正后执行 "headgate rules apply"）： beefcafe',
  );
});

test.each([
  ['en', '120 s: stored 1, arrived 0, 0 blocks waiting, 2 alarms stand, broker cut off'],
  ['zh', '120 秒：已存储 1，已到达 0，待发 0 块，2 个报警存在，代理已切断'],
] as const)('the last line of a demo in %s says that alarms stand', (language, expected) => {
  const loud = { ...status, alarms: { ...status.alarms, standing: 2 } };
  const none = { messages: 0, duplicates: 0, samples: 0, gaps: 0, samplesInGaps: 0 };
  const received: SubscriberFacts = { ...none, connected: true };
  expect(renderDemo(loud, received, true, language).split('\n').at(-1)).toBe(expected);
});

test('an uplink says what holds it up while it is up: a refusal, or certificates that are no use', () => {
  const uplink: ForwarderFacts = {
    ...{ uplink: 'cloud', state: 'up', retryInMs: undefined, lastError: undefined },
    ...{ sent: 2, acknowledged: 1, inFlight: 1, resent: 0, refusedBlocks: 0, backlog: 1 },
    heldBy: undefined,
  };
  const details = { path: '/etc/tls.crt', until: '2026-01-01' };
  const credentials = { code: 'forward.credentials-expired', details } as const;
  const line = (set: object, language: 'en' | 'zh' = 'en') => {
    const uplinks: readonly ForwarderFacts[] = [Object.assign({ ...uplink }, set)];
    const north = { ...status.north, uplinks };
    return renderStatus({ ...status, north }, language)
      .split('\n')
      .at(-1);
  };
  expect(line({})).toBe('uplink cloud: up · sent 2 · acknowledged 1');
  expect(line({ credentials })).toContain(
    '— the certificate in /etc/tls.crt expired at 2026-01-01',
  );
  expect(line({ credentials }, 'zh')).toContain('— /etc/tls.crt 中的证书已于 2026-01-01 过期');
  expect(line({ credentials, heldBy: 'refused' })).toMatch(/— refused$/);
});
