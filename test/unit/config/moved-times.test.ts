import { expect, test } from 'vitest';
import { movedTimes } from '../../../config/moved-times.ts';

test.each([
  ['2026-03-01T23:59:00+08:00', 'Asia/Shanghai', 'Europe/Berlin', '2026-03-01T23:59:00+01:00'],
  ['2026-07-01T00:00+08:00', 'Asia/Shanghai', 'Europe/Berlin', '2026-07-01T00:00+02:00'],
  // The hours before and behind the change of the clocks.
  ['2026-03-29T01:59+08:00', 'Asia/Shanghai', 'Europe/Berlin', '2026-03-29T01:59+01:00'],
  ['2026-03-29T03:00+08:00', 'Asia/Shanghai', 'Europe/Berlin', '2026-03-29T03:00+02:00'],
  ['2026-03-01T12:00+01:00', 'Europe/Berlin', 'America/St_Johns', '2026-03-01T12:00-03:30'],
  [
    '2026-03-01T12:00Z 2026-03-01T12:00+01:00',
    'Asia/Shanghai',
    'UTC',
    '2026-03-01T12:00Z 2026-03-01T12:00+01:00',
  ],
])('%s of %s in %s', (text, from, to, moved) => {
  expect(movedTimes(text, from, to)).toBe(moved);
});
