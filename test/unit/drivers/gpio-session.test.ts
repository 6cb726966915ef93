import { describe, expect, it } from 'vitest';
import { GpioLink } from '../../../drivers/gpio/link.ts';
import { memoryStateStore } from '../../../gateway/host/state-store.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { tagId } from '../../../gateway/model/sample.ts';
import { millis, minutes, monoMs, seconds, utcMs } from '../../../gateway/model/units.ts';
import { gpioFixture } from '../../support/gpio-fixture.ts';
import { scriptedPins } from '../../support/scripted-pins.ts';

describe('an input', () => {
  it('is reported when it begins, when it changes, and in its scan class', async () => {
    const { pins, clock, start, news } = gpioFixture({ tags: { door: 'in 17' } });
    pins.move(17, true);
    await start();
    expect(news()).toEqual(['door=true']);
    pins.move(17, false);
    await clock.advance(millis(4));
    expect(news()).toEqual([]);
    await clock.advance(millis(1));
    expect(news()).toEqual(['door=false']);
    await clock.advance(seconds(2));
    expect(news()).toEqual(['door=false', 'door=false']);
  });

  it('has the time of the edge that it came to rest with', async () => {
    const start0 = utcMs(Date.UTC(2026, 5, 1));
    const clock = virtualClock(start0);
    const { pins, samples, start } = gpioFixture({ clock, tags: { door: 'in 17' } });
    await start();
    await clock.advance(millis(100));
    for (const [at, level] of [
      [100, true],
      [101, false],
      [102.4, true],
    ] as const)
      pins.move(17, level, monoMs(at));
    await clock.advance(millis(20));
    expect(samples.at(-1)).toMatchObject({ value: true, time: start0 + 102, timeBasis: 'gateway' });
  });

  it('that is still bouncing when its scan comes does not seem to change back afterwards', async () => {
    const { pins, samples, start, clock } = gpioFixture({
      tags: { door: { address: 'in 17', debounce: '100ms' } },
    });
    await start();
    await clock.advance(millis(960));
    pins.move(17, true);
    await clock.advance(seconds(1));
    const told = samples.toSorted((a, b) => a.time - b.time);
    expect(told.map(({ value }) => value)).toEqual([false, false, true]);
    expect(told.at(-1)?.time).toBe(clock.utc() - 1_000);
    await clock.advance(millis(100));
    expect(samples.at(-1)).toMatchObject({ value: true, time: clock.utc() - 60 });
  });

  it('means on when it is low where the site says so', async () => {
    const { pins, start, news, clock } = gpioFixture({
      tags: { door: { address: 'in GPIO17', active: 'low', bias: 'up', debounce: '20ms' } },
    });
    pins.move(17, true);
    await start();
    pins.move(17, false);
    await clock.advance(millis(20));
    expect(news()).toEqual(['door=false', 'door=true']);
    expect(pins.biases.get(17)).toBe('up');
  });

  it('that chatters floods nobody', async () => {
    const { pins, start, samples, clock } = gpioFixture({
      tags: { door: { address: 'in 17', debounce: '0ms' } },
    });
    await start();
    for (let n = 0; n < 1000; n++) {
      pins.move(17, n % 2 === 0);
      await clock.advance(millis(0.5));
    }
    expect(samples.length).toBeLessThan(25);
    await clock.advance(seconds(2));
    pins.move(17, true);
    expect(samples.at(-1)).toMatchObject({ value: true });
  });

  it('whose line is taken away is bad, and taken again by itself', async () => {
    const { pins, start, news, clock, bus } = gpioFixture({
      tags: { door: 'in 17', gate: 'in 18' },
    });
    await start();
    news();
    pins.lose(17);
    await clock.advance(millis(10));
    expect(news()).toEqual(['door=null bad:device']);
    pins.move(17, true);
    pins.move(18, true);
    await clock.advance(millis(100));
    expect(news()).toEqual(['gate=true']);
    await clock.advance(seconds(1));
    expect(news()).toContain('door=true');
    expect(bus.facts().link).toMatchObject({ lines_lost: 1, backend: 'scripted' });
  });

  it('that belongs to somebody else is bad until it is free, and keeps no other waiting', async () => {
    const { pins, start, news, clock } = gpioFixture({ tags: { door: 'in 17', gate: 'in 18' } });
    pins.refusals.set(17, 'Device or resource busy');
    await start();
    expect(news()).toEqual(['door=null bad:device', 'gate=false']);
    await clock.advance(minutes(5));
    pins.refusals.clear();
    news();
    await clock.advance(minutes(1));
    expect(news()).toContain('door=false');
  });

  it('on a line that is not there, or is another tag’s, is the site’s mistake', async () => {
    const { start, news } = gpioFixture({ tags: { a: 'in 17', b: 'in 99', c: 'count GPIO17' } });
    await start();
    expect(news().toSorted()).toEqual(['a=false', 'b=null bad:config', 'c=null bad:config']);
  });

  it('is looked at at once when somebody asks', async () => {
    const { start, news, bus, clock } = gpioFixture({ tags: { door: 'in 17' } });
    await start();
    news();
    bus.reread('box.door' as never);
    await clock.advance(millis(1));
    expect(news()).toEqual(['door=false']);
  });
});

it('a line belongs to the tag that claimed it first', async () => {
  const clock = virtualClock();
  const link = new GpioLink({ chip: undefined, backend: 'auto' }, clock, async () =>
    scriptedPins(clock),
  );
  await link.connect(new AbortController().signal);
  const { chip } = link;
  if (!chip) throw new Error('not open');
  expect(link.claim(tagId('box', 'a'), 17, chip)).toBe(17);
  expect(link.claim(tagId('box', 'a'), 'GPIO17', chip)).toBe(17);
  expect(() => link.claim(tagId('box', 'b'), 17, chip)).toThrow('[gpio.line-twice]');
});

describe('a bus whose chip is gone', () => {
  it('is opened again, and goes on', async () => {
    const { pins, start, news, clock, bus } = gpioFixture({
      tags: { door: 'in 17', fan: 'out 22', water: 'count 27' },
    });
    await start();
    news();
    pins.loseChip();
    await clock.advance(millis(10));
    expect(bus.facts()).toMatchObject({ line: 'waiting' });
    expect(bus.facts().lastError).toContain('[gpio.chip-lost]');
    expect(news().every((one) => one.endsWith('bad:comm'))).toBe(true);
    await clock.advance(minutes(2));
    expect(bus.facts()).toMatchObject({ line: 'open' });
    expect(news()).toEqual(expect.arrayContaining(['door=false', 'fan=false', 'water=0']));
  });
});

describe('a pulse counter', () => {
  const water = { address: 'count 27', pulse: 0.01, start: '1234.56' };
  const pulse = async ({ pins, clock }: ReturnType<typeof gpioFixture>, times = 1) => {
    for (let n = 0; n < times; n++) {
      pins.move(27, true);
      await clock.advance(millis(50));
      pins.move(27, false);
      await clock.advance(millis(50));
    }
  };

  it('shows what the meter shows, exactly, in its scan class', async () => {
    const fixture = gpioFixture({ tags: { water } });
    await fixture.start();
    expect(fixture.news()).toEqual(['water=1234.56']);
    await pulse(fixture, 3);
    expect(fixture.news()).toEqual([]);
    await fixture.clock.advance(seconds(1));
    expect(fixture.news()).toEqual(['water=1234.59']);
  });

  it('counts fifty pulses a second into one sample each scan', async () => {
    const fixture = gpioFixture({ tags: { water: 'count 27' } });
    await fixture.start();
    for (let n = 0; n < 500; n++) {
      fixture.pins.move(27, true);
      await fixture.clock.advance(millis(10));
      fixture.pins.move(27, false);
      await fixture.clock.advance(millis(10));
    }
    await fixture.clock.advance(seconds(1));
    const news = fixture.news();
    expect(news.length).toBeLessThan(14);
    expect(news.at(-1)).toBe('water=500');
  });

  it('goes on after a restart, and begins again with another start', async () => {
    const state = memoryStateStore();
    const first = gpioFixture({ tags: { water }, state });
    await first.start();
    await pulse(first, 5);
    await first.stop();
    const second = gpioFixture({ tags: { water }, state });
    await second.start();
    expect(second.news()).toEqual(['water=1234.61']);
    await second.stop();
    const third = gpioFixture({ tags: { water: { ...water, start: '7.00' } }, state });
    await third.start();
    expect(third.news()).toEqual(['water=7']);
    await third.stop();
    const fourth = gpioFixture({ tags: { water }, state });
    await fourth.start();
    expect(fourth.news()).toEqual(['water=1234.56']);
  });

  it('counts a pulse that came to rest just before the stop', async () => {
    const state = memoryStateStore();
    const first = gpioFixture({ tags: { water }, state });
    await first.start();
    first.pins.move(27, true);
    await first.clock.advance(millis(5));
    await first.stop();
    const second = gpioFixture({ tags: { water }, state });
    second.pins.move(27, true);
    await second.start();
    expect(second.news()).toEqual(['water=1234.57']);
  });

  it('does not count chatter faster than the meter, and marks the reading once', async () => {
    const fixture = gpioFixture({ tags: { water: { ...water, max_rate: '2/s' } } });
    await fixture.start();
    await pulse(fixture, 3);
    fixture.news();
    await fixture.clock.advance(seconds(1));
    expect(fixture.news()).toEqual(['water=1234.57 uncertain:suspect']);
    await fixture.clock.advance(seconds(1));
    expect(fixture.news()).toEqual(['water=1234.57']);
    expect(fixture.bus.facts().link).toMatchObject({ pulses_dropped: 2 });
    expect(fixture.state.get('gpio/box.water')).toMatchObject({ pulses: 1, dropped: 2 });
  });

  it('says when edges must have been missed', async () => {
    const fixture = gpioFixture({ tags: { water } });
    await fixture.start();
    fixture.pins.move(27, false);
    fixture.pins.move(27, true);
    fixture.pins.move(27, true);
    expect(fixture.bus.facts().link).toMatchObject({ edges_missing: 2 });
  });
});

describe('an output', () => {
  const outcome = async (writing: ReturnType<ReturnType<typeof gpioFixture>['write']>) => {
    const { outcome: how, refusal } = await writing;
    return refusal ? `${how} ${refusal.code}` : how;
  };

  it('has its state at start, is written, and has its state at stop', async () => {
    const fixture = gpioFixture({ tags: { fan: { address: 'out 22', at_stop: 'on' } } });
    await fixture.start();
    expect(await outcome(fixture.write('fan', true))).toBe('written');
    await fixture.clock.advance(millis(10));
    expect(await outcome(fixture.write('fan', 0))).toBe('written');
    await fixture.stop();
    expect(fixture.pins.history).toEqual(['22=0 @0', '22=1 @0', '22=0 @10', '22=1 @10']);
    expect(fixture.news()).toEqual(['fan=false', 'fan=true', 'fan=false']);
    expect(fixture.pins.isClosed).toBe(true);
  });

  it('is driven the other way round where low means on', async () => {
    const fixture = gpioFixture({ tags: { fan: { address: 'out 22', active: 'low' } } });
    await fixture.start();
    await fixture.write('fan', true);
    await fixture.stop();
    expect(fixture.pins.history).toEqual(['22=1 @0', '22=0 @0', '22=1 @0']);
  });

  it('keeps the level that it has, or else the one it last had, where the site says keep', async () => {
    const keep = { address: 'out 22', at_start: 'keep', at_stop: 'keep' };
    const state = memoryStateStore();
    const first = gpioFixture({ tags: { fan: keep }, state });
    await first.start();
    await first.write('fan', true);
    await first.stop();
    expect(first.pins.history).toEqual(['22=0 @0', '22=1 @0']);
    const second = gpioFixture({ tags: { fan: keep }, state });
    await second.start();
    expect(second.pins.history).toEqual(['22=1 @0']);
    await second.stop();
    const third = gpioFixture({ tags: { fan: keep }, state });
    third.pins.visible.set(22, false);
    await third.start();
    expect(third.pins.history).toEqual(['22=0 @0']);
  });

  it('falls when nobody writes it any more, and not before', async () => {
    const fixture = gpioFixture({ tags: { fan: { address: 'out 22', hold: '60s' } } });
    await fixture.start();
    await fixture.write('fan', true);
    await fixture.clock.advance(seconds(59));
    await fixture.write('fan', true);
    await fixture.clock.advance(seconds(59));
    expect(fixture.pins.driven.get(22)).toBe(true);
    fixture.news();
    await fixture.clock.advance(seconds(1));
    expect(fixture.pins.driven.get(22)).toBe(false);
    expect(fixture.news()).toContain('fan=false');
    expect(fixture.bus.facts().link).toMatchObject({ outputs_fallen: 1 });
    await fixture.clock.advance(minutes(5));
    expect(fixture.bus.facts().link).toMatchObject({ outputs_fallen: 1 });
    expect(await outcome(fixture.write('fan', true))).toBe('written');
  });

  it('that began on falls too when nobody ever writes it', async () => {
    const fixture = gpioFixture({
      tags: { fan: { address: 'out 22', at_start: 'on', hold: '5s' } },
    });
    await fixture.start();
    await fixture.clock.advance(seconds(5));
    expect(fixture.pins.driven.get(22)).toBe(false);
  });

  it('falls on where the site wants it on', async () => {
    const fixture = gpioFixture({
      tags: { pump: { address: 'out 22', hold: '10s', at_loss: 'on', at_start: 'on' } },
    });
    await fixture.start();
    await fixture.write('pump', false);
    await fixture.clock.advance(seconds(10));
    expect(fixture.pins.driven.get(22)).toBe(true);
  });

  it('refuses to be switched before it has rested, and says for how long', async () => {
    const fixture = gpioFixture({
      tags: { pump: { address: 'out 22', min_on: '5s', min_off: '10s', hold: '2s' } },
    });
    await fixture.start();
    const early = await fixture.write('pump', true);
    expect(early).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'gpio.switched-too-soon', details: { state: 'off', wait: 10 } },
    });
    await fixture.clock.advance(seconds(10));
    expect(await outcome(fixture.write('pump', true))).toBe('written');
    expect(await outcome(fixture.write('pump', true))).toBe('written');
    expect(await outcome(fixture.write('pump', false))).toBe('rejected gpio.switched-too-soon');
    await fixture.clock.advance(seconds(4));
    expect(fixture.pins.driven.get(22)).toBe(true);
    await fixture.clock.advance(seconds(1));
    expect(fixture.pins.driven.get(22)).toBe(false);
    await fixture.stop();
    expect(fixture.pins.history.map((one) => one.split(' ')[0])).toEqual([
      '22=0',
      '22=1',
      '22=0',
      '22=0',
    ]);
  });

  it('takes nothing but on and off, and inputs take nothing', async () => {
    const fixture = gpioFixture({ tags: { fan: 'out 22', door: 'in 17' } });
    await fixture.start();
    for (const value of ['on', 2, 1.5, 7n])
      expect(await outcome(fixture.write('fan', value))).toBe('rejected gpio.not-switch');
    expect(await outcome(fixture.write('fan', 1n))).toBe('written');
    expect(await outcome(fixture.write('door', true))).toBe('rejected gpio.not-output');
  });

  it('that is lost fails, and is driven again as it was', async () => {
    const fixture = gpioFixture({ tags: { fan: 'out 22' } });
    await fixture.start();
    await fixture.write('fan', true);
    fixture.pins.refusals.set(22, 'Device or resource busy');
    fixture.pins.lose(22);
    await fixture.clock.advance(millis(1));
    expect(await outcome(fixture.write('fan', false))).toBe('failed gpio.output-down');
    fixture.pins.refusals.clear();
    await fixture.clock.advance(seconds(1));
    expect(fixture.pins.history.at(-1)).toBe('22=1 @1000');
    expect([...new Set(fixture.news())]).toEqual(['fan=false', 'fan=true', 'fan=null bad:device']);
    expect(fixture.samples.at(-1)).toMatchObject({ value: true, quality: 'good' });
  });

  it('that is lost is taken again at once when somebody writes it', async () => {
    const fixture = gpioFixture({ tags: { fan: 'out 22' } });
    await fixture.start();
    fixture.pins.lose(22);
    await fixture.clock.advance(millis(1));
    expect(await outcome(fixture.write('fan', true))).toBe('written');
    expect(fixture.pins.driven.get(22)).toBe(true);
  });

  it('that does not follow leaves the outcome unknown', async () => {
    const fixture = gpioFixture({ tags: { fan: 'out 22' } });
    await fixture.start();
    fixture.pins.refusals.set(22, 'Input/output error');
    expect(await outcome(fixture.write('fan', true))).toBe('unknown gpio.output-down');
  });

  it('is switched in the order of the commands', async () => {
    const fixture = gpioFixture({ tags: { fan: 'out 22' } });
    await fixture.start();
    await Promise.all([true, false, true, true].map((value) => fixture.write('fan', value)));
    expect(fixture.pins.history.map((one) => one.split(' ')[0])).toEqual([
      '22=0',
      '22=1',
      '22=0',
      '22=1',
    ]);
  });

  it('is not written while it was never taken', async () => {
    const fixture = gpioFixture({ tags: { fan: 'out 22' } });
    fixture.pins.refusals.set(22, 'busy');
    await fixture.start();
    expect(await outcome(fixture.write('fan', true))).toBe('failed gpio.output-down');
  });
});
