import { describe, expect, it } from 'vitest';
import { utcMs } from '../../../gateway/model/units.ts';
import { NO_CAUSES } from '../../../rules/alarms/alarm-entry.ts';
import type { RecordEffect } from '../../../rules/effect.ts';
import { MOST_RECENT_VALUES, RecentEffects } from '../../../rules/why/recent-effects.ts';

const record = (id: number, values: number): RecordEffect => ({
  ...{ kind: 'record', rule: 'flat', at: id, time: utcMs(id), id: `flat!${id}`, name: 'reading' },
  values: { items: [{ values: Array.from({ length: values }, (_, i) => i) }] },
  causes: NO_CAUSES,
});

describe('what rules did of late', () => {
  it('is kept as far as its records are small, the newest first of all', () => {
    const recent = new RecentEffects();
    const large = MOST_RECENT_VALUES / 10;
    for (let id = 1; id <= 100; id++) {
      recent.add([record(id, large)]);
      expect(recent.list().length).toBeLessThanOrEqual(10);
      expect(recent.list().at(-1)?.effect.at).toBe(id);
    }
    expect(recent.list().length).toBeGreaterThanOrEqual(5);
  });

  it('loses nothing of small ones', () => {
    const recent = new RecentEffects();
    for (let id = 1; id <= 400; id++) recent.add([record(id, 3)]);
    expect(recent.list()).toHaveLength(400);
  });

  it('has no room for a record that is larger than all of it', () => {
    const recent = new RecentEffects();
    recent.add([record(1, 3), record(2, MOST_RECENT_VALUES + 1)]);
    expect(recent.list()).toHaveLength(0);
    recent.add([record(3, 3)]);
    expect(recent.list()).toHaveLength(1);
  });
});
