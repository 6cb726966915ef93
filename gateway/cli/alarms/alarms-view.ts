/** Alarms as people and programs read them. Pure. */
import type { WriteOutcome, Written } from '../../../drivers/driver.ts';
import type { AlarmsAnswer, ShownAlarm } from '../../alarms/alarm-desk.ts';
import { widthOf } from '../../host/text-width.ts';
import { GatewayError, type Language } from '../../model/errors.ts';
import type { UtcMs } from '../../model/units.ts';
import { age } from '../status-view.ts';
import type { Words } from '../verb.ts';

export interface AlarmsView {
  readonly language: Language;
  readonly now: UtcMs;
  /** Puts a text into colour where that is wanted. */
  readonly paint: (color: 'red' | 'yellow' | 'dim', text: string) => string;
}

const HEADINGS: readonly Words[] = [
  { en: 'id', zh: '编号' },
  { en: 'severity', zh: '严重度' },
  { en: 'state', zh: '状态' },
  { en: 'since', zh: '持续' },
  { en: 'device', zh: '设备' },
  { en: 'about', zh: '对象' },
  { en: 'condition', zh: '条件' },
  { en: 'message', zh: '信息' },
];

const STATES: Readonly<Record<ShownAlarm['state'], Words>> = {
  active: { en: 'active', zh: '活动' },
  acknowledged: { en: 'acknowledged', zh: '已确认' },
  returned: { en: 'returned', zh: '已恢复未确认' },
  cleared: { en: 'cleared', zh: '已消除' },
};
const SHELVED: Words = { en: 'shelved', zh: '已搁置' };
const STALE: Words = { en: 'last known', zh: '最后已知' };

/** From here on an alarm is shown in red: the highest of the four ranges that OPC 10000-9 §5.5.2 suggests. */
const URGENT = 801;

/** The most severe first, one a line. */
export function renderAlarms({ alarms, dropped }: AlarmsAnswer, view: AlarmsView): string {
  const { language, now, paint } = view;
  const lost = {
    en: `${dropped} alarms had to make room for others since the start; their events are stored`,
    zh: `启动以来有 ${dropped} 个报警因数量过多被移出列表；其事件已存储`,
  }[language];
  const end = dropped > 0 ? [lost] : [];
  if (alarms.length === 0)
    return [{ en: 'no alarm stands', zh: '没有未消除的报警' }[language], ...end].join('\n');
  const rows = alarms.map((alarm) => cellsOf(alarm, language, now));
  const [head = '', ...lines] = aligned([HEADINGS.map((heading) => heading[language]), ...rows]);
  const painted = lines.map((line, i) => {
    const color = colorOf(alarms[i] as ShownAlarm);
    return color ? paint(color, line) : line;
  });
  return [head, ...painted, ...end].join('\n');
}

const cellsOf = (alarm: ShownAlarm, language: Language, now: UtcMs): string[] => {
  const marks = [
    STATES[alarm.state],
    ...(alarm.isShelved ? [SHELVED] : []),
    ...(alarm.isStale ? [STALE] : []),
  ];
  return [
    alarm.key,
    `${alarm.severity}`,
    marks.map((mark) => mark[language]).join(', '),
    age(Math.max(0, now - alarm.since)),
    alarm.device,
    alarm.about,
    alarm.condition,
    alarm.comment ? `${alarm.message} (${alarm.comment})` : alarm.message,
  ].map(harmless);
};

const colorOf = ({ state, severity, isStale }: ShownAlarm) => {
  if (isStale) return 'dim';
  if (state !== 'active') return undefined;
  return severity >= URGENT ? 'red' : 'yellow';
};

/** What a server wrote may move the cursor of a terminal. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();

/** Columns under one another; the last is as long as it is. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, i) => Math.max(...rows.map((row) => widthOf(row[i] ?? ''))));
  return rows.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] as number) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** The JSON of one alarm. */
export const alarmFields = (alarm: ShownAlarm) => ({
  key: alarm.key,
  device: alarm.device,
  id: alarm.id,
  state: alarm.state,
  severity: alarm.severity,
  about: alarm.about,
  condition: alarm.condition,
  message: alarm.message,
  ...(alarm.comment !== undefined && { comment: alarm.comment }),
  time: alarm.time,
  time_basis: alarm.timeBasis,
  since: alarm.since,
  repeats: alarm.repeats,
  shelved: alarm.isShelved ?? false,
  stale: alarm.isStale,
});

const OUTCOMES: Readonly<Record<WriteOutcome, Words>> = {
  written: { en: 'acknowledged', zh: '已确认' },
  rejected: { en: 'it was refused, nothing changed', zh: '被拒绝，没有改变' },
  unknown: {
    en: 'it left, and what became of it nobody knows; look at the list again',
    zh: '已发出，但结果未知；请再次查看列表',
  },
  failed: { en: 'nothing was sent', zh: '没有发出' },
};

/** What became of an acknowledgement; below it why, and the next step. */
export function renderAcknowledged(
  alarm: ShownAlarm,
  written: Written,
  language: Language,
): string {
  const { outcome } = written;
  const what = [alarm.key, alarm.device, alarm.about, alarm.condition].map(harmless).join(' ');
  const reason = reasonOf(written);
  const why = reason ? [reason.describe(language), `  → ${reason.hint(language)}`] : [];
  return [`${what}: ${outcome}: ${OUTCOMES[outcome][language]}`, ...why].join('\n');
}

/** The JSON of an acknowledgement. */
export const acknowledgedFields = (alarm: ShownAlarm, written: Written, language: Language) => {
  const reason = reasonOf(written);
  return {
    key: alarm.key,
    device: alarm.device,
    id: alarm.id,
    outcome: written.outcome,
    ...(reason && {
      code: reason.code,
      reason: reason.describe(language),
      hint: reason.hint(language),
    }),
  };
};

const reasonOf = ({ refusal }: Written): GatewayError | undefined =>
  refusal && new GatewayError(refusal.code, refusal.details);
