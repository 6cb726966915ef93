/** The subscription for alarms, in virtual time, on a server that refuses it or ends it. */
import { describe, expect, it } from 'vitest';
import { NO_LIMITS } from '../../../drivers/opcua/limits.ts';
import { ServiceFault, type ServiceRequest } from '../../../drivers/opcua/link.ts';
import { opcuaOptions } from '../../../drivers/opcua/options.ts';
import type { Subscriber } from '../../../drivers/opcua/publishing.ts';
import { StatusCodes } from '../../../drivers/opcua/stack.ts';
import { type AlarmLink, WatchedAlarms } from '../../../drivers/opcua/watched-alarms.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { monoMs, seconds } from '../../../gateway/model/units.ts';

const REFUSED = { statusCode: StatusCodes.BadNotSupported };
const GOOD = { statusCode: StatusCodes.Good };

function watching() {
  const clock = virtualClock();
  const asked: string[] = [];
  const logged: string[] = [];
  const subscribers = new Map<number, Subscriber>();
  const server = { items: GOOD, subscriptions: 0, fault: undefined as ServiceFault | undefined };
  const lost = new AbortController();
  let whileAsked = (_: string) => {};
  const answerTo = (name: string): object => {
    if (name === 'CreateMonitoredItemsRequest') return { results: [server.items] };
    if (name !== 'CreateSubscriptionRequest') return { results: [GOOD] };
    if (server.fault) throw server.fault;
    const revised = { revisedPublishingInterval: 250, revisedMaxKeepAliveCount: 20 };
    return { subscriptionId: ++server.subscriptions, ...revised };
  };
  const link: AlarmLink = {
    resource: 'opcua:test',
    namespaces: [],
    limits: NO_LIMITS,
    lost: lost.signal,
    endurance: { keepAlive: seconds(5), lifetime: seconds(30) },
    connect: async () => {},
    close: async () => {},
    async ask<Response extends object>(request: ServiceRequest): Promise<Response> {
      const { name } = request.constructor;
      asked.push(name.replace('Request', ''));
      whileAsked(name.replace('Request', ''));
      return answerTo(name) as Response;
    },
    publishing: {
      add: (subscriber) => void subscribers.set(subscriber.id, subscriber),
      has: (id) => subscribers.has(id),
      remove: (id) => void subscribers.delete(id),
      resume: async () => {},
    },
  };
  const device = opcuaOptions.deviceSchema.parse({ alarms: {} });
  if (!device.ok) throw new Error(JSON.stringify(device.issues));
  const log = { ...silentLog, warn: (event: string) => void logged.push(event) };
  const options = { minSeverity: 1, source: undefined };
  const alarms = new WatchedAlarms(options, { link, device: device.value, clock, log });
  const over = new AbortController();
  const watcher = { alarm: () => {}, standing: () => {} };
  return {
    clock,
    asked,
    logged,
    subscribers,
    server,
    over,
    lost,
    during: (act: typeof whileAsked) => {
      whileAsked = act;
    },
    watch: () => alarms.watch(watcher, over.signal),
    breakOff: (id: number) => {
      const subscriber = subscribers.get(id);
      subscribers.delete(id);
      subscriber?.broken('silent', monoMs(0));
    },
  };
}
const BEGIN = ['CreateSubscription', 'CreateMonitoredItems', 'Call'];

describe('the subscription for alarms', () => {
  it('is given back where the server refuses, and tried again every five minutes', async () => {
    const { clock, asked, logged, subscribers, server, over, watch } = watching();
    server.items = REFUSED;
    const watched = watch();
    const refused = ['CreateSubscription', 'CreateMonitoredItems', 'DeleteSubscriptions'];
    await clock.advance(seconds(299));
    expect(asked).toEqual(refused);
    expect(subscribers.size).toBe(0);
    await clock.advance(seconds(1));
    expect(asked).toEqual([...refused, ...refused]);
    expect(logged).toEqual(['opcua.alarms-refused']);
    server.items = GOOD;
    await clock.advance(seconds(300));
    expect(asked.slice(6)).toEqual(BEGIN);
    await clock.advance(seconds(3_000));
    expect(asked).toHaveLength(9);
    over.abort();
    await watched;
    expect(clock.pending()).toEqual([]);
  });

  it('is not had from a server without subscriptions, and harms nobody', async () => {
    const { clock, asked, logged, server, over, watch } = watching();
    server.fault = new ServiceFault(StatusCodes.BadServiceUnsupported);
    const watched = watch();
    await clock.advance(seconds(600));
    expect(asked).toHaveLength(3);
    expect(logged).toHaveLength(1);
    over.abort();
    await watched;
  });

  it('is made anew when it breaks, not oftener than every ten seconds', async () => {
    const { clock, asked, subscribers, over, watch, breakOff } = watching();
    const watched = watch();
    await clock.advance(seconds(60));
    breakOff(1);
    await clock.advance(seconds(1));
    expect([...subscribers.keys()]).toEqual([2]);
    breakOff(2);
    await clock.advance(seconds(8));
    expect(asked).toEqual([...BEGIN, 'DeleteSubscriptions', ...BEGIN]);
    await clock.advance(seconds(1));
    expect([...subscribers.keys()]).toEqual([3]);
    over.abort();
    await watched;
  });

  it('is made anew when it breaks on its way', async () => {
    const { clock, asked, subscribers, over, watch, breakOff, during } = watching();
    during((name) => {
      if (name === 'Call') breakOff(1);
    });
    const watched = watch();
    await clock.advance(seconds(9));
    expect(subscribers.size).toBe(0);
    await clock.advance(seconds(1));
    expect([...subscribers.keys()]).toEqual([2]);
    expect(asked.slice(3)).toEqual(['DeleteSubscriptions', ...BEGIN]);
    over.abort();
    await watched;
  });

  it('is not mistaken for a watched one when the connection was lost on its way', async () => {
    const { clock, asked, lost, watch, during } = watching();
    during((name) => {
      if (name === 'CreateMonitoredItems') throw new GatewayError('opcua.lost', {});
    });
    await expect(watch()).rejects.toThrow('opcua.lost');
    during(() => {});
    asked.length = 0;
    const watched = watch();
    await clock.advance(seconds(1));
    expect(asked).toEqual(['DeleteSubscriptions', ...BEGIN]);
    lost.abort(new Error('lost'));
    await expect(watched).rejects.toThrow('lost');
  });

  it('is taken up again on the next connection, with one question for what stands', async () => {
    const { clock, asked, over, watch } = watching();
    const first = watch();
    await clock.advance(seconds(1));
    over.abort();
    await first;
    const before = asked.length;
    await watch();
    expect(asked.slice(before)).toEqual(['Call']);
  });

  it('ends with the connection, and with the session that the server has forgotten', async () => {
    const one = watching();
    const watched = one.watch();
    await one.clock.advance(seconds(1));
    one.lost.abort(new Error('lost'));
    await expect(watched).rejects.toThrow('lost');
    const other = watching();
    other.server.fault = new ServiceFault(StatusCodes.BadSessionIdInvalid);
    await expect(other.watch()).rejects.toThrow('BadSessionIdInvalid');
  });
});
