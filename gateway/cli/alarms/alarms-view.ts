/** Alarms as people and programs read them. Pure. */
import type { AlarmsAnswer, ShownAlarm } from '../../alarms/alarm-desk.ts';
import type { Language } from '../../model/errors.ts';
import type { UtcMs } from '../../model/units.ts';
import { age } from '../age.ts';
import { aligned, harmless } from '../columns.ts';
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

export const STATES: Readonly<Record<ShownAlarm['state'], Words>> = {
  active: { en: 'active', zh: '活动' },
  acknowledged: { en: 'acknowledged', zh: '已确认' },
  returned: { en: 'returned', zh: '已恢复未确认' },
  cleared: { en: 'cleared', zh: '已消除' },
};
const SHELVED: Words = { en: 'shelved', zh: '已搁置' };
const SUPPRESSED: Words = { en: 'suppressed', zh: '已抑制' };
const FIRST_OUT: Words = { en: 'first out', zh: '首出' };
const HELD_BACK: Words = { en: 'held back', zh: '暂缓通知' };
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
  const message = alarm.messages?.[language] ?? alarm.message;
  const said = [alarm.by, alarm.comment].filter(Boolean).join(': ');
  const marks = [
    STATES[alarm.state],
    ...(alarm.isFirstOut ? [FIRST_OUT] : []),
    ...(alarm.isShelved ? [shelved(alarm, now)] : []),
    ...(alarm.isSuppressed ? [SUPPRESSED] : []),
    ...(alarm.isHeldBack ? [HELD_BACK] : []),
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
    said ? `${message} (${said})` : message,
  ].map(harmless);
};

/** With the time that is left, where the gateway knows it. */
const shelved = ({ shelvedUntil }: ShownAlarm, now: UtcMs): Words => {
  if (shelvedUntil === undefined) return SHELVED;
  const left = age(Math.max(0, shelvedUntil - now));
  return { en: `shelved for ${left}`, zh: `已搁置，剩 ${left}` };
};

const colorOf = ({ state, severity, isStale, isShelved, isSuppressed }: ShownAlarm) => {
  if (isStale || isShelved || isSuppressed) return 'dim';
  if (state !== 'active') return undefined;
  return severity >= URGENT ? 'red' : 'yellow';
};

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
  ...(alarm.messages && { messages: alarm.messages }),
  ...(alarm.activation !== undefined && { activation: alarm.activation }),
  ...(alarm.by !== undefined && { by: alarm.by }),
  ...(alarm.comment !== undefined && { comment: alarm.comment }),
  time: alarm.time,
  time_basis: alarm.timeBasis,
  since: alarm.since,
  repeats: alarm.repeats,
  shelved: alarm.isShelved ?? false,
  ...(alarm.shelvedUntil !== undefined && { shelved_until: alarm.shelvedUntil }),
  suppressed: alarm.isSuppressed ?? false,
  first_out: alarm.isFirstOut ?? false,
  held_back: alarm.isHeldBack ?? false,
  stale: alarm.isStale,
});
