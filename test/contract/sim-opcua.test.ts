/** The simulated OPC UA server against a client that shares nothing with the gateway. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DataValue,
  SecurityPolicy,
  type StatusCode,
  StatusCodes,
  UserTokenType,
} from 'node-opcua';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpcuaServerOptions, startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { doubles, PLAIN_NAMESPACE, plainVariables } from '../../firmware-sim/opcua/variables.ts';
import { type Clock, systemClock } from '../../gateway/host/clock.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { millis, minutes } from '../../gateway/model/units.ts';
import { disposals } from '../support/disposals.ts';
import { type Client, type ClientOptions, openClient } from '../support/opcua-client.ts';
import { until } from '../support/waiting.ts';

const clock = systemClock();
const disposing = disposals();
/** Keys are slow to make: the servers of this file share theirs. */
let pki: string;
beforeAll(() => {
  pki = mkdtempSync(join(tmpdir(), 'sim-opcua-'));
});
afterAll(() => rmSync(pki, { recursive: true, force: true }));

const start = async (options: Partial<OpcuaServerOptions> = {}, time: Clock = clock) => {
  const contents = [
    plainVariables([
      ...doubles('fast', 3, millis(20)),
      { name: 'still', value: 42 },
      { name: 'setpoint', value: 1, writable: true },
    ]),
  ];
  const folder = join(pki, 'server');
  return disposing(await startOpcuaServer({ contents, pki: folder, ...options }, time), (server) =>
    server.stop(),
  );
};
const open = async (url: string, options?: ClientOptions) =>
  disposing(await openClient(url, options), (client) => client.end());

/** Watches the fast variables; `received` grows with each change. */
async function watchFast(client: Client, received: DataValue[]) {
  const nodes = await Promise.all(
    ['fast0000', 'fast0001', 'fast0002'].map((name) => client.node(PLAIN_NAMESPACE, name)),
  );
  return client.subscribe(nodes, (_node, value) => received.push(value));
}

describe('a simulated OPC UA server', () => {
  it('serves its variables and says how many sessions and subscriptions it has', async () => {
    const server = await start();
    expect([server.sessions(), server.sessionsPeak(), server.subscriptions()]).toEqual([0, 0, 0]);
    const one = await open(server.endpointUrl);
    const two = await open(server.endpointUrl);
    expect((await one.read(await one.node(PLAIN_NAMESPACE, 'still'))).value.value).toBe(42);
    await watchFast(two, []);
    expect([server.sessions(), server.subscriptions()]).toEqual([2, 1]);
    await one.end();
    await two.end();
    await until('all sessions are closed', () => server.sessions() === 0);
    expect([server.sessionsPeak(), server.sessionsCreated(), server.subscriptions()]).toEqual([
      2, 2, 0,
    ]);
  });

  it('logs exactly the changes that a client receives, in their order', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    const received: { name: string; value: number; time: number }[] = [];
    const names = new Map<string, string>();
    for (const name of ['fast0000', 'fast0001', 'fast0002'])
      names.set(await client.node(PLAIN_NAMESPACE, name), name);
    const { subscription } = await client.subscribe([...names.keys()], (node, value) =>
      received.push({
        name: names.get(node) ?? node,
        value: value.value.value,
        time: value.sourceTimestamp?.getTime() ?? 0,
      }),
    );
    const log = server.published();
    let told: readonly unknown[] = [];
    let heard: readonly unknown[] = [];
    // At a moment at which nothing is on its way.
    await until('all of what was published has arrived', () => {
      if (received.length <= 100 || log.total !== received.length) return false;
      told = [...names.values()].map((name) =>
        log.of(name).map(({ value, sourceTime }) => ({ name, value, time: sourceTime })),
      );
      heard = [...names.values()].map((name) => received.filter((change) => change.name === name));
      return true;
    });
    await subscription.terminate();
    expect(heard).toEqual(told);
    expect(log.dropped).toBe(0);
  });

  it('keeps no more published changes than it may and counts the others', async () => {
    const server = await start({ publishedLimit: 10 });
    const client = await open(server.endpointUrl);
    await watchFast(client, []);
    const log = server.published();
    await until('more was published than kept', () => log.total > 50);
    expect(log.all().length).toBe(10);
    expect(log.dropped).toBe(log.total - 10);
    const { total } = log;
    expect(log.take().length).toBe(10);
    expect([log.all().length, log.dropped]).toEqual([log.total - total, total - 10]);
  });

  it('lets clients write what is writable', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    const node = await client.node(PLAIN_NAMESPACE, 'setpoint');
    const value = await client.read(node);
    value.value.value = 7;
    expect(await client.write(node, value)).toBe(StatusCodes.Good);
    expect(server.variable('setpoint').value).toBe(7);
    const still = await client.node(PLAIN_NAMESPACE, 'still');
    expect(await client.write(still, value)).toBe(StatusCodes.BadNotWritable);
  });
});

describe('a restart of the simulated server', () => {
  it('ends every session at once, comes back at the same port, and counts no ghost', async () => {
    const server = await start();
    const { port } = server;
    const client = await open(server.endpointUrl);
    let lost = false;
    client.client.on('connection_lost', () => {
      lost = true;
    });
    await watchFast(client, []);
    await server.restart();
    await until('the client has noticed', () => lost);
    expect([server.port, server.sessions(), server.subscriptions()]).toEqual([port, 0, 0]);
    const again = await open(server.endpointUrl);
    await again.read(await again.node(PLAIN_NAMESPACE, 'still'));
    expect([server.sessions(), server.sessionsPeak(), server.sessionsCreated()]).toEqual([1, 1, 2]);
  });

  it('is away for its downtime, and no longer', async () => {
    const virtual = virtualClock();
    const server = await start({}, virtual);
    let isBack = false;
    const back = server.restart({ downtime: minutes(10) }).then(() => {
      isBack = true;
    });
    await until('it is off', () => virtual.pending().includes('sim.opcua-downtime'));
    await expect(openClient(server.endpointUrl)).rejects.toThrow();
    await virtual.advance(millis(599_999));
    expect(isBack).toBe(false);
    await virtual.advance(millis(1));
    await back;
    const client = await open(server.endpointUrl);
    expect((await client.read('i=2258')).statusCode).toBe(StatusCodes.Good);
  });

  it('gives every namespace another index when it reshuffles', async () => {
    const server = await start();
    const namespaces = async () => {
      const client = await open(server.endpointUrl);
      return client.session.readNamespaceArray();
    };
    const before = await namespaces();
    await server.restart({ reshuffle: true });
    const after = await namespaces();
    expect(after.toSorted()).toEqual(before.toSorted());
    // Index 0 and 1 are the specification's and the server's own (OPC 10000-3 §8.2.2).
    for (const uri of before.slice(2)) expect(after.indexOf(uri)).not.toBe(before.indexOf(uri));
  });

  it('shows another certificate when it has a new one', async () => {
    const server = await start();
    const first = await server.certificate();
    await server.restart();
    expect((await server.certificate()).equals(first)).toBe(true);
    await server.restart({ newCertificate: true });
    const second = await server.certificate();
    expect(second.equals(first)).toBe(false);
    const client = await open(server.endpointUrl);
    const [endpoint] = await client.client.getEndpoints();
    expect(endpoint?.serverCertificate.equals(second)).toBe(true);
  });

  it('can be polite', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    await watchFast(client, []);
    await server.restart({ polite: true });
    expect(server.sessions()).toBe(0);
    const again = await open(server.endpointUrl);
    expect(again.session.sessionId.isEmpty()).toBe(false);
  });

  it('stops twice, and in the middle of a downtime', async () => {
    const server = await start();
    const restarting = server.restart({ downtime: millis(60_000) });
    await server.stop();
    await server.stop();
    await restarting;
    expect(server.sessions()).toBe(0);
  });
});

describe('a simulated server with a fault', () => {
  it.each([
    ['unknown', StatusCodes.BadNodeIdUnknown],
    ['device-failure', StatusCodes.BadDeviceFailure],
    ['gone', StatusCodes.BadNodeIdUnknown],
  ] as const)('has a bad node: %s', async (how, status) => {
    const server = await start();
    const client = await open(server.endpointUrl);
    const node = await client.node(PLAIN_NAMESPACE, 'fast0001');
    server.setFault({ kind: 'bad-node', node: 'fast0001', how });
    expect((await client.read(node)).statusCode).toBe(status);
    await server.restart();
    const again = await open(server.endpointUrl);
    expect((await again.read(node)).statusCode).toBe(status);
    server.clearFault('bad-node', 'fast0001');
    expect((await again.read(node)).statusCode).toBe(StatusCodes.Good);
    const good = await again.read(await again.node(PLAIN_NAMESPACE, 'fast0002'));
    expect(good.statusCode).toBe(StatusCodes.Good);
  });

  it('tells a subscription that a node is gone, and does not revive its item', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    const received: StatusCode[] = [];
    const node = await client.node(PLAIN_NAMESPACE, 'fast0001');
    await client.subscribe([node], (_node, { statusCode }) => received.push(statusCode));
    await until('it publishes', () => received.length > 3);
    server.setFault({ kind: 'bad-node', node: 'fast0001', how: 'gone' });
    await until('the subscription hears of it', () =>
      received.includes(StatusCodes.BadNodeIdInvalid),
    );
    server.clearFault('bad-node');
    const count = received.length;
    const other: StatusCode[] = [];
    await client.subscribe([node], (_node, { statusCode }) => other.push(statusCode));
    await until('a new item hears of the new node', () => other.length > 5);
    expect(received.length).toBe(count);
  });

  it('refuses one session too many', async () => {
    const server = await start();
    server.setFault({ kind: 'session-limit', sessions: 1 });
    await open(server.endpointUrl);
    await expect(openClient(server.endpointUrl)).rejects.toThrow('BadTooManySessions');
    server.clearFault('session-limit');
    await open(server.endpointUrl);
    expect(server.sessions()).toBe(2);
  });

  it('stops publishing without a word, and catches up', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    const received: DataValue[] = [];
    const sequence: number[] = [];
    let keepAlives = 0;
    const { subscription } = await watchFast(client, received);
    subscription.on('keepalive', () => {
      keepAlives += 1;
    });
    subscription.on('received_notifications', ({ sequenceNumber }) =>
      sequence.push(sequenceNumber),
    );
    await until('it publishes', () => received.length > 10);
    server.setFault({ kind: 'frozen-subscription' });
    const before = [server.published().total, keepAlives];
    // Reads go on: a hundred of them take longer than several publishing intervals.
    for (let n = 0; n < 100; n++) await client.read(await client.node(PLAIN_NAMESPACE, 'still'));
    expect([server.published().total, keepAlives]).toEqual(before);
    const frozenAt = received.length;
    server.clearFault('frozen-subscription');
    await until('it publishes again', () => received.length > frozenAt + 10);
    expect(sequence).toEqual(sequence.map((_, n) => n + (sequence[0] ?? 0)));
  });

  it('sends keep-alives and no data', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    const received: DataValue[] = [];
    let keepAlives = 0;
    const { subscription } = await watchFast(client, received);
    subscription.on('keepalive', () => {
      keepAlives += 1;
    });
    await until('it publishes', () => received.length > 10);
    server.setFault({ kind: 'frozen-subscription', keepAlive: true });
    const { total } = server.published();
    const alreadyAlive = keepAlives;
    await until('keep-alives come', () => keepAlives > alreadyAlive + 2);
    expect(server.published().total).toBe(total);
    const later: DataValue[] = [];
    await watchFast(client, later);
    const stillAlive = keepAlives;
    await until('a new subscription fares no better', () => keepAlives > stillAlive + 2);
    expect(later).toEqual([]);
    server.clearFault('frozen-subscription');
    await until('both publish again', () => later.length > 10);
  });

  it('accepts connections and says nothing', async () => {
    const server = await start();
    const client = await open(server.endpointUrl, { timeoutMs: 500 });
    server.setFault({ kind: 'silent' });
    await expect(client.read('i=2258')).rejects.toThrow();
    await expect(openClient(server.endpointUrl, { timeoutMs: 300 })).rejects.toThrow();
    server.clearFault('silent');
    await open(server.endpointUrl);
  });

  it('has no subscriptions', async () => {
    const server = await start();
    server.setFault({ kind: 'no-subscriptions' });
    const client = await open(server.endpointUrl);
    await expect(watchFast(client, [])).rejects.toThrow('BadServiceUnsupported');
    expect((await client.read('i=2258')).statusCode).toBe(StatusCodes.Good);
  });

  it('is slow', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    server.setFault({ kind: 'slow', delay: millis(300) });
    const asked = clock.mono();
    await client.read('i=2258');
    expect(clock.mono() - asked).toBeGreaterThanOrEqual(299);
  });

  it.each([false, true])('refuses many operations in one call, hidden: %s', async (hidden) => {
    const server = await start();
    server.setFault({ kind: 'small-limits', limit: 2, hidden });
    const client = await open(server.endpointUrl);
    const nodes = ['i=2258', 'i=2259', 'i=2255'].map((nodeId) => ({ nodeId }));
    await expect(client.session.read(nodes)).rejects.toThrow('BadTooManyOperations');
    expect((await client.session.read(nodes.slice(1))).length).toBe(2);
    const { value } = await client.read('i=11705');
    expect(value.value).toBe(hidden ? 10_000 : 2);
    await expect(client.session.browse(['i=84', 'i=85', 'i=86'])).rejects.toThrow(
      'BadTooManyOperations',
    );
    await expect(watchFast(client, [])).rejects.toThrow('BadTooManyOperations');
  });

  it('loses its sessions and keeps their channel', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    let lost = false;
    client.client.on('connection_lost', () => {
      lost = true;
    });
    server.loseSessions();
    expect(server.sessions()).toBe(0);
    // The client learns of it by BadSessionIdInvalid and makes itself a new session on the same channel.
    expect((await client.read('i=2258')).statusCode).toBe(StatusCodes.Good);
    expect([server.sessions(), server.sessionsCreated(), lost]).toEqual([1, 2, false]);
  });

  it('drops its connections and keeps their sessions', async () => {
    const server = await start();
    const client = await open(server.endpointUrl);
    let lost = false;
    client.client.on('connection_lost', () => {
      lost = true;
    });
    await watchFast(client, []);
    server.dropConnections();
    await until('the client has noticed', () => lost);
    expect([server.sessions(), server.subscriptions()]).toEqual([1, 1]);
  });

  it('knows which nodes and faults it has', async () => {
    const server = await start();
    const unknown = { kind: 'bad-node', node: 'nobody', how: 'gone' } as const;
    expect(() => server.setFault(unknown)).toThrow('sim.device-unknown');
  });
});

describe('the security of the simulated server', () => {
  it.each([SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes256_Sha256_RsaPss])(
    'speaks %s',
    async (policy) => {
      const server = await start();
      const client = await open(server.endpointUrl, { policy, pki: join(pki, 'client') });
      expect((await client.read('i=2258')).statusCode).toBe(StatusCodes.Good);
    },
  );

  it('refuses the application of a client until it is trusted', async () => {
    const server = await start({ clients: 'trusted', pki: join(pki, 'strict') });
    const secure = { policy: SecurityPolicy.Basic256Sha256, pki: join(pki, 'client') };
    await expect(openClient(server.endpointUrl, secure)).rejects.toThrow();
    const { client } = await open((await start()).endpointUrl, secure);
    await server.trustClient(client.getCertificate());
    await open(server.endpointUrl, secure);
    expect(server.sessions()).toBe(1);
  });

  it('lets a user in by password', async () => {
    const server = await start({ users: new Map([['operator', 'secret']]) });
    const user = {
      type: UserTokenType.UserName,
      userName: 'operator',
      password: 'secret',
    } as const;
    await open(server.endpointUrl, { user });
    await expect(
      openClient(server.endpointUrl, { user: { ...user, password: 'wrong' } }),
    ).rejects.toThrow(/BadUserAccessDenied|BadIdentityTokenInvalid|BadIdentityTokenRejected/);
  });
});
