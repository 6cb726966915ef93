/** `headgate sim --fleet`: at a real broker, what it prints, what it refuses. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Latencies } from '../../gateway/cli/fleet/latencies.ts';
import { simVerb } from '../../gateway/cli/sim.ts';
import { openSqlite } from '../../gateway/receive/sqlite-db.ts';
import { called } from '../support/command-line.ts';
import { countingSubscriber } from '../support/counting-subscriber.ts';
import { disposals } from '../support/disposals.ts';
import { temporaryDirectory } from '../support/journal-fixture.ts';
import { MOSQUITTO, startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { ownReceiver } from '../support/receive-fixture.ts';
import { until } from '../support/waiting.ts';

const call = (argv: readonly string[]) => called({ sim: simVerb }, ['sim', ...argv]);

describe('headgate sim --fleet', () => {
  const WRONG: readonly (readonly [argv: readonly string[], says: string])[] = [
    [['--fleet', '3'], '--broker'],
    [['--fleet', '3', '--broker', 'x'], 'mqtt:// or mqtts://'],
    [['--fleet', '0', '--broker', 'mqtt://x'], '--fleet takes a whole number'],
    [['--fleet', '3', '--broker', 'mqtt://x', '--ack', 'me'], 'broker or receiver'],
    [['--fleet', '3', '--broker', 'mqtt://x', '--mqtt', '4'], '5 or 3.1.1'],
    [['--fleet', '3', '--broker', 'mqtt://x', '--every', '5'], '--every'],
  ];
  it.each(WRONG)('refuses %j', async (argv, says) => {
    const { status, stderr } = await call(argv);
    expect([status, stderr]).toEqual([2, expect.stringContaining(says)]);
  });

  it('knows percentiles to 5 %, in bounded memory', () => {
    const latencies = new Latencies();
    expect(latencies.percentile(0.5)).toBeUndefined();
    for (let ms = 1; ms <= 10_000; ms++) latencies.add(ms);
    for (const share of [0.01, 0.5, 0.99, 1]) {
      const exact = share * 10_000;
      expect(latencies.percentile(share)).toBeGreaterThanOrEqual(exact * 0.999);
      expect(latencies.percentile(share)).toBeLessThan(exact * 1.06);
    }
  });
});

describeWith([MOSQUITTO], 'a fleet at Mosquitto', () => {
  const dispose = disposals();

  it.each(['5', '3.1.1'])('delivers what it makes with MQTT %s', async (version) => {
    const { url } = dispose(await startMosquitto(), (broker) => broker.dispose());
    const what = ['--fleet', '5', '--devices', '2', '--tags', '3', '--every', '50ms'];
    const { status, stdout } = await call([
      ...[...what, '--for', '500ms', '--mqtt', version, '--broker', url, '--json'],
    ]);
    const summary = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(summary).toMatchObject({ gateways: 5, up: 5, undelivered: 0, skipped: 0, lost: 0 });
    expect(summary.blocks).toBeGreaterThanOrEqual(40);
    expect(summary.messages).toBe(summary.blocks * 2);
    expect(summary.samples).toBe(summary.blocks * 6);
  });

  it('sends again what no receiver has confirmed, until one does', async () => {
    const { url } = dispose(await startMosquitto(), (broker) => broker.dispose());
    const what = ['--fleet', '3', '--every', '100ms', '--for', '1500ms'];
    const how = ['--ack', 'receiver', '--ack-within', '1s', '--broker', url, '--json'];
    const witness = await countingSubscriber(url);
    const played = call([...what, ...how]);
    await until('blocks at the broker', () => witness.counts.size > 3);
    await witness.close();
    const db = openSqlite(join(temporaryDirectory(), 'received.db'));
    const receiver = dispose(await ownReceiver(url, db), (part) => part.stop());
    const { status, stdout } = await played;
    const summary = JSON.parse(stdout);
    expect([status, summary.undelivered]).toEqual([0, 0]);
    expect(summary.resent).toBeGreaterThan(0);
    expect(receiver.facts().parts).toBe(summary.blocks);
  });
});
