/** An alarm on its whole way: server, running gateway, journal, broker; seen and acknowledged from the command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { connectAsync } from 'mqtt';
import { expect } from 'vitest';
import { startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { millis } from '../../gateway/model/units.ts';
import { countingSubscriber } from '../support/counting-subscriber.ts';
import { daemon } from '../support/daemon.ts';
import { disposals } from '../support/disposals.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { alarmContent } from '../support/opcua-alarm-content.ts';
import { testWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const ended = disposals();
const ROOT = join(import.meta.dirname, '..', '..');

/** Telemetry waits a minute for its commit here, so what comes at once comes by its class. */
const siteOf = (server: string, broker: string) => `
gateway: { id: shop, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 60s }
uplinks: { cloud: { mqtt: "${broker}" } }
buses: { plc: { opcua: "${server}", security: None } }
devices:
  press:
    bus: plc
    protocol: opcua
    alarms: {}
    tags: { clock: { address: i=2258 } }
`;

testWith(['mosquitto'])(
  'an alarm goes from a server to the broker at once, outlives both ends, and is acknowledged back',
  { timeout: 60_000 },
  async () => {
    const { content, alarm } = alarmContent(['Overheat', 'Door']);
    const server = ended(
      await startOpcuaServer({ contents: [content] }, systemClock()),
      (running) => running.stop(),
    );
    const broker = ended(await startMosquitto({ persistence: true }), (running) =>
      running.dispose(),
    );
    const subscriber = ended(await countingSubscriber(broker.url), (running) => running.close());
    const gateway = ended(daemon({ site: siteOf(server.endpointUrl, broker.url) }), (running) =>
      running.dispose(),
    );
    await gateway.start();
    const headgate = async (...args: readonly string[]) => {
      const command = join(ROOT, 'bin', 'headgate.mjs');
      const env = { ...process.env, HEADGATE_LANG: 'en' };
      const child = spawn(command, ['alarms', gateway.folder, ...args], { env });
      const exit = once(child, 'exit');
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await exit;
      return { code, stdout, stderr };
    };
    // A block may come twice after the broker's death; its number makes that harmless.
    const alarmMessages = () =>
      new Map(
        subscriber.received
          .filter(({ topic }) => topic === 'headgate/v1/shop/alarm/press')
          .map((message) => [JSON.parse(message.text).seq, message]),
      );
    const delivered = () =>
      [...alarmMessages().values()].flatMap((message) => {
        const rows: readonly (readonly unknown[])[] = JSON.parse(message.text).samples.alarm_event;
        return rows.map(([time, value, quality, basis]) => {
          const event = JSON.parse(String(value));
          expect(event.time).toBe(time);
          // The simulated server stamps what it does itself, and no acknowledgement.
          const isStamped = event.state === 'active';
          expect([quality, basis]).toEqual(isStamped ? ['good', 'source'] : [undefined, undefined]);
          return `${event.condition} ${event.state} ${event.comment ?? ''}`.trim();
        });
      });
    const arrives = (...events: readonly string[]) =>
      until(events.join(', '), () => delivered().join() === events.join());

    expect((await headgate()).stdout).toBe('no alarm stands\n');
    alarm('Overheat').raise(700, '温度过高');
    await arrives('Overheat active');
    expect(subscriber.received.some(({ topic }) => topic.includes('/telemetry/'))).toBe(false);
    alarm('Door').raise(900, 'open');
    await arrives('Overheat active', 'Door active');

    const listed = await headgate();
    const lines = listed.stdout.trimEnd().split('\n').slice(1);
    expect(lines[0]).toMatch(/^[\da-f]{8} {2}900 .* active .* press .* Door .* open$/);
    expect(lines[1]).toContain('温度过高');
    expect(listed.stdout).not.toContain('\u001b');
    const { alarms } = JSON.parse((await headgate('--json')).stdout);
    expect(alarms).toMatchObject([{ severity: 900, stale: false }, { severity: 700 }]);
    const { key } = alarms[1];

    await broker.kill();
    const acknowledged = await headgate('--ack', key.slice(0, 6), '--comment', 'fan replaced');
    expect(acknowledged).toMatchObject({ code: 0, stderr: '' });
    expect(acknowledged.stdout).toContain('written: acknowledged');
    expect(alarm('Overheat').isAcknowledged).toBe(true);
    expect(alarm('Overheat').comment).toBe('fan replaced');
    await broker.start();
    await arrives('Overheat active', 'Door active', 'Overheat acknowledged fan replaced');

    // The other one is acknowledged from upstream.
    const upstream = ended(await connectAsync(broker.url), (client) => client.endAsync(true));
    const door = { key: alarms[0].key, by: 'Wang', comment: 'left open' };
    const say = (message: object) =>
      upstream.publishAsync('headgate/v1/shop/alarm/ack', JSON.stringify(message), { qos: 1 });
    await say({ ...door, key: 'ffffffff' });
    await say(door);
    const outcomes = () =>
      subscriber.received
        .filter(({ topic }) => topic === 'headgate/v1/shop/alarm/ack/outcome')
        .map(({ text: message }) => JSON.parse(message));
    await until('the outcomes', () => outcomes().length === 2);
    const answer = { v: 1, gw: 'shop', by: 'Wang' };
    expect(outcomes()).toEqual([
      { ...answer, key: 'ffffffff', outcome: 'unknown' },
      { ...answer, key: door.key, outcome: 'acknowledged' },
    ]);
    expect(alarm('Door').isAcknowledged).toBe(true);
    expect(alarm('Door').comment).toBe('Wang: left open');
    const before = [
      'Overheat active',
      'Door active',
      'Overheat acknowledged fan replaced',
      'Door acknowledged Wang: left open',
    ];
    await arrives(...before);

    const unknown = await headgate('--ack', 'fff0000');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain('alarm.unknown');
    expect(await headgate('--ack', 'zz')).toMatchObject({ code: 2 });

    expect(await gateway.metrics()).toContain('gateway_alarms_standing 2\n');
    expect(await gateway.metrics()).toContain('gateway_alarms_unacknowledged 0\n');
    expect(await gateway.metrics()).toContain('gateway_alarms_severity_max 900\n');

    await gateway.stop();
    const back = server.restart({ downtime: millis(6_000) });
    await gateway.start();
    const stale = JSON.parse((await headgate('--json')).stdout).alarms;
    expect(stale).toMatchObject([{ state: 'acknowledged', stale: true }, { stale: true }]);
    const refused = await headgate('--ack', key, '--json');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ outcome: 'failed', code: 'poll.line-down' });
    await back;
    await arrives(...before, 'Door cleared Wang: left open', 'Overheat cleared fan replaced');
    expect((await headgate()).stdout).toBe('no alarm stands\n');
    expect(await gateway.stop()).toBe(0);
  },
);
