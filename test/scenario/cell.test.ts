/** A machine cell in the real gateway process: its tags, records and alarms reach people and the broker, over a kill. */
import { expect, it } from 'vitest';
import { countingSubscriber } from '../support/counting-subscriber.ts';
import { disposals } from '../support/disposals.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { testWith } from '../support/real-parts.ts';
import { runningSite, startPress } from '../support/rules-site.ts';
import { until } from '../support/waiting.ts';

const keep = disposals();
const PATIENCE = { timeout: 60_000 };

/** What the press shows as degrees is its counter of parts here. */
const CELL = `
  cell-1:
    cell:
      running: press.pump
      cycle: { count: press.oil, ideal: 1s }
      part: { values: { valve: press.valve } }
      micro_stop: 1s
      dwell: 200ms
      handshakes: [{ name: valve, after: "!press.pump", expect: press.valve > 0, within: 1s }]
`;

async function cellWith(broker?: string) {
  const press = keep(await startPress(), (one) => one.stop());
  const gateway = keep(runningSite(press, { rules: CELL, ...(broker && { broker }) }), (one) =>
    one.dispose(),
  );
  await gateway.start();
  const shows = (tag: string, value: unknown) =>
    until(`${tag} to be ${value}`, async () => (await gateway.latest(tag))?.value === value);
  return { press, gateway, shows };
}

testWith(['mosquitto'])(
  'what a cell shows, records and alarms is stored and forwarded',
  PATIENCE,
  async () => {
    const broker = keep(await startMosquitto(), (one) => one.dispose());
    const subscriber = keep(await countingSubscriber(broker.url), (one) => one.close());
    const { press, gateway, shows } = await cellWith(broker.url);
    const arrived = (kind: string, device: string, quantity: string) =>
      subscriber.received
        .filter(({ topic }) => topic === `headgate/v1/rules/${kind}/${device}`)
        .flatMap(({ text }) => JSON.parse(text).samples[quantity] ?? [])
        .map(([, value]: [number, unknown]) => value);
    const records = () =>
      arrived('record', 'rules', 'record_event').map((of: unknown) => JSON.parse(String(of)));

    await shows('cell_1.state', 'Execute');
    press.heat(21);
    await shows('cell_1.parts', 1);
    await until('the record of the part', () => records().length > 0);
    expect(records()[0]).toMatchObject({
      rule: 'cell-1',
      name: 'part',
      values: { parts: 1, valve: 0, result: null },
    });
    await until('the state upstream', () => arrived('telemetry', 'cell_1', 'packml').includes(6));

    press.stopPump();
    await shows('cell_1.state', 'Stopped');
    await until('the alarm upstream', () => arrived('alarm', 'rules', 'alarm_event').length > 0);
    const [alarm] = arrived('alarm', 'rules', 'alarm_event').map((of: unknown) =>
      JSON.parse(String(of)),
    );
    expect(alarm).toMatchObject({
      id: 'cell-1/handshake-valve',
      change: 'active',
      messages: { zh: '握手 valve：!press.pump 之后 1s 内未出现 press.valve > 0' },
    });
    const why = await gateway.headgate('why', 'cell-1', gateway.folder);
    expect(why).toMatchObject({ status: 0 });
    expect(why.stdout).toContain('Stopped');
    expect(why.stdout).toContain('press.oil');
    expect(await gateway.stop()).toBe(0);
  },
);

it(
  'goes on over a stop and a kill: what was made meanwhile is counted, and nothing twice',
  PATIENCE,
  async () => {
    const { press, gateway, shows } = await cellWith();
    await shows('cell_1.state', 'Execute');
    for (const parts of [21, 22, 23]) {
      press.heat(parts);
      await shows('cell_1.parts', parts - 20);
    }
    expect(await gateway.stop()).toBe(0);
    press.heat(25);
    await gateway.start();
    await shows('cell_1.parts', 5);
    await shows('cell_1.state', 'Execute');
    await gateway.kill();
    press.heat(26);
    await gateway.start();
    await shows('cell_1.parts', 6);
    await shows('cell_1.state', 'Execute');
    expect(await gateway.stop()).toBe(0);
  },
);
