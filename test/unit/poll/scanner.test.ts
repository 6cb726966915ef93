import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Group, Outcome } from '../../../drivers/driver.ts';
import { type MonoMs, millis, monoMs, seconds } from '../../../gateway/model/units.ts';
import { isLate, nextDue, spreadPhases } from '../../../gateway/poll/scan-plan.ts';
import { Scanner } from '../../../gateway/poll/scanner.ts';
import type { ScanEntry, ScannedDevice } from '../../../gateway/poll/tracks.ts';

const TIMING = {
  baud: 9600,
  bitsPerCharacter: 10,
  character: millis(10 / 9.6),
  silence: millis(38.5 / 9.6),
};
const TURNAROUND = 10;
const group = (label: string, scanMs: number, replyBytes = 45): Group => ({
  label,
  scan: millis(scanMs),
  tags: [],
  cost: { requestBytes: 8, replyBytes },
});
const device = (name: string, groups: readonly Group[], patience = 500): ScannedDevice => ({
  name,
  unit: name,
  groups,
  patience: millis(patience),
  gap: millis(0),
  timing: TIMING,
  burst: 1,
});

/** Plays a bus in plain numbers: healthy units answer, dead ones cost their patience. */
function play(
  devices: readonly ScannedDevice[],
  dead: (name: string, now: number) => boolean,
  forMs: number,
  share = 0.05,
) {
  const scanner = new Scanner(devices, { silentShare: share, random: () => 0.5 }, monoMs(0));
  let now = 0;
  let silentMs = 0;
  let usefulMs = 0;
  const probes: number[] = [];
  const answers = new Map<string, number[]>();
  while (now < forMs) {
    const next = scanner.pick(monoMs(now));
    if (next.kind === 'idle') {
      now = Math.min(forMs, Math.max(next.until, now + 0.01));
      continue;
    }
    const [entry] = (next.kind === 'probe' ? [next.entry] : next.entries) as [ScanEntry];
    const silent = dead(entry.device.name, now);
    const wire =
      (8 + entry.group.cost.replyBytes) * TIMING.character + 2 * TIMING.silence + TURNAROUND;
    const patience = next.kind === 'probe' ? next.patience : entry.device.patience;
    const took = silent ? patience + 50 : wire;
    if (next.kind === 'probe') probes.push(now);
    if (silent) silentMs += took;
    else usefulMs += took;
    if (!silent) {
      const { label } = entry.group;
      answers.set(label, [...(answers.get(label) ?? []), now]);
    }
    const outcome: Outcome = silent ? 'silent' : 'answered';
    const turnaround = silent ? undefined : millis(TURNAROUND);
    scanner.finish(entry, { outcome, turnaround }, monoMs(now), monoMs(now + took));
    now += took;
  }
  return { scanner, silentMs, usefulMs, probes, answers };
}

const unit = (name: string, scanMs = 1000) => device(name, [group('holding 0..19', scanMs)]);
const countsOf = (scanner: Scanner, name: string) =>
  scanner.devices.find((one) => one.name === name)?.counts;

describe('deadlines', () => {
  it('never drift and are never made up for', () => {
    expect(nextDue(monoMs(100), millis(1000), monoMs(150))).toEqual({ due: 1100, overruns: 0 });
    expect(nextDue(monoMs(100), millis(1000), monoMs(1100))).toEqual({ due: 2100, overruns: 1 });
    expect(nextDue(monoMs(100), millis(1000), monoMs(5050))).toEqual({ due: 5100, overruns: 4 });
  });

  it('stay on their raster whatever happens', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 1e5 }),
        fc.nat(1e6),
        (due, period, lag) => {
          const next = nextDue(monoMs(due), millis(period), monoMs(due + lag));
          expect(next.due).toBeGreaterThan(due + lag);
          expect(next.due - (due + lag)).toBeLessThanOrEqual(period);
          expect((next.due - due) % period).toBe(0);
          expect(next.overruns).toBe((next.due - due) / period - 1);
        },
      ),
    );
  });

  it('are spread over the interval by device, in proportion to their cost', () => {
    const phases = spreadPhases(
      [
        [group('a', 1000), group('b', 5000)],
        [group('c', 1000), group('d', 1000)],
        [group('e', 1000)],
      ].map((groups) => ({ groups, timing: undefined })),
    );
    expect(phases).toEqual([0, 0, 250, 250, 750]);
  });

  it('count as late from half an interval on', () => {
    expect(isLate(millis(500), seconds(1))).toBe(false);
    expect(isLate(millis(501), seconds(1))).toBe(true);
  });
});

describe('a scanner', () => {
  it('polls each group once per interval when all answer', () => {
    const { scanner } = play([unit('a'), unit('b'), unit('c')], () => false, 60_000);
    for (const name of ['a', 'b', 'c'])
      expect(countsOf(scanner, name)).toMatchObject({ polls: 60, late: 0, overruns: 0 });
  });

  it('keeps every healthy unit on time beside a dead one', () => {
    const { scanner, probes } = play(
      [unit('a'), unit('b'), unit('c'), unit('dead')],
      (name) => name === 'dead',
      600_000,
    );
    for (const name of ['a', 'b', 'c']) {
      expect(countsOf(scanner, name)?.late).toBe(0);
      expect(countsOf(scanner, name)?.polls).toBeGreaterThanOrEqual(599);
    }
    expect(probes.length).toBeGreaterThan(8);
  });

  it('keeps the silent units together within their share of a full line', () => {
    const units = ['a', 'b', 'c', 'd', 'e', 'x', 'y', 'z'].map((name) => unit(name, 1));
    const { silentMs, probes } = play(units, (name) => 'xyz'.includes(name), 600_000);
    expect(silentMs / 600_000).toBeLessThan(0.056);
    expect(probes.length).toBeGreaterThan(20);
  });

  it('polls a unit that comes back at once with all its groups, due or not', () => {
    const groups = [group('fast', 1000), group('slow', 600_000)];
    const { answers } = play(
      [device('sleeper', groups)],
      (_name, now) => now > 5_000 && now < 90_000,
      200_000,
    );
    const returned = answers.get('fast')?.find((at) => at >= 90_000) ?? 0;
    expect(answers.get('slow')).toHaveLength(2);
    expect((answers.get('slow')?.[1] ?? 0) - returned).toBeLessThan(200);
  });

  it('serves fast and slow classes of a full line by deadline, not by luck', () => {
    const { scanner } = play([unit('fast', 200), unit('slow', 5000)], () => false, 60_000);
    expect(countsOf(scanner, 'fast')).toMatchObject({ late: 0 });
    expect(countsOf(scanner, 'slow')?.polls).toBe(12);
  });

  it('asks nobody when there is nothing to do', () => {
    const scanner = new Scanner([], { silentShare: 0.05, random: () => 0 }, monoMs(0));
    expect(scanner.pick(monoMs(0) as MonoMs)).toEqual({
      kind: 'idle',
      until: Number.POSITIVE_INFINITY,
    });
  });
});

describe('groups that are wanted whatever their scan class says', () => {
  const tag = (id: string) => ({ id }) as unknown as Group['tags'][number];
  const meters = ['a', 'b', 'c'].map((name) =>
    device(name, [{ ...group(name, 86_400_000), tags: [tag(`${name}.total`)] }]),
  );
  const neighbour = device('press', [{ ...group('press', 1_000), tags: [tag('press.oil')] }]);

  /** The order in which they go out, each of them answering at once. */
  function order(rank: 'first' | 'in-turn'): string[] {
    const options = { silentShare: 0.05, random: () => 0.5 };
    const scanner = new Scanner([...meters, neighbour], options, monoMs(0));
    const take = (now: number): string | undefined => {
      const next = scanner.pick(monoMs(now));
      if (next.kind === 'idle') return undefined;
      const [entry] = (next.kind === 'probe' ? [next.entry] : next.entries) as [ScanEntry];
      const answered = { outcome: 'answered', turnaround: millis(1) } as const;
      scanner.finish(entry, answered, monoMs(now), monoMs(now));
      return entry.group.label;
    };
    for (let now = 0; now < 172_800_000; now += 3_600_000) while (take(now) !== undefined);
    const now = 172_800_000 + 5_000;
    for (const { groups } of meters)
      for (const { tags } of groups)
        scanner.want(tags[0]?.id as never, rank === 'first' ? undefined : monoMs(now));
    return [take(now), take(now), take(now), take(now)].flatMap((label) => label ?? []);
  }

  it('go before what was due where somebody waits for them', () => {
    expect(order('first').at(-1)).toBe('press');
  });

  it('go behind what was due, and all at once, where a rule asks for them', () => {
    expect(order('in-turn')).toEqual(['press', 'a', 'b', 'c']);
  });
});
