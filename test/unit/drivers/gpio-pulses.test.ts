import { describe, expect, it } from 'vitest';
import {
  type Contact,
  countsAt,
  moved,
  rested,
  restingAt,
} from '../../../drivers/gpio/debounce.ts';
import {
  type Counting,
  counted,
  countOf,
  keptCount,
  type PulseMeter,
  readingOf,
} from '../../../drivers/gpio/pulses.ts';
import {
  fallen,
  fallsAt,
  type OutputRules,
  restOf,
  written,
} from '../../../drivers/gpio/switching.ts';
import { plainValue } from '../../../gateway/model/sample.ts';
import { millis, monoMs, seconds } from '../../../gateway/model/units.ts';

describe('a contact that is debounced', () => {
  /** Edges as `1@10`, and what counts: `1@10`. */
  const play = (edges: string, debounceMs: number, until: number): string[] => {
    const debounce = millis(debounceMs);
    let contact: Contact = restingAt(false, monoMs(0));
    const changes: string[] = [];
    const take = (step: ReturnType<typeof rested>) => {
      contact = step.contact;
      if (step.change) changes.push(`${step.change.isHigh ? 1 : 0}@${step.change.at}`);
    };
    for (const edge of edges.split(' ').filter(Boolean)) {
      const [level, at] = edge.split('@');
      take(moved(contact, level === '1', monoMs(Number(at)), debounce));
    }
    take(rested(contact, monoMs(until), debounce));
    return changes;
  };

  it.each([
    ['a clean pulse', '1@10 0@60', ['1@10', '0@60']],
    ['a bouncing one', '1@10 0@11 1@12 0@12.5 1@13 0@60 1@61 0@62', ['1@13', '0@62']],
    ['a spike', '1@10 0@12', []],
    ['a short pulse that is just long enough', '1@10 0@15', ['1@10', '0@15']],
    ['a level that is not old enough yet', '1@97', []],
    ['an edge whose other half is missing', '1@10 1@12', ['1@12']],
    ['a clock that runs back by a hair', '1@10 0@9.999 1@10.001', ['1@10.001']],
  ])('takes %s for what it is', (_name, edges, changes) => {
    expect(play(edges, 5, 100)).toEqual(changes);
  });

  it('takes every edge where nothing is debounced', () => {
    expect(play('1@10 0@10 1@11', 0, 100)).toEqual(['1@10', '0@10', '1@11']);
  });

  it('says when it will know more', () => {
    const resting = restingAt(false, monoMs(0));
    expect(countsAt(resting, millis(5))).toBeUndefined();
    const { contact } = moved(resting, true, monoMs(10), millis(5));
    expect(countsAt(contact, millis(5))).toBe(15);
    expect(rested(contact, monoMs(14.9), millis(5)).change).toBeUndefined();
    expect(rested(contact, monoMs(15), millis(5)).change).toEqual({ isHigh: true, at: 10 });
  });

  it('notices that an edge is missing', () => {
    const step = moved(restingAt(true, monoMs(0)), true, monoMs(10), millis(5));
    expect(step.isEdgeMissing).toBe(true);
  });
});

describe('a count of pulses', () => {
  const decimal = (text: string) => {
    const [whole = '', fraction = ''] = text.split('.');
    return { unscaled: BigInt(whole + fraction), decimals: fraction.length };
  };
  const meter = (more: Partial<PulseMeter> = {}): PulseMeter => ({
    pulse: decimal('0.01'),
    start: decimal('1234.56'),
    edge: 'rising',
    leastGap: undefined,
    ...more,
  });
  const reached = (of: PulseMeter, pulses: number): Counting => {
    let counting: Counting = { count: countOf(of, undefined), last: undefined };
    for (let n = 0; n < pulses; n++)
      for (const isHigh of [true, false])
        counting = counted(counting, of, { isHigh, at: monoMs(n * 100 + (isHigh ? 0 : 50)) });
    return counting;
  };
  const shown = ({ count }: Counting) => plainValue(readingOf(count));

  it('is exact where a sum of floats is not', () => {
    expect(shown(reached(meter({ start: decimal('0'), pulse: decimal('0.1') }), 3))).toBe(0.3);
    expect(shown(reached(meter(), 3))).toBe(1234.59);
    expect(shown(reached(meter({ start: decimal('9999999999999.123456789') }), 1))).toBe(
      '9999999999999.133456789',
    );
    expect(
      shown(reached(meter({ start: decimal('9007199254740993'), pulse: decimal('1') }), 1)),
    ).toBe('9007199254740994');
  });

  it('counts one edge of a pulse, or both', () => {
    for (const [edge, pulses] of [
      ['rising', 10],
      ['falling', 10],
      ['both', 20],
    ] as const)
      expect(reached(meter({ edge }), 10).count.pulses).toBe(pulses);
  });

  it('drops what follows too soon, and goes on from the last that counted', () => {
    const { count } = reached(meter({ leastGap: millis(250) }), 10);
    expect([count.pulses, count.dropped]).toEqual([4, 6]);
  });

  it('comes back as it was kept', () => {
    const { count } = reached(meter(), 7);
    const again = countOf(meter(), JSON.parse(JSON.stringify(keptCount(count))));
    expect(again).toEqual(count);
  });

  it('begins at another start, whatever was counted', () => {
    const { count } = reached(meter(), 7);
    expect(countOf(meter({ start: decimal('1234.60') }), keptCount(count))).toMatchObject({
      base: '1234.60',
      pulses: 0,
    });
  });

  it('leaves what was counted alone when a pulse is worth something else from now on', () => {
    const { count } = reached(meter(), 7);
    const next = countOf(meter({ pulse: decimal('10') }), keptCount(count));
    expect(next).toMatchObject({ start: '1234.56', base: '1234.63', pulses: 0 });
    expect(shown({ count: { ...next, pulses: 1 }, last: undefined })).toBe(1244.63);
    expect(countOf(meter({ pulse: decimal('10') }), keptCount(next))).toEqual(next);
  });

  it.each([
    null,
    7,
    'text',
    [],
    {},
    { start: '1234.56', base: 'x', pulse: '0.01', pulses: 1, dropped: 0 },
    { start: '1234.56', base: '1234.56', pulse: '0.01', pulses: -1, dropped: 0 },
    { start: '1234.56', base: '1234.56', pulse: '0.01', pulses: 1.5, dropped: 0 },
  ])('begins anew where %j was kept', (kept) => {
    expect(countOf(meter(), kept)).toMatchObject({ base: '1234.56', pulses: 0 });
  });
});

describe('the rules of an output', () => {
  const rules: OutputRules = {
    atStart: 'off',
    atStop: 'off',
    atLoss: 'off',
    hold: seconds(60),
    minOn: seconds(5),
    minOff: seconds(10),
  };
  const off = { isOn: false, since: monoMs(0), written: undefined };

  it('let it rest for as long as it has to', () => {
    expect(restOf(off, rules, monoMs(4_000))).toBe(6_000);
    expect(restOf(written(off, true, monoMs(4_000)), rules, monoMs(10_000))).toBe(0);
  });

  it('count a rest from the last switching, not from the last writing', () => {
    const on = written(off, true, monoMs(1_000));
    expect(written(on, true, monoMs(3_000))).toEqual({ isOn: true, since: 1_000, written: 3_000 });
  });

  it('make it fall after the last writing, but not before it has rested', () => {
    const on = written(off, true, monoMs(1_000));
    expect(fallsAt(on, rules)).toBe(61_000);
    expect(fallsAt(on, { ...rules, hold: seconds(1) })).toBe(6_000);
    expect(fallsAt(off, rules)).toBeUndefined();
    expect(fallsAt(on, { ...rules, hold: undefined })).toBeUndefined();
    expect(fallsAt(on, { ...rules, atLoss: 'keep' })).toBeUndefined();
    expect(fallsAt(fallen(false, monoMs(61_000)), rules)).toBeUndefined();
  });
});
