import { describe, expect, it } from 'vitest';
import { QUALITIES } from '../../../../../gateway/model/quality.ts';
import {
  asked,
  FAILURES,
  failed,
  failureOf,
  isRefused,
  type MissedRecord,
  NO_ATTEMPTS,
  nextAttempt,
} from '../../../../../rules/kinds/reading/reread-plan.ts';
import { local } from '../../../../support/reading-fixture.ts';

const end = local('2026-03-02 00:00');
const missed: MissedRecord = {
  kind: 'day',
  end,
  morning: local('2026-03-02 06:00'),
  closes: local('2026-03-03 12:00'),
};

/** Every attempt until it gives up, each made when it is due. */
function attempts(of: MissedRecord, late = 0): number[] {
  const times: number[] = [];
  let state = NO_ATTEMPTS;
  for (let next = nextAttempt(of, state); next !== undefined; next = nextAttempt(of, state)) {
    const now = Math.max(next, times.at(-1) ?? 0) + late;
    times.push(now);
    state = asked(state, now, 0);
    if (times.length > 1000) break;
  }
  return times;
}

describe('the plan of re-reading', () => {
  it('is at once three times, each half hour until six, each hour until the record closes', () => {
    const minutes = attempts(missed).map((time) => (time - end) / 60_000);
    expect(minutes.slice(0, 4)).toEqual([0, 10 / 60, 20 / 60, 30 / 60]);
    expect(minutes.slice(4, 15)).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330]);
    expect(minutes.slice(15, 18)).toEqual([360, 420, 480]);
    expect(minutes.at(-1)).toBe(35 * 60);
  });

  it('of an interval is at once and no more', () => {
    expect(attempts({ ...missed, kind: 'interval' })).toHaveLength(4);
  });

  it('never asks behind its close, and loses nothing by being late', () => {
    const late = attempts({ ...missed, closes: end + 45 * 60_000 }, 1000);
    expect(late.every((time) => time < end + 46 * 60_000)).toBe(true);
    expect(attempts({ ...missed, closes: end })).toEqual([]);
  });

  it('behind an outage goes on from now', () => {
    const state = { ...NO_ATTEMPTS, count: 4, last: end + 3 * 3_600_000 + 5 };
    expect(nextAttempt(missed, state)).toBe(end + 3.5 * 3_600_000);
    const noon = { ...state, last: local('2026-03-02 12:20') };
    expect(nextAttempt(missed, noon)).toBe(local('2026-03-02 13:00'));
  });
});

describe('why there is no reading', () => {
  it('is said by the quality as far as it goes', () => {
    const said = QUALITIES.map((quality) => `${quality} ${failureOf(quality)}`);
    expect(said).toEqual([
      'good undefined',
      'good:local-override undefined',
      'uncertain:last-usable no_value',
      'uncertain:range no_value',
      'uncertain:suspect undefined',
      'bad:waiting not_read',
      'bad:comm no_answer_or_bad_frame',
      'bad:device error_reply',
      'bad:config configuration',
      'bad:out-of-service out_of_service',
      'bad:no-value no_value',
    ]);
  });

  it('three refusals of what is kept, or eight answers with something else, end the asking for it', () => {
    let refused = NO_ATTEMPTS;
    for (let i = 0; i < 2; i++) refused = failed(refused, 'error_reply', true);
    expect(isRefused(failed(refused, 'error_reply', false))).toBe(false);
    expect(isRefused(failed(refused, 'error_reply', true))).toBe(true);
    let unmet = asked(NO_ATTEMPTS, 1, 0);
    for (let i = 0; i < 7; i++) unmet = asked(unmet, i + 2, i + 1);
    expect(isRefused(unmet)).toBe(false);
    expect(isRefused(asked(unmet, 20, 7))).toBe(false);
    expect(isRefused(asked(unmet, 20, 8))).toBe(true);
  });

  it('is a word of its own each', () => {
    expect(new Set(FAILURES).size).toBe(FAILURES.length);
  });
});
