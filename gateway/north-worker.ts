/** The composition root of the north side's thread: journal, forwarders, uplinks. */
import { dirname, join } from 'node:path';
import { parentPort } from 'node:worker_threads';
import type { MqttConfig, UplinkConfig } from '../config/site.ts';
import software from '../package.json' with { type: 'json' };
import { createForwarder } from './forward/forwarder.ts';
import { selectionOf } from './forward/selection.ts';
import type { Forwarder, Uplink } from './forward/uplink.ts';
import { systemClock } from './host/clock.ts';
import { saveCompileCache } from './host/compile-cache.ts';
import { systemRandom } from './host/random.ts';
import { fileStateStore } from './host/state-store.ts';
import { type ForwarderContext, runNorth } from './journal/north/north.ts';
import {
  ALARM_EVENT_QUANTITY,
  COMMANDS_DEVICE,
  COMMANDS_EVENT_QUANTITY,
} from './model/event-tag.ts';
import { tagId } from './model/sample.ts';
import type { Millis } from './model/units.ts';
import type { UpstreamRequest } from './model/upstream.ts';

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

function createForwarders(context: ForwarderContext): Promise<readonly Forwarder[]> {
  return Promise.all(context.setup.uplinks.map((uplink) => forwarderOf(uplink, context)));
}

/** One for each kind of uplink. What a site does not have is not loaded. */
async function forwarderOf(uplink: UplinkConfig, context: ForwarderContext): Promise<Forwarder> {
  const { setup, journal, clock, log, request } = context;
  const { name, commands } = uplink;
  const hasAlarms = setup.tags.some(({ quantity }) => quantity === ALARM_EVENT_QUANTITY);
  // Without it nothing can be written, and there is no place for the audit.
  const hasAudit = setup.tags.some(({ id }) => id === COMMANDS_EVENT);
  const takesCommands = hasAudit && commands === 'accept';
  const common = {
    ...{ name, tags: setup.tags, clock, log, random: systemRandom },
    speaker: {
      gateway: setup.gateway,
      epoch: journal.epoch,
      version: software.version,
      config: setup.config,
    },
    onRequest: (asked: UpstreamRequest) => request(name, asked),
  };
  const forwarder = async (
    target: Uplink,
    { resend, only }: Pick<MqttConfig, 'resend' | 'only'>,
    confirmWithin?: Millis,
  ) => {
    const path = join(dirname(setup.journal.path), `aside-${name}.json`);
    const state = await fileStateStore(path, clock, log);
    const parts = { uplink: target, journal, clock, log, random: systemRandom, state };
    return createForwarder({ ...parts, resend, selection: selectionOf(only), confirmWithin });
  };
  if ('mqtt' in uplink) {
    const listens = [
      ...(takesCommands ? (['command'] as const) : []),
      ...(hasAlarms ? (['alarm'] as const) : []),
    ];
    const { createMqttUplink } = await import('./forward/mqtt-uplink.ts');
    const path = join(dirname(setup.journal.path), `mqtt-${name}.json`);
    const openState = () => fileStateStore(path, clock, log);
    const target = createMqttUplink({ ...common, config: uplink.mqtt, listens, openState });
    const { ack, ackWithin } = uplink.mqtt;
    return forwarder(target, uplink.mqtt, ack === 'receiver' ? ackWithin : undefined);
  }
  if ('hj212' in uplink) return platformForwarder(uplink, context);
  const { createSparkplugUplink } = await import('./forward/sparkplug/sparkplug-uplink.ts');
  const path = join(dirname(setup.journal.path), `sparkplug-${name}.json`);
  const target = createSparkplugUplink({
    ...{ ...common, config: uplink.sparkplug, gateway: setup.gateway, takesCommands },
    openState: () => fileStateStore(path, clock, log),
  });
  return forwarder(target, uplink.sparkplug);
}

/** A platform is told periods and not blocks: it has a forwarder of its own kind. */
async function platformForwarder(
  { name, hj212: config }: Extract<UplinkConfig, { readonly hj212: unknown }>,
  { setup, journal, clock, log, request }: ForwarderContext,
): Promise<Forwarder> {
  const { createHj212Forwarder } = await import('./forward/hj212/hj212-forwarder.ts');
  const path = join(dirname(setup.journal.path), `hj212-${name}.json`);
  return createHj212Forwarder({
    ...{ name, config, tags: setup.tags, journal, clock, log, random: systemRandom },
    openState: () => fileStateStore(path, clock, log),
    audit: (counts) =>
      request(name, { about: 'refused-commands', refused: { uplink: name, counts } }),
  });
}
