/** Blocks that a broker cannot bear, at real and at hostile brokers: they block nobody, and can be sent again. */
import { expect, it, onTestFinished } from 'vitest';
import type { MqttConfig } from '../../config/site.ts';
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seconds } from '../../gateway/model/units.ts';
import { EPOCH, sample, uplinkOptions } from '../support/forward-fixture.ts';
import { hastyClock } from '../support/hasty-clock.ts';
import { memoryJournal } from '../support/memory-journal.ts';
import { startMosquitto } from '../support/mosquitto.ts';
import { describeWith } from '../support/real-parts.ts';
import { acceptAll, type Published, scriptedBroker } from '../support/scripted-broker.ts';
import { until } from '../support/waiting.ts';

const flow = async (config: Partial<MqttConfig>) => {
  const journal = memoryJournal(EPOCH);
  const random = () => 0.02;
  const uplink = createMqttUplink(uplinkOptions(config, { random }));
  const parts = { uplink, journal, clock: hastyClock(), log: silentLog, random };
  const forwarder = createForwarder({ ...parts, resend: seconds(5) });
  await forwarder.start();
  onTestFinished(() => forwarder.stop());
  const cursor = journal.cursor('cloud');
  return {
    append: (value: string | number) =>
      forwarder.onAppended(journal.put([sample('press.x', value)])),
    isDrained: () => cursor.upTo === journal.head,
    aside: () => forwarder.facts().aside?.map(({ seq, reason }) => [seq, reason]) ?? [],
    forwarder,
  };
};
const hostile = async (onPublish: (published: Published) => void) => {
  const broker = await scriptedBroker({ onPublish });
  onTestFinished(() => broker.close());
  return broker;
};
const isBad = ({ payload }: Published) => payload.includes('"bad"');

describeWith([], 'a block that a hostile broker cannot bear', () => {
  it.each([5, 4] as const)(
    'at which it hangs up, is set aside and sent again on demand, MQTT version %i',
    async (version) => {
      const broker = await hostile((published) => {
        if (!isBad(published)) published.acknowledge();
        // MQTT 5.0 §3.14.2.1: packet too large.
        else if (version === 5) broker.connections.at(-1)?.socket.end(Buffer.of(0xe0, 2, 0x95, 0));
        else broker.cut();
      });
      const line = await flow({ url: broker.url, version });
      for (const value of [1, 2, 'bad', 4, 5]) line.append(value);
      await until('a connection was lost', () => broker.connections.length > 1);
      line.append(6);
      await until('all others are through', line.isDrained);
      expect(line.aside()).toEqual([[3, expect.stringContaining('forward.lost-at-block')]]);
      expect(broker.connections.length).toBeLessThan(15);
      broker.script = acceptAll;
      line.forwarder.sendAside?.();
      await until('it is through', () => line.aside().length === 0);
    },
  );

  it.each([
    ['payload format invalid', 0x99],
    ['implementation specific', 0x83],
    ['topic name invalid', 0x90],
  ])('and refuses: %s', async (_, reason) => {
    const broker = await hostile((published) =>
      published.acknowledge(isBad(published) ? reason : 0),
    );
    const line = await flow({ url: broker.url });
    for (const value of [1, 'bad', 3]) line.append(value);
    let value = 4;
    await until('it is set aside', () => {
      line.append(value++);
      return line.aside().length > 0;
    });
    const code = `0x${reason.toString(16)}`;
    expect(line.aside()).toEqual([[2, expect.stringContaining(code)]]);
    await until('all others are through', line.isDrained);
  });
});

describeWith(['mosquitto'], 'a block that is too large for Mosquitto', () => {
  it('which hangs up on MQTT 3.1.1, is set aside, and no other', async () => {
    const broker = await startMosquitto({ lines: () => ['max_packet_size 2000'] });
    onTestFinished(() => broker.dispose());
    const line = await flow({ url: broker.url, version: 4 });
    for (let value = 1; value <= 40; value++) line.append(value === 20 ? 'x'.repeat(3_000) : value);
    await until('it is found', () => line.aside().length > 0);
    await until('all others are through', line.isDrained);
    expect(line.aside().map(([seq]) => seq)).toEqual([20]);
  });
});
