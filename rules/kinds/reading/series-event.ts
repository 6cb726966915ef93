/**
 * What happened to a register besides counting. Each reset, each rollover and each new meter is told by exactly
 * one.
 */
import type { Language } from '../../../gateway/model/errors.ts';
import { type Decimal, decimalText } from '../../../gateway/model/sample.ts';

export const SERIES_EVENTS = [
  'rollover',
  'reset',
  'swap',
  'jump',
  'back',
  'glitch',
  'withdrawn',
  'revealed',
  'doubt',
  'unit',
  'gap',
] as const;
export type SeriesEventKind = (typeof SERIES_EVENTS)[number];

/**
 * Numbers are in the register's own unit, as text with the register's digits; null where there is none. JSON as
 * it is.
 */
export type SeriesEvent = {
  readonly kind: SeriesEventKind;
  /** Of the first reading that shows it, UTC in milliseconds. */
  readonly time: number;
  readonly from: string | null;
  readonly to: string | null;
  /** What was counted through it; null: nothing is known of that. */
  readonly amount: string | null;
  /** A person announced it, or the meter's serial number changed. */
  readonly isDeclared: boolean;
  /**
   * Of a reset: the range that would make it a rollover, had it been declared. Of a swap told late: what it was
   * taken for.
   */
  readonly hint: string | null;
};

type Wording = Readonly<Record<Language, string>>;

/** `{from}`, `{to}`, `{amount}`, `{hint}` and `{meter}` are filled in. */
const WORDINGS: Readonly<Record<SeriesEventKind, Wording>> = {
  rollover: {
    en: '{meter}: the register turned over, {from} → {to}; {amount} counted',
    zh: '{meter}：表底数翻转归零，{from} → {to}；计入 {amount}',
  },
  reset: {
    en: '{meter}: the register was set back to zero, {from} → {to}; {amount} counted since, what it counted before that and after the last reading is lost',
    zh: '{meter}：表底数被清零，{from} → {to}；清零后计入 {amount}，上次抄读至清零之间的用量无法得知',
  },
  swap: {
    en: '{meter}: a new meter; the old one ends with {from}, the new one begins with {to}',
    zh: '{meter}：已换表；旧表止码 {from}，新表起码 {to}',
  },
  jump: {
    en: '{meter}: {from} → {to} cannot be consumption; a new series begins and nothing is counted: was the meter replaced?',
    zh: '{meter}：{from} → {to} 不可能是用量；从新值重新计起，本次不计用量：是否已换表？',
  },
  back: {
    en: '{meter}: the register ran backwards, {from} → {to}; {amount} counted',
    zh: '{meter}：表底数倒走，{from} → {to}；计入 {amount}',
  },
  glitch: {
    en: '{meter}: a single reading of {to} was wrong and is left out (last good one {from})',
    zh: '{meter}：单次读数 {to} 有误，已剔除（上次正常值 {from}）',
  },
  withdrawn: {
    en: '{meter}: the register is back at {to} where it was before; the {hint} told before was none and is taken back',
    zh: '{meter}：表底数恢复到 {to}，与此前连续；先前判定的“{hint}”不成立，已撤销',
  },
  revealed: {
    en: '{meter}: a late reading of {to} shows {amount} that was counted before the break and not known',
    zh: '{meter}：补抄到的读数 {to} 表明中断前还有 {amount} 用量，已补计',
  },
  doubt: {
    en: '{meter}: so long without a reading that the register can have turned over unseen ({from} → {to}); the smallest amount is counted',
    zh: '{meter}：过久未抄读，期间表底数可能已翻转而未被发现（{from} → {to}）；按最小用量计入',
  },
  unit: {
    en: '{meter}: the unit of the readings changed from {from} to {to}',
    zh: '{meter}：读数单位由 {from} 变为 {to}',
  },
  gap: {
    en: '{meter}: no reading for long; {amount} was counted meanwhile ({from} → {to}), when exactly is not known',
    zh: '{meter}：长时间未抄读；期间用量 {amount}（{from} → {to}），具体时间分布未知',
  },
};

/** The sentence for people. */
export function seriesEventText(event: SeriesEvent, meter: string, language: Language): string {
  const { kind, from, to, amount, hint } = event;
  const known: Readonly<Record<string, string | null>> = { meter, from, to, amount, hint };
  const unknown = language === 'zh' ? '未知' : 'unknown';
  const text = WORDINGS[kind][language].replace(
    /\{(\w+)\}/g,
    (_, name: string) => known[name] ?? unknown,
  );
  if (kind !== 'reset' || hint === null) return text;
  return language === 'zh'
    ? `${text}；也可能是在 ${hint} 处翻转，请声明 modulus`
    : `${text}; it may be a rollover at ${hint}: declare the modulus`;
}

export const eventOf = (
  kind: SeriesEventKind,
  time: number,
  from: string | null,
  to: string | null,
  amount?: Decimal,
  hint?: string,
): SeriesEvent => ({
  kind,
  time,
  from,
  to,
  amount: amount ? decimalText(amount) : null,
  isDeclared: false,
  hint: hint ?? null,
});
