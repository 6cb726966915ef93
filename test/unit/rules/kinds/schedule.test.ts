import { describe, expect, it } from 'vitest';
import type { Maybe } from '../../../../rules/expression.ts';
import { scheduleMachine } from '../../../../rules/kinds/schedule.ts';
import type { ScheduleRule } from '../../../../rules/rule.ts';
import {
  expressionOf,
  led,
  recordOf,
  scheduleRule,
  siteOf,
} from '../../../support/kind-fixture.ts';

const done = { actions: [recordOf('done')] };
/** At six in the morning in Shanghai. */
const utc = (text: string) => Date.parse(`2026-05-${text}+08:00`);

function begun(over: Partial<ScheduleRule> = {}) {
  const machine = led(scheduleMachine(scheduleRule(over), siteOf()));
  return {
    ...machine,
    seen: (text: string, values: readonly Maybe[] = [], isSynced = true) =>
      machine.on(0, utc(text), values, isSynced).out,
  };
}

describe('a schedule', () => {
  it('does its actions once at its time, every day', () => {
    const rule = begun();
    expect(rule.seen('01T05:00:00')).toBeUndefined();
    expect(rule.seen('01T05:59:59')).toBeUndefined();
    expect(rule.seen('01T06:00:00')).toEqual(done);
    expect(rule.seen('01T06:00:01')).toBeUndefined();
    expect(rule.seen('02T05:59:59')).toBeUndefined();
    expect(rule.seen('02T06:00:00')).toEqual(done);
  });

  it('begins after the moment in which it is first seen', () => {
    const rule = begun();
    expect(rule.seen('01T06:00:00')).toBeUndefined();
    expect(rule.seen('02T06:00:00')).toEqual(done);
  });

  it('gives the same state while nothing happens', () => {
    const rule = begun();
    rule.seen('01T05:00:00');
    const state = rule.state();
    rule.seen('01T05:00:01');
    expect(rule.state()).toBe(state);
  });

  it.each([
    ['skip', '01T06:00:59', done],
    ['skip', '01T06:01:00', undefined],
    ['skip', '04T07:00:00', undefined],
    ['run', '01T06:01:00', done],
    ['run', '04T07:00:00', done],
    // The one of that day is on time, whatever became of those before.
    ['skip', '04T06:00:30', done],
    ['run', '04T06:00:30', done],
  ] as const)('with missed: %s, next seen at %s', (missed, at, expected) => {
    const rule = begun({ missed });
    rule.seen('01T05:00:00');
    expect(rule.seen(at)).toEqual(expected);
    expect(rule.seen(at)).toBeUndefined();
    rule.seen('05T05:00:00');
    expect(rule.seen('05T06:00:00')).toEqual(done);
  });

  it.each([[false], [undefined], ['true']])(
    'does nothing, and makes nothing up, when only_when is %s at its time',
    (dark) => {
      const rule = begun({ onlyWhen: expressionOf('dark'), missed: 'run' });
      rule.seen('01T05:00:00', [true]);
      expect(rule.seen('01T06:00:00', [dark])).toBeUndefined();
      expect(rule.seen('01T06:00:01', [true])).toBeUndefined();
      expect(rule.seen('02T06:00:00', [true])).toEqual(done);
    },
  );

  it('asks only_when of a missed time when it is made up for', () => {
    const rule = begun({ onlyWhen: expressionOf('dark'), missed: 'run' });
    rule.seen('01T05:00:00', [true]);
    expect(rule.seen('01T09:00:00', [false])).toBeUndefined();
    expect(rule.seen('01T09:00:01', [true])).toBeUndefined();
  });

  describe('over steps of the wall clock', () => {
    it('does nothing twice when the clock is set back', () => {
      const rule = begun();
      rule.seen('01T05:00:00');
      expect(rule.seen('01T06:00:00')).toEqual(done);
      expect(rule.seen('01T05:30:00')).toBeUndefined();
      expect(rule.seen('01T06:00:00')).toBeUndefined();
      expect(rule.seen('02T06:00:00')).toEqual(done);
    });

    it('begins anew when it is set back by more than a day', () => {
      const rule = begun();
      rule.seen('09T05:00:00');
      expect(rule.seen('09T06:00:00')).toEqual(done);
      expect(rule.seen('08T06:00:00')).toBeUndefined();
      expect(rule.seen('08T05:59:59')).toBeUndefined();
      expect(rule.seen('08T06:00:00')).toEqual(done);
    });

    it('has missed what a step forward leaves out', () => {
      const rule = begun();
      rule.seen('01T05:00:00');
      expect(rule.seen('01T12:00:00')).toBeUndefined();
      expect(rule.seen('02T06:00:00')).toEqual(done);
    });

    it('does nothing while the clock cannot be believed, and then counts what passed as missed', () => {
      const skipping = begun();
      expect(skipping.seen('01T06:00:00', [], false)).toBeUndefined();
      skipping.seen('01T05:00:00');
      expect(skipping.seen('01T06:00:00', [], false)).toBeUndefined();
      expect(skipping.seen('01T06:05:00')).toBeUndefined();

      const running = begun({ missed: 'run' });
      running.seen('01T05:00:00');
      expect(running.seen('01T06:00:00', [], false)).toBeUndefined();
      expect(running.seen('01T06:05:00')).toEqual(done);
    });
  });

  describe('over a restart', () => {
    it('goes on', () => {
      const rule = begun({ missed: 'run' });
      expect(rule.restart()).toBe(true);
      rule.seen('01T05:00:00');
      expect(rule.restart(3_600_000)).toBe(true);
      expect(rule.seen('03T07:00:00')).toEqual(done);
      expect(rule.restart()).toBe(true);
      expect(rule.seen('03T07:00:01')).toBeUndefined();
    });

    const machine = scheduleMachine(scheduleRule(), siteOf());
    it.each([
      [false],
      [7],
      ['x'],
      [[]],
      [{}],
      [{ from: utc('01T05:00:00') }],
      [{ from: utc('01T05:00:00'), next: utc('01T06:00:00'), more: 1 }],
      [{ from: '1', next: utc('01T06:00:00') }],
      [{ from: 1e300, next: null }],
      [{ from: null, next: null }],
      // Of another zone, and of a schedule that never comes.
      [{ from: utc('01T05:00:00'), next: utc('01T07:00:00') }],
      [{ from: utc('01T05:00:00'), next: null }],
      [{ from: utc('01T07:00:00'), next: utc('01T06:00:00') }],
    ])('begins anew with what is not its state: %j', (kept) => {
      expect(machine.restored(kept, 0)).toBeUndefined();
    });
  });

  it('says what it waits for', () => {
    const rule = scheduleMachine(scheduleRule(), siteOf());
    expect(rule.describe(null, 0)).toBe('waits for a clock that can be believed');
    const state = { from: 0, next: utc('01T06:00:00') };
    expect(rule.describe(state, 0)).toBe('waits for 2026-04-30T22:00:00.000Z');
    expect(rule.describe({ from: 0, next: null }, 0)).toBe('no time will come');
  });
});
