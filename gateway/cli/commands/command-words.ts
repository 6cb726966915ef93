/** Owners, limits, outcomes and reasons of commands in words. Pure. */
import type {
  PlainOwner,
  PlainPolicy,
  PlainReason,
  PlainValue,
  PresentLimit,
  WaitingCommand,
} from '../../command/command-answers.ts';
import { cutTo } from '../../host/text-width.ts';
import { type CommandOrigin, type CommandOutcome, ORIGIN_WORDS } from '../../model/command.ts';
import { CATALOGUE, GatewayError, isErrorCode, type Language } from '../../model/errors.ts';
import { harmless } from '../columns.ts';
import type { Words } from '../verb.ts';

export interface CommandsView {
  readonly language: Language;
  /** A time as people at the site read it. */
  readonly stamp: (time: number) => string;
}

/** In columns of a terminal; what is longer ends in an ellipsis. */
const LONGEST_VALUE = 32;
const LONGEST_PERSON = 32;

/** One word each. */
export const OUTCOMES: Readonly<Record<CommandOutcome, Words>> = {
  verified: { en: 'verified', zh: '已核实' },
  written: { en: 'written', zh: '已写入' },
  rejected: { en: 'rejected', zh: '被拒绝' },
  expired: { en: 'expired', zh: '已过期' },
  failed: { en: 'failed', zh: '失败' },
  unknown: { en: 'unknown', zh: '结果未知' },
};

/** What each outcome means to whoever wanted it. */
export const MEANINGS: Readonly<Record<CommandOutcome, Words>> = {
  verified: { en: 'read back and equal', zh: '回读一致' },
  written: { en: 'the device acknowledged it', zh: '设备已确认' },
  rejected: { en: 'it was refused, nothing changed', zh: '被拒绝，没有改变' },
  expired: { en: 'its time was over, nothing was sent', zh: '已过期，没有发出' },
  failed: { en: 'nothing was sent', zh: '没有发出' },
  unknown: {
    en: 'it left, and what became of it nobody knows; look before you repeat it',
    zh: '已发出，但结果未知；重试前请先查看现场',
  },
};

/** Short, on one line, with its unit. */
export const valueText = (value: PlainValue, unit?: string): string =>
  cutTo(harmless(unit ? `${value} ${unit}` : `${value}`), LONGEST_VALUE);

export const personText = (
  { origin, by }: { readonly origin: CommandOrigin; readonly by: string },
  language: Language,
): string => `${ORIGIN_WORDS[origin][language]} ${nameText(by)}`.trim();

export const nameText = (name: string): string => cutTo(harmless(name), LONGEST_PERSON);

/** Who wants what, since when, until when. */
export function ownerText(
  owner: PlainOwner,
  { language, stamp }: CommandsView,
  unit: string | undefined,
): string {
  const who = `${personText(owner, language)}: ${valueText(owner.value, unit)}`;
  const since = stamp(owner.since);
  if (owner.until === undefined)
    return { en: `${who}, since ${since}, until released`, zh: `${who}，自 ${since}，直至释放` }[
      language
    ];
  const until = stamp(owner.until);
  return { en: `${who}, since ${since}, until ${until}`, zh: `${who}，自 ${since}，至 ${until}` }[
    language
  ];
}

export function limitText(limit: PresentLimit, { language, stamp }: CommandsView): string {
  switch (limit.kind) {
    case 'step':
    case 'slew': {
      const { min, max } = limit;
      const why = LIMITS[limit.kind][language];
      return { en: `only ${min} to ${max} (${why})`, zh: `只能写 ${min} 至 ${max}（${why}）` }[
        language
      ];
    }
    case 'present-unknown':
      return {
        en: 'what it holds is not known, so nothing may be written',
        zh: '当前值未知，不能写入',
      }[language];
    case 'interlock':
      return INTERLOCK[limit.is][language];
    case 'on':
    case 'off': {
      const until = stamp(limit.until);
      const state = LIMITS[limit.kind][language];
      return { en: `stays ${state} until ${until}`, zh: `${until} 前须保持${state}` }[language];
    }
    case 'interval':
    case 'hourly': {
      const until = stamp(limit.until);
      const why = LIMITS[limit.kind][language];
      return { en: `not before ${until} (${why})`, zh: `${until} 前不能写（${why}）` }[language];
    }
  }
}

const LIMITS = {
  step: { en: 'step', zh: '单次变化量' },
  slew: { en: 'slew', zh: '变化速率' },
  on: { en: 'on', zh: '接通' },
  off: { en: 'off', zh: '断开' },
  interval: { en: 'interval', zh: '最短间隔' },
  hourly: { en: 'writes an hour', zh: '每小时次数' },
} as const satisfies Record<string, Words>;

const INTERLOCK: Readonly<Record<'false' | 'unknown', Words>> = {
  false: { en: 'interlock not met', zh: '联锁条件不满足' },
  unknown: { en: 'interlock cannot be told', zh: '联锁条件无法判断' },
};

/** Who waits with what, and until when if that is known. */
export function waitingText(
  waiting: WaitingCommand,
  unit: string | undefined,
  { language, stamp }: CommandsView,
): string {
  const what = `${personText(waiting, language)}: ${valueText(waiting.value, unit)}`;
  const at = waiting.allowed_at;
  if (at === undefined) return what;
  return { en: `${what}, until ${stamp(at)}`, zh: `${what}，等到 ${stamp(at)}` }[language];
}

/** By whom a tag may be written, and with which values. */
export function policyText(
  { by, min, max, values }: PlainPolicy,
  unit: string | undefined,
  language: Language,
): string {
  const zh = language === 'zh';
  const who = by.map((origin) => ORIGIN_WORDS[origin][language]).join(zh ? '、' : ', ');
  const parts = [zh ? `允许写入：${who}` : `may be written by ${who}`];
  const bound = (value: number) => valueText(value, unit);
  if (min !== undefined && max !== undefined)
    parts.push(zh ? `${min} 至 ${bound(max)}` : `${min} to ${bound(max)}`);
  else if (min !== undefined) parts.push(zh ? `不小于 ${bound(min)}` : `at least ${bound(min)}`);
  else if (max !== undefined) parts.push(zh ? `不大于 ${bound(max)}` : `at most ${bound(max)}`);
  if (values)
    parts.push((zh ? '只能是 ' : 'only ') + values.map((value) => valueText(value)).join(', '));
  return parts.join(zh ? '；' : '; ');
}

/** A reason as people read it. */
export interface ReasonText {
  readonly code: string;
  readonly message: string;
  /** The next step; undefined where nobody knows it any more. */
  readonly hint: string | undefined;
}

/** Of a code that this version does not know, and of one without its details, the code is all there is to say. */
export function reasonText({ code, details }: PlainReason, language: Language): ReasonText {
  if (!isErrorCode(code)) return { code, message: `[${code}]`, hint: undefined };
  const error = new GatewayError(code, details);
  const isTold = (template: string) =>
    [...template.matchAll(/\{(\w+)\}/g)].every(([, name = '']) => Object.hasOwn(details, name));
  const { message, hint } = CATALOGUE[code];
  return {
    code,
    message: isTold(message[language]) ? harmless(error.describe(language)) : `[${code}]`,
    hint: isTold(hint[language]) ? harmless(error.hint(language)) : undefined,
  };
}
