import { describe, expect, it } from 'vitest';
import { type Departure, DrainPace } from '../../../gateway/forward/drain-pace.ts';
import { bytes, type MonoMs, monoMs } from '../../../gateway/model/units.ts';

const UNBOUND = { rate: undefined, perDay: undefined };

interface Line {
  /** Bytes per ms. */
  readonly rate: number;
  /** From the last byte sent to its answer, ms. */
  readonly delay: number;
  /** Each answer is so much later, at most, ms. */
  readonly jitter: number;
}

/** Five minutes of a line that takes a new message of so many bytes each second, and as much backlog as it is given. */
function drainOver({ rate, delay, jitter }: Line, size: number, pace = new DrainPace(UNBOUND)) {
  const [from, to] = [30_000, 330_000];
  const underWay: { readonly due: number; readonly departure: Departure }[] = [];
  const newTook: number[] = [];
  let [drained, free, seed] = [0, 0, 1];
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed / 2 ** 31;
  };
  const send = (isBacklog: boolean, now: number) => {
    free = Math.max(free, now) + size / rate;
    const departure = pace.departs(size, isBacklog, monoMs(now));
    underWay.push({ due: free + delay + random() * jitter, departure });
  };
  for (let now = 0; now < to; now++) {
    for (let head = underWay[0]; head && head.due <= now; head = underWay[0]) {
      underWay.shift();
      const { isBacklog, at } = head.departure;
      pace.answered(head.departure, monoMs(now));
      if (now < from) continue;
      if (isBacklog) drained += size;
      else newTook.push(now - at);
    }
    if (now % 1_000 === 0) send(false, now);
    while (pace.hasRoomFor(size) && pace.affordableFrom(monoMs(now)) <= now) send(true, now);
  }
  newTook.sort((a, b) => a - b);
  return {
    /** Of what the new leave. */
    used: drained / ((to - from) * rate - ((to - from) / 1_000) * size),
    newP99: newTook[Math.floor(newTook.length * 0.99)] as number,
    alone: size / rate + delay + jitter,
  };
}

describe('the pace of the backlog', () => {
  // 4 KB and 30 KB a second on lines that take twice and twenty times as much.
  it.each([
    [8, 2, 0, 4_000],
    [80, 2, 40, 4_000],
    [80, 20, 0, 4_000],
    [60, 2, 0, 30_000],
    [60, 20, 40, 30_000],
    [600, 2, 0, 30_000],
    [600, 20, 40, 30_000],
    [600, 20, 0, 30_000],
  ])(
    'uses %i bytes/ms with %i ms delay and %i ms jitter, and lets what is new through',
    (rate, delay, jitter, size) => {
      const { used, newP99, alone } = drainOver({ rate, delay, jitter }, size);
      expect(used).toBeGreaterThan(0.85);
      expect(newP99).toBeLessThan(2 * alone + 20);
    },
  );

  it.each([
    [80, 200, 0, 4_000],
    [600, 200, 40, 30_000],
    [80, 600, 40, 4_000],
    [600, 600, 0, 30_000],
    [60, 200, 40, 4_000],
  ])('fills a line over a satellite: %i bytes/ms with %i ms delay', (rate, delay, jitter, size) => {
    const { used, newP99, alone } = drainOver({ rate, delay, jitter }, size);
    expect(used).toBeGreaterThan(0.85);
    expect(newP99).toBeLessThan(1.5 * alone);
  });

  it('keeps to the rate it is given, whatever the line takes', () => {
    const pace = new DrainPace({ rate: bytes(10_000), perDay: undefined });
    const { used } = drainOver({ rate: 600, delay: 20, jitter: 0 }, 4_000, pace);
    expect(used * (600_000 - 4_000)).toBeCloseTo(10_000, -2);
  });

  it('keeps to what it is given for a day, from the first byte on', () => {
    const pace = new DrainPace({ rate: undefined, perDay: bytes(1_000) });
    const at = (hours: number): MonoMs => monoMs(hours * 3_600_000);
    const send = (hours: number) => pace.answered(pace.departs(600, true, at(hours)), at(hours));
    expect(pace.affordableFrom(at(1))).toBe(at(1));
    send(1);
    expect(pace.affordableFrom(at(2))).toBe(at(2));
    send(2);
    expect(pace.affordableFrom(at(3))).toBe(at(25));
    pace.departs(600, false, at(4));
    pace.lost();
    expect(pace.affordableFrom(at(4))).toBe(at(25));
    expect(pace.affordableFrom(at(25))).toBe(at(25));
    send(25);
    expect(pace.affordableFrom(at(26))).toBe(at(26));
  });

  it('forgets a lost line: one message at first', () => {
    const pace = new DrainPace(UNBOUND);
    for (let now = 0; now < 100; now++)
      pace.answered(pace.departs(1_000, true, monoMs(now)), monoMs(now + 1));
    pace.departs(1_000, true, monoMs(200));
    pace.lost();
    expect(pace.hasRoomFor(1_000)).toBe(true);
    pace.departs(1_000, true, monoMs(300));
    expect(pace.hasRoomFor(1_000)).toBe(false);
  });
});
