/**
 * Who is upstream of a story that is shown: the real uplink over MQTT to the embedded broker, in real time beside the time of
 * the story, and a client that gives commands.
 */

import type { Broker } from '../../../firmware-sim/broker.ts';
import { connect } from '../../../firmware-sim/mqtt.ts';
import software from '../../../package.json' with { type: 'json' };
import { createForwarder } from '../../forward/forwarder.ts';
import { createMqttUplink } from '../../forward/mqtt-uplink.ts';
import type { Forwarder } from '../../forward/uplink.ts';
import { sleep, systemClock } from '../../host/clock.ts';
import { silentLog } from '../../host/log.ts';
import { systemRandom } from '../../host/random.ts';
import type { ForwarderContext } from '../../journal/north/north.ts';
import { millis, seconds } from '../../model/units.ts';
import type { UpstreamRequest } from '../../model/upstream.ts';
import type { Upstream } from './story-player.ts';

export interface DemoUpstream extends Upstream {
  readonly isCut: boolean;
  stop(): Promise<void>;
}

/** How long a command may take to the gateway, in real time; the story waits for it. */
const COMMAND_PATIENCE = seconds(5);

export function demoUpstream(
  broker: Pick<Broker, 'url' | 'cut' | 'restore'>,
  gateway: string,
): DemoUpstream {
  const clock = systemClock();
  const client = connect(broker.url, { protocolVersion: 5, reconnectPeriod: 200 });
  client.on('error', () => {});
  let isCut = false;
  let onCommand = () => {};
  const forwarderOf = (
    uplink: ForwarderContext['setup']['uplinks'][number],
    { setup, journal, request, ...context }: ForwarderContext,
  ): readonly Forwarder[] => {
    if (!('mqtt' in uplink)) return [];
    const { name, mqtt, commands } = uplink;
    const common = { clock, log: silentLog, random: systemRandom };
    const target = createMqttUplink({
      ...{ ...common, name, config: mqtt, tags: setup.tags },
      speaker: {
        ...{ gateway: setup.gateway, epoch: journal.epoch },
        ...{ version: software.version, config: setup.config },
      },
      listens: commands === 'accept' ? ['command'] : [],
      onRequest(asked: UpstreamRequest) {
        request(name, asked);
        if (asked.about === 'command') onCommand();
      },
    });
    const forwarder = createForwarder({
      ...{ ...common, uplink: target, journal, resend: mqtt.resend },
    });
    // It lives in real time; what watches over it does not.
    forwarder.lastProgress = () => context.clock.mono();
    return [forwarder];
  };
  return {
    get isCut() {
      return isCut;
    },
    createForwarders: async (context) =>
      context.setup.uplinks.flatMap((uplink) => forwarderOf(uplink, context)),
    async cut() {
      isCut = true;
      await broker.cut();
    },
    async restore() {
      isCut = false;
      await broker.restore();
    },
    async send(message) {
      const heard = Promise.withResolvers<void>();
      onCommand = heard.resolve;
      await client.publishAsync(`headgate/v1/${gateway}/cmd`, message, { qos: 1 });
      await Promise.race([heard.promise, sleep(clock, 'demo.command', millis(COMMAND_PATIENCE))]);
    },
    async stop() {
      await client.endAsync(true);
    },
  };
}
