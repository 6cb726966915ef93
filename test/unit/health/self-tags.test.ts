import { expect, test } from 'vitest';
import { flashAlarm } from '../../../gateway/health/flash-alarm.ts';
import { flashFacts } from '../../../gateway/health/flash-facts.ts';
import { flashMetrics } from '../../../gateway/health/flash-metrics.ts';
import { type SelfFacts, selfSamples } from '../../../gateway/health/self-tags.ts';
import { createMetrics } from '../../../gateway/host/metrics.ts';
import { SELF_QUANTITIES, withSelfTags } from '../../../gateway/model/self-tag.ts';
import { bytes, millis, utcMs } from '../../../gateway/model/units.ts';
import { siteTags, T0 } from '../../support/journal-samples.ts';
import { NO_WEAR } from '../../support/memory-journal.ts';

const wear = {
  ...NO_WEAR,
  total: { bytes: 1e9, syncs: 9 },
  today: { day: '2026-01-01', causes: { telemetry: { bytes: 41_234_567, syncs: 86_400 } } },
  usualDay: 1.4e9,
};
const window = { windowMs: 4000, declaredMs: 1000, budget: bytes(1e8), isExceeded: false };
const emmc = { device: 'mmcblk0', lifeUsed: 0.3, reserve: 'normal' } as const;
const facts: SelfFacts = {
  journal: {
    wear,
    autonomy: millis(9 * 86_400_000),
    backlogs: [
      { uplink: 'a', blocks: 2, oldest: utcMs(T0 - 60_000) },
      { uplink: 'b', blocks: 1, oldest: utcMs(T0 - 5000) },
    ],
    lostSamples: 7,
  },
  flash: flashFacts({ wear }, window, emmc, 6e12),
  cpuShare: 0.0123,
  memoryBytes: 118.4e6,
  blocksAside: 2,
  trust: 'holdover',
  now: utcMs(T0),
  timeBasis: 'gateway',
};
const valuesOf = (told: SelfFacts) =>
  Object.fromEntries(selfSamples(told).map(({ tag, value, quality }) => [tag, value ?? quality]));

test('the gateway tells of itself in the units that its tags have', () => {
  expect(valuesOf(facts)).toEqual({
    'gateway.written_today': 41.2,
    'gateway.syncs_today': 86_400,
    'gateway.flash_years_left': 8.2,
    'gateway.flash_life_used': 30,
    'gateway.loss_window': 4,
    'gateway.autonomy': 216,
    'gateway.backlog_age': 60,
    'gateway.lost_samples': 7,
    'gateway.blocks_aside': 2,
    'gateway.cpu': 1.2,
    'gateway.memory': 118,
    'gateway.clock_trust': 'holdover',
  });
});

test('what it does not know is bad, and says why', () => {
  const sd = { device: 'mmcblk0', lifeUsed: undefined, reserve: undefined };
  const early: SelfFacts = {
    ...facts,
    journal: { ...facts.journal, autonomy: undefined, backlogs: [] },
    flash: flashFacts({ wear: NO_WEAR }, window, sd, undefined),
    cpuShare: undefined,
  };
  expect(valuesOf(early)).toMatchObject({
    'gateway.flash_years_left': 'bad:config',
    'gateway.flash_life_used': 'bad:out-of-service',
    'gateway.autonomy': 'bad:waiting',
    'gateway.backlog_age': 0,
    'gateway.cpu': 'bad:waiting',
  });
  expect(
    selfSamples(early).every(({ value, quality }) => (value === null) === /^bad/.test(quality)),
  ).toBe(true);
});

test('the tags stand behind those of the site, unless it has them switched off', () => {
  const site = { tags: siteTags(3), gateway: {} };
  expect(withSelfTags(site)).toBe(site);
  const { tags } = withSelfTags({ ...site, gateway: { hasSelfTags: true } });
  expect(tags.map(({ index }) => index)).toEqual(tags.map((_, i) => i));
  expect(tags).toHaveLength(3 + SELF_QUANTITIES.length);
  expect(tags.slice(3).every(({ report }) => report.deadband !== undefined)).toBe(true);
});

test('an alarm stands while the window is wider than declared, and says how wide in both languages', () => {
  const alarm = flashAlarm(facts.flash, utcMs(T0), 'gateway');
  expect(alarm).toMatchObject({ id: 'flash-budget', isActive: true, isAcknowledged: true });
  expect(alarm.messages?.en).toContain('the loss window is now 4 s instead of 1 s');
  expect(alarm.messages?.zh).toContain('丢失窗口现为 4 秒');
  const declared = { ...window, windowMs: 1000 };
  const calm = flashFacts({ wear }, declared, emmc, 6e12);
  expect(flashAlarm(calm, utcMs(T0), 'gateway').isActive).toBe(false);
  const over = flashFacts({ wear }, { ...window, windowMs: 10_000, isExceeded: true }, emmc, 6e12);
  const worse = flashAlarm(over, utcMs(T0), 'gateway');
  expect(worse.message).toContain('even with a loss window of 10 s');
  expect(worse.severity).toBeGreaterThan(alarm.severity);
});

test('metrics have what the status has', () => {
  const metrics = createMetrics();
  flashMetrics(metrics)(facts.journal, facts.flash, T0);
  const text = metrics.render();
  for (const line of [
    'gateway_flash_today_bytes{cause="telemetry"} 41234567',
    'gateway_flash_today_syncs{cause="telemetry"} 86400',
    'gateway_flash_bytes_total 1000000000',
    'gateway_flash_life_used_ratio 0.3',
    'gateway_journal_loss_window_seconds 4',
    'gateway_journal_autonomy_seconds 777600',
    'gateway_forward_backlog_age_seconds{uplink="a"} 60',
  ])
    expect(text).toContain(`${line}\n`);
});
