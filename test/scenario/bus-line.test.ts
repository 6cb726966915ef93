/** An RS-485 line with healthy, dead and misbehaving units, hours of it in virtual time. */
import { afterEach, describe, expect, it } from 'vitest';
import { WIRE_FAULTS } from '../../firmware-sim/faults.ts';
import { isBad } from '../../gateway/model/quality.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { millis, minutes, seconds } from '../../gateway/model/units.ts';
import { type VirtualBus, virtualBus } from '../support/virtual-bus.ts';

let running: VirtualBus | undefined;
const started = async (...args: Parameters<typeof virtualBus>): Promise<VirtualBus> => {
  running = virtualBus(...args);
  await running.bus.start();
  return running;
};
afterEach(async () => {
  await running?.bus.stop();
  running = undefined;
});

const healthy = {};
const wrongValues = (samples: readonly Sample[]): readonly Sample[] =>
  samples.filter((sample) => {
    if (sample.value === null) return !isBad(sample.quality);
    const [, unit, register] = /^unit-(\d+)\.r(\d+)$/.exec(sample.tag) ?? [];
    return sample.value !== Number(unit) * 1000 + Number(register);
  });
const facts = (site: VirtualBus, unit: number) => {
  const found = site.bus.facts().devices[unit - 1];
  if (!found) throw new Error(`no unit ${unit}`);
  return found;
};

describe('an RS-485 line', () => {
  it('reads every unit once per interval, on time, with not one request before its silence', async () => {
    const site = await started(Array(10).fill(healthy));
    await site.clock.advance(minutes(2));
    for (let unit = 1; unit <= 10; unit++)
      expect(facts(site, unit)).toMatchObject({
        state: 'up',
        late: 0,
        overruns: 0,
        silent: 0,
        garbled: 0,
      });
    expect(site.line.stats()).toMatchObject({ tooEarly: 0, collisions: 0 });
    expect(wrongValues(site.samples)).toEqual([]);
    expect(site.samples.length).toBeGreaterThanOrEqual(119 * 200);
  });

  it('keeps nine units on time beside a dead one, and says which one is dead', async () => {
    const site = await started([...Array(9).fill(healthy), { fault: 'silent' }]);
    await site.clock.advance(minutes(10));
    expect(facts(site, 10)).toMatchObject({ state: 'down', answered: 0 });
    for (let unit = 1; unit <= 9; unit++)
      expect(facts(site, unit)).toMatchObject({ state: 'up', late: 0 });
    const dead = site.samples.filter((sample) => sample.tag.startsWith('unit-10.'));
    expect(dead.length).toBeGreaterThan(0);
    expect(dead.every((sample) => sample.quality === 'bad:comm')).toBe(true);
  });

  it('spends at most the silent share of a full line on three dead units', async () => {
    const units = Array.from({ length: 10 }, (_, i) => ({
      scan: millis(1),
      ...(i < 3 ? { fault: 'silent' as const } : {}),
    }));
    const site = await started(units);
    await site.clock.advance(minutes(5));
    const { usefulMs, tooEarly } = site.line.stats();
    expect(usefulMs / minutes(5)).toBeGreaterThan(0.92);
    expect(tooEarly).toBe(0);
  });

  it('notices a unit that comes back, and reads all of it at once', async () => {
    const site = await started([healthy, { fault: 'silent' }]);
    await site.clock.advance(minutes(3));
    expect(facts(site, 2).state).toBe('down');
    site.devices[1]?.faults.set(undefined);
    await site.clock.advance(seconds(70));
    expect(facts(site, 2).state).toBe('up');
    const last = site.samples.filter((sample) => sample.tag === 'unit-2.r19').at(-1);
    expect(last).toMatchObject({ value: 2019, quality: 'good' });
  });

  it.each(WIRE_FAULTS)(
    'never takes a wrong value from a unit that is %s now and then',
    async (kind) => {
      const site = await started([
        healthy,
        { fault: { kind, share: 0.2, delay: millis(700) } },
        healthy,
      ]);
      await site.clock.advance(minutes(20));
      expect(wrongValues(site.samples)).toEqual([]);
      expect(site.devices[1]?.faults.counts()[kind]).toBeGreaterThan(5);
      for (const unit of [1, 3]) {
        const { answered, polls } = facts(site, unit);
        expect(answered / polls).toBeGreaterThan(kind === 'late' ? 0.85 : 0.97);
      }
      expect(facts(site, 2).answered).toBeGreaterThan(50);
    },
  );

  it('waits out an answer that comes just after its time, so that it meets nobody', async () => {
    const late = { kind: 'late', share: 0.05, delay: millis(495) } as const;
    const site = await started([healthy, { fault: late }, healthy]);
    await site.clock.advance(minutes(20));
    expect(site.devices[1]?.faults.counts().late).toBeGreaterThan(40);
    for (const unit of [1, 3]) expect(facts(site, unit)).toMatchObject({ silent: 0, garbled: 0 });
    expect(site.line.stats().collisions).toBe(0);
    expect(wrongValues(site.samples)).toEqual([]);
  });

  it('stamps samples with the time between request and answer, whatever the wall clock does', async () => {
    const site = await started([healthy]);
    await site.clock.advance(seconds(10));
    const before = site.clock.utc();
    site.clock.stepWallClock((before - 3_600_000) as typeof before);
    await site.clock.advance(seconds(10));
    const times = site.samples
      .filter((sample) => sample.tag === 'unit-1.r0')
      .map((sample) => sample.time);
    expect(times).toHaveLength(20);
    expect((times[10] ?? 0) - (times[9] ?? 0)).toBeCloseTo(1000 - 3_600_000, -2);
    expect(facts(site, 1)).toMatchObject({ late: 0, overruns: 0 });
  });

  it('opens a line again that takes requests and never answers, at a growing distance', async () => {
    const site = await started([{ fault: 'silent' }, { fault: 'silent' }]);
    await site.clock.advance(minutes(30));
    expect(site.opened()).toBeGreaterThan(2);
    expect(site.opened()).toBeLessThan(60);
    for (const device of site.devices) device.faults.set(undefined);
    await site.clock.advance(seconds(130));
    expect(facts(site, 1).state).toBe('up');
    expect(facts(site, 2).state).toBe('up');
    const before = site.opened();
    await site.clock.advance(minutes(30));
    expect(site.opened()).toBe(before);
  });

  it('settles everything when it is stopped in the middle of a request', async () => {
    const site = await started([{ fault: 'silent' }]);
    await site.clock.advance(millis(100));
    await site.bus.stop();
    await site.bus.stop();
    expect(site.clock.pending()).toEqual([]);
    expect(site.bus.facts().line).toBe('closed');
  });
});
