import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serialTiming } from '../../../drivers/line/serial-timing.ts';
import { type Millis, millis, seconds } from '../../../gateway/model/units.ts';
import { busLoad, type PlannedDevice, requestTime } from '../../../gateway/poll/load.ts';

const TIMING = serialTiming({ baud: 9600, format: '8N1' });
const TURNAROUND = millis(20);
const OPTIONS = { silentShare: 0.05, turnaround: TURNAROUND };

const device = (
  name: string,
  groups: readonly (readonly [scan: Millis, replyBytes: number])[],
  facts: Partial<PlannedDevice> = {},
): PlannedDevice => ({
  name,
  groups: groups.map(([scan, replyBytes], i) => ({
    label: `group ${i}`,
    scan,
    cost: { requestBytes: 8, replyBytes },
  })),
  timing: TIMING,
  silence: TIMING.silence,
  gap: millis(0),
  ...facts,
});

/** The same devices with the scan classes that were proposed. */
const stretched = (
  devices: readonly PlannedDevice[],
  nearest: readonly { readonly scan: Millis; readonly instead: Millis }[],
): readonly PlannedDevice[] =>
  devices.map((one) => ({
    ...one,
    groups: one.groups.map((group) => ({
      ...group,
      scan: nearest.find(({ scan }) => scan === group.scan)?.instead ?? group.scan,
    })),
  }));

describe('the load of a bus', () => {
  it('counts characters, silence and turn-around of a request', () => {
    const cost = { requestBytes: 8, replyBytes: 25 };
    const time = requestTime(cost, { timing: TIMING, silence: TIMING.silence }, TURNAROUND);
    expect(time).toBeCloseTo((33 * 10 * 1000) / 9600 + (3.5 * 11 * 1000) / 9600 + 20, 6);
    const packet = requestTime(cost, { timing: undefined, silence: millis(0) }, TURNAROUND);
    expect(packet).toBe(21);
  });

  it('adds up cycles by scan class', () => {
    const load = busLoad(
      [
        device('a', [[seconds(1), 25]]),
        device('b', [
          [seconds(1), 25],
          [seconds(2), 9],
        ]),
      ],
      OPTIONS,
    );
    expect(load.fits).toBe(true);
    expect(load.nearest).toEqual([]);
    expect(load.classes.map(({ scan, requests }) => [scan, requests])).toEqual([
      [1000, 2],
      [2000, 1],
    ]);
    expect(load.share).toBeCloseTo(
      load.devices.reduce((sum, { share }) => sum + share, 0),
      9,
    );
    expect(load.usable).toBeCloseTo(0.95, 9);
  });

  it('proposes to stretch the class that costs most', () => {
    const load = busLoad(
      [device('fast', Array(10).fill([millis(500), 55])), device('slow', [[seconds(60), 255]])],
      OPTIONS,
    );
    expect(load.fits).toBe(false);
    expect(load.nearest).toHaveLength(1);
    expect(load.nearest[0]?.scan).toBe(500);
  });

  it('stretches all classes alike where none costs most', () => {
    const load = busLoad(
      [
        device('a', Array(10).fill([millis(500), 55])),
        device('b', Array(20).fill([seconds(1), 55])),
      ],
      OPTIONS,
    );
    expect(load.nearest).toHaveLength(2);
  });

  it('leaves a device the peace it wants', () => {
    const gentle = device('meter', Array(4).fill([seconds(1), 25]), { gap: millis(300) });
    const load = busLoad([gentle], OPTIONS);
    expect(load.share).toBeLessThan(0.95);
    expect(load.fits).toBe(false);
    expect(busLoad(stretched([gentle], load.nearest), OPTIONS).fits).toBe(true);
  });

  it('always proposes scans that fit, none of them shorter', () => {
    const groups = fc.array(
      fc.tuple(
        fc.constantFrom(200, 500, 1_000, 5_000, 60_000).map(millis),
        fc.integer({ min: 5, max: 255 }),
      ),
      { minLength: 1, maxLength: 12 },
    );
    const devices = fc.array(fc.tuple(groups, fc.constantFrom(0, 100)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(devices, (written) => {
        const planned = written.map(([own, gap], i) => device(`d${i}`, own, { gap: millis(gap) }));
        const load = busLoad(planned, OPTIONS);
        expect(load.fits).toBe(load.nearest.length === 0);
        for (const { scan, instead } of load.nearest) expect(instead).toBeGreaterThan(scan);
        expect(busLoad(stretched(planned, load.nearest), OPTIONS).fits).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
