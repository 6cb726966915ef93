import { describe, expect, it } from 'vitest';
import { type Departure, DrainPace } from '../../../gateway/forward/drain-pace.ts';
import { seededRandom } from '../../../gateway/host/random.ts';
import { monoMs } from '../../../gateway/model/units.ts';
import { percentile } from '../../bench/figure.ts';

interface Line {
  /** Bytes per ms, at each time. */
  readonly rate: number | ((ms: number) => number);
  /** There and back, ms. */
  readonly delay: number;
  /** Each way takes so much longer at most, ms; the order stays. */
  readonly jitter: number;
  /** What is new: so many bytes, each so many ms. */
  readonly every: number;
  readonly size: number;
  /** A message of the backlog, where it has fewer bytes or more: zstd makes less of what changed less. */
  readonly oldSize?: number;
  /** So many bytes pass at once after a while in which nothing did (a token bucket). */
  readonly burst?: number;
  /** Small messages now and then. */
  readonly hasWatermarks?: boolean;
  /** The broker keeps answers back until the one before has arrived (RFC 896), as Mosquitto does. */
  readonly keepsBack?: boolean;
}

interface Travelling {
  readonly departure: Departure;
  left: number;
}

/** So long of a line that takes what is new, and as much backlog as it is given if there is one. */
function overLine(
  line: Line,
  hasBacklog = true,
  pace = new DrainPace(),
  [from, to]: readonly [number, number] = MINUTES,
  seed = 1,
) {
  const { delay, jitter, every, size, oldSize = size, burst = 0, hasWatermarks, keepsBack } = line;
  const rateAt = typeof line.rate === 'number' ? () => line.rate as number : line.rate;
  const random = seededRandom(seed);
  const [queue, there, back]: [Travelling[], Due[], Due[]] = [[], [], []];
  const took: number[] = [];
  let [drained, takes, fresh, freeFrom, credit] = [0, 0, 0, 0, 0];
  let kept: Departure[] = [];
  const travel = (way: Due[], now: number, departures: readonly Departure[]) => {
    const due = now + delay / 2 + random() * jitter;
    way.push({ due: Math.max(due, way.at(-1)?.due ?? 0), departures });
  };
  const arrived = (way: Due[], now: number) => {
    const late = way.findIndex(({ due }) => due > now);
    return way.splice(0, late < 0 ? way.length : late).flatMap(({ departures }) => departures);
  };
  const send = (bytes: number, isBacklog: boolean, now: number) =>
    queue.push({ departure: pace.departs(bytes, isBacklog, monoMs(now)), left: bytes });
  for (let now = 1; now < to; now++) {
    const isCounted = now >= from;
    const rate = rateAt(now);
    credit = Math.min(credit + rate, Math.max(burst, rate));
    if (isCounted) takes += rate;
    for (let head = queue[0]; head && credit > 0; head = queue[0]) {
      const part = Math.min(credit, head.left);
      credit -= part;
      head.left -= part;
      if (head.left > 1e-9) break;
      queue.shift();
      travel(there, now, [head.departure]);
    }
    for (const departure of arrived(there, now)) {
      kept.push(departure);
      if (isCounted && departure.isBacklog) drained += departure.bytes;
      else if (isCounted) took.push(now - departure.at);
    }
    if (kept.length > 0 && (!keepsBack || now >= freeFrom)) {
      travel(back, now, kept);
      freeFrom = (back.at(-1)?.due ?? now) + delay / 2;
      kept = [];
    }
    for (const departure of arrived(back, now)) pace.answered(departure, monoMs(now));
    if (now % every === 0) {
      send(size, false, now);
      if (isCounted) fresh += size;
    }
    if (hasWatermarks && now % WATERMARK_EVERY === 0) {
      send(WATERMARK_BYTES, false, now);
      if (isCounted) fresh += WATERMARK_BYTES;
    }
    while (hasBacklog && pace.hasRoom() && pace.affordableFrom(monoMs(now)) <= now)
      send(oldSize, true, now);
  }
  return { used: drained / (takes - fresh), drained, p99: percentile(took, 99) };
}

interface Due {
  readonly due: number;
  readonly departures: readonly Departure[];
}

const WATERMARK_EVERY = 5_000;
const WATERMARK_BYTES = 230;
const MINUTES = [20_000, 140_000] as const;
/** Past several measurements of the delay. */
const LONG = [20_000, 320_000] as const;
const SEEDS = [1, 2, 3, 4, 5, 6];
/** Until a sample leaves, with the shortest loss window: part of its delivery, with a backlog and without. */
const STORED_MS = 100;

describe('the pace of the backlog', () => {
  it.each([
    ['twice what is new, over a land line', 8, 2, 0, 1_000, 4_000],
    ['twenty times, over a land line', 80, 2, 20, 1_000, 4_000],
    ['the same with a delay', 80, 20, 0, 1_000, 4_000],
    ['large messages', 60, 2, 0, 1_000, 30_000],
    ['large messages, twenty times', 600, 2, 0, 1_000, 30_000],
    ['large messages, twenty times, with a delay', 600, 20, 20, 1_000, 30_000],
    ['over radio, twice', 49, 70, 10, 100, 2_400],
    ['over radio, twenty times', 490, 70, 10, 100, 2_400],
    ['small messages over radio, twice', 17, 70, 10, 100, 850],
    ['small messages over radio, twenty times', 170, 70, 10, 100, 850],
    ['over a satellite, twenty times', 80, 600, 20, 1_000, 4_000],
    ['large messages over a satellite', 600, 600, 0, 1_000, 30_000],
  ])('fills the line and lets what is new through: %s', (_, rate, delay, jitter, every, size) => {
    for (const keepsBack of delay < 600 ? [false, true] : [false]) {
      const line = { rate, delay, jitter, every, size, keepsBack };
      const { used, p99 } = overLine(line);
      const alone = overLine(line, false).p99;
      expect(used).toBeGreaterThan(0.85);
      expect(p99 + STORED_MS).toBeLessThan(2 * (alone + STORED_MS));
    }
  });

  it.each([
    ['smaller', 17, 770, 430],
    ['smaller, twenty times', 170, 770, 430],
    ['larger, twenty times', 490, 2_400, 8_000],
  ])('does not take one size of messages for the other: those of the backlog are %s', (...row) => {
    const [, rate, size, oldSize] = row;
    for (const burst of [0, 3_100])
      for (const seed of SEEDS) {
        const way = { rate, delay: 60, jitter: 10, burst, keepsBack: true };
        const line = { ...way, every: 100, size, oldSize, hasWatermarks: true };
        const { used } = overLine(line, true, new DrainPace(), LONG, seed);
        expect(used).toBeGreaterThan(0.9);
      }
  });

  it('does not count the message of a measurement as what the line took behind it', () => {
    const large = { rate: 60, delay: 2, jitter: 0, every: 1_000, size: 30_000 };
    const line = { ...large, hasWatermarks: true };
    const alone = overLine(line, false).p99;
    expect(overLine(line).p99 + STORED_MS).toBeLessThan(2 * (alone + STORED_MS));
  });

  it('follows a line that falls to a third and rises again within seconds', () => {
    const rate = (ms: number) => (ms > 60_000 && ms < 80_000 ? 163 : 490);
    const line = { rate, delay: 70, jitter: 10, every: 100, size: 2_400, keepsBack: true };
    const seen = (from: number, to: number) =>
      SEEDS.map((seed) => overLine(line, true, new DrainPace(), [from, to], seed));
    const usedOf = (runs: readonly { readonly used: number }[]) =>
      runs.reduce((sum, { used }) => sum + used, 0) / runs.length;
    const fallen = seen(64_000, 80_000);
    for (const { p99 } of fallen) expect(p99).toBeLessThan(300);
    expect(usedOf(fallen)).toBeGreaterThan(0.85);
    for (const { used } of seen(84_000, 100_000)) expect(used).toBeGreaterThan(0.85);
  });

  it('keeps to the rate it is given, whatever the line takes', () => {
    const pace = new DrainPace(10_000);
    const line = { rate: 600, delay: 20, jitter: 0, every: 1_000, size: 4_000 };
    const [from, to] = MINUTES;
    expect((overLine(line, true, pace).drained * 1_000) / (to - from)).toBeCloseTo(10_000, -2);
  });

  it('spends what it is given for a day on the backlog alone, and looks for the next one every minute', () => {
    let left = 1_000;
    const day = {
      isSpent: () => left <= 0,
      spend(bytes: number) {
        left -= bytes;
      },
    };
    const pace = new DrainPace(undefined, day);
    pace.departs(5_000, false, monoMs(0));
    pace.departs(600, true, monoMs(0));
    expect(pace.affordableFrom(monoMs(1))).toBe(1);
    pace.departs(600, true, monoMs(1));
    pace.lost();
    expect([left, pace.affordableFrom(monoMs(2))]).toEqual([-200, 60_002]);
    left = 1_000;
    expect(pace.affordableFrom(monoMs(3))).toBe(3);
  });

  it('forgets a lost line: one message at first', () => {
    const pace = new DrainPace();
    for (let now = 0; now < 100; now++)
      pace.answered(pace.departs(1_000, true, monoMs(now)), monoMs(now + 1));
    pace.departs(1_000, true, monoMs(200));
    pace.lost();
    expect(pace.hasRoom()).toBe(true);
    pace.departs(1_000, true, monoMs(300));
    expect(pace.hasRoom()).toBe(false);
  });
});
