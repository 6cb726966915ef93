import { describe, expect, test } from 'vitest';
import {
  fittingSize,
  type SpaceFacts,
  type SpaceLevel,
  spacePlan,
  spaceVerdict,
} from '../../../gateway/journal/space/free-space.ts';
import { bytes } from '../../../gateway/model/units.ts';

const MIB = 2 ** 20;
const plan = spacePlan(bytes(64 * MIB), bytes(1024 * MIB));

const verdict = (facts: Partial<SpaceFacts>, before: SpaceLevel = 'enough') =>
  spaceVerdict(
    plan,
    {
      free: bytes(100 * MIB),
      file: bytes(10 * MIB),
      wal: bytes(MIB),
      ballast: bytes(2 * MIB),
      pages: bytes(10 * MIB),
      isRefused: false,
      ...facts,
    },
    before,
  );

describe('the plan of a journal', () => {
  test('keeps room for the WAL and a transaction below the configured size', () => {
    expect(plan).toEqual({
      capacity: 62 * MIB,
      wal: MIB,
      transaction: MIB,
      ballast: 2 * MIB,
    });
  });

  test.each([2, 8, 32, 128])('fits a volume of %d MiB of its own', (size) => {
    const small = spacePlan(bytes(1e9), bytes(size * MIB));
    const { wal, transaction, ballast } = small;
    const fitting = fittingSize(small, bytes(size * MIB));
    expect(fitting + wal + transaction + ballast).toBeLessThanOrEqual(size * MIB);
    expect(fitting).toBeGreaterThan(size * MIB * 0.7);
  });
});

describe('the room on the disk', () => {
  test('is enough while the journal can grow as it may', () => {
    expect(verdict({})).toEqual({
      level: 'enough',
      cap: plan.capacity,
      missing: 0,
      ballast: 'keep',
    });
  });

  test('is low when others have taken some of it: the page limit is what is left', () => {
    const { level, cap, missing, ballast } = verdict({ free: bytes(20 * MIB) });
    expect([level, ballast]).toEqual(['low', 'keep']);
    expect(cap).toBeLessThan(30 * MIB);
    expect(cap).toBeGreaterThan(25 * MIB);
    expect(cap + missing).toBe(plan.capacity);
    expect(cap % 512).toBe(0);
  });

  test('has a page limit that is never below what the file has, which it cannot give back', () => {
    expect(verdict({ free: bytes(3 * MIB), pages: bytes(12 * MIB) }).cap).toBe(12 * MIB);
  });

  test('is critical when the next commits may find none: the ballast goes, the file stays as it is', () => {
    const free = bytes(MIB - 1);
    expect(verdict({ free })).toMatchObject({
      ...{ level: 'critical', cap: 10 * MIB, ballast: 'give-up' },
    });
    expect(verdict({ free, ballast: bytes(0) }).ballast).toBe('keep');
    expect(verdict({ isRefused: true }).level).toBe('critical');
  });

  test('is not critical any more only when there is room for the ballast twice', () => {
    const gone = { ballast: bytes(0) };
    const critical = verdict({ ...gone, free: bytes(4 * MIB) }, 'critical');
    expect(critical).toMatchObject({ level: 'critical', ballast: 'keep' });
    const over = verdict({ ...gone, free: bytes(5 * MIB) }, 'critical');
    expect(over).toMatchObject({ level: 'low', ballast: 'make' });
    expect(verdict({ ...gone, free: bytes(4 * MIB) }).level).toBe('low');
  });

  test('that comes back lifts the page limit', () => {
    expect(verdict({ ballast: bytes(0) }, 'critical')).toEqual({
      ...{ level: 'enough', cap: plan.capacity, missing: 0, ballast: 'make' },
    });
  });
});
