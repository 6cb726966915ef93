import { describe, expect, test } from 'vitest';
import { Holes } from '../../../drivers/opcua/holes.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { deviceName, type Sample, tagId } from '../../../gateway/model/sample.ts';
import type { Tag } from '../../../gateway/model/tag.ts';
import { millis, utcMs } from '../../../gateway/model/units.ts';

const START = Date.UTC(2026, 0, 1);
const tag: Tag = {
  index: 0,
  id: tagId('plc', 'a'),
  device: deviceName('plc'),
  quantity: 'a',
  unit: undefined,
  decimals: undefined,
  report: { deadband: undefined, heartbeat: undefined },
};

const sample = (value: number, ms: number): Sample => ({
  tag: tag.id,
  value,
  quality: 'good',
  time: utcMs(START + ms),
  timeBasis: 'source',
});

async function setUp() {
  const clock = virtualClock(utcMs(START));
  const holes = new Holes([tag], clock);
  const heard = clock.mono();
  await clock.advance(millis(10_000));
  return { clock, holes, heard };
}

describe('a hole', () => {
  test('begins when the server was last heard, not when that was noticed', async () => {
    const { holes, heard } = await setUp();
    const [bad] = holes.open(heard);
    expect(bad).toMatchObject({ value: null, quality: 'bad:comm', time: START });
  });

  test('does not begin before the newest sample, whatever clock that is of', async () => {
    const { holes, heard } = await setUp();
    holes.passed(0, sample(1, 500));
    expect(holes.open(heard)[0]?.time).toBe(START + 500);
  });

  test('ends with a value of now, where the value is older than the hole', async () => {
    const { holes, heard } = await setUp();
    holes.passed(0, sample(1, -60_000));
    holes.open(heard);
    expect(holes.passed(0, sample(1, -60_000))).toMatchObject({
      value: 1,
      time: START + 10_000,
      timeBasis: 'gateway',
    });
  });

  test('ends with the time of the source, where the value is newer than the hole', async () => {
    const { holes, heard } = await setUp();
    holes.open(heard);
    expect(holes.passed(0, sample(2, 3_000))).toEqual(sample(2, 3_000));
    expect(holes.passed(0, sample(1, -1_000))).toEqual(sample(1, -1_000));
  });
});

test('a value that was confirmed carries the time at which it was looked at', async () => {
  const { holes } = await setUp();
  holes.passed(0, sample(1, 0));
  expect(holes.confirmed(0, sample(1, 0))).toMatchObject({ time: START + 10_000 });
  expect(holes.passed(0, sample(2, 11_000))).toEqual(sample(2, 11_000));
});
