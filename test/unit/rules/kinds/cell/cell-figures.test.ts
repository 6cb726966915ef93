import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../../../rules/kinds/cell/cell-figures.ts';
import { figureValues } from '../../../../../rules/kinds/cell/cell-records.ts';
import { newTally, type Tally } from '../../../../../rules/kinds/cell/cell-tally.ts';

const ALL = { good: true, reject: true, rework: true };
const NONE = { good: false, reject: false, rework: false };

/** A shift of 1000 s in round numbers. */
const tally: Tally = {
  ...newTally(0, 0),
  times: {
    producing: 500_000,
    micro: 100_000,
    setup: 50_000,
    fault: 40_000,
    held: 30_000,
    waiting: 60_000,
    off: 20_000,
    planned: 120_000,
    unknown: 80_000,
  },
  produced: 100,
  seen: 90,
  ideal: 450_000,
  good: 80,
  reject: 12,
  rework: 5,
  failures: 2,
  repairs: 4,
  repairMs: 100_000,
  interventions: 5,
};

describe('figures', () => {
  it('are worked out by hand', () => {
    const figures = figuresOf(tally, ALL);
    expect(figures).toMatchObject({
      lengthMs: 1_000_000,
      pbtMs: 800_000, // 1000 - 120 - 80
      aptMs: 600_000, // 500 + 100
      austMs: 50_000,
      adetMs: 40_000,
      adotMs: 90_000, // 30 + 60
      aoetMs: 780_000, // 600 + 50 + 40 + 90
      aubtMs: 720_000, // 600 + 50 + 40 + 30
      priMs: 5_000, // 450 / 90
      availability: 0.75, // 600 / 800
      effectiveness: 0.75, // 450 / 600
      quality: 0.8,
      unsorted: 3, // 100 - 80 - 12 - 5
      allocation: 0.9, // 720 / 800
      throughputPerHour: (90 * 3600) / 780,
      scrapRatio: 0.12,
      reworkRatio: 0.05,
      firstPassYield: 0.83,
      unknownShare: 80 / 880,
      mtbfMs: 300_000,
      mttrMs: 25_000,
      mtbaMs: 100_000,
    });
    expect(figures.oee).toBeCloseTo(0.45, 12); // 0.75 x 0.75 x 0.8
    expect(figures.nee).toBeCloseTo((650 / 800) * 0.75 * 0.8, 12);
    expect(figures.utilization).toBeCloseTo(600 / 720, 12);
  });

  it.each([
    [
      'without any',
      NONE,
      { good: 100, reject: null, rework: null, quality: 1, isQualityAssumed: true },
    ],
    [
      'of rejects',
      { ...NONE, reject: true },
      { good: 88, reject: 12, rework: null, unsorted: null },
    ],
    [
      'of rework',
      { ...NONE, rework: true },
      { good: 95, reject: null, rework: 5, firstPassYield: 0.95 },
    ],
    [
      'of good parts',
      { ...NONE, good: true },
      { good: 80, reject: 20, rework: null, firstPassYield: 0.8 },
    ],
    ['of good and rework', { ...ALL, reject: false }, { good: 80, reject: 15, rework: 5 }],
    [
      'of good and rejects',
      { ...ALL, rework: false },
      { good: 80, reject: 12, rework: null, unsorted: 8 },
    ],
  ])('are completed %s', (_name, counted, expected) => {
    expect(figuresOf(tally, counted)).toMatchObject(expected);
  });

  it('say where counters do not fit, and where the ideal is wrong or missing', () => {
    expect(figuresOf({ ...tally, good: 101 }, ALL).isQualityDoubtful).toBe(true);
    expect(figuresOf({ ...tally, ideal: 600_001 }, ALL).isIdealDoubtful).toBe(true);
    expect(figuresOf({ ...tally, ideal: 600_000 }, ALL).isIdealDoubtful).toBe(false);
    expect(figuresOf({ ...tally, withoutIdeal: 1 }, ALL)).toMatchObject({
      effectiveness: null,
      oee: null,
      nee: null,
      priMs: null,
      plannedRunMs: null,
    });
  });

  it('are null where they would divide by nothing', () => {
    const figures = figuresOf(newTally(0, 0), ALL);
    const undefinedOnes = Object.entries(figures).filter(([, value]) => value === null);
    expect(undefinedOnes.map(([name]) => name)).toEqual([
      'priMs',
      'availability',
      'effectiveness',
      'quality',
      'oee',
      'nee',
      'allocation',
      'utilization',
      'throughputPerHour',
      'scrapRatio',
      'reworkRatio',
      'firstPassYield',
      'unknownShare',
      'mtbfMs',
      'mttrMs',
      'mtbaMs',
    ]);
  });

  it('stand in records under their names, in seconds', () => {
    const values = figureValues(figuresOf(tally, ALL));
    expect(values).toMatchObject({
      apt_s: 600,
      gateway_off_s: 0,
      mtbf_s: 300,
      throughput_per_hour: (90 * 3600) / 780,
      first_pass_yield: 0.83,
      ideal_doubtful: false,
      produced_seen: 90,
    });
    expect(Object.keys(values).every((key) => /^[a-z_]+$/.test(key))).toBe(true);
  });
});
