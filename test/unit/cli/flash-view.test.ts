import { expect, test } from 'vitest';
import { flashLine } from '../../../gateway/cli/flash-view.ts';
import { type FlashFacts, flashFacts } from '../../../gateway/health/flash-facts.ts';
import type { WearFacts } from '../../../gateway/journal/journal.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';

const NOW = Date.UTC(2026, 10, 30, 12);
const MB = 1e6;
const DAY_MS = 86_400_000;

const wear: WearFacts = {
  counted: 'write_bytes',
  since: utcMs(NOW - 40 * DAY_MS),
  total: { bytes: 1.7e9, syncs: 3_500_000 },
  today: {
    day: '2026-11-30',
    causes: {
      telemetry: { bytes: 25.4 * MB, syncs: 86_000 },
      checkpoint: { bytes: 12.3 * MB, syncs: 300 },
      state: { bytes: 3.2 * MB, syncs: 100 },
      opening: { bytes: 0.1 * MB, syncs: 0 },
    },
  },
  before: undefined,
  days: [],
  usualDay: 1.4e9,
  presentDay: 2e9,
};
const window = { windowMs: 1000, declaredMs: 1000, budget: undefined, isExceeded: false };
const sd = { device: 'mmcblk0', lifeUsed: undefined, reserve: undefined };
const journal = {
  autonomy: millis(9 * DAY_MS),
  backlogs: [
    { uplink: 'cloud', blocks: 3, oldest: utcMs(NOW - 3000) },
    { uplink: 'line', blocks: 0, oldest: undefined },
  ],
};
const factsOf = (over: Partial<FlashFacts> = {}): FlashFacts => ({
  ...flashFacts({ wear }, window, sd, 6e12),
  ...over,
});
const line = (over: Partial<FlashFacts>, language: 'en' | 'zh', of = journal) =>
  flashLine(factsOf(over), of, NOW, language);

test('says in one line what is written, how long the card lasts, what fits and what waits', () => {
  expect(line({}, 'en')).toBe(
    'flash: today 41 MB in 86,400 syncs (telemetry 62 %, checkpoints 30 %, state 8 %) · ' +
      'at this rate the card lasts 12 years · an outage of 9 d 0 h fits · ' +
      'cloud: the oldest undelivered sample is 3 s old',
  );
  expect(line({}, 'zh')).toBe(
    '闪存: 今日写入 41 MB，落盘 86,400 次 (遥测 62 %, 检查点 30 %, 状态 8 %) · ' +
      '按此速率存储卡还可用 12 年 · 可承受 9 d 0 h 的中断 · cloud：最早未送达的样本已等待 3 s',
  );
});

test('says what is missing to tell the years', () => {
  expect(line(flashFacts({ wear }, window, sd, undefined), 'en')).toContain(
    'how long the card lasts is not known: declare journal.endurance',
  );
  expect(line({ yearsLeft: undefined, basis: 'own-count' }, 'zh')).toContain('一分钟内可知');
  expect(line({ yearsLeft: 100 }, 'en')).toContain('lasts > 100 years');
  expect(line({ yearsLeft: 1.25 }, 'zh')).toContain('还可用 1.3 年');
});

test('tells what an eMMC says of itself, and to replace one that is used up', () => {
  const worn = { device: 'mmcblk1', lifeUsed: 0.9, reserve: 'urgent' } as const;
  expect(line(worn, 'en')).toContain(
    'mmcblk1 says that 80 to 90 % of its life are used · its reserve is nearly used up: REPLACE IT',
  );
  expect(line(worn, 'zh')).toContain('mmcblk1 自报寿命已用 80% 至 90% · 其备用块即将用尽：请更换');
});

test('a widened loss window is told, and a budget that cannot be held', () => {
  const held = { budget: 100 * MB, lossWindowMs: 4000 };
  expect(line(held, 'en')).toContain(
    'the loss window is now 4 s (declared 1 s), to hold 100 MB a day',
  );
  expect(line(held, 'zh')).toContain('丢失窗口现为 4 秒（声明 1 秒），以遵守每日 100 MB 的预算');
  const exceeded = { budget: 100 * MB, lossWindowMs: 10_000, isBudgetExceeded: true };
  expect(line(exceeded, 'en')).toContain('MORE than 100 MB a day are written');
  expect(line(exceeded, 'zh')).toContain('每日写入仍超过 100 MB');
  expect(line({ budget: 100 * MB }, 'en')).not.toContain('window');
});

test('what is not known yet is left out', () => {
  const early = { autonomy: undefined, backlogs: [] };
  const said = flashLine(factsOf({ shares: [], today: { bytes: 0, syncs: 0 } }), early, NOW, 'en');
  expect(said).toBe('flash: today 0.0 MB in 0 syncs · at this rate the card lasts 12 years');
});
