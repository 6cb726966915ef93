/** mqtt.js alone, at its best, with the messages of the backlog made before. */
import { Socket } from 'node:net';
import { connect, type IConnackPacket } from 'mqtt';
import { blockMessagesOf } from '../../gateway/forward/block-messages.ts';
import { seqOf } from '../../gateway/journal/journal.ts';
import {
  BLOCKS,
  backlogAt,
  type DrainOrder,
  mqttConfig,
  SAMPLES,
  SPEAKER,
} from './drain-backlog.ts';

/** Those of so many blocks are published again and again: all of them would be more than the memory. */
const KEPT_BLOCKS = 2_000;
const order = JSON.parse(process.argv[2] ?? '{}') as DrainOrder;
const config = mqttConfig(order.url);
const journal = backlogAt(order.journal);
const messagesOf = blockMessagesOf(config, SPEAKER, []);
const blocks = journal.read(seqOf(1), KEPT_BLOCKS);
const messages = blocks.flatMap((block) =>
  messagesOf(block, true).map(({ topic, payload }) => ({ topic, payload: String(payload) })),
);
await journal.close();

/** Samples a second. */
async function published(): Promise<number> {
  const client = connect(config.url, { protocolVersion: 5, clientId: 'bare' });
  const { properties } = await new Promise<IConnackPacket>((up) => client.once('connect', up));
  // No client may have more on their way than the broker says (MQTT 5.0 §3.3.4).
  const onTheWay = Math.min(config.window, properties?.receiveMaximum ?? config.window);
  // As it comes, each small packet waits for the answer to the one before (RFC 896).
  if (client.stream instanceof Socket) client.stream.setNoDelay(true);
  const began = performance.now();
  let left = (messages.length * BLOCKS) / KEPT_BLOCKS;
  const lane = async () => {
    while (left > 0) {
      const message = messages[--left % messages.length];
      if (message) await client.publishAsync(message.topic, message.payload, { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: onTheWay }, lane));
  const seconds = (performance.now() - began) / 1_000;
  await client.endAsync();
  return SAMPLES / seconds;
}

process.on('message', async () => process.send?.(await published()));
process.send?.('ready');
