/** The composition root of the north side's thread: journal, forwarders, uplinks. */
import { parentPort } from 'node:worker_threads';
import software from '../package.json' with { type: 'json' };
import { createForwarder } from './forward/forwarder.ts';
import { createMqttUplink } from './forward/mqtt-uplink.ts';
import type { Forwarder } from './forward/uplink.ts';
import { systemClock } from './host/clock.ts';
import { systemRandom } from './host/random.ts';
import { type ForwarderContext, runNorth } from './journal/north.ts';
import { ALARM_EVENT_QUANTITY } from './model/event-tag.ts';

if (parentPort === null) throw new Error('north-worker.ts runs in a worker thread only');

runNorth(parentPort, {
  clock: systemClock(),
  createForwarders,
  exit: (code) => process.exit(code),
});

function createForwarders({
  setup,
  journal,
  clock,
  log,
  request,
}: ForwarderContext): readonly Forwarder[] {
  const hasAlarms = setup.tags.some(({ quantity }) => quantity === ALARM_EVENT_QUANTITY);
  return setup.uplinks.map(({ name, mqtt, commands }) =>
    createForwarder({
      uplink: createMqttUplink({
        name,
        config: mqtt,
        speaker: {
          gateway: setup.gateway,
          epoch: journal.epoch,
          version: software.version,
          config: setup.config,
        },
        tags: setup.tags,
        clock,
        log,
        random: systemRandom,
        listens: [
          ...(commands === 'accept' ? (['command'] as const) : []),
          ...(hasAlarms ? (['alarm'] as const) : []),
        ],
        onRequest: (asked) => request(name, asked),
      }),
      journal,
      clock,
      log,
      random: systemRandom,
      resend: mqtt.resend,
    }),
  );
}
