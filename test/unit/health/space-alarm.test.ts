import { expect, test } from 'vitest';
import { spaceAlarm, spaceProblem } from '../../../gateway/health/space-alarm.ts';
import { bytes, utcMs } from '../../../gateway/model/units.ts';
import { ENOUGH_ROOM } from '../../support/journal-room-facts.ts';

const NOW = utcMs(1_800_000_000_000);
const LOW = {
  ...ENOUGH_ROOM,
  ...({ level: 'low', free: bytes(12e6), missing: bytes(500e6) } as const),
};

test('an alarm stands while others take the room, and names the next step in both languages', () => {
  const alarm = spaceAlarm(LOW, NOW, 'gateway');
  expect(alarm).toMatchObject({ id: 'journal-space', isActive: true, severity: 400, time: NOW });
  expect(alarm.messages?.en).toContain('500 MB of its size are not there');
  expect(alarm.messages?.en).toContain('lower journal.max_size');
  expect(alarm.messages?.zh).toContain('减小 journal.max_size');
});

test('a full disk is worse', () => {
  const alarm = spaceAlarm({ ...LOW, level: 'critical' }, NOW, 'gateway');
  expect(alarm.severity).toBeGreaterThan(400);
  expect(spaceProblem({ ...LOW, level: 'critical' })?.code).toBe('journal.space-critical');
});

test('nothing stands while there is enough', () => {
  expect(spaceProblem(ENOUGH_ROOM)).toBeUndefined();
  expect(spaceAlarm(ENOUGH_ROOM, NOW, 'gateway')).toMatchObject({
    ...{ isActive: false, isAcknowledged: true },
  });
});
