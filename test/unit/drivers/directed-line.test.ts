import { describe, expect, it } from 'vitest';
import { directionPin } from '../../../drivers/gpio/direction-pin.ts';
import { type DirectionPin, directedLine } from '../../../drivers/line/directed-line.ts';
import { serialTiming } from '../../../drivers/line/serial-timing.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { later, type Millis, millis } from '../../../gateway/model/units.ts';
import { type ScriptedLine, scriptedLine } from '../../support/scripted-line.ts';
import { scriptedPins } from '../../support/scripted-pins.ts';
import { until } from '../../support/waiting.ts';

/** 1.0416 ms a character. */
const TIMING = serialTiming({ baud: 9600, format: '8N1' });
const TEN = new Uint8Array(10);

interface Setup {
  readonly clock: VirtualClock;
  readonly line: ScriptedLine;
  readonly directed: ReturnType<typeof directedLine>;
  /** `1 @0.0`, oldest first; what was written stands between. */
  readonly history: string[];
}

/** A pin that takes `rising` to be switched; undefined: at once. */
function setup(rising?: Millis): Setup {
  const clock = virtualClock();
  const history: string[] = [];
  const line = scriptedLine(clock, TIMING);
  const logged = {
    ...line,
    get isOpen() {
      return line.isOpen;
    },
    get timing() {
      return line.timing;
    },
    write(bytes: Uint8Array) {
      history.push(`${bytes.length} bytes @${clock.mono().toFixed(1)}`);
      line.write(bytes);
    },
  };
  const switched = (isHigh: boolean) =>
    void history.push(`${isHigh ? 1 : 0} @${clock.mono().toFixed(1)}`);
  const pin: DirectionPin = {
    open: async () => {},
    close: async () => {},
    set(isHigh) {
      if (rising === undefined) {
        switched(isHigh);
        return undefined;
      }
      return new Promise((resolve) => {
        clock.at('pin', later(clock.mono(), rising), () => {
          switched(isHigh);
          resolve();
        });
      });
    },
  };
  return { clock, line, directed: directedLine(logged, pin, clock), history };
}

describe('a line with a direction pin', () => {
  it('raises it before the first byte and lowers it at the end of the last', async () => {
    const { clock, directed, history } = setup();
    directed.write(TEN);
    expect(history).toEqual(['1 @0.0', '10 bytes @0.0']);
    await clock.advance(millis(10.4));
    expect(history).toHaveLength(2);
    await clock.advance(millis(0.1));
    expect(history[2]).toBe('0 @10.4');
    expect(clock.pending()).toEqual([]);
  });

  it('stays high between pieces of one frame', async () => {
    const { clock, directed, history } = setup();
    directed.write(TEN);
    await clock.advance(millis(5));
    directed.write(TEN);
    await clock.advance(millis(30));
    expect(history).toEqual(['1 @0.0', '10 bytes @0.0', '10 bytes @5.0', '0 @20.8']);
  });

  it('is not kept high by what comes back', async () => {
    const { clock, directed, line, history } = setup();
    directed.listen({ data() {}, closed() {} });
    directed.write(TEN);
    await clock.advance(millis(10));
    line.arrive(new Uint8Array(3));
    await clock.advance(millis(1));
    expect(history.at(-1)).toBe('0 @10.4');
  });

  it('sends only when a slow pin is up, in order, and is busy meanwhile', async () => {
    const { clock, directed, history } = setup(millis(2));
    directed.write(TEN);
    directed.write(new Uint8Array(2));
    expect(history).toEqual([]);
    expect(directed.busyUntil()).toBeCloseTo(12.5, 1);
    await clock.advance(millis(30));
    expect(history).toEqual(['1 @2.0', '10 bytes @2.0', '2 bytes @2.0', '0 @16.5']);
    expect(directed.busyUntil()).toBeCloseTo(14.5, 1);
  });

  it('sends one frame after the other', async () => {
    const { clock, directed, history } = setup(millis(1));
    for (let n = 0; n < 2; n++) {
      directed.write(TEN);
      await clock.advance(millis(50));
    }
    expect(history).toEqual([
      '1 @1.0',
      '10 bytes @1.0',
      '0 @12.4',
      '1 @51.0',
      '10 bytes @51.0',
      '0 @62.4',
    ]);
  });
});

describe('the pin of a chip as a direction pin', () => {
  const open = async () => {
    const clock = virtualClock();
    const pins = scriptedPins(clock);
    const make = async () => pins;
    const pin = directionPin({ chip: 'gpiochip0', line: 'GPIO18' }, clock, make);
    const line = scriptedLine(clock, TIMING);
    await line.close();
    return { clock, pins, pin, line, directed: directedLine(line, pin, clock) };
  };
  const never = new AbortController().signal;

  it('is low from the opening on, and low when the line is closed', async () => {
    const { clock, pins, directed } = await open();
    await directed.connect(never);
    await directed.connect(never);
    expect(pins.history).toEqual(['18=0 @0']);
    directed.write(TEN);
    await clock.advance(millis(5));
    await directed.close();
    expect(pins.history.map((one) => one.slice(0, 4))).toEqual(['18=0', '18=1', '18=0']);
    expect(pins.isClosed).toBe(true);
  });

  it('that cannot be had keeps the line from opening', async () => {
    const { pins, directed, line } = await open();
    pins.refusals.set(18, 'Device or resource busy');
    await expect(directed.connect(never)).rejects.toThrow('[gpio.line-refused]');
    expect(line.isOpen).toBe(false);
    pins.refusals.clear();
    await directed.connect(never);
    expect(line.isOpen).toBe(true);
  });

  it('that is lost takes the line with it, and both come back', async () => {
    const { pins, directed, line } = await open();
    await directed.connect(never);
    const losses: string[] = [];
    directed.listen({ data() {}, closed: ({ message }) => losses.push(message) });
    pins.lose(18);
    await Promise.resolve();
    expect(() => directed.write(TEN)).toThrow('[gpio.line-lost]');
    await until('the loss', () => losses.length > 0);
    expect([line.isOpen, losses.length]).toEqual([false, 1]);
    await directed.close();
    await directed.connect(never);
    directed.write(TEN);
    await Promise.resolve();
    expect([pins.driven.get(18), line.written.length]).toEqual([true, 1]);
  });

  it('that takes too long to switch is refused', async () => {
    const clock = virtualClock();
    const pins = { ...scriptedPins(clock), switching: millis(20), name: 'gpiod 1' };
    const pin = directionPin({ chip: 'gpiochip0', line: 18 }, clock, async () => pins);
    await expect(pin.open()).rejects.toThrow(
      /takes 20 ms to switch by gpiod 1.*\[gpio.direction-slow\]/,
    );
  });

  it('is a line that the chip has', async () => {
    const clock = virtualClock();
    const pin = directionPin({ chip: 'gpiochip0', line: 99 }, clock, async () =>
      scriptedPins(clock),
    );
    await expect(pin.open()).rejects.toThrow('[gpio.line-unknown]');
  });
});
