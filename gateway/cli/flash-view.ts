/** What the journal does to the flash, as a technician reads it. Pure. */
import type { FlashFacts } from '../health/flash-facts.ts';
import type { JournalStats, WearCause } from '../journal/journal.ts';
import type { Language } from '../model/errors.ts';
import { age } from './age.ts';

/** Causes below it are not named. */
const SHARE_MIN = 0.01;

const CAUSES: Readonly<Record<Language, Readonly<Record<WearCause, string>>>> = {
  en: {
    telemetry: 'telemetry',
    record: 'records',
    alarm: 'alarms',
    commands: 'commands',
    acknowledgements: 'acknowledgements',
    retention: 'removal',
    salvage: 'salvage',
    checkpoint: 'checkpoints',
    opening: 'opening',
    state: 'state',
    log: 'log',
  },
  zh: {
    telemetry: '遥测',
    record: '记录',
    alarm: '报警',
    commands: '命令',
    acknowledgements: '确认',
    retention: '清理',
    salvage: '抢救',
    checkpoint: '检查点',
    opening: '打开',
    state: '状态',
    log: '运行日志',
  },
};

interface FlashWords {
  readonly flash: string;
  readonly today: (mb: string, syncs: string) => string;
  readonly lasts: (years: string) => string;
  readonly undeclared: string;
  readonly unknown: string;
  readonly used: (device: string, from: number, to: number) => string;
  readonly urgent: string;
  readonly fits: (outage: string) => string;
  readonly oldest: (uplink: string, age: string) => string;
  readonly window: (now: number, declared: number, budget: string) => string;
  readonly exceeded: (now: number, budget: string) => string;
}

const WORDS: Readonly<Record<Language, FlashWords>> = {
  en: {
    flash: 'flash',
    today: (mb, syncs) => `today ${mb} MB in ${syncs} syncs`,
    lasts: (years) => `at this rate the card lasts ${years} years`,
    undeclared: 'how long the card lasts is not known: declare journal.endurance',
    unknown: 'how long the card lasts is known within a minute',
    used: (device, from, to) => `${device} says that ${from} to ${to} % of its life are used`,
    urgent: 'its reserve is nearly used up: REPLACE IT',
    fits: (outage) => `an outage of ${outage} fits`,
    oldest: (uplink, waited) => `${uplink}: the oldest undelivered sample is ${waited} old`,
    window: (now, declared, budget) =>
      `the loss window is now ${now} s (declared ${declared} s), to hold ${budget} MB a day`,
    exceeded: (now, budget) =>
      `MORE than ${budget} MB a day are written, even with a loss window of ${now} s`,
  },
  zh: {
    flash: '闪存',
    today: (mb, syncs) => `今日写入 ${mb} MB，落盘 ${syncs} 次`,
    lasts: (years) => `按此速率存储卡还可用 ${years} 年`,
    undeclared: '存储卡寿命未知：请声明 journal.endurance',
    unknown: '存储卡寿命一分钟内可知',
    used: (device, from, to) => `${device} 自报寿命已用 ${from}% 至 ${to}%`,
    urgent: '其备用块即将用尽：请更换',
    fits: (outage) => `可承受 ${outage} 的中断`,
    oldest: (uplink, waited) => `${uplink}：最早未送达的样本已等待 ${waited}`,
    window: (now, declared, budget) =>
      `丢失窗口现为 ${now} 秒（声明 ${declared} 秒），以遵守每日 ${budget} MB 的预算`,
    exceeded: (now, budget) => `丢失窗口已放宽到 ${now} 秒，每日写入仍超过 ${budget} MB`,
  },
};

type Journal = Pick<JournalStats, 'autonomy' | 'backlogs'>;

/** One line; what is not known is left out, but for the years, of which it says why. */
export function flashLine(
  flash: FlashFacts,
  { autonomy, backlogs }: Journal,
  now: number,
  language: Language,
): string {
  const words = WORDS[language];
  const causes = flash.shares.flatMap(({ cause, share }) =>
    share < SHARE_MIN ? [] : [`${CAUSES[language][cause]} ${Math.round(share * 100)} %`],
  );
  const named = causes.length > 0 ? ` (${causes.join(', ')})` : '';
  const parts = [
    words.today(inMb(flash.today.bytes), flash.today.syncs.toLocaleString('en')) + named,
    yearsLeft(flash, words),
    ...lifeUsed(flash, words),
    ...(autonomy === undefined ? [] : [words.fits(age(autonomy))]),
    ...backlogs.flatMap(({ uplink, oldest }) =>
      oldest === undefined ? [] : [words.oldest(uplink, age(Math.max(0, now - oldest)))],
    ),
    ...windowWords(flash, words),
  ];
  return `${words.flash}: ${parts.join(' · ')}`;
}

function yearsLeft({ yearsLeft: years, basis }: FlashFacts, words: FlashWords): string {
  if (basis === 'unknown') return words.undeclared;
  if (years === undefined) return words.unknown;
  return words.lasts(years >= 100 ? '> 100' : years >= 10 ? years.toFixed(0) : years.toFixed(1));
}

function lifeUsed({ device, lifeUsed: used, reserve }: FlashFacts, words: FlashWords): string[] {
  if (used === undefined) return [];
  const to = Math.round(used * 100);
  const said = words.used(device ?? 'eMMC', to - 10, to);
  return reserve === 'urgent' ? [said, words.urgent] : [said];
}

function windowWords(flash: FlashFacts, words: FlashWords): string[] {
  const { lossWindowMs, declaredWindowMs, budget, isBudgetExceeded } = flash;
  if (budget === undefined) return [];
  const window = lossWindowMs / 1000;
  if (isBudgetExceeded) return [words.exceeded(window, inMb(budget))];
  if (lossWindowMs <= declaredWindowMs) return [];
  return [words.window(window, declaredWindowMs / 1000, inMb(budget))];
}

const inMb = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
