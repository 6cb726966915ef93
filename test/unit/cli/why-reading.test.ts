/** What `why` says of a combined reading: its outline and its state, in both languages. */
import { describe, expect, it } from 'vitest';
import { roleText, stateText } from '../../../gateway/cli/why/why-words.ts';
import { outlineOf } from '../../../rules/why/rule-outline.ts';
import { PlayedReading } from '../../support/reading-site.ts';

const READING = `electricity: { total: em_1203.total, frozen: { days: em_1203.day_* } }
meters: { cold: { medium: water, total: wm_1203.volume, status: { battery: wm_1203.battery_low } } }
freeze: "00:00"
every: 15m
freeze_command: em_1203.freeze`;

describe('a combined reading', () => {
  const run = new PlayedReading(READING, '2026-03-01 23:50');

  it('is told by its meters and its moments', () => {
    const [rule] = run.set.rules;
    if (rule === undefined) throw new Error('no rule');
    expect(outlineOf(rule).map(({ key, text }) => `${key}: ${text}`)).toEqual([
      'electricity: em_1203.total [kWh] + 2 d',
      'water: cold: wm_1203.volume [m³]',
      'every: 15m',
      'freeze: 00:00',
      'within: 1m',
      'freeze_command: em_1203.freeze = now',
      'cold.status.battery: wm_1203.battery_low',
    ]);
  });

  it('says what is open and what it waits for', () => {
    run.give({ 'em_1203.total': 5 }).until('2026-03-02 00:02');
    expect(stateText(run.state, 0, 'en')).toMatch(
      /^1 of 2 meters read; 2 open: 2026-03-01T23:45\+08:00 \(electricity cold\), 2026-03-01 \(electricity cold\); looks again at /,
    );
    expect(stateText(run.state, 0, 'zh')).toMatch(
      /^2 块表中已抄到 1 块；2 条记录未结：.*；下次查看 /,
    );
  });

  it('has words for what its expressions are for', () => {
    expect(roleText('combined_reading.meters.cold.status.battery', 'zh')).toBe('cold 电池欠压');
    expect(roleText('combined_reading.water.serial', 'zh')).toBe('水 表号');
  });
});
