import { describe, expect, it } from 'vitest';
import {
  attendedBy,
  isReset,
  isSign,
  NOBODY,
  unattendedIn,
} from '../../../../../rules/kinds/cell/cell-attendance.ts';
import type { Situation } from '../../../../../rules/kinds/cell/cell-state.ts';

const none = { isSigned: false, isReset: false };
const sign = { isSigned: true, isReset: false };
const reset = { isSigned: false, isReset: true };

describe('attendance', () => {
  it('is one intervention from the first sign until a while after the last', () => {
    const first = attendedBy(NOBODY, sign, 1_000, 60_000);
    expect(first.isIntervention).toBe(true);
    const gone = attendedBy(first.attendance, none, 5_000, 60_000);
    expect(gone).toEqual({ attendance: { isSigned: false, until: 65_000 }, isIntervention: false });
    const back = attendedBy(gone.attendance, sign, 64_999, 60_000);
    expect(back.isIntervention).toBe(false);
    const later = attendedBy(gone.attendance, sign, 65_000, 60_000);
    expect(later.isIntervention).toBe(true);
  });

  it('is one for a reset alone, too', () => {
    const step = attendedBy(NOBODY, reset, 1_000, 60_000);
    expect(step).toEqual({ attendance: { isSigned: false, until: 61_000 }, isIntervention: true });
  });

  it('leaves of a stretch what is after it', () => {
    expect(unattendedIn({ isSigned: true, until: 0 }, 0, 50)).toBe(0);
    expect(unattendedIn({ isSigned: false, until: 20 }, 0, 50)).toBe(30);
    expect(unattendedIn({ isSigned: false, until: 20 }, 30, 50)).toBe(20);
    expect(unattendedIn({ isSigned: false, until: 90 }, 30, 50)).toBe(0);
  });

  it.each([
    [{ doorClosed: false }, true],
    [{ estopOk: false }, true],
    [{ hold: true }, true],
    [{ reset: true }, true],
    [{ manual: true }, true],
    [{ maintenance: true }, true],
    [{ setup: true }, true],
    [{ doorClosed: undefined, hold: undefined, fault: true, running: false }, false],
  ])('%j is a sign: %s', (signals, is) => {
    expect(isSign(signals)).toBe(is);
  });

  it.each([
    ['fault', 'execute', true],
    ['estop', 'stopped', true],
    ['fault', 'estop', false],
    ['fault', 'no_signal', false],
    ['fault', 'off', false],
    ['starved', 'execute', false],
  ] as const)('from %s to %s somebody reset it: %s', (before, after, is) => {
    const of = (situation: Situation) => ({ situation, mode: 'production' as const });
    expect(isReset(of(before), of(after))).toBe(is);
  });
});
