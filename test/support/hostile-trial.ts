/**
 * A gateway as a process of its own between a plant that remembers every write and a real broker, with somebody upstream who
 * sends commands, and somebody who collects the audit. Every message that the broker delivers is accounted for.
 */
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { type Subscriber, startSubscriber } from '../../firmware-sim/subscriber.ts';
import { writeVerb } from '../../gateway/cli/write/write.ts';
import type { DeskFacts } from '../../gateway/command/command-desk.ts';
import { kernelNow } from '../../gateway/host/boot.ts';
import { sleep, systemClock } from '../../gateway/host/clock.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import type { Random } from '../../gateway/model/backoff.ts';
import { millis } from '../../gateway/model/units.ts';
import { called } from './command-line.ts';
import { type Daemon, daemon } from './daemon.ts';
import { GATEWAY, type HostileMessage } from './hostile-commands.ts';
import { Heard, type Reply } from './hostile-replies.ts';
import { type Genuine, type GenuineOptions, HostileSender } from './hostile-sender.ts';
import {
  type HostileSite,
  hostileSite,
  LOSS_WINDOW_MS,
  type PlantTag,
  REGISTER_COUNT,
  REGISTERS,
} from './hostile-site.ts';
import { startMosquitto } from './mosquitto.ts';
import { type TappedLine, tappedLine } from './tapped-line.ts';
import { until } from './waiting.ts';
import { startWrittenPlant, type WrittenPlant } from './written-plant.ts';

/** What messages can be lost with. */
export type Loss = 'cut' | 'kill' | 'kill in a flood';

type Keep = <T>(part: T, dispose: (part: T) => Promise<unknown>) => T;

interface TrialParts {
  readonly site: HostileSite;
  readonly random: Random;
  readonly said: HostileSender;
  readonly plant: WrittenPlant;
  readonly line: TappedLine;
  readonly gateway: Daemon;
  readonly heard: Heard;
  readonly subscriber: Subscriber;
  readonly client: MqttClient;
}

const COMMANDS = `headgate/v1/${GATEWAY}/cmd`;
const SLOWEST_PLANT_MS = 15;
/** A little less than the gateway reads: its seconds and ours differ. */
const PACE = 8;
const PACE_MS = 1_150;
/** Longer than an answer takes that comes at all. */
const ANSWER_MS = 3_000;
const ATTEMPTS = 5;
const LOOK_MS = 20;
/** What is refused on the way in is told once a second. */
const SUMMARY_MS = 1_000;
/** Requests without an answer; what the audit has not heard of them goes with a kill. */
const MOST_OPEN = 20;
/** From a block being due to its commit, on a busy machine. */
const COMMIT_MS = 1_000;

const clock = systemClock();
export const pause = (ms: number): Promise<void> => sleep(clock, 'pause', millis(ms));

export async function startHostileTrial(
  site: HostileSite,
  seed: number,
  keep: Keep,
): Promise<HostileTrial> {
  const random = seededRandom(seed);
  const slowly = () => random() * SLOWEST_PLANT_MS;
  const plant = keep(
    await startWrittenPlant({
      registers: REGISTER_COUNT,
      beforeObeying: slowly,
      beforeAnswering: slowly,
    }),
    (one) => one.stop(),
  );
  const broker = keep(await startMosquitto(), (one) => one.dispose());
  const line = keep(await tappedLine(broker.port, COMMANDS), (one) => one.close());
  const heard = new Heard();
  const subscriber = keep(
    await startSubscriber({
      url: broker.url,
      gateway: GATEWAY,
      onPart: (part) => heard.part(part),
    }),
    (one) => one.stop(),
  );
  const client = keep(await connectAsync(broker.url, { protocolVersion: 5 }), (one) =>
    one.endAsync(true),
  );
  client.on('message', (_, payload) => heard.reply(payload));
  await client.subscribeAsync(`${COMMANDS}/+/outcome`, { qos: 1 });
  const text = hostileSite(site, { plant: plant.port, broker: line.port });
  const gateway = keep(daemon({ site: text }), (one) => one.dispose());
  const said = new HostileSender(site, random, `${site.isSigned ? 's' : 'u'}${seed}`);
  return new HostileTrial({ site, random, said, plant, line, gateway, heard, subscriber, client });
}

export class HostileTrial {
  readonly site: HostileSite;
  readonly random: Random;
  readonly said: HostileSender;
  readonly plant: WrittenPlant;
  readonly line: TappedLine;
  readonly heard: Heard;
  /** Moments, as `kernelNow`. */
  readonly kills: number[] = [];
  /** Messages over all that was settled. */
  readonly total = { sent: 0, delivered: 0 };
  /** What the audit does not tell of, and the most that could have been. */
  readonly losses: Record<Loss, { times: number; missing: number; atMost: number }> = {
    cut: { times: 0, missing: 0, atMost: 0 },
    kill: { times: 0, missing: 0, atMost: 0 },
    'kill in a flood': { times: 0, missing: 0, atMost: 0 },
  };
  readonly #parts: TrialParts;
  /** When the latest messages were said. */
  #latest: number[] = [];
  #sent = 0;
  /** Since all was settled. */
  #killedAt: number | undefined;
  /** As they were when all was settled. */
  #before = { sent: 0, delivered: 0, told: 0, unclear: 0 };

  constructor(parts: TrialParts) {
    this.#parts = parts;
    this.site = parts.site;
    this.random = parts.random;
    this.said = parts.said;
    this.plant = parts.plant;
    this.line = parts.line;
    this.heard = parts.heard;
  }

  /** Resolves when the gateway listens. */
  async start(): Promise<void> {
    await this.#parts.gateway.start();
    await this.listening();
  }

  async listening(): Promise<void> {
    await until('the gateway to listen', () => this.line.isListening, 60_000);
  }

  async kill(): Promise<void> {
    this.#killedAt = kernelNow();
    this.kills.push(this.#killedAt);
    await this.#parts.gateway.kill();
  }

  stop(): Promise<number | null> {
    return this.#parts.gateway.stop();
  }

  /** At once. */
  async say({ bytes, isRetained }: HostileMessage): Promise<void> {
    this.#sent++;
    this.total.sent++;
    this.#latest.push(kernelNow());
    if (this.#latest.length > PACE) this.#latest.shift();
    await this.#parts.client.publishAsync(COMMANDS, Buffer.from(bytes), {
      qos: 1,
      retain: isRetained,
    });
  }

  /** When the gateway reads again. */
  async sayInTime(message: HostileMessage): Promise<void> {
    for (;;) {
      const [oldest] = this.#latest;
      const now = kernelNow();
      if (oldest === undefined || this.#latest.length < PACE || now >= oldest + PACE_MS) break;
      await pause(oldest + PACE_MS - now);
    }
    await this.say(message);
  }

  /** Resolves when `PACE` messages can be said at once. */
  async breath(): Promise<void> {
    const last = this.#latest.at(-1) ?? Number.NEGATIVE_INFINITY;
    await pause(Math.max(0, last + PACE_MS - kernelNow()));
  }

  /** All at once. Resolves when the gateway has taken them from the broker. */
  async flood(messages: readonly HostileMessage[]): Promise<void> {
    await Promise.all(messages.map((message) => this.say(message)));
    await this.#eventually('the flood', () => {
      const { sent, delivered } = this.#since();
      return delivered === sent && this.line.pending === 0;
    });
    this.#latest = Array.from({ length: PACE }, () => kernelNow());
  }

  /** Says it, and waits for its end; undefined: there is no answer. */
  async ended(message: Genuine, patience = ANSWER_MS): Promise<Reply | undefined> {
    await this.sayInTime(message);
    const due = kernelNow() + patience;
    const isAccepted = () => this.heard.replies.has(message.id);
    while (kernelNow() < due || (isAccepted() && kernelNow() < due + 30_000)) {
      const end = this.heard.endOf(message.id);
      if (end) return end;
      await pause(5);
    }
    return undefined;
  }

  /** What becomes of a new genuine command; one that gets no answer came too fast, and another is made. */
  async outcomeOf(tag: PlantTag, options?: GenuineOptions): Promise<Reply & { made: Genuine }> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const made = this.said.genuine(tag, options);
      if (made === undefined) throw new Error(`nothing is left to be wanted of ${tag}`);
      const end = await this.ended(made);
      if (end) return { ...end, made };
    }
    throw new Error(`no answer about ${tag}`);
  }

  /** Somebody at the box: `headgate write`. */
  async atTheBox(...argv: readonly string[]): Promise<Record<string, unknown>> {
    const file = join(this.#parts.gateway.folder, 'gateway.yaml');
    const { stdout, stderr } = await called(
      { write: writeVerb },
      ['write', ...argv, file, '--yes', '--json'],
      { clock },
    );
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  /** The values that the plant saw, in order. */
  writesOf(tag: PlantTag): readonly number[] {
    const address = REGISTERS[tag];
    return this.plant.writes.flatMap((one) => (one.address === address ? [one.value] : []));
  }

  /** Resolves with the moment at which the plant saw the first write of this value from `since` on. */
  async written(tag: PlantTag, value: number, since: number): Promise<number> {
    const address = REGISTERS[tag];
    const found = () =>
      this.plant.writes.find(
        (one) => one.address === address && one.value === value && one.at >= since,
      );
    await this.#eventually(`${tag} to be written`, () => found() !== undefined);
    return found()?.at ?? 0;
  }

  /** Resolves when the plant has this value. */
  async holds(tag: PlantTag, value: number): Promise<void> {
    const address = REGISTERS[tag];
    await this.#eventually(`${tag} = ${value}`, () => this.plant.values[address] === value);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** The connection was up all the time: what was sent was delivered, and the audit tells of every message. */
  async settled(): Promise<void> {
    await this.#eventually('the audit to tell of every message', () => {
      const { sent, delivered, told } = this.#since();
      return delivered === sent && told === delivered && this.line.pending === 0;
    });
    this.#settle(0);
  }

  /**
   * Waits until no more is to come. A cut takes with it what the gateway had not acknowledged. A kill takes what it had not
   * answered, and what it had answered or refused and not stored yet: a summary waits a second, a block the loss window.
   */
  async settledAfter(loss: Loss): Promise<void> {
    await this.#quiet();
    const { unclear } = this.#since();
    const kill = this.#killedAt;
    const late = SUMMARY_MS + LOSS_WINDOW_MS + COMMIT_MS;
    const unstored = kill === undefined ? 0 : this.line.deliveredBetween(kill - late, kill);
    this.#killedAt = undefined;
    const atMost = unclear + (kill === undefined ? 0 : MOST_OPEN + unstored);
    const missing = this.#settle(atMost);
    const known = this.losses[loss];
    known.times++;
    known.missing += missing;
    known.atMost += atMost;
  }

  #since() {
    const { sent, delivered, told, unclear } = this.#before;
    return {
      sent: this.#sent - sent,
      delivered: this.line.delivered - delivered,
      told: this.heard.told - told,
      unclear: this.line.unclear - unclear,
    };
  }

  /** How many messages the audit does not tell of; throws where that is more than can be, or less than none. */
  #settle(atMost: number): number {
    const { delivered, told } = this.#since();
    const missing = delivered - told;
    if (missing < 0 || missing > atMost)
      throw new Error(`the audit tells of ${told} of ${delivered}, and may miss ${atMost}`);
    this.total.delivered += delivered;
    const { unclear } = this.line;
    this.#before = {
      sent: this.#sent,
      delivered: this.line.delivered,
      told: this.heard.told,
      unclear,
    };
    return missing;
  }

  /** Nothing is under way, no summary is to come, and what was stored until then has arrived. */
  async #quiet(): Promise<void> {
    let before = -1;
    let since = kernelNow();
    let stored: number | undefined;
    await this.#eventually('quiet', async () => {
      const { commands, north } = await this.#parts.gateway.status();
      const { open, waiting } = commands as DeskFacts;
      const { head } = north.journal;
      const seen = this.heard.told + this.line.delivered;
      if (open > waiting || seen !== before) since = kernelNow();
      before = seen;
      if (kernelNow() < since + SUMMARY_MS + LOSS_WINDOW_MS) stored = undefined;
      else stored ??= head;
      // The plant is read all the time, so there is always a next block, and behind it nothing of before.
      const isStored = stored !== undefined && head > stored;
      return isStored && this.#parts.subscriber.missing(head).length === 0;
    });
  }

  async #eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const figures = () => JSON.stringify({ ...this.#since(), pending: this.line.pending });
    await until(
      what,
      async () => {
        if (await holds()) return true;
        await pause(LOOK_MS);
        return false;
      },
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; ${figures()}`);
    });
  }
}
