/** The gateway's side of the bench of the drain: forwarder and uplink, from the connection to the last acknowledgement. */
import { createForwarder } from '../../gateway/forward/forwarder.ts';
import { createMqttUplink } from '../../gateway/forward/mqtt-uplink.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { systemRandom } from '../../gateway/host/random.ts';
import { until } from '../support/waiting.ts';
import { backlogAt, type DrainOrder, mqttConfig, SAMPLES, SPEAKER } from './drain-backlog.ts';

const PATIENCE_MS = 120_000;
const order = JSON.parse(process.argv[2] ?? '{}') as DrainOrder;
const config = mqttConfig(order.url);
const journal = backlogAt(order.journal);
let runs = 0;

/** Samples a second. */
async function drained(): Promise<number> {
  const common = { clock: systemClock(), log: silentLog, random: systemRandom };
  const name = `run${++runs}`;
  const uplink = createMqttUplink({
    ...{ ...common, name, config: { ...config, clientId: name }, speaker: SPEAKER, tags: [] },
  });
  const forwarder = createForwarder({ ...common, uplink, journal, resend: config.resend });
  const cursor = journal.cursor(name);
  await forwarder.start();
  await until('the connection', () => forwarder.facts().state === 'up');
  const began = performance.now();
  await until('the drain', () => cursor.upTo === journal.head, PATIENCE_MS);
  const seconds = (performance.now() - began) / 1_000;
  await forwarder.stop();
  return SAMPLES / seconds;
}

process.on('message', async () => process.send?.(await drained()));
process.once('disconnect', () => void journal.close());
