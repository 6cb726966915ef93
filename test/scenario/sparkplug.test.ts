/**
 * A gateway as a process of its own between a PLC and a real broker, with a host of Sparkplug upstream: births with present
 * values, a write down to the register and back, a lost device, a stop and a start.
 */
import { afterAll, expect } from 'vitest';
import { daemon } from '../support/daemon.ts';
import { MOSQUITTO } from '../support/mosquitto.ts';
import { testWith } from '../support/real-parts.ts';
import { GROUP, startHost, startWatchedBroker } from '../support/sparkplug-fixture.ts';
import { until } from '../support/waiting.ts';
import { startWrittenPlant } from '../support/written-plant.ts';

const disposals: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const dispose of disposals.reverse()) await dispose();
});

const siteOf = (broker: string, plant: number) => `
gateway: { id: weihai-3, timezone: UTC }
journal: { path: ./data/journal.db, loss_window: 100ms }
uplinks: { scada: { sparkplug: "${broker}", group: ${GROUP}, primary_host: scada, aliases: true, commands: accept } }
buses: { plc: { tcp: "127.0.0.1:${plant}" } }
devices:
  press:
    bus: plc
    protocol: modbus
    unit: 1
    timeout: 200ms
    scan: 100ms
    tags:
      setpoint: { address: "holding:0 uint16", unit: °C, access: read-write, write: { by: [remote], range: { max: 80 } } }
      oil_temp: { address: "holding:1 uint16", deadband: 0 }
`;

testWith([MOSQUITTO])(
  'a host sees the plant as it is, writes to it within its limits, and loses nothing over a stop',
  { timeout: 60_000 },
  async () => {
    const broker = await startWatchedBroker();
    const plant = await startWrittenPlant({ registers: 2 });
    disposals.push(() => plant.stop());
    plant.put(0, 20);
    plant.put(1, 70);
    const host = await startHost(broker);
    const gateway = daemon({ site: siteOf(broker.near, plant.port) });
    disposals.push(() => gateway.dispose());
    await gateway.start();
    const node = () => host.judge.nodes.get('weihai-3');
    const value = (name: string) => node()?.devices.get('press')?.metrics.get(name)?.value;
    const outcomes = () =>
      host
        .of('NDATA')
        .flatMap(({ payload }) => payload.metrics ?? [])
        .flatMap(({ stringValue }) =>
          stringValue?.includes('"state":"ended"') ? [stringValue] : [],
        )
        .map((text) => JSON.parse(text));

    // Until the host is online nothing is said at all.
    await until('a reading', async () => (await gateway.latest('press.oil_temp'))?.value === 70);
    expect(host.messages).toEqual([]);
    await host.state('scada', true, Date.now());
    await host.arrived(1, 'DBIRTH', 'press');
    const birth = host.of('DBIRTH', 'press')[0]?.payload.metrics;
    expect(birth).toMatchObject([{ name: 'setpoint', doubleValue: 20 }, { doubleValue: 70 }]);

    plant.put(1, 71);
    await until('a change', () => value('oil_temp') === 71);

    // One write within the limits, by alias; one beyond; and the first once more.
    const timestamp = Date.now();
    const write = { alias: birth?.[0]?.alias, doubleValue: 42 };
    await host.command('weihai-3', [write], { device: 'press', timestamp });
    await until('the register', () => plant.values[0] === 42);
    await until('the read-back', () => value('setpoint') === 42);
    await host.command('weihai-3', [{ ...write, doubleValue: 90 }], { device: 'press', timestamp });
    await host.command('weihai-3', [write], { device: 'press', timestamp });
    await until('three ends', () => outcomes().length >= 3);
    expect(outcomes()).toMatchObject([
      { origin: 'remote', by: 'sparkplug scada', tag: 'press.setpoint', outcome: 'verified' },
      { outcome: 'rejected' },
      { outcome: 'verified', code: 'command.repeated' },
    ]);
    expect(plant.writes).toHaveLength(1);

    await gateway.stop();
    await until('that it is dead', () => node()?.isOnline === false);
    expect(node()?.devices.get('press')).toMatchObject({ isStale: true });
    plant.put(1, 72);
    await gateway.start();
    await host.arrived(2, 'DBIRTH', 'press');
    await until('the present', () => value('oil_temp') === 72);
    expect(node()?.bdSeq).toBe('1');

    await plant.stop();
    await host.arrived(1, 'DDEATH', 'press');
    expect(node()?.isOnline).toBe(true);
    expect(host.judge.complaints).toEqual([]);
  },
);
