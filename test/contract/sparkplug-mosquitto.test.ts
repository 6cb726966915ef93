/** An edge node of Sparkplug B 3.0 at a real Mosquitto, judged by a host that shares no code with it. */
import { expect } from 'vitest';
import { MOSQUITTO } from '../support/mosquitto.ts';
import { testWith } from '../support/real-parts.ts';
import { at, edgeNode, NODE, startHost, startWatchedBroker } from '../support/sparkplug-fixture.ts';

const test = testWith([MOSQUITTO]);

test('smoke', async () => {
  const broker = await startWatchedBroker();
  const host = await startHost(broker);
  const edge = edgeNode(broker);
  await host.arrived(1, 'NBIRTH');
  const seq = edge.put(
    at(0, 'press.oil_temp', 74.2),
    at(0, 'press.pump', true),
    at(5, 'gateway.autonomy', 20),
  );
  await edge.delivered(seq);
  await host.arrived(1, 'DDATA');
  await edge.forwarder.stop();
  await host.arrived(1, 'NDEATH');
  console.log(JSON.stringify(host.messages, null, 1));
  console.log(broker.packets.map((p) => p.cmd));
  expect(host.judge.complaints).toEqual([]);
  expect(host.judge.nodes.get(NODE)?.isStale).toBe(true);
});
