import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isPlausible,
  PREPARED,
  renewalStep,
  TAKES_OVER,
  takesOverAt,
} from '../../../drivers/opcua/renewal.ts';
import { utcMs } from '../../../gateway/model/units.ts';

const DAY = 86_400_000;
const notAfter = utcMs(Date.UTC(2028, 0, 1));
const current = { notBefore: utcMs(Date.UTC(2026, 0, 1)), notAfter, isSelfSigned: true };
const step = (daysLeft: number, facts = {}) =>
  renewalStep({
    now: utcMs(notAfter - daysLeft * DAY),
    isSynced: true,
    current,
    hasNext: false,
    ...facts,
  });

test('a certificate with sixty days left is kept, with less the next one is made', () => {
  expect([step(61), step(60), step(59.9)]).toEqual(['keep', 'keep', 'prepare']);
});

test('the next certificate takes over with less than fourteen days left', () => {
  const facts = { hasNext: true };
  expect([step(59, facts), step(14, facts), step(13.9, facts)]).toEqual(['keep', 'keep', 'switch']);
  expect(takesOverAt(current)).toEqual(new Date(Date.UTC(2027, 11, 18)));
});

test('an ended certificate is replaced too: first the next one is made, then it takes over', () => {
  expect([step(-300), step(-300, { hasNext: true })]).toEqual(['prepare', 'switch']);
});

test('a clock that nobody set is no reason to replace anything', () => {
  expect(step(-10_000, { isSynced: false, hasNext: true })).toBe('keep');
});

test('a time before the certificate is no reason to replace anything, however short it is valid', () => {
  const short = { ...current, notBefore: utcMs(notAfter - 10 * DAY) };
  expect([step(731), step(11, { current: short }), step(9, { current: short })]).toEqual([
    'keep',
    'keep',
    'prepare',
  ]);
});

test('a certificate that an authority signed is left to that authority', () => {
  expect(step(1, { current: { ...current, isSelfSigned: false } })).toBe('keep');
});

test('following the steps at any times, there is a next certificate before the last fourteen days', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 800, noNaN: true })), (ages) => {
      let hasNext = false;
      for (const age of ages.toSorted((a, b) => a - b)) {
        const made = step(730 - age, { hasNext });
        if (made === 'prepare') hasNext = true;
        if (made === 'switch') expect(hasNext && 730 - age < TAKES_OVER / DAY).toBe(true);
        if (730 - age < PREPARED / DAY) expect(hasNext).toBe(true);
        if (made === 'switch') return;
      }
    }),
  );
});

test('a year before the software was written is no time to make certificates in', () => {
  expect(
    [Date.UTC(1970, 0, 1), Date.UTC(2024, 11, 31), Date.UTC(2025, 0, 1)]
      .map(utcMs)
      .map(isPlausible),
  ).toEqual([false, false, true]);
});
