/** The values of the tags by which the gateway tells of itself. Pure. */
import type { JournalStats } from '../journal/journal.ts';
import type { ClockTrust } from '../model/clock-mark.ts';
import type { Quality } from '../model/quality.ts';
import type { Sample, TimeBasis } from '../model/sample.ts';
import { SELF_QUANTITIES, SELF_TAGS, type SelfQuantity, selfTagId } from '../model/self-tag.ts';
import type { UtcMs } from '../model/units.ts';
import type { FlashFacts } from './flash-facts.ts';

/** What the values are taken from. */
export interface SelfFacts {
  readonly journal: Pick<JournalStats, 'wear' | 'autonomy' | 'backlogs' | 'lostSamples'>;
  readonly flash: FlashFacts;
  /** Of one core, 0..1 and more with several; undefined in the first minute. */
  readonly cpuShare: number | undefined;
  readonly memoryBytes: number;
  /** Of all uplinks. */
  readonly blocksAside: number;
  readonly trust: ClockTrust;
  readonly now: UtcMs;
  readonly timeBasis: TimeBasis;
}

/** Undefined: not known. */
type SelfValues = { readonly [quantity in SelfQuantity]: number | string | undefined };

/** What the site has to declare for it to be known. */
const DECLARED: readonly SelfQuantity[] = ['flash_years_left'];
const HOUR_MS = 3_600_000;

export function selfSamples(facts: SelfFacts): readonly Sample[] {
  const values = valuesOf(facts);
  const { now: time, timeBasis } = facts;
  return SELF_QUANTITIES.map((quantity) => {
    const value = values[quantity];
    const tag = selfTagId(quantity);
    return value === undefined
      ? { tag, value: null, quality: whyUnknown(quantity, facts), time, timeBasis }
      : {
          tag,
          value: rounded(value, SELF_TAGS[quantity].decimals),
          quality: 'good',
          time,
          timeBasis,
        };
  });
}

function valuesOf({ journal, flash, ...own }: SelfFacts): SelfValues {
  const { autonomy, lostSamples } = journal;
  const { today, yearsLeft, lifeUsed, lossWindowMs } = flash;
  return {
    written_today: today.bytes / 1e6,
    syncs_today: today.syncs,
    flash_years_left: yearsLeft,
    flash_life_used: lifeUsed === undefined ? undefined : lifeUsed * 100,
    loss_window: lossWindowMs / 1000,
    autonomy: autonomy === undefined ? undefined : autonomy / HOUR_MS,
    backlog_age: (backlogAge(journal, own.now) ?? 0) / 1000,
    lost_samples: lostSamples,
    blocks_aside: own.blocksAside,
    cpu: own.cpuShare === undefined ? undefined : own.cpuShare * 100,
    memory: own.memoryBytes / 1e6,
    clock_trust: own.trust,
  };
}

/** In ms, of the uplink that is furthest behind; undefined when nothing waits. */
export function backlogAge({ backlogs }: Pick<JournalStats, 'backlogs'>, now: UtcMs) {
  const oldest = backlogs.flatMap(({ oldest }) => oldest ?? []);
  return oldest.length === 0 ? undefined : Math.max(0, now - Math.min(...oldest));
}

function whyUnknown(quantity: SelfQuantity, { flash }: SelfFacts): Quality {
  if (DECLARED.includes(quantity) && flash.endurance === undefined) return 'bad:config';
  return quantity === 'flash_life_used' ? 'bad:out-of-service' : 'bad:waiting';
}

function rounded(value: number | string, decimals: number | undefined): number | string {
  return typeof value === 'number' && decimals !== undefined
    ? Number(value.toFixed(decimals))
    : value;
}
