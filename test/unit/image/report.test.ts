import { describe, expect, it } from 'vitest';
import { isWorthReporting } from '../../../gateway/image/report.ts';
import { type ImageUpdate, TagImage } from '../../../gateway/image/tag-image.ts';
import type { Quality } from '../../../gateway/model/quality.ts';
import { deviceName, type Sample, tagId, type Value } from '../../../gateway/model/sample.ts';
import type { Tag } from '../../../gateway/model/tag.ts';
import { monoMs, seconds, utcMs } from '../../../gateway/model/units.ts';

const sample = (
  value: Value | null,
  time = 0,
  quality: Quality = value === null ? 'bad:comm' : 'good',
): Sample => ({
  tag: tagId('press', 'oil_temp'),
  value,
  quality,
  time: utcMs(time),
  timeBasis: 'gateway',
});
const within = (deadband: number | undefined, heartbeat?: number) => ({
  deadband,
  heartbeat: heartbeat === undefined ? undefined : seconds(heartbeat),
});

describe('a sample is worth reporting', () => {
  it.each([
    ['the first of its tag', undefined, sample(1), within(10), true],
    [
      'any value without a deadband, even an equal one',
      sample(1),
      sample(1, 1000),
      within(undefined),
      true,
    ],
    ['no value within the deadband', sample(1), sample(1.2, 1000), within(0.2), false],
    ['a value beyond the deadband', sample(1), sample(1.21, 1000), within(0.2), true],
    ['an equal value never with deadband 0', sample(1), sample(1, 1000), within(0), false],
    [
      'a changed quality, however small the step',
      sample(1),
      sample(1, 1000, 'uncertain:range'),
      within(10),
      true,
    ],
    ['a value that went bad', sample(1), sample(null, 1000), within(10), true],
    ['a bad one that stays bad never', sample(null), sample(null, 1000), within(undefined), false],
    [
      'a bad one with another reason',
      sample(null),
      sample(null, 1000, 'bad:device'),
      within(10),
      true,
    ],
    ['a recovery', sample(null), sample(1, 1000), within(10), true],
    ['anything when the heartbeat is due', sample(1), sample(1, 60_000), within(10, 60), true],
    ['nothing before the heartbeat is due', sample(1), sample(1, 59_999), within(10, 60), false],
    [
      'at once when the wall clock stepped back under a heartbeat',
      sample(1, 60_000),
      sample(1, 0),
      within(10, 60),
      true,
    ],
    ['a changed text', sample('a'), sample('b', 1000), within(0), true],
    ['a changed switch', sample(false), sample(true, 1000), within(5), true],
    [
      'a big counter that moved by one',
      sample(2n ** 60n),
      sample(2n ** 60n + 1n, 1000),
      within(0),
      true,
    ],
    [
      'a big counter that moved within the deadband, not',
      sample(2n ** 60n),
      sample(2n ** 60n - 1n, 1000),
      within(1),
      false,
    ],
    [
      'exact decimals that differ',
      sample({ unscaled: 10n ** 17n, decimals: 2 }),
      sample({ unscaled: 10n ** 17n + 1n, decimals: 2 }),
      within(0),
      true,
    ],
  ] as const)('%s', (_what, last, next, policy, expected) => {
    expect(isWorthReporting(last, next, policy)).toBe(expected);
  });

  it('measures the deadband from what was reported, so a slow drift is not lost', () => {
    const tag: Tag = {
      index: 0,
      id: tagId('press', 'oil_temp'),
      device: deviceName('press'),
      quantity: 'oil_temp',
      unit: '°C',
      decimals: 1,
      report: within(1),
    };
    const image = new TagImage([tag], utcMs(0));
    const updates: ImageUpdate[] = [];
    image.subscribe((update) => updates.push(update));
    for (let step = 0; step <= 10; step++)
      image.apply([sample(step * 0.3, step * 1000)], monoMs(step * 1000));
    expect(updates.flatMap((update) => update.reported).map((one) => one.value)).toEqual([
      0, 1.2, 2.4,
    ]);
    expect(image.latest(tag.id)?.value).toBe(3);
  });
});
