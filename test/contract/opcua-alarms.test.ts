/** Alarms and conditions of a real server, through driver and bus to the gateway's keeping, and acknowledged back. */
import { describe, expect, it } from 'vitest';
import { startOpcuaServer } from '../../firmware-sim/opcua/server.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { memoryStateStore } from '../../gateway/host/state-store.ts';
import { millis } from '../../gateway/model/units.ts';
import { disposals } from '../support/disposals.ts';
import { ALARMS_URI, alarmContent } from '../support/opcua-alarm-content.ts';
import { type AlarmField, type AlarmFieldOptions, alarmField } from '../support/opcua-alarms.ts';
import { until } from '../support/waiting.ts';

const ended = disposals();

async function press(options: Partial<AlarmFieldOptions> = {}) {
  const content = alarmContent(['Overheat', 'Door', 'Filter']);
  const server = ended(
    await startOpcuaServer({ contents: [content.content] }, systemClock()),
    (running) => running.stop(),
  );
  return { ...content, server, field: () => field(server.endpointUrl, options) };
}

const field = async (url: string, options: Partial<AlarmFieldOptions>) =>
  ended(await alarmField({ url, ...options }), (running) => running.stop());

const shown = ({ alarms }: AlarmField) =>
  alarms
    .list()
    .map(({ condition, isActive, isAcknowledged }) =>
      [condition, isActive ? 'active' : 'normal', isAcknowledged ? 'seen' : 'unseen'].join(' '),
    );

const shows = (running: AlarmField, ...wanted: string[]) =>
  until(wanted.join(', ') || 'no alarm', () => shown(running).join() === wanted.join());

describe('the alarms of an OPC UA server', () => {
  it('come first when they stood before, then as they change', async () => {
    const { alarm, field } = await press();
    alarm('Overheat').raise(700, 'hot');
    const gateway = await field();
    await shows(gateway, 'Overheat active unseen');
    expect(gateway.alarms.list()).toMatchObject([
      {
        id: `nsu=${ALARMS_URI};s=Overheat`,
        device: 'plc',
        severity: 700,
        message: 'hot',
        timeBasis: 'source',
        repeats: 0,
      },
    ]);
    alarm('Door').raise(900, 'open');
    await shows(gateway, 'Door active unseen', 'Overheat active unseen');
    alarm('Overheat').clear();
    await shows(gateway, 'Door active unseen', 'Overheat normal unseen');
    alarm('Overheat').raise(700, 'hot again');
    await shows(gateway, 'Door active unseen', 'Overheat active unseen');
    expect(gateway.alarms.list()[1]).toMatchObject({ message: 'hot again', repeats: 1 });
    expect(gateway.events).toEqual([
      'Overheat active 700',
      'Door active 900',
      'Overheat returned 700',
      'Overheat active 700',
    ]);
  });

  it('are acknowledged at the server, with the comment', async () => {
    const { alarm, field } = await press();
    const gateway = await field();
    alarm('Overheat').raise(700, 'hot');
    await shows(gateway, 'Overheat active unseen');
    const id = String(gateway.alarms.list()[0]?.id);
    expect(await gateway.bus.acknowledge('plc', id, 'fan replaced')).toEqual({
      outcome: 'written',
      turnaround: undefined,
    });
    expect(alarm('Overheat').isAcknowledged).toBe(true);
    expect(alarm('Overheat').comment).toBe('fan replaced');
    await shows(gateway, 'Overheat active seen');
    expect(gateway.alarms.list()).toMatchObject([{ comment: 'fan replaced' }]);
    // Somebody else was quicker: what was wanted is so.
    expect(await gateway.bus.acknowledge('plc', id, '')).toMatchObject({ outcome: 'written' });
    alarm('Overheat').clear(1);
    await shows(gateway);
    expect(gateway.events.at(-1)).toBe('Overheat cleared 1');
    expect(await gateway.bus.acknowledge('plc', id, '')).toMatchObject({
      outcome: 'failed',
      refusal: { code: 'opcua.alarm-unknown' },
    });
  });

  it('outlive a connection that breaks; what changed meanwhile is told then, and nothing twice', async () => {
    const { alarm, field, server } = await press();
    const gateway = await field();
    alarm('Overheat').raise(700, 'hot');
    alarm('Door').raise(900, 'open');
    alarm('Filter').raise(300, 'clogged');
    await shows(gateway, 'Door active unseen', 'Overheat active unseen', 'Filter active unseen');
    server.dropConnections();
    alarm('Door').clear();
    alarm('Filter').forget();
    expect(gateway.alarms.list()).toHaveLength(3);
    await shows(gateway, 'Door normal unseen', 'Overheat active unseen');
    expect(gateway.events).toEqual([
      'Overheat active 700',
      'Door active 900',
      'Filter active 300',
      'Door returned 900',
      'Filter cleared 300',
    ]);
    expect(server.sessionsPeak()).toBe(1);
  });

  it('have cleared when the server has forgotten them, and keep their names when it renumbers', async () => {
    const { alarm, field, server } = await press();
    const gateway = await field();
    alarm('Overheat').raise(700, 'hot');
    await shows(gateway, 'Overheat active unseen');
    const [before] = gateway.alarms.list();
    const index = alarm('Overheat').id.namespace;
    await server.restart({ downtime: millis(300), reshuffle: true });
    await shows(gateway);
    expect(gateway.events).toEqual(['Overheat active 700', 'Overheat cleared 700']);
    alarm('Overheat').raise(710, 'hot');
    await shows(gateway, 'Overheat active unseen');
    expect(alarm('Overheat').id.namespace).not.toBe(index);
    const [after] = gateway.alarms.list();
    expect(after).toMatchObject({ id: before?.id, key: before?.key });
    expect(await gateway.bus.acknowledge('plc', String(after?.id), '')).toMatchObject({
      outcome: 'written',
    });
    expect(alarm('Overheat').isAcknowledged).toBe(true);
  });

  it('that clear while the gateway is off are told when it is back', async () => {
    const state = memoryStateStore();
    const { alarm, field } = await press({ state });
    const first = await field();
    alarm('Overheat').raise(700, 'hot');
    alarm('Door').raise(900, 'open');
    await shows(first, 'Door active unseen', 'Overheat active unseen');
    await first.stop();
    alarm('Door').forget();
    const second = await field();
    expect(shown(second)).toEqual(['Door active unseen', 'Overheat active unseen']);
    await shows(second, 'Overheat active unseen');
    expect(second.events).toEqual(['Door cleared 900']);
  });

  it('are asked for again when the server says that some were lost', async () => {
    const { alarm, field, requireRefresh } = await press();
    const gateway = await field();
    alarm('Overheat').raise(700, 'hot');
    await shows(gateway, 'Overheat active unseen');
    alarm('Overheat').forget();
    requireRefresh();
    await shows(gateway);
    expect(gateway.events.at(-1)).toBe('Overheat cleared 700');
  });

  it('below the least severity are left out, but one that was taken is followed to its end', async () => {
    const { alarm, field } = await press({ alarms: { min_severity: 500 } });
    const gateway = await field();
    alarm('Door').raise(499, 'open');
    alarm('Overheat').raise(500, 'hot');
    await shows(gateway, 'Overheat active unseen');
    alarm('Overheat').clear(1);
    await shows(gateway, 'Overheat normal unseen');
  });

  it('can be those of one object', async () => {
    const namespaces = { press: ALARMS_URI };
    const { alarm, field } = await press({ namespaces, alarms: { source: 'press:s=Press' } });
    const gateway = await field();
    alarm('Overheat').raise(700, 'hot');
    await shows(gateway, 'Overheat active unseen');
  });

  it('whose source the server does not have are missed in one line of the log, and the values come', async () => {
    const namespaces = { press: ALARMS_URI };
    const { field } = await press({ namespaces, alarms: { source: 'press:s=Nothing' } });
    const gateway = await field();
    await until('a value', () => gateway.latest()?.quality === 'good');
    await until('the log', () => gateway.logged.includes('opcua.alarms-refused'));
    const at = gateway.latest()?.time ?? 0;
    await until('the next value', () => (gateway.latest()?.time ?? 0) > at);
    expect(gateway.logged.filter((event) => event === 'opcua.alarms-refused')).toHaveLength(1);
    expect(gateway.latest()?.quality).toBe('good');
  });
});
