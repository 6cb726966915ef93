/** What every way to the pins promises, the simulated one included. */
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ChipInfo, GpioBackend } from '../../drivers/gpio/backend.ts';
import { gpiodBackend } from '../../drivers/gpio/gpiod-backend.ts';
import { simulatedBackend } from '../../drivers/gpio/simulated-backend.ts';
import { sysfsBackend } from '../../drivers/gpio/sysfs-backend.ts';
import { type GpioBoard, startGpioBoard } from '../../firmware-sim/gpio-board.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { disposals } from '../support/disposals.ts';
import { fakeGpiod } from '../support/fake-gpiod.ts';
import { fakeSysfs } from '../support/fake-sysfs.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { until } from '../support/waiting.ts';

const clock = systemClock();
const keep = disposals();
const forever = new AbortController().signal;

/** A board as the test sees it: 28 lines, of which 0 has no name and the others are called GPIO17 and so on. */
interface Bench {
  make(chip?: string): GpioBackend;
  move(offset: number, isHigh: boolean): void;
  driven(offset: number): boolean | undefined;
  occupy(offset: number, isBusy: boolean): void;
  /** The line is taken away; undefined where that cannot happen. */
  lose?: (offset: number) => void;
  readonly label: string;
  /** Whether an output is given back by `release` and `close`. */
  readonly letsGo: boolean;
}

const simulatedBench = (isJoined: boolean) => async (): Promise<Bench> => {
  const path = join(temporaryDirectory(), 'board');
  const lines = [0, 17, 22, 27].map((offset) => ({
    offset,
    ...(offset > 0 && { name: `GPIO${offset}` }),
  }));
  const named = { name: 'gpiochip0', label: 'pinctrl-fake', lines };
  const setting = isJoined ? named : { ...named, path };
  const board: GpioBoard = keep(await startGpioBoard(setting, clock), (one) => one.stop());
  return {
    make: () => simulatedBackend(path, clock, undefined, isJoined ? () => board.join() : undefined),
    move: (offset, isHigh) => board.move(offset, isHigh),
    driven: (offset) => board.driven(offset),
    occupy: (offset, isBusy) => board.refuse(offset, isBusy ? 'busy' : undefined),
    lose: (offset) => board.lose(offset),
    label: 'pinctrl-fake',
    letsGo: true,
  };
};

const gpiodBench = (version: '1.6.3' | '2.2.1') => async (): Promise<Bench> => {
  const tools = fakeGpiod(version);
  const { environment } = tools;
  return {
    make: (chip) => gpiodBackend({ chip, clock, environment }),
    move: tools.move,
    driven: tools.driven,
    occupy: tools.occupy,
    lose: tools.kill,
    label: 'pinctrl-fake',
    letsGo: true,
  };
};

async function sysfsBench(): Promise<Bench> {
  const fake = fakeSysfs();
  return {
    make: (chip) => sysfsBackend({ chip, clock, sys: fake.root, load: async () => fake.open }),
    move: fake.move,
    driven: fake.driven,
    occupy: fake.occupy,
    label: 'pinctrl-fake',
    letsGo: false,
  };
}

const BENCHES = {
  simulated: simulatedBench(false),
  'simulated, joined': simulatedBench(true),
  'gpiod 1': gpiodBench('1.6.3'),
  'gpiod 2': gpiodBench('2.2.1'),
  sysfs: sysfsBench,
};

interface Heard {
  readonly levels: boolean[];
  readonly times: number[];
  readonly losses: string[];
  edge(isHigh: boolean, at: number): void;
  lost(error: Error): void;
}

function listener(): Heard {
  const heard: Heard = {
    levels: [],
    times: [],
    losses: [],
    edge: (isHigh, at) => {
      heard.levels.push(isHigh);
      heard.times.push(at);
    },
    lost: (error) => heard.losses.push(error.message),
  };
  return heard;
}

describe.each(Object.entries(BENCHES))('the pins by %s', (_name, benchOf) => {
  let bench: Bench;
  const open = async (chip?: string): Promise<{ pins: GpioBackend; info: ChipInfo }> => {
    bench ??= await benchOf();
    const pins = keep(bench.make(chip), (one) => one.close());
    return { pins, info: await pins.open(forever) };
  };
  afterEach(() => {
    bench = undefined as never;
  });

  it('know their chip and its lines', async () => {
    const { info } = await open();
    expect([info.name, info.label]).toEqual(['gpiochip0', bench.label]);
    expect(info.lines.find(({ offset }) => offset === 17)?.name).toBe('GPIO17');
    expect(info.lines.find(({ offset }) => offset === 0)?.name).toBeUndefined();
  });

  it('give the level of an input, and then its edges with their times', async () => {
    const { pins } = await open();
    bench.move(17, true);
    const heard = listener();
    expect(await pins.input(17, 'none', heard)).toBe(true);
    const before = clock.mono();
    for (const isHigh of [false, true, false]) {
      bench.move(17, isHigh);
      await until('the edge', () => heard.levels.at(-1) === isHigh);
    }
    expect(heard.levels).toEqual([false, true, false]);
    expect(heard.times).toEqual(heard.times.toSorted((a, b) => a - b));
    expect(heard.times[0]).toBeGreaterThan(before - 5);
    expect(heard.times[2]).toBeLessThanOrEqual(clock.mono());
    expect(heard.losses).toEqual([]);
  });

  it('stay open when what called off their opening comes too late', async () => {
    bench ??= await benchOf();
    const pins = keep(bench.make(), (one) => one.close());
    const stop = new AbortController();
    await pins.open(stop.signal);
    await pins.output(22, false, () => expect.fail('it is not lost'));
    stop.abort();
    await pins.set(22, true);
    expect(bench.driven(22)).toBe(true);
  });

  it('tell two inputs apart', async () => {
    const { pins } = await open();
    const [one, other] = [listener(), listener()];
    await pins.input(17, 'none', one);
    await pins.input(27, 'none', other);
    bench.move(27, true);
    await until('the edge', () => other.levels.length > 0);
    expect([one.levels, other.levels]).toEqual([[], [true]]);
  });

  it('drive an output and switch it', async () => {
    const { pins } = await open();
    await pins.output(22, true, () => {});
    await until('the output', () => bench.driven(22) === true);
    for (const isHigh of [false, true, true, false]) {
      await pins.set(22, isHigh);
      await until('the switch', () => bench.driven(22) === isHigh);
    }
  });

  it('refuse a line that belongs to somebody else, and take it when it is free', async () => {
    const { pins } = await open();
    bench.occupy(17, true);
    bench.occupy(22, true);
    await expect(pins.input(17, 'none', listener())).rejects.toThrow('[gpio.line-refused]');
    await expect(pins.output(22, true, () => {})).rejects.toThrow('[gpio.line-refused]');
    bench.occupy(17, false);
    bench.occupy(22, false);
    expect(await pins.input(17, 'none', listener())).toBe(false);
    await pins.output(22, true, () => {});
    expect(bench.driven(22)).toBe(true);
  });

  it('tell a level without taking the line, where they can', async () => {
    const { pins } = await open();
    const level = await pins.peek(22);
    expect(bench.driven(22)).toBeUndefined();
    await pins.output(22, true, () => {});
    await pins.release(22);
    expect([false, undefined]).toContain(level);
  });

  it('do not switch what was not taken', async () => {
    const { pins } = await open();
    await expect((async () => pins.set(22, true))()).rejects.toThrow('[gpio.line-refused]');
    expect(bench.driven(22)).toBeUndefined();
  });

  it('give a line back, and take it again', async () => {
    const { pins } = await open();
    const heard = listener();
    await pins.input(17, 'none', heard);
    await pins.release(17);
    await pins.release(17);
    bench.move(17, true);
    const again = listener();
    expect(await pins.input(17, 'none', again)).toBe(true);
    bench.move(17, false);
    await until('the edge', () => again.levels.length > 0);
    expect([heard.levels, heard.losses]).toEqual([[], []]);
  });

  it('let go of everything when they are closed, twice at will', async () => {
    const { pins } = await open();
    const heard = listener();
    await pins.input(17, 'none', heard);
    await pins.output(22, true, () => expect.fail('not lost but given back'));
    await pins.close();
    await pins.close();
    expect(heard.losses).toEqual([]);
    expect(bench.driven(22)).toBe(bench.letsGo ? undefined : true);
    const { pins: next } = await open();
    await next.input(17, 'none', listener());
    await next.output(22, false, () => {});
    expect(bench.driven(22)).toBe(false);
  });

  it('say once that a line was taken away, and leave the others alone', async () => {
    const { pins } = await open();
    if (!bench.lose) return;
    const [heard, other] = [listener(), listener()];
    const lost: string[] = [];
    await pins.input(17, 'none', heard);
    await pins.input(27, 'none', other);
    await pins.output(22, true, ({ message }) => lost.push(message));
    bench.lose(17);
    bench.lose(22);
    await until('the losses', () => heard.losses.length > 0 && lost.length > 0);
    expect([...heard.losses, ...lost].filter((one) => !one.includes('[gpio.line-lost]'))).toEqual(
      [],
    );
    await expect((async () => pins.set(22, false))()).rejects.toThrow('[gpio.line-refused]');
    bench.move(27, true);
    await until('the edge of the other', () => other.levels.length > 0);
    await pins.input(17, 'none', heard);
    await pins.output(22, false, () => {});
    expect([heard.losses.length, lost.length, bench.driven(22)]).toEqual([1, 1, false]);
  });
});
