import { describe, expect, it } from 'vitest';
import { later, millis, monoMs, seconds } from '../../../gateway/model/units.ts';
import {
  afterRequest,
  type DeviceLink,
  MISSES_UNTIL_DOWN,
  newLink,
  PROBE_BACKOFF,
} from '../../../gateway/poll/device-link.ts';

const T0 = monoMs(0);
const PATIENCE = millis(500);
const GAP = millis(30);
const noJitter = () => 1;
const next = (link: DeviceLink, outcome: 'answered' | 'silent' | 'garbled', now = T0) =>
  afterRequest(link, outcome, now, { patience: PATIENCE, gap: GAP }, noJitter);

describe('a device link', () => {
  it('goes down at the first miss of a device that never answered', () => {
    expect(next(newLink(T0), 'silent').state).toBe('down');
  });

  it('gives a proven device three misses', () => {
    let link = next(newLink(T0), 'answered');
    for (let miss = 1; miss < MISSES_UNTIL_DOWN; miss++) {
      link = next(link, 'silent');
      expect(link.state).toBe('up');
    }
    expect(next(link, 'silent').state).toBe('down');
  });

  it('is more patient with one that answers, but damaged', () => {
    let link = next(newLink(T0), 'answered');
    for (let miss = 1; miss < 2 * MISSES_UNTIL_DOWN; miss++) {
      link = next(link, 'garbled');
      expect(link.state).toBe('up');
    }
    expect(next(link, 'garbled').state).toBe('down');
  });

  it('leaves a unit in peace for its gap after an answer', () => {
    expect(next(newLink(T0), 'answered', monoMs(1000))).toMatchObject({ quietUntil: 1030 });
  });

  it('forgets misses with one answer', () => {
    let link = next(newLink(T0), 'answered');
    link = next(next(link, 'silent'), 'silent');
    link = next(link, 'answered');
    expect(link).toMatchObject({ state: 'up', misses: 0 });
  });

  it('leaves a unit in peace for its time-out after a miss', () => {
    const link = next(next(newLink(T0), 'answered'), 'silent', monoMs(1000));
    expect(link).toMatchObject({ quietUntil: 1500 });
  });

  it('doubles the distance of probes up to the longest', () => {
    let link = next(newLink(T0), 'silent');
    const distances: number[] = [];
    for (let probe = 0; probe < 10 && link.state === 'down'; probe++) {
      distances.push(link.probeAt);
      link = next(link, 'silent', T0);
    }
    expect(distances.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
    expect(distances.at(-1)).toBe(PROBE_BACKOFF.longest);
  });

  it('comes up with one answer to a probe, and remembers since when', () => {
    const down = next(newLink(T0), 'silent');
    const up = next(down, 'answered', later(T0, seconds(30)));
    expect(up).toMatchObject({ state: 'up', since: 30_000, proven: true });
  });
});
