/** A receiver that counts what comes, and says so as a receiver does that has stored it. */
import { connect, type MqttClient } from 'mqtt';
import { decodeEnvelope } from '../../gateway/forward/envelope-reader.ts';
import { until } from '../support/waiting.ts';

const CONFIRM_EVERY_MS = 50;

export class AcknowledgingReceiver {
  readonly #client: MqttClient;
  readonly #gateway: string;
  /** How often each part came, by `seq/part`. */
  readonly counts = new Map<string, number>();
  /** How many parts each block has. */
  readonly parts = new Map<number, number>();
  /** Messages that came more than once. */
  repeats = 0;
  #epoch = '';
  #toConfirm: (readonly [seq: number, part: number])[] = [];
  readonly #timer: NodeJS.Timeout;
  #isSubscribed = false;

  constructor(url: string, gateway: string) {
    this.#gateway = gateway;
    this.#client = connect(url, {
      ...{ protocolVersion: 5, clientId: 'receiver', reconnectPeriod: 50, connectTimeout: 2_000 },
    });
    this.#client.on('error', () => {});
    this.#client.on('connect', () =>
      this.#client.subscribe(`headgate/v1/${gateway}/telemetry/+`, { qos: 1 }, (error) => {
        this.#isSubscribed = !error;
      }),
    );
    this.#client.on('close', () => {
      this.#isSubscribed = false;
    });
    this.#client.on('message', (_, payload) => this.#take(`${payload}`));
    this.#timer = setInterval(() => this.#confirm(), CONFIRM_EVERY_MS);
  }

  async ready(): Promise<void> {
    await until('the subscription of the receiver', () => this.#isSubscribed);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  #take(text: string): void {
    const { epoch, seq, part, parts } = decodeEnvelope(text);
    const key = `${seq}/${part}`;
    const before = this.counts.get(key) ?? 0;
    if (before > 0) this.repeats++;
    this.counts.set(key, before + 1);
    this.parts.set(seq, parts);
    this.#epoch = epoch;
    this.#toConfirm.push([seq, part]);
  }

  #confirm(): void {
    if (this.#toConfirm.length === 0 || !this.#client.connected) return;
    const text = JSON.stringify({
      v: 1,
      epoch: this.#epoch,
      parts: this.#toConfirm.splice(0, 500),
    });
    this.#client.publish(`headgate/v1/${this.#gateway}/ack`, text, { qos: 1 });
  }
}
