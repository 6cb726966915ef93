/**
 * The gateway's state as a person reads it: every state with its name, its age and its numbers.
 * Pure.
 */
import { asideProblem } from '../health/aside-alarm.ts';
import { certificatesProblem } from '../health/certificates-alarm.ts';
import { spaceProblem } from '../health/space-alarm.ts';
import type { JournalRoomFacts } from '../journal/journal.ts';
import type { Language } from '../model/errors.ts';
import type { BusFacts, DeviceFacts } from '../poll/bus-facts.ts';
import { age } from './age.ts';
import { commandLines } from './commands/command-facts-view.ts';
import { flashLine } from './flash-view.ts';
import { salvageLine } from './salvage-view.ts';
import type { GatewayStatus } from './status.ts';

const WORDS = {
  en: {
    up: 'up',
    down: 'silent',
    unknown: 'asking',
    open: 'open',
    connecting: 'connecting',
    waiting: 'waiting',
    closed: 'closed',
    polls: 'polls',
    answered: 'answered',
    late: 'late',
    turnaround: 'turn-around',
    busy: 'busy',
    journal: 'journal',
    samples: 'samples',
    backlog: 'backlog',
    blocks: 'blocks',
    gaps: 'gaps',
    uplink: 'uplink',
    sent: 'sent',
    acknowledged: 'acknowledged',
    synced: 'clock synced',
    unsynced: 'clock NOT synced',
    holdover: 'clock believed, no time server confirms it',
    clockSet: 'the clock was set',
    ago: 'ago',
    drift: 'off by at most',
    since: 'for',
    alarms: 'alarms',
    standing: 'standing',
    unacknowledged: 'not acknowledged',
    severity: 'severity up to',
    reports: 'reports',
    losses: 'lost',
    rules: 'rules',
    shadow: 'in shadow',
    off: 'switched off',
    faulty: 'STOPPED by a fault',
    onTrial: 'on trial, to be confirmed within',
    refused: 'ROLLED BACK, the files hold others (mend them, then "headgate rules apply"):',
    link: {},
  },
  zh: {
    up: '正常',
    down: '无应答',
    unknown: '询问中',
    open: '已打开',
    connecting: '连接中',
    waiting: '等待重试',
    closed: '已关闭',
    polls: '轮询',
    answered: '应答',
    late: '迟到',
    turnaround: '响应时间',
    busy: '占用',
    journal: '日志库',
    samples: '样本',
    backlog: '积压',
    blocks: '块',
    gaps: '缺口',
    uplink: '上行',
    sent: '已发',
    acknowledged: '已确认',
    synced: '时钟已同步',
    unsynced: '时钟未同步',
    holdover: '时钟可信，但没有时间服务器确认',
    clockSet: '时钟曾被改动',
    ago: '前',
    drift: '偏差不超过',
    since: '持续',
    alarms: '报警',
    standing: '未消除',
    unacknowledged: '未确认',
    severity: '最高严重度',
    reports: '上报',
    losses: '断开',
    rules: '规则',
    shadow: '影子运行',
    off: '停用',
    faulty: '因故障停止',
    onTrial: '试运行，确认剩余时间',
    refused: '已回退，文件中为其他规则（修正后执行 "headgate rules apply"）：',
    link: {
      sessions: '会话',
      subscriptions: '订阅',
      messages: '消息',
      republished: '补发',
      lost_messages: '丢失消息',
      overflows: '溢出',
      last_remedy: '上次恢复方式',
    },
  },
} as const;

type Vocabulary = (typeof WORDS)[Language];

export function renderStatus(status: GatewayStatus, language: Language): string {
  const words: Vocabulary = WORDS[language];
  const { journal, uplinks, salvage } = status.north;
  return [
    facts(
      `headgate ${status.gateway}`,
      age(status.uptime_s * 1000),
      words[status.clock.trust],
      status.config.slice(0, 8),
    ),
    ...clockLines(status.clock, words),
    ...status.buses.flatMap((bus) => [
      busLine(bus, words),
      ...bus.devices.map((device) =>
        bus.link ? reportLine(device, words) : deviceLine(device, words),
      ),
    ]),
    ...(isWorthALine(status.rules) ? [ruleLine(status.rules, words)] : []),
    ...commandLines(status.commands, language),
    ...(status.alarms.standing > 0 ? [alarmLine(status.alarms, words)] : []),
    `${words.journal}: ${facts(
      `${journal.samples} ${words.samples}`,
      `${journal.blocks} ${words.blocks}`,
      `${words.backlog} ${journal.backlogBlocks} ${words.blocks}`,
      `${(journal.bytesOnDisk / 1e6).toFixed(1)} MB`,
      `${words.gaps} ${journal.gaps}`,
    )}`,
    ...spaceLines(journal.room, language),
    ...(salvage ? [`  ${salvageLine(salvage, language)}`] : []),
    flashLine(status.flash, journal, status.at, language),
    ...uplinks.map((uplink) => uplinkLine(uplink, words, language)),
  ].join('\n');
}

/** What is wrong with the room on the journal's disk, and the next step. */
function spaceLines(room: JournalRoomFacts, language: Language): readonly string[] {
  const problem = spaceProblem(room);
  return problem ? [`  ${problem.describe(language)}`, `  → ${problem.hint(language)}`] : [];
}

/** Where somebody has set the clock, or its last confirmation is old. */
function clockLines(clock: GatewayStatus['clock'], words: Vocabulary): string[] {
  const { trust, drift_ms: drift, source_age_s: age_s, last_step: step } = clock;
  const isOld = trust === 'holdover' && age_s !== undefined && drift !== undefined;
  return [
    ...(isOld ? [`${words.holdover}: ${age(age_s * 1000)} · ${words.drift} ${age(drift)}`] : []),
    ...(step
      ? [`${words.clockSet}: ${age(step.ago_s * 1000)} ${words.ago} · ${step.from} → ${step.to}`]
      : []),
  ];
}

const facts = (...parts: readonly string[]): string => parts.join(' · ');
const because = (error: string | undefined): string => (error ? ` — ${error}` : '');

const busLine = (bus: BusFacts, words: Vocabulary): string =>
  `${bus.name} (${bus.resource}): ${facts(
    words[bus.line],
    ...(bus.link
      ? Object.entries(bus.link).map(([name, value]) => `${linkWord(name, words)} ${value}`)
      : [`${words.busy} ${(bus.busyShare * 100).toFixed(0)} %`]),
  )}${because(bus.line === 'open' ? undefined : bus.lastError)}`;

const deviceLine = (device: DeviceFacts, words: Vocabulary): string =>
  `  ${device.name.padEnd(16)} ${facts(
    `${words[device.state]} ${words.since} ${age(device.sinceMs)}`,
    `${words.polls} ${device.polls}`,
    `${words.answered} ${device.answered}`,
    `${words.late} ${device.late}`,
    `${words.turnaround} ${device.turnaroundMs.toFixed(1)} ms`,
  )}`;

/** What a link says of itself goes by names of its own. */
const linkWord = (name: string, { link }: Vocabulary): string =>
  (link as Readonly<Record<string, string>>)[name] ?? name.replaceAll('_', ' ');

const reportLine = (device: DeviceFacts, words: Vocabulary): string =>
  `  ${device.name.padEnd(16)} ${facts(
    `${words[device.state]} ${words.since} ${age(device.sinceMs)}`,
    `${words.reports} ${device.polls}`,
    `${words.losses} ${device.silent}`,
  )}`;

type Rules = GatewayStatus['rules'];

const isWorthALine = ({ rules, pending, refused }: Rules): boolean =>
  rules > 0 || pending !== undefined || refused !== undefined;

function ruleLine({ rules, shadow, off, faulty, ...trial }: Rules, words: Vocabulary): string {
  const { pending, refused } = trial;
  return facts(
    `${words.rules}: ${rules}`,
    ...(shadow > 0 ? [`${words.shadow} ${shadow}`] : []),
    ...(off > 0 ? [`${words.off} ${off}`] : []),
    ...(faulty.length > 0 ? [`${words.faulty} ${faulty.length} (${faulty.join(', ')})`] : []),
    ...(pending ? [`${words.onTrial} ${age(pending.left_ms)}`] : []),
    ...(refused !== undefined ? [`${words.refused} ${refused.slice(0, 8)}`] : []),
  );
}

const alarmLine = (alarms: GatewayStatus['alarms'], words: Vocabulary): string =>
  `${words.alarms}: ${facts(
    `${words.standing} ${alarms.standing}`,
    `${words.unacknowledged} ${alarms.unacknowledged}`,
    `${words.severity} ${alarms.mostSevere}`,
  )}`;

const uplinkLine = (
  uplink: GatewayStatus['north']['uplinks'][number],
  words: Vocabulary,
  language: Language,
): string => {
  const hindrance = uplink.heldBy ?? certificatesProblem(uplink)?.describe(language);
  const line = `${words.uplink} ${uplink.uplink}: ${facts(
    words[uplink.state],
    `${words.sent} ${uplink.sent}`,
    `${words.acknowledged} ${uplink.acknowledged}`,
  )}${because(uplink.state === 'up' ? hindrance : uplink.lastError)}`;
  const aside = asideProblem(uplink);
  return aside
    ? [line, `  ${aside.describe(language)}`, `  → ${aside.hint(language)}`].join('\n')
    : line;
};
