/**
 * One session of the edge node, from its births to the loss of the connection: counts the messages, holds data back while it is
 * born anew, and knows when the broker has read a block.
 */
import type { Cancel, Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Block } from '../../journal/journal.ts';
import type { GatewayError } from '../../model/errors.ts';
import type { Sample } from '../../model/sample.ts';
import { later, type MonoMs, monoMs, seconds } from '../../model/units.ts';
import type { MqttConnection } from '../mqtt-connection.ts';
import {
  births,
  blockMessages,
  deaths,
  type EdgeMessage,
  type Moment,
  nextDeath,
} from './edge-messages.ts';
import { type EdgeModel, wholeMs } from './edge-model.ts';
import { writePayload } from './payload-writer.ts';
import { deviceTopic, type NodeName, nodeTopic } from './topics.ts';

export interface EdgeSessionOptions {
  readonly uplink: string;
  readonly name: NodeName;
  readonly bdSeq: number;
  readonly connection: MqttConnection;
  readonly model: EdgeModel;
  readonly clock: Clock;
  readonly log: Log;
  /** How all tags stand now; rejects where nobody says so. */
  readonly present: () => Promise<readonly Sample[]>;
  /** Births were not possible: this session is over. */
  readonly onFailed: (error: unknown) => void;
}

/** From one birth to the next: requests that come meanwhile become one. */
const REBIRTH_PAUSE = seconds(5);
const NUMBERS = 256;

interface Held {
  readonly block: Block;
  readonly isHistory: boolean;
  readonly resolve: (messages: number) => void;
  readonly reject: (error: unknown) => void;
}

export class EdgeSession {
  readonly #options: EdgeSessionOptions;
  #seq = 0;
  /** Births are out, and none are wanted. */
  #isUp = false;
  #over: GatewayError | undefined;
  #held: Held[] = [];
  /** Topics whose births the broker does not take; said once. */
  readonly #refused = new Set<string>();
  #bornAt = monoMs(Number.NEGATIVE_INFINITY);
  #cancelBirth: Cancel | undefined;
  #cancelDeath: Cancel | undefined;

  constructor(options: EdgeSessionOptions) {
    this.#options = options;
    void options.connection.lost.then((error) => this.end(error));
  }

  /** The births (§6). Data waits for them. Rejects when there are none. */
  async bear(): Promise<void> {
    const { model, present, bdSeq } = this.#options;
    const samples = await present();
    if (this.#over) throw this.#over;
    const now = this.#now();
    model.present(samples, now.utc);
    this.#seq = 0;
    const [refused] = this.#say(births(model, bdSeq, now));
    if (refused && !model.node.isBorn) throw refused;
    this.#bornAt = now.mono;
    this.#isUp = true;
    const held = this.#held;
    this.#held = [];
    for (const one of held) this.#tell({ ...one, isHistory: true });
  }

  /** Data stops at once; the births follow, not sooner than a while after the last ones. */
  rebirth(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    const { clock, onFailed } = this.#options;
    const bear = () =>
      void this.bear().catch((error: unknown) => {
        if (!this.#over) onFailed(error);
      });
    const due: MonoMs = later(this.#bornAt, REBIRTH_PAUSE);
    if (clock.mono() >= due) bear();
    else this.#cancelBirth = clock.at('forward.rebirth', due, bear);
  }

  /** Resolves when the broker has read all of it, with how many messages it was. */
  send(block: Block, isHistory: boolean): Promise<number> {
    return new Promise((resolve, reject) => this.#tell({ block, isHistory, resolve, reject }));
  }

  /** Nothing more is said: its death is next, or the connection is gone. */
  end(error: GatewayError): void {
    this.#over ??= error;
    this.#isUp = false;
    this.#cancelBirth?.();
    this.#cancelDeath?.();
    for (const { reject } of this.#held) reject(error);
    this.#held = [];
  }

  #tell(one: Held): void {
    if (this.#over) {
      one.reject(this.#over);
      return;
    }
    const { model, connection } = this.#options;
    const messages = this.#isUp
      ? blockMessages(model, one.block, one.isHistory, this.#now())
      : undefined;
    if (messages === undefined) {
      this.#held.push(one);
      this.rebirth();
      return;
    }
    const [refused] = this.#say(messages);
    this.#watchDeaths();
    const { resolve, reject } = one;
    const { length } = messages;
    connection.heard().then(() => (refused ? reject(refused) : resolve(length)), reject);
  }

  /** What the broker would not take takes no number; a device without a birth says nothing. */
  #say(messages: readonly EdgeMessage[]): readonly GatewayError[] {
    const { model, connection, uplink, log } = this.#options;
    const refusals: GatewayError[] = [];
    const mute = new Set<string | undefined>();
    for (const { type, device, metrics } of messages) {
      if (mute.has(device)) continue;
      const { name } = this.#options;
      const topic =
        type === 'NBIRTH' || type === 'NDATA'
          ? nodeTopic(name, type)
          : deviceTopic(name, type, device ?? '');
      const time = wholeMs(this.#now().utc);
      const payload = writePayload({ time, seq: this.#seq, metrics });
      const refused = connection.say({ topic, payload, retain: false });
      if (refused === undefined) {
        this.#seq = (this.#seq + 1) % NUMBERS;
        continue;
      }
      refusals.push(refused);
      if (type !== 'NBIRTH' && type !== 'DBIRTH') continue;
      const born = device === undefined ? model.node : model.device(device);
      if (born) born.isBorn = false;
      mute.add(device);
      if (!this.#refused.has(topic))
        log.warn('forward.birth-refused', { uplink, topic, reason: refused.message });
      this.#refused.add(topic);
    }
    return refusals;
  }

  /** A device that was lost while its history came dies when no more comes. */
  #watchDeaths(): void {
    const { model, clock } = this.#options;
    this.#cancelDeath?.();
    const due = this.#isUp ? nextDeath(model) : undefined;
    if (due === undefined) return;
    this.#cancelDeath = clock.at('forward.deaths', due, () => {
      if (!this.#isUp) return;
      this.#say(deaths(model, this.#now()));
      this.#watchDeaths();
    });
  }

  #now(): Moment {
    const { clock } = this.#options;
    return { utc: clock.utc(), mono: clock.mono() };
  }
}
