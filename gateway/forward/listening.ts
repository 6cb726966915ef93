/**
 * Which topics an uplink listens to on its next connection. Delivery comes first: some brokers hang up on who subscribes
 * without the right to, and anybody may publish there what breaks the protocol. Each topic is judged on its own.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { GatewayError } from '../model/errors.ts';
import { later, type MonoMs, minutes, monoMs } from '../model/units.ts';
import type { Mailbox } from './mailbox.ts';
import type { MqttConnection, Subscription } from './mqtt-connection.ts';

export interface ListeningOptions {
  readonly uplink: string;
  readonly mailboxes: readonly Mailbox[];
  readonly clock: Clock;
  readonly log: Log;
}

const PROTOCOL_BROKEN = 'forward.protocol-broken';
/** A broker that breaks the connection over a subscription this often in a row is not asked again for a while. */
const SUBSCRIBE_ATTEMPTS = 2;
const DEAF_FOR = minutes(60);

export class Listening {
  readonly #options: ListeningOptions;
  readonly #failures = new Map<string, number>();
  readonly #deafUntil = new Map<string, MonoMs>();

  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  subscriptions(): readonly Subscription[] {
    const { uplink, mailboxes, clock, log } = this.#options;
    const never = monoMs(Number.NEGATIVE_INFINITY);
    return mailboxes
      .filter(({ topic }) => clock.mono() >= (this.#deafUntil.get(topic) ?? never))
      .map((mailbox) => ({
        topic: mailbox.topic,
        isRepeated: mailbox.isRepeated ?? false,
        onMessage: (payload, isRetained) => mailbox.take(payload, isRetained),
        onRefused: () => log.warn('forward.subscription-refused', { uplink, topic: mailbox.topic }),
      }));
  }

  /** After each connection, with what ended it. What broke the protocol may have come by any topic that was granted. */
  judge({ subscriptions }: MqttConnection, { code }: GatewayError): void {
    for (const [topic, state] of subscriptions) {
      const isBroken = state === 'asked' || (state === 'granted' && code === PROTOCOL_BROKEN);
      const failures = isBroken ? (this.#failures.get(topic) ?? 0) + 1 : 0;
      this.#failures.set(topic, failures % SUBSCRIBE_ATTEMPTS);
      if (failures >= SUBSCRIBE_ATTEMPTS) this.#giveUp(topic);
    }
  }

  #giveUp(topic: string): void {
    const { uplink, clock, log } = this.#options;
    this.#deafUntil.set(topic, later(clock.mono(), DEAF_FOR));
    log.error('forward.subscription-given-up', { uplink, topic, seconds: DEAF_FOR / 1_000 });
  }
}
