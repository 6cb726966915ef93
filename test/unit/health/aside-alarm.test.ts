import { expect, test } from 'vitest';
import { asideAlarm } from '../../../gateway/health/aside-alarm.ts';
import { seqOf } from '../../../gateway/journal/journal.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const NOW = utcMs(1_800_000_000_000);
const block = (seq: number) =>
  ({
    seq: seqOf(seq),
    class: 'telemetry',
    samples: 3,
    reason: 'too large (0x95)',
    at: NOW,
  }) as const;

test('an alarm stands while blocks are set aside, with the next step, in both languages', () => {
  const facts = { uplink: 'cloud', refusedBlocks: 2, aside: [block(7), block(9)] };
  const alarm = asideAlarm(facts, NOW, 'gateway');
  expect(alarm).toMatchObject({ id: 'aside-cloud', about: 'uplink cloud', isActive: true });
  expect(alarm.messages?.en).toContain('2 blocks are set aside');
  expect(alarm.messages?.en).toContain('the newest is 9: too large (0x95)');
  expect(alarm.messages?.en).toContain('"headgate resend"');
  expect(alarm.messages?.zh).toContain('2 个块已被搁置');
});

test('and none where none is, or the uplink keeps no such list', () => {
  const facts = { uplink: 'cloud', refusedBlocks: 0, aside: [] };
  expect(asideAlarm(facts, NOW, 'gateway').isActive).toBe(false);
  const platform = { uplink: 'eco', refusedBlocks: 3 };
  expect(asideAlarm(platform, NOW, 'gateway').isActive).toBe(false);
});
