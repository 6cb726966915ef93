/**
 * The tags by which the gateway tells of itself: names, units and what they mean. They belong to the device `gateway`.
 */
import type { Language } from './errors.ts';
import { GATEWAY_DEVICE } from './event-tag.ts';
import { type TagId, tagId } from './sample.ts';
import type { Tag } from './tag.ts';
import { minutes } from './units.ts';

export interface SelfTagFacts {
  readonly unit: string | undefined;
  readonly decimals: number | undefined;
  readonly type: 'number' | 'text';
  /** A change of this much or less is not stored. */
  readonly deadband: number;
  readonly doc: Readonly<Record<Language, string>>;
}

/** How often they are looked at. */
export const SELF_TAG_SCAN = minutes(1);
/** So that a receiver knows that the gateway lives when nothing changes. */
const HEARTBEAT = minutes(60);

const number = (
  unit: string | undefined,
  decimals: number,
  deadband: number,
  en: string,
  zh: string,
): SelfTagFacts => ({ unit, decimals, type: 'number', deadband, doc: { en, zh } });

/** By quantity. */
export const SELF_TAGS = {
  written_today: number(
    ...(['MB', 1, 1] as const),
    'Written to the flash since midnight UTC: journal, state and, where the log goes to a file, log.',
    '自 UTC 零点以来写入闪存的数据量：日志库、状态文件，以及写入文件的运行日志。',
  ),
  syncs_today: number(
    ...([undefined, 0, 1000] as const),
    'How often the disk was told since midnight UTC to have something safe.',
    '自 UTC 零点以来要求磁盘落盘（sync）的次数。',
  ),
  flash_years_left: number(
    ...(['a', 1, 0.1] as const),
    'Years until the endurance that the site declares is used up, at the bytes of a usual day; at most 100.',
    '按通常每日写入量计算，距站点声明的闪存寿命用尽还有多少年；最大 100。',
  ),
  flash_life_used: number(
    ...(['%', 0, 0] as const),
    'How much of its life the eMMC says is used, in tenths; other cards and disks do not say.',
    'eMMC 自报的寿命消耗，以十分之一为一档；其他存储卡和磁盘不提供。',
  ),
  loss_window: number(
    ...(['s', 1, 0] as const),
    'The longest a sample waits in memory: as declared, or widened to hold the flash budget.',
    '样本在内存中等待的最长时间：声明值，或为遵守闪存写入预算而放宽后的值。',
  ),
  autonomy: number(
    ...(['h', 1, 1] as const),
    'How long an outage of every uplink can last before stored samples have to go, at the rate of the last hour.',
    '按最近一小时的速率，所有上行中断多久后才必须舍弃已存储的样本。',
  ),
  backlog_age: number(
    ...(['s', 0, 10] as const),
    'How long the oldest block waits that some uplink has not acknowledged; 0 when none waits.',
    '尚有上行未确认的最早数据块已等待多久；没有积压时为 0。',
  ),
  lost_samples: number(
    ...([undefined, 0, 0] as const),
    'Samples given up since the journal was made; each is in a recorded gap.',
    '自日志库建立以来舍弃的样本数；每个都记录在缺口中。',
  ),
  blocks_aside: number(
    ...([undefined, 0, 0] as const),
    'Blocks that the target of an uplink does not take, set aside: `headgate resend` sends them again.',
    '因上行目标不接收而被搁置的数据块数；用 `headgate resend` 可重新发送。',
  ),
  cpu: number(
    ...(['%', 1, 5] as const),
    'Of one processor core, used by the gateway in the last minute.',
    '最近一分钟网关占用一个处理器核心的百分比。',
  ),
  memory: number(
    ...(['MB', 0, 5] as const),
    'Memory that the gateway has (resident set).',
    '网关占用的内存（常驻集）。',
  ),
  clock_trust: {
    ...{ unit: undefined, decimals: undefined, type: 'text', deadband: 0 },
    doc: {
      en: 'What the clock is worth: synced, holdover (not set for a day, or by nobody known) or unsynced.',
      zh: '时钟的可信程度：synced（已同步）、holdover（一天以上未校时或来源未知）或 unsynced（未同步）。',
    },
  },
} as const satisfies Readonly<Record<string, SelfTagFacts>>;

export type SelfQuantity = keyof typeof SELF_TAGS;

export const SELF_QUANTITIES = Object.keys(SELF_TAGS) as readonly SelfQuantity[];

export const selfTagId = (quantity: SelfQuantity): TagId => tagId(GATEWAY_DEVICE, quantity);

/** A site with them behind all others, unless it has them switched off. */
export function withSelfTags<
  S extends { readonly tags: readonly Tag[]; readonly gateway: { readonly hasSelfTags?: true } },
>(site: S): S {
  if (!site.gateway.hasSelfTags) return site;
  const own = SELF_QUANTITIES.map((quantity, i): Tag => {
    const { unit, decimals, deadband } = SELF_TAGS[quantity];
    return {
      index: site.tags.length + i,
      id: selfTagId(quantity),
      device: GATEWAY_DEVICE,
      quantity,
      unit,
      decimals,
      report: { deadband, heartbeat: HEARTBEAT },
    };
  });
  return { ...site, tags: [...site.tags, ...own] };
}
