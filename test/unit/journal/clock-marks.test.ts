import { expect, test } from 'vitest';
import { timeBasisOf } from '../../../gateway/host/stamp.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { ClockMarks } from '../../../gateway/journal/clock/clock-marks.ts';
import type { Sample, TagId } from '../../../gateway/model/sample.ts';
import { seconds, utcMs } from '../../../gateway/model/units.ts';
import { T0 } from '../../support/journal-samples.ts';

function marked() {
  const clock = virtualClock(utcMs(T0));
  const marks = new ClockMarks(clock);
  const stamped = (): Sample => ({
    ...{ tag: 'a.b' as TagId, value: 1, quality: 'good', time: clock.utc() },
    timeBasis: timeBasisOf(clock),
  });
  const markOf = (...samples: Sample[]) => marks.of(samples).map(({ clock: mark }) => mark);
  return { clock, stamped, markOf };
}

test('a mark is the same while nothing changes, and a slow sum of small steps is a change', () => {
  const { clock, stamped, markOf } = marked();
  const [first] = markOf(stamped());
  clock.stepWallClock(utcMs(T0 + 15));
  expect(markOf(stamped())[0]).toBe(first);
  clock.stepWallClock(utcMs(T0 + 30));
  expect(markOf(stamped())).toEqual([{ ...first, offset: T0 + 30 }]);
});

test('a sample that was stamped before the clock was set is of the clock before', async () => {
  const { clock, stamped, markOf } = marked();
  clock.stepWallClock(utcMs(5_000));
  clock.setSynced(false);
  const [unset] = markOf(stamped());
  const early = stamped();
  clock.stepWallClock(utcMs(3_600_000));
  const between = stamped();
  expect(markOf(early, between)).toEqual([unset, { ...unset, offset: 3_600_000 }]);
  clock.stepWallClock(utcMs(T0));
  clock.setSynced(true);
  expect(markOf(between, stamped()).map(({ offset, trust }) => [offset, trust])).toEqual([
    [3_600_000, 'unsynced'],
    [T0, 'synced'],
  ]);
  await clock.advance(seconds(61));
  expect(markOf(between).map(({ trust }) => trust)).toEqual(['synced']);
});
