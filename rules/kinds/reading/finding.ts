/** What is wrong with a meter or a household, as far as readings tell: each with a key, a severity and words. */
import type { Language } from '../../../gateway/model/errors.ts';

export const FINDING_KEYS = [
  'implausible',
  'tariff_sum',
  'leak',
  'night_flow',
  'burst',
  'reverse',
  'tamper',
  'magnetic',
  'battery_low',
  'valve_fault',
  'no_water',
  'stuck',
  'clock_off',
  'low_delta_t',
  'unread',
  'loss',
  'loss_negative',
] as const;
export type FindingKey = (typeof FINDING_KEYS)[number];

/** A change: it began, or it is over. JSON as it is. */
export type Finding = {
  readonly key: FindingKey;
  readonly meter: string;
  readonly isActive: boolean;
  /** Numbers for the words, as text with their units. */
  readonly details: Readonly<Record<string, string>>;
};

interface FindingFacts {
  /** 1 (least) to 1000, as in OPC 10000-9 §5.5.2. A default; a site may have another. */
  readonly severity: number;
  readonly words: Readonly<Record<Language, string>>;
}

const FACTS: Readonly<Record<FindingKey, FindingFacts>> = {
  implausible: {
    severity: 600,
    words: {
      en: '{meter}: {count} readings in a row cannot be right ({value}, last good one {base})',
      zh: '{meter}：连续 {count} 次读数不合理（{value}，上次正常值 {base}）',
    },
  },
  tariff_sum: {
    severity: 400,
    words: {
      en: '{meter}: the tariffs add up to {sum}, the total says {total}',
      zh: '{meter}：各费率之和 {sum} 与总电量 {total} 不符',
    },
  },
  leak: {
    severity: 600,
    words: {
      en: '{meter}: flow without a pause for {hours} h, {rate} on average: a leak?',
      zh: '{meter}：已连续 {hours} 小时不间断用量，平均 {rate}：疑似泄漏',
    },
  },
  night_flow: {
    severity: 500,
    words: {
      en: '{meter}: {amount} between 02:00 and 04:00, the median of the last nights is {median}',
      zh: '{meter}：02:00–04:00 用量 {amount}，近期夜间中位数为 {median}',
    },
  },
  burst: {
    severity: 800,
    words: {
      en: '{meter}: {rate} for {minutes} min: a burst pipe?',
      zh: '{meter}：流量达 {rate}，已持续 {minutes} 分钟：疑似爆管',
    },
  },
  reverse: {
    severity: 600,
    words: {
      en: '{meter}: flows backwards ({sign})',
      zh: '{meter}：出现反向计量（{sign}）',
    },
  },
  tamper: {
    severity: 700,
    words: { en: '{meter}: its cover was opened', zh: '{meter}：表盖被打开' },
  },
  magnetic: {
    severity: 700,
    words: { en: '{meter}: a magnet is held to it', zh: '{meter}：受到磁干扰' },
  },
  battery_low: {
    severity: 400,
    words: { en: '{meter}: its battery is low', zh: '{meter}：电池欠压' },
  },
  valve_fault: {
    severity: 600,
    words: { en: '{meter}: its valve does not work', zh: '{meter}：阀门异常' },
  },
  no_water: {
    severity: 400,
    words: { en: '{meter}: no water in the pipe', zh: '{meter}：管道空管无水' },
  },
  stuck: {
    severity: 300,
    words: {
      en: '{meter}: has stood at {value} for {days} days: unused, or stuck?',
      zh: '{meter}：读数 {value} 已 {days} 天未变化：未使用或表计卡滞',
    },
  },
  clock_off: {
    severity: 300,
    words: {
      en: '{meter}: its clock is off by {off}; an operator may broadcast the time',
      zh: '{meter}：表内时钟偏差 {off}；可由操作人员广播校时',
    },
  },
  low_delta_t: {
    severity: 300,
    words: {
      en: '{meter}: {difference} between supply and return, with flow, for {minutes} min',
      zh: '{meter}：有流量而供回水温差仅 {difference}，已持续 {minutes} 分钟',
    },
  },
  unread: {
    severity: 500,
    words: {
      en: '{meter}: no reading for {period} ({why})',
      zh: '{meter}：{period} 未抄到读数（{why}）',
    },
  },
  loss: {
    severity: 500,
    words: {
      en: '{meter}: {loss} of {main} ({share} %) are not in the sub-meters{doubt}',
      zh: '{meter}：总表 {main} 中有 {loss}（{share} %）未计入分表{doubt}',
    },
  },
  loss_negative: {
    severity: 500,
    words: {
      en: '{meter}: the sub-meters have {loss} more than the main meter ({share} %): a ratio or an assignment is wrong{doubt}',
      zh: '{meter}：分表合计比总表多 {loss}（{share} %）：倍率或归属有误{doubt}',
    },
  },
};

export const severityOf = (key: FindingKey): number => FACTS[key].severity;

/** The sentence for people. */
export const findingText = ({ key, meter, details }: Finding, language: Language): string =>
  FACTS[key].words[language].replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'meter' ? meter : (details[name] ?? ''),
  );

/** Which findings of a meter stand; values are when they began. JSON as it is. */
export type Standing = Readonly<Partial<Record<FindingKey, number>>>;

export interface FindingStep {
  readonly standing: Standing;
  readonly changes: readonly Finding[];
}

/**
 * One condition of a meter: told when it begins and when it ends, and not in between. `undefined` leaves it as
 * it is.
 */
export function found(
  standing: Standing,
  finding: Omit<Finding, 'isActive'>,
  isActive: boolean | undefined,
  now: number,
): FindingStep {
  const { key } = finding;
  const was = standing[key] !== undefined;
  if (isActive === undefined || isActive === was) return { standing, changes: [] };
  const { [key]: _, ...others } = standing;
  return {
    standing: isActive ? { ...standing, [key]: now } : others,
    changes: [{ ...finding, isActive }],
  };
}
