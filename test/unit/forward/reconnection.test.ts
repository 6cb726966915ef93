import { describe, expect, it } from 'vitest';
import { Reconnection, type ReconnectionOptions } from '../../../gateway/forward/reconnection.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis } from '../../../gateway/model/units.ts';

const away = (reason = 'away') =>
  new GatewayError('forward.unreachable', { broker: 'broker', reason });

/** Attempts that end as `live` says; `began` are the places and moments of all of them. */
function kept(live: ReconnectionOptions['live'], set: Partial<ReconnectionOptions> = {}) {
  const clock = virtualClock();
  const stop = new AbortController();
  const began: (readonly [url: string, at: number])[] = [];
  const failures: (readonly [reason: unknown, isNews: boolean])[] = [];
  const reconnection = new Reconnection({
    ...{ name: 'test.reconnect', urls: ['a'], clock, random: () => 0.5 },
    live(url) {
      began.push([url, clock.mono()]);
      return live(url);
    },
    onFailure: (error, isNews) => failures.push([error.details.reason, isNews]),
    ...set,
  });
  const running = reconnection.run(stop.signal);
  const advance = (ms: number) => clock.advance(millis(ms));
  return { reconnection, clock, stop, began, failures, running, advance };
}

describe('a connection that is kept', () => {
  it('is tried at most once a second, in turn, however soon attempts fail', async () => {
    const urls = ['a', 'b'];
    const { began, advance, stop, running } = kept(() => Promise.reject(away()), {
      ...{ urls, random: () => 0 },
    });
    await advance(10_000);
    stop.abort();
    await running;
    expect(began.slice(0, 4)).toEqual([
      ['a', 0],
      ['b', 1_000],
      ['a', 2_000],
      ['b', 3_000],
    ]);
    const gaps = began.slice(1).map(([, at], index) => at - (began[index]?.[1] ?? 0));
    expect(Math.min(...gaps)).toBe(1_000);
  });

  it('tells each failure, and whether it is another than before', async () => {
    const reasons = ['x', 'x', 'y', 'y', 'y', 'x'];
    const { failures, reconnection, advance } = kept(async () => away(reasons.shift()));
    await advance(6_000);
    expect(failures.slice(0, 5).map(([, isNews]) => isNews)).toEqual([
      ...[true, false, true, false, false],
    ]);
    expect(reconnection.facts()).toMatchObject({ state: 'waiting', lastError: away('x').message });
  });

  it('says how it is: reached, up, waiting and for how long, closed', async () => {
    const lost = Promise.withResolvers<GatewayError>();
    let life = 0;
    const { reconnection, clock, advance, stop, running } = kept(() => {
      if (life++ === 0) return Promise.reject(away());
      return lost.promise;
    });
    expect(reconnection.facts().state).toBe('connecting');
    await advance(500);
    expect(reconnection.facts()).toMatchObject({ state: 'waiting', retryInMs: 500 });
    await advance(500);
    reconnection.reached();
    expect(reconnection.upSince).toBe(clock.utc());
    expect(reconnection.facts()).toMatchObject({ state: 'up', retryInMs: undefined });
    expect(reconnection.facts().lastError).toBeDefined();
    reconnection.up();
    expect(reconnection.facts().lastError).toBeUndefined();
    lost.resolve(away());
    await advance(0);
    expect(reconnection.facts().state).toBe('waiting');
    stop.abort();
    await running;
    expect(reconnection.facts().state).toBe('closed');
  });

  it('comes back soon when it was ended on purpose, and that is no failure', async () => {
    const ended = Promise.withResolvers<undefined>();
    const { began, failures, reconnection, advance } = kept(() => ended.promise);
    reconnection.up();
    reconnection.delivered();
    ended.resolve(undefined);
    await advance(1_000);
    expect(began).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  it('is ended by a bug', async () => {
    const { running } = kept(() => Promise.reject(new TypeError('a bug')));
    await expect(running).rejects.toThrow('a bug');
  });
});
