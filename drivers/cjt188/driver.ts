/** CJ/T 188 on the wire: water, gas and heat meters, as they are sold and not only as they are specified. */
import { sleep } from '../../gateway/host/clock.ts';
import { badSamples, timeBasisOf, utcOf } from '../../gateway/host/stamp.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import {
  between,
  later,
  type Millis,
  millis,
  monoMs,
  type UtcMs,
} from '../../gateway/model/units.ts';
import type { Driver, DriverIo, Reading, Session, WriteRequest, Written } from '../driver.ts';
import { AnswerPace } from '../line/answer-pace.ts';
import { Closing } from '../line/closing.ts';
import { characters, type Exchanged, exchange, middleOf } from '../line/exchange.ts';
import type { Cjt188Address } from './address.ts';
import { decodeFields, unitVote } from './data.ts';
import { DiOrderMemory } from './di-order.ts';
import { addressBytes, FRAME_OVERHEAD_BYTES, LONGEST_DATA, LONGEST_PREAMBLE } from './frame.ts';
import { DI, type Layout, layoutOf } from './layouts.ts';
import type { Cjt188Device, DiOrder, UnitPosition } from './options.ts';
import { type Cjt188Group, planReads, readControlOf } from './plan.ts';
import { encodeRequest, type Reply, replyFinder } from './reply.ts';
import { type Payload, tagValue } from './value.ts';
import { planWrite } from './write.ts';

export const cjt188Driver: Driver<Cjt188Device, Cjt188Address, Cjt188Group> = {
  type: 'cjt188',
  plan: planReads,
  unitOf: ({ address }) => `cjt188 ${address}`,
  open: (device, io) => new Cjt188Session(device, io),
};

/** The longest pause within a reply; a guess that leaves room for DTUs, which hand bytes over in pieces. */
export const PAUSE_IN_REPLY: Millis = millis(500);
export const LONGEST_REPLY_BYTES = LONGEST_PREAMBLE + FRAME_OVERHEAD_BYTES + LONGEST_DATA;

/** A reply and when it was made. */
interface Answered {
  readonly reply: Reply;
  readonly turnaround: Millis;
  readonly measuredAt: UtcMs;
}
type Asked = Answered | 'silent' | 'garbled';

class Cjt188Session implements Session<Cjt188Group, Cjt188Address> {
  readonly #pace = new AnswerPace();
  readonly patience: Millis;
  readonly silence: Millis;
  readonly gap: Millis;
  readonly #device: Cjt188Device;
  readonly #io: DriverIo;
  readonly #order: DiOrderMemory;
  readonly #closing: Closing;
  #ser = 0;
  /** Found in replies with several values; a reply with one alone proves little. */
  #unitPosition: UnitPosition | undefined;
  /** What was logged of a group; the next reply without fault strikes it out. */
  readonly #complaints = new Map<Cjt188Group, string>();

  constructor(device: Cjt188Device, io: DriverIo) {
    this.#device = device;
    this.#io = io;
    this.#order = new DiOrderMemory(device.diOrder);
    this.#closing = new Closing(io.line);
    this.patience = device.timeout;
    this.silence = io.timing?.silence ?? millis(0);
    this.gap = device.gap;
  }

  read(group: Cjt188Group, signal: AbortSignal, timeout?: Millis): Promise<Reading<Cjt188Group>> {
    return this.#closing.call(signal, (either) => this.#read(group, either, timeout));
  }

  write(request: WriteRequest<Cjt188Address>, signal: AbortSignal): Promise<Written> {
    return this.#closing.call(signal, (either) => this.#write(request, either));
  }

  async close(): Promise<void> {
    this.#closing.close();
  }

  async #read(
    group: Cjt188Group,
    signal: AbortSignal,
    timeout: Millis | undefined,
  ): Promise<Reading<Cjt188Group>> {
    const asked = await this.#ask(group.di, signal, timeout);
    if (asked === 'silent' || asked === 'garbled') {
      const samples = badSamples(group.tags, 'bad:comm', this.#io.clock);
      return { samples, outcome: asked, turnaround: undefined };
    }
    const { reply, turnaround, measuredAt } = asked;
    const samples =
      reply.kind === 'data'
        ? this.#readings(group, dataOf(group, reply), measuredAt)
        : this.#refused(group, reply.status, measuredAt);
    return { samples, outcome: 'answered', turnaround };
  }

  async #write(request: WriteRequest<Cjt188Address>, signal: AbortSignal): Promise<Written> {
    const planned = planWrite(this.#device, request);
    if ('code' in planned) return { outcome: 'rejected', refusal: planned, turnaround: undefined };
    const order = this.#order.known ?? (await this.#findOrder(signal));
    if (order === undefined) return { outcome: 'failed', turnaround: undefined };
    const asked = await this.#exchange({ ...planned, order }, this.#device.timeout, signal);
    if (asked === 'silent' || asked === 'garbled')
      return { outcome: 'unknown', turnaround: undefined };
    const { reply, turnaround } = asked;
    if (reply.kind === 'data') return { outcome: 'written', turnaround };
    const details = { tag: request.tag.id, status: hex(reply.status) };
    return {
      outcome: 'rejected',
      refusal: { code: 'cjt188.write-refused', details },
      turnaround,
    };
  }

  /**
   * One read, repeated while nobody answers: for a meter that slept, and in the other order of the identifier as
   * long as the right one is not known. A probe, which brings its own time-out, is sent once.
   */
  async #ask(di: number, signal: AbortSignal, probe?: Millis): Promise<Asked> {
    const attempts = this.#order.attempts(this.#device.tries);
    const control = readControlOf(di);
    let last: Asked = 'silent';
    for (const order of probe === undefined ? attempts : attempts.slice(0, 1)) {
      const wasKnown = this.#order.known !== undefined;
      const request = { control, di, order, payload: new Uint8Array(0) };
      const asked = await this.#exchange(request, probe ?? this.#device.timeout, signal);
      if (asked === 'garbled') return last === 'silent' ? asked : last;
      if (asked === 'silent') continue;
      if (asked.reply.kind === 'data') this.#order.answered(order);
      last = asked;
      if (asked.reply.kind === 'data' || wasKnown) return asked;
      await this.#rest(signal);
    }
    if (last === 'silent') this.#order.missed();
    return last;
  }

  /** A write is sent once, so which order is right is found out by a read; undefined when nobody is there. */
  async #findOrder(signal: AbortSignal): Promise<DiOrder | undefined> {
    const asked = await this.#ask(this.#device.metering, signal);
    if (asked === 'silent' || asked === 'garbled') return undefined;
    await this.#rest(signal);
    return this.#order.known ?? this.#order.attempts(1)[0];
  }

  async #exchange(
    {
      order,
      ...request
    }: { control: number; di: number; payload: Uint8Array; readonly order: DiOrder },
    patience: Millis,
    signal: AbortSignal,
  ): Promise<Asked> {
    const { line, clock } = this.#io;
    const { type, address, ser, preamble } = this.#device;
    const asked = { ...request, type, address, diOrder: order, ser: this.#ser };
    this.#ser = (this.#ser + 1) & 0xff;
    const exchanged: Exchanged<Reply> = await exchange(
      {
        line,
        clock,
        request: encodeRequest(asked, preamble),
        finder: replyFinder(asked, ser),
        patience,
        pause: PAUSE_IN_REPLY,
        pace: this.#pace,
        longest: millis(characters(line, LONGEST_REPLY_BYTES) + PAUSE_IN_REPLY),
      },
      signal,
    );
    if (exchanged.kind !== 'answer') return exchanged.kind;
    const { frame, sent, firstByte } = exchanged;
    return {
      reply: frame,
      turnaround: between(sent, firstByte),
      measuredAt: utcOf(clock, middleOf(exchanged)),
    };
  }

  /** Between two requests of one turn the meter gets the pause that it gets between turns. */
  async #rest(signal: AbortSignal): Promise<void> {
    const { clock, line } = this.#io;
    const quiet = later(line.busyUntil(), this.silence);
    const end = Math.max(quiet, later(clock.mono(), this.gap));
    await sleep(clock, 'cjt188.rest', between(clock.mono(), monoMs(end)), signal);
  }

  #readings(group: Cjt188Group, data: Uint8Array, time: UtcMs): Sample[] {
    const payload = this.#payloadOf(group.di, data);
    const values = group.tags.map((tag, i) =>
      tagValue(group.addresses[i] as Cjt188Address, payload, tag.decimals),
    );
    const unusable = group.tags.filter((_, i) => values[i] === null || values[i] === undefined);
    this.#complain(group, unusable, {
      event: payload.fields ? 'cjt188.values-unusable' : 'cjt188.reply-unreadable',
      bytes: data,
    });
    const timeBasis = timeBasisOf(this.#io.clock);
    return group.tags.map(({ id }, i): Sample => {
      const value = values[i];
      const quality = value === undefined ? 'bad:config' : value === null ? 'bad:device' : 'good';
      return { tag: id, value: value ?? null, quality, time, timeBasis };
    });
  }

  #payloadOf(di: number, data: Uint8Array): Payload {
    const { heatOrder, decimals, layout: wanted } = this.#device;
    const found = layoutOf(di, data.length);
    const isWanted = wanted === 'auto' || (found?.year ?? wanted) === wanted;
    const layout = isWanted ? found : undefined;
    const variant = { unitPosition: this.#unitPositionIn(layout, data), heatOrder, decimals };
    return { fields: layout && decodeFields(layout, data, variant), data, variant };
  }

  #unitPositionIn(layout: Layout | undefined, data: Uint8Array): UnitPosition {
    const { unitPosition } = this.#device;
    if (unitPosition !== 'auto') return unitPosition;
    const vote = layout && unitVote(layout, data);
    if (vote?.position && vote.fields > 1) this.#unitPosition = vote.position;
    return this.#unitPosition ?? vote?.position ?? 'last';
  }

  #refused(group: Cjt188Group, status: Uint8Array, time: UtcMs): Sample[] {
    this.#complain(group, group.tags, { event: 'cjt188.read-refused', bytes: status });
    return badSamples(group.tags, 'bad:device', this.#io.clock, time);
  }

  /** One line when something becomes wrong, and none as long as it stays so. */
  #complain(
    group: Cjt188Group,
    tags: readonly Tag[],
    { event, bytes }: { readonly event: string; readonly bytes: Uint8Array },
  ): void {
    const key = `${event} ${tags.map(({ id }) => id).join(' ')}`;
    if (tags.length === 0) {
      this.#complaints.delete(group);
    } else if (this.#complaints.get(group) !== key) {
      this.#complaints.set(group, key);
      const { address } = this.#device;
      const names = tags.map(({ id }) => id);
      this.#io.log.warn(event, { address, group: group.label, tags: names, raw: hex(bytes) });
    }
  }
}

/** A meter that is asked for its address carries it where every frame has one; few repeat it behind SER. */
const dataOf = ({ di }: Cjt188Group, { frame, payload }: Reply & { kind: 'data' }): Uint8Array =>
  di === DI.address && payload.length === 0 ? addressBytes(frame.address) : payload;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();
