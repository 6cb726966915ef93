import { expect, test } from 'vitest';
import { salvageAlarm } from '../../../gateway/health/salvage-alarm.ts';
import type { SalvageFacts } from '../../../gateway/journal/journal.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const NOW = utcMs(1_800_000_000_000);
const SAVING: SalvageFacts = {
  ...{ state: 'saving', file: 'journal.db.corrupt.x', share: 0.5 },
  ...{ found: 90, blocks: 40, samples: 960 },
  ...{ damagedBlocks: 1, leftBlocks: 0, lostSamples: 24, missingBlocks: 0 },
};
const DONE: SalvageFacts = { ...SAVING, state: 'done', blocks: 86, samples: 2064 };

test('an alarm stands while a damaged journal is salvaged, in both languages', () => {
  const alarm = salvageAlarm(SAVING, NOW, 'gateway');
  expect(alarm).toMatchObject({ id: 'journal-damaged', isActive: true, time: NOW });
  expect(alarm.messages?.en).toContain('journal.db.corrupt.x');
  expect(alarm.messages?.en).toContain('40 of the 90 blocks');
  expect(alarm.messages?.zh).toContain('90 块');
  expect(alarm.messages?.zh).toContain('40 块');
});

test('then it tells what was saved and what is lost, and stands on', () => {
  const lossy = salvageAlarm({ ...DONE, leftBlocks: 1, missingBlocks: 2 }, NOW, 'gateway');
  expect(lossy.isActive).toBe(true);
  expect(lossy.messages?.en).toContain('86 blocks were saved from it, 4 blocks were not');
  expect(lossy.messages?.zh).toContain('已抢救 86 块，4 块未能救出');
  const whole = salvageAlarm({ ...DONE, damagedBlocks: 0, lostSamples: 0 }, NOW, 'gateway');
  expect(whole.isActive).toBe(true);
  expect(whole.severity).toBeLessThan(lossy.severity);
});

test('nothing stands where no journal was damaged', () => {
  expect(salvageAlarm(undefined, NOW, 'gateway').isActive).toBe(false);
});
