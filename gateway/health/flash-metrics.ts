/** What is done to the flash, as metrics. */
import type { Metrics } from '../host/metrics.ts';
import type { JournalStats } from '../journal/journal.ts';
import type { FlashFacts } from './flash-facts.ts';

const MS = 1000;

/** Declares them; the function it returns brings them up to date. What is not known has no line. */
export function flashMetrics(metrics: Metrics) {
  const gauge = (name: string, help: string) => metrics.gauge(`gateway_${name}`, help);
  const bytes = gauge('flash_today_bytes', 'Bytes written since midnight UTC, by cause.');
  const syncs = gauge('flash_today_syncs', 'Syncs since midnight UTC, by cause.');
  const total = metrics.counter(
    'gateway_flash_bytes_total',
    'Bytes written since the count began.',
  );
  const usual = gauge('flash_usual_day_bytes', 'Bytes of a usual day.');
  const years = gauge('flash_years_left', 'Years until the declared endurance is used up.');
  const used = gauge('flash_life_used_ratio', 'Share of its life that an eMMC says is used.');
  const window = gauge('journal_loss_window_seconds', 'The longest a sample waits in memory.');
  const autonomy = gauge('journal_autonomy_seconds', 'How long an outage of all uplinks may last.');
  const age = gauge('forward_backlog_age_seconds', 'Age of the oldest block not acknowledged.');
  return (
    { wear, autonomy: left, backlogs }: Pick<JournalStats, 'wear' | 'autonomy' | 'backlogs'>,
    flash: FlashFacts,
    now: number,
  ): void => {
    for (const [cause, written] of Object.entries(wear.today.causes)) {
      bytes.set(written.bytes, { cause });
      syncs.set(written.syncs, { cause });
    }
    total.set(wear.total.bytes);
    window.set(flash.lossWindowMs / MS);
    if (wear.usualDay !== undefined) usual.set(wear.usualDay);
    if (flash.yearsLeft !== undefined) years.set(flash.yearsLeft);
    if (flash.lifeUsed !== undefined) used.set(flash.lifeUsed);
    if (left !== undefined) autonomy.set(left / MS);
    for (const { uplink, oldest } of backlogs)
      age.set(oldest === undefined ? 0 : Math.max(0, now - oldest) / MS, { uplink });
  };
}
