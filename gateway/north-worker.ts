/** The composition root of the north side's thread: journal, forwarders, uplinks. */
import { parentPort } from 'node:worker_threads';
import software from '../package.json' with { type: 'json' };
import { createForwarder } from './forward/forwarder.ts';
import { createMqttUplink } from './forward/mqtt-uplink.ts';
import type { Forwarder } from './forward/uplink.ts';
import { systemClock } from './host/clock.ts';
import { saveCompileCache } from './host/compile-cache.ts';
import { systemRandom } from './host/random.ts';
import { type ForwarderContext, runNorth } from './journal/north/north.ts';
import {
  ALARM_EVENT_QUANTITY,
  COMMANDS_DEVICE,
  COMMANDS_EVENT_QUANTITY,
} from './model/event-tag.ts';
import { tagId } from './model/sample.ts';

if (parentPort === null) throw new Error('north-worker.ts runs in a worker thread only');

const COMMANDS_EVENT = tagId(COMMANDS_DEVICE, COMMANDS_EVENT_QUANTITY);

const clock = systemClock();
const unsaved = saveCompileCache(clock);
parentPort.once('close', unsaved);

runNorth(parentPort, {
  clock,
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
  // Without it nothing can be written, and there is no place for the audit.
  const hasAudit = setup.tags.some(({ id }) => id === COMMANDS_EVENT);
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
          ...(hasAudit && commands === 'accept' ? (['command'] as const) : []),
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
