import { describe, expect, it } from 'vitest';
import { Zone } from '../../../../gateway/forward/hj212/zone.ts';
import { minutes, utcMs } from '../../../../gateway/model/units.ts';

const shanghai = new Zone('Asia/Shanghai');
const berlin = new Zone('Europe/Berlin');
const utc = (text: string) => utcMs(Date.parse(text));
const TEN = minutes(10);

describe('the time of a site', () => {
  it('stamps in the zone, with milliseconds in a request id', () => {
    expect(shanghai.stamp(utc('2024-11-15T00:30:00.001Z'))).toBe('20241115083000');
    expect(shanghai.stamp(utc('2024-11-15T00:30:00.001Z'), true)).toBe('20241115083000001');
  });

  it('reads a stamp back, and nothing that is none', () => {
    expect(shanghai.moment('20241115083000')).toBe(utc('2024-11-15T00:30:00Z'));
    for (const wrong of ['2024111508300', '20241315083000', '20240230000000', '20241115246000', ''])
      expect(shanghai.moment(wrong)).toBeUndefined();
  });

  it('begins days, hours and minutes where the clock on the wall does', () => {
    const midnight = utc('2024-11-14T16:00:00Z');
    expect(shanghai.isBoundary('day', midnight, TEN)).toBe(true);
    expect(shanghai.isBoundary('day', utc('2024-11-14T00:00:00Z'), TEN)).toBe(false);
    expect(shanghai.startOf('day', utc('2024-11-15T15:59:59Z'), TEN)).toBe(midnight);
    expect(shanghai.startOf('hour', utc('2024-11-15T15:59:59Z'), TEN)).toBe(
      utc('2024-11-15T15:00:00Z'),
    );
    expect(shanghai.startOf('minute', utc('2024-11-15T15:59:59Z'), TEN)).toBe(
      utc('2024-11-15T15:50:00Z'),
    );
    const kathmandu = new Zone('Asia/Kathmandu');
    expect(kathmandu.isBoundary('hour', utc('2024-11-15T00:15:00Z'), TEN)).toBe(true);
  });

  it('has days of 23 and 25 hours where the clock is moved, and reads the hour that comes twice as the first', () => {
    const spring = berlin.startOf('day', utc('2025-03-30T12:00:00Z'), TEN);
    expect(berlin.startOf('day', utc('2025-03-31T12:00:00Z'), TEN) - spring).toBe(23 * 3_600_000);
    const autumn = berlin.startOf('day', utc('2025-10-26T12:00:00Z'), TEN);
    expect(berlin.startOf('day', utc('2025-10-27T12:00:00Z'), TEN) - autumn).toBe(25 * 3_600_000);
    expect(berlin.moment('20251026023000')).toBe(utc('2025-10-26T00:30:00Z'));
    expect(berlin.moment('20251026013000')).toBe(utc('2025-10-25T23:30:00Z'));
    expect(berlin.moment('20250330033000')).toBe(utc('2025-03-30T01:30:00Z'));
  });
});
