/** What mqtt.js is told of a connection: no session, no queue, no second life, and time from our clock. */
import type { Cancel, Clock } from '../host/clock.ts';
import { later, seconds } from '../model/units.ts';
import type { ConnectOptions } from './mqtt-connection.ts';
import { LONGEST_PACKET } from './packet-guard.ts';

export function clientOptions({ config, will, clock }: ConnectOptions) {
  return {
    protocolVersion: config.version,
    clientId: config.clientId,
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    // No session; with MQTT 5, too, none outlives the connection unless it is asked for. What was said while nobody
    // was there must not come later (MQTT 5.0 §3.1.2.4, §3.1.2.11.2).
    clean: true,
    keepalive: Math.round(config.keepalive / 1000),
    will: { ...will, payload: Buffer.from(will.payload as Uint8Array), qos: 1 as const },
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    messageIdProvider: ONE_ID,
    // mqtt-packet otherwise keeps 65,536 prepared buffers, some 10 MB.
    writeCache: false,
    // The deadline is ours: on this clock, and with TLS and the name look-up inside.
    connectTimeout: 2 ** 31 - 1,
    timerVariant: keepaliveTimer(clock),
    ...(config.version === 5 && { properties: { maximumPacketSize: LONGEST_PACKET } }),
  };
}

/** It subscribes to one topic after the other, and publishes nothing. */
export const SUBSCRIBE_ID = 65_535;
const ONE_ID = {
  allocate: () => SUBSCRIBE_ID,
  getLastAllocated: () => SUBSCRIBE_ID,
  register: () => true,
  deallocate() {},
  clear() {},
};

/** mqtt.js's keepalive interval on our clock; it knows a timer by number. */
function keepaliveTimer(clock: Clock) {
  const running = new Map<number, Cancel>();
  let last = 0;
  const repeat = (id: number, run: () => void, ms: number) => {
    running.set(
      id,
      clock.at('forward.keepalive', later(clock.mono(), seconds(ms / 1000)), () => {
        repeat(id, run, ms);
        run();
      }),
    );
  };
  return {
    set(run: () => void, ms: number) {
      repeat(++last, run, ms);
      return last;
    },
    clear(id: number) {
      running.get(id)?.();
      running.delete(id);
    },
  };
}
