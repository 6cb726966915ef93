import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PeriodBuilder,
  type PeriodRecord,
} from '../../../../gateway/forward/hj212/period-builder.ts';
import type { Reading } from '../../../../gateway/forward/hj212/reading.ts';
import { Zone } from '../../../../gateway/forward/hj212/zone.ts';
import type { TagId } from '../../../../gateway/model/sample.ts';
import { minutes, seconds, type UtcMs, utcMs } from '../../../../gateway/model/units.ts';
import { factor, sampleAt } from '../../../support/hj212-fixture.ts';

const TAG = 'a.b' as TagId;
const MINUTE = 60_000;
const T0 = Date.UTC(2026, 0, 1);
const at = (minute: number): UtcMs => utcMs(T0 + minute * MINUTE);
const builder = () =>
  new PeriodBuilder(
    {
      config: { factors: [factor('x', TAG, { maxAge: minutes(3) })], settle: seconds(30) },
      zone: new Zone('UTC'),
      minuteInterval: () => minutes(1),
      decimalsOf: () => undefined,
    },
    { minute: at(0), hour: at(0) },
  );
const reading = (minute: number, value: number, set: Partial<Reading> = {}): Reading => ({
  ...sampleAt(TAG, at(minute), value),
  ...set,
});
/** As the feed does it: what is over is closed before a block is taken. */
const stored = (of: PeriodBuilder, minute: number, ...readings: readonly Reading[]) => {
  const closed = [...of.close(at(minute))];
  of.take(readings, at(minute));
  return closed;
};
const averages = (records: readonly PeriodRecord[]) =>
  records.flatMap(({ kind, figures }) =>
    kind === 'minute' ? [figures[0]?.avg ?? figures[0]?.flag] : [],
  );

describe('periods', () => {
  it('close half a minute after their end, and not before', () => {
    const one = builder();
    stored(one, 0, reading(0, 5));
    expect([...one.close(at(1.49))]).toEqual([]);
    expect(averages([...one.close(at(1.5))])).toEqual(['5']);
    expect(one.minute).toBe(at(1));
  });

  it('hold what was stored before they closed; what comes later counts from then on, and is counted', () => {
    const one = builder();
    stored(one, 0, reading(0, 5));
    stored(one, 1.4, reading(0.5, 7));
    expect(averages(stored(one, 2.6, reading(1.5, 9)))).toEqual(['6', '7']);
    expect(one.late).toBe(1);
    expect(averages([...one.close(at(3.5))])).toEqual(['9']);
  });

  it('hold nothing of the future, unless the journal has put the time right', () => {
    const one = builder();
    stored(one, 0, reading(0, 5), reading(1.5, 99));
    expect(one.late).toBe(1);
    stored(one, 0, reading(2, 8, { timeBasis: 'corrected' }));
    expect(averages([...one.close(at(4))])).toEqual(['5', '5', '8']);
  });

  it('are hours of sixty minutes', () => {
    const one = builder();
    for (let minute = 0; minute < 60; minute++) stored(one, minute, reading(minute, minute));
    const [hour, ...others] = [...one.close(at(61))].filter(({ kind }) => kind === 'hour');
    expect(others).toEqual([]);
    expect(hour).toMatchObject({
      start: at(0),
      end: at(60),
      figures: [{ code: 'x', flag: 'N', min: '0', avg: '30', max: '59' }],
    });
  });

  it('are the same from the same blocks, however often somebody looks in between', () => {
    const block = fc.record({
      /** Seconds since the block before, and how old each sample is. */
      pause: fc.integer({ min: 0, max: 200 }),
      samples: fc.array(
        fc.tuple(fc.integer({ min: -20, max: 150 }), fc.integer({ min: 0, max: 999 })),
        { maxLength: 4 },
      ),
      looks: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 25 }), (blocks) => {
        const looked = builder();
        const replayed = builder();
        const seen: PeriodRecord[] = [];
        const again: PeriodRecord[] = [];
        let now = 0;
        for (const { pause, samples, looks } of blocks) {
          for (const share of [...looks].sort((a, b) => a - b))
            seen.push(...looked.close(at((now + (pause * share) / 100) / 60)));
          now += pause;
          const readings = samples.map(([age, value]) => reading((now - age) / 60, value));
          seen.push(...stored(looked, now / 60, ...readings));
          again.push(...stored(replayed, now / 60, ...readings));
        }
        seen.push(...looked.close(at(now / 60 + 90)));
        again.push(...replayed.close(at(now / 60 + 90)));
        expect(seen).toEqual(again);
        const ends = seen.filter(({ kind }) => kind === 'minute').map(({ start }) => start);
        expect(ends).toEqual(ends.map((_, index) => at(index)));
      }),
    );
  });
});
