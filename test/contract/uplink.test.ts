/** What every uplink promises, the one in memory that other tests rely on included. */
import { afterEach, describe, expect, it } from 'vitest';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import type { Uplink, Watermark } from '../../gateway/forward/uplink.ts';
import { type Block, type Seq, seqOf } from '../../gateway/journal/journal.ts';
import { EPOCH, sample, uplinkOptions } from '../support/forward-fixture.ts';
import { memoryJournal } from '../support/memory-journal.ts';
import { memoryUplink } from '../support/memory-uplink.ts';
import { acceptAll, acknowledgeNothing, scriptedBroker } from '../support/scripted-broker.ts';
import { until } from '../support/waiting.ts';

/** An uplink and the target's side of it. */
interface Rig {
  readonly uplink: Uplink;
  /** Lets the uplink reach the target. */
  connect(): void;
  /** From now on the target keeps its acknowledgements back, or gives them. */
  withhold(): void;
  acknowledge(): void;
  cut(): void;
  /** The seqs of the blocks that have arrived, in order. */
  arrived(): readonly number[];
  /** Watermarks that have arrived. */
  announced(): number;
  dispose(): Promise<void>;
}

const rigs: Record<string, () => Promise<Rig>> = {
  'in memory': async () => {
    const uplink = memoryUplink();
    uplink.acknowledgeAll();
    return {
      uplink,
      connect: () => uplink.up(),
      withhold: () => uplink.withhold(),
      acknowledge: () => uplink.acknowledgeAll(),
      cut: () => {
        uplink.down();
        uplink.up();
      },
      arrived: () => uplink.sendings.map(({ block }) => block.seq),
      announced: () => uplink.watermarks.length,
      dispose: () => uplink.close(),
    };
  },
  'MQTT 5': () => mqttRig(5),
  'MQTT 3.1.1': () => mqttRig(4),
};

async function mqttRig(version: 4 | 5): Promise<Rig> {
  const broker = await scriptedBroker();
  const uplink = createMqttUplink(uplinkOptions({ url: broker.url, version }));
  const ofBlocks = () => broker.published.filter(({ topic }) => topic.includes('/telemetry/'));
  return {
    uplink,
    connect() {},
    withhold() {
      broker.script = acknowledgeNothing;
    },
    acknowledge() {
      broker.script = acceptAll;
      for (const published of broker.unacknowledged()) published.acknowledge();
    },
    cut: () => broker.cut(),
    arrived: () => ofBlocks().map(({ payload }) => JSON.parse(payload).seq),
    announced: () => broker.published.filter(({ topic }) => topic.endsWith('/watermark')).length,
    async dispose() {
      await uplink.close();
      await broker.close();
    },
  };
}

const WATERMARK: Watermark = { epoch: EPOCH, head: seqOf(9), acknowledged: seqOf(7), gaps: [] };

describe.each(Object.keys(rigs))('an uplink %s', (name) => {
  let rig: Rig;
  let ups = 0;
  let downs = 0;
  const journal = memoryJournal(EPOCH);
  const block = (): Block => {
    const seq: Seq = journal.put([sample('a.x', journal.head)]);
    return journal.read(seq, 1)[0] as Block;
  };
  const start = async () => {
    rig = await (rigs[name] as () => Promise<Rig>)();
    ups = 0;
    downs = 0;
    rig.uplink.open({
      up() {
        ups++;
      },
      down() {
        downs++;
      },
    });
    rig.connect();
    await until('the connection', () => ups === 1);
  };
  const outcomes = (sends: readonly Promise<unknown>[]) =>
    Promise.allSettled(sends).then((all) => all.map(({ status }) => status));

  afterEach(() => rig.dispose());

  it('takes nothing before the connection is up', async () => {
    rig = await (rigs[name] as () => Promise<Rig>)();
    await expect(rig.uplink.send(block(), false)).rejects.toThrow('[forward.not-connected]');
    rig.uplink.announce(WATERMARK);
    expect(rig.arrived()).toEqual([]);
  });

  it('resolves a send on its acknowledgement and at no other time', async () => {
    await start();
    rig.withhold();
    let settled = false;
    const sent = block();
    const send = rig.uplink.send(sent, false).finally(() => {
      settled = true;
    });
    await until('the arrival', () => rig.arrived().includes(sent.seq));
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toBe(false);
    rig.acknowledge();
    await send;
  });

  it('delivers in the order of sending, many at once', async () => {
    await start();
    const blocks = Array.from({ length: 200 }, block);
    await Promise.all(blocks.map((each) => rig.uplink.send(each, true)));
    expect(rig.arrived()).toEqual(blocks.map(({ seq }) => seq));
  });

  it('rejects everything pending when the connection is lost, says so once, and is up again', async () => {
    await start();
    rig.withhold();
    const sends = Array.from({ length: 30 }, () => rig.uplink.send(block(), false));
    await until('arrivals', () => rig.arrived().length > 0);
    rig.cut();
    expect(await outcomes(sends)).toEqual(sends.map(() => 'rejected'));
    await until('the next connection', () => ups === 2);
    expect(downs).toBe(1);
    rig.acknowledge();
    await rig.uplink.send(block(), true);
  });

  it('announces what it is told, the last one at least', async () => {
    await start();
    rig.uplink.announce(WATERMARK);
    rig.uplink.announce({ ...WATERMARK, acknowledged: seqOf(8) });
    await until('the watermark', () => rig.announced() > 0);
  });

  it('rejects what is pending when it is closed, and stays closed', async () => {
    await start();
    rig.withhold();
    const sends = Array.from({ length: 30 }, () => rig.uplink.send(block(), false));
    const outcome = outcomes(sends);
    await Promise.all([rig.uplink.close(), rig.uplink.close()]);
    await rig.uplink.close();
    expect(await outcome).toEqual(sends.map(() => 'rejected'));
    expect(rig.uplink.facts().state).toBe('closed');
    await expect(rig.uplink.send(block(), false)).rejects.toThrow('[forward.not-connected]');
  });

  it('can be closed without ever having been opened', async () => {
    rig = await (rigs[name] as () => Promise<Rig>)();
    await rig.uplink.close();
    expect(rig.uplink.facts().state).toBe('closed');
  });

  it('can be closed while it connects', async () => {
    rig = await (rigs[name] as () => Promise<Rig>)();
    rig.uplink.open({ up() {}, down() {} });
    await rig.uplink.close();
    expect(rig.uplink.facts().state).toBe('closed');
  });
});
