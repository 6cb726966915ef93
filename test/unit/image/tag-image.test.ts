import { describe, expect, it } from 'vitest';
import { withCounterEvents } from '../../../gateway/image/counters.ts';
import { type ImageUpdate, TagImage } from '../../../gateway/image/tag-image.ts';
import type { Quality } from '../../../gateway/model/quality.ts';
import { deviceName, type Sample, tagId, type Value } from '../../../gateway/model/sample.ts';
import type { CounterPolicy, Tag } from '../../../gateway/model/tag.ts';
import { monoMs, utcMs } from '../../../gateway/model/units.ts';

const tag = (quantity: string, index: number, counter?: CounterPolicy): Tag => ({
  index,
  id: tagId('meter', quantity),
  device: deviceName('meter'),
  quantity,
  unit: undefined,
  decimals: 2,
  report: { deadband: undefined, heartbeat: undefined },
  ...(counter && { counter }),
});

const ENERGY = { modulus: { unscaled: 100_000_000n, decimals: 2 }, maxRatePerHour: 3600 };

/** An image of an energy total and a voltage; readings come ten seconds apart. */
function meter() {
  const { tags } = withCounterEvents({ tags: [tag('energy', 0, ENERGY), tag('voltage', 1)] });
  const updates: ImageUpdate[] = [];
  const suspects: string[] = [];
  const image = new TagImage(tags, utcMs(0), (suspect) => suspects.push(suspect));
  image.subscribe((update) => updates.push(update));
  let at = 0;
  const read = (value: Value | null, quality: Quality = value === null ? 'bad:comm' : 'good') => {
    at += 10_000;
    const own = { time: utcMs(at), timeBasis: 'gateway' } as const;
    const samples: Sample[] = [
      { tag: tagId('meter', 'energy'), value, quality, ...own },
      { tag: tagId('meter', 'voltage'), value: 230, quality: 'good', ...own },
    ];
    image.apply(samples, monoMs(at));
  };
  const reported = (quantity: string) =>
    updates
      .flatMap((update) => update.reported)
      .filter((sample) => sample.tag === tagId('meter', quantity))
      .map(({ value, quality }) => [value, quality]);
  return { image, tags, read, reported, suspects, updates };
}

describe('an image with counters', () => {
  it('has a tag for the events of each counter, behind all others', () => {
    const { tags } = meter();
    expect(tags.map(({ id, index }) => [id, index])).toEqual([
      ['meter.energy', 0],
      ['meter.voltage', 1],
      ['meter.energy_event', 2],
    ]);
  });

  it('passes a suspect on as it is, marked, and asks for it again once', () => {
    const { read, reported, suspects, image } = meter();
    for (const value of [100, 0, 0, 100.01]) read(value);
    expect(reported('energy')).toEqual([
      [100, 'good'],
      [0, 'uncertain:suspect'],
      [0, 'uncertain:suspect'],
      [100.01, 'good'],
    ]);
    expect(reported('energy_event')).toEqual([]);
    expect(suspects).toEqual(['meter.energy']);
    expect(image.counters()).toEqual([
      { tag: 'meter.energy', rollovers: 0, swaps: 0, glitches: 1, isSuspect: false },
    ]);
  });

  it('tells a rollover and a swap as samples of their own, at the time of the reading', () => {
    const { read, reported, updates } = meter();
    for (const value of [999_999.98, 0.03, 500, 500.01, 500.02]) read(value);
    expect(reported('energy_event')).toEqual([
      ['rollover 999999.98 -> 0.03', 'good'],
      ['swap 0.03 -> 500.02', 'good'],
    ]);
    const rollover = updates[1]?.samples.find((sample) => sample.tag === 'meter.energy_event');
    expect(rollover).toMatchObject({ time: 20_000, timeBasis: 'gateway' });
    expect(updates[1]?.samples.map((sample) => sample.tag)).toEqual([
      'meter.energy',
      'meter.energy_event',
      'meter.voltage',
    ]);
  });

  it('keeps its base over readings that failed or are uncertain already', () => {
    const { read, reported } = meter();
    read(100);
    read(null);
    read(7, 'uncertain:range');
    read(100.02);
    expect(reported('energy')).toEqual([
      [100, 'good'],
      [null, 'bad:comm'],
      [7, 'uncertain:range'],
      [100.02, 'good'],
    ]);
  });

  it('believes the next good value after a declared swap, and knows what is no counter', () => {
    const { image, read, reported } = meter();
    read(100);
    expect(image.declareSwap(tagId('meter', 'voltage'))).toBe(false);
    expect(image.declareSwap(tagId('meter', 'energy'))).toBe(true);
    read(null);
    read(0.2);
    expect(reported('energy').at(-1)).toEqual([0.2, 'good']);
    expect(reported('energy_event')).toEqual([['swap 100.00 -> 0.20 declared', 'good']]);
  });

  it('throws for a sample of a tag that the site does not have', () => {
    const { image } = meter();
    const stranger: Sample = {
      tag: tagId('meter', 'stranger'),
      value: 1,
      quality: 'good',
      time: utcMs(0),
      timeBasis: 'gateway',
    };
    expect(() => image.apply([stranger], monoMs(0))).toThrow(/meter\.stranger/);
  });
});

describe('an image that is extended', () => {
  it('waits for the tags that came, whatever their indexes, and keeps what it has', () => {
    const image = new TagImage([tag('a', 0), tag('b', 1)], utcMs(0));
    const report = { deadband: 0, heartbeat: undefined };
    const read = (value: number, ...quantities: string[]) =>
      image.apply(
        quantities.map((quantity) => ({
          ...{ tag: tagId('meter', quantity), value, quality: 'good' },
          ...{ time: utcMs(1), timeBasis: 'gateway' },
        })),
        monoMs(1),
      );
    read(7, 'a');
    image.extend([tag('late', 9), { ...tag('a', 0), report }], utcMs(5));
    expect(image.latest(tagId('meter', 'a'))?.value).toBe(7);
    const late = { tag: 'meter.late', quality: 'bad:waiting', time: 5 };
    expect(image.latest(tagId('meter', 'late'))).toMatchObject(late);
    const updates: ImageUpdate[] = [];
    image.subscribe((update) => updates.push(update));
    read(7, 'late', 'a');
    expect(updates[0]?.reported.map(({ tag }) => tag)).toEqual(['meter.late']);
    expect(image.snapshot().map(({ tag, value }) => [tag, value])).toEqual([
      ['meter.a', 7],
      ['meter.b', null],
      ['meter.late', 7],
    ]);
  });
});
