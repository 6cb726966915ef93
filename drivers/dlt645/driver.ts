/** DL/T 645-2007 and -1997: reads of every data item, and the writes that a device's options allow. */
import { badSamples, timeBasisOf, utcOf } from '../../gateway/host/stamp.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, Value } from '../../gateway/model/sample.ts';
import { between, type Millis, millis, minutes, type UtcMs } from '../../gateway/model/units.ts';
import type { Driver, DriverIo, Reading, Session, WriteRequest, Written } from '../driver.ts';
import { Closing } from '../line/closing.ts';
import { middleOf } from '../line/exchange.ts';
import { type Data, MeterClient, type Refused, type Unanswered } from './client.ts';
import { errorBits } from './control.ts';
import { type Division, divide } from './division.ts';
import { failureOf } from './failure.ts';
import type { Dlt645Address, Dlt645Device } from './options.ts';
import { type Dlt645Group, type Field, planReads } from './plan.ts';
import { readElement, timeOf } from './value.ts';
import { sendWrite } from './write.ts';

export const dlt645Driver: Driver<Dlt645Device, Dlt645Address, Dlt645Group> = {
  type: 'dlt645',
  plan: (device, tags) => planReads(device, tags),
  unitOf: ({ address }) => `dlt645 ${address}`,
  open: (device, io) => new Dlt645Session(device, io),
};

/** An item that is refused this often is asked for rarely from then on. */
const REFUSALS_TO_REST = 3;
const REFUSED_REST: Millis = minutes(60);
/** How often frozen data are read again because a new freeze came in between. */
const MOST_FREEZE_TURNS = 3;

/** When a value was made, by the meter's own clock; `unknown` where it should say so and does not. */
type SourceTime = UtcMs | 'unknown' | undefined;

class Dlt645Session implements Session<Dlt645Group, Dlt645Address> {
  readonly patience: Millis;
  readonly silence: Millis;
  readonly gap: Millis;
  readonly #device: Dlt645Device;
  readonly #io: DriverIo;
  readonly #client: MeterClient;
  /** Refusals in a row, and the error word that was logged; the next good answer strikes them out. */
  readonly #refused = new Map<Dlt645Group, { readonly error: number; readonly count: number }>();
  /** The time that the last read of a freeze ended with. */
  readonly #freezes = new Map<Dlt645Group, string>();
  /** The plan, once a block of it was given up. */
  #departedFrom: readonly Dlt645Group[] | undefined;
  readonly #closing: Closing;

  constructor(device: Dlt645Device, io: DriverIo) {
    this.patience = device.timeout;
    this.silence = io.timing?.silence ?? millis(0);
    this.gap = device.gap;
    this.#device = device;
    this.#io = io;
    this.#client = new MeterClient(device, io);
    this.#closing = new Closing(io.line);
  }

  read(
    group: Dlt645Group,
    signal: AbortSignal,
    timeout: Millis = this.#device.timeout,
  ): Promise<Reading<Dlt645Group>> {
    return this.#closing.call(signal, (either) => this.#read(group, timeout, either));
  }

  write(request: WriteRequest<Dlt645Address>, signal: AbortSignal): Promise<Written> {
    const means = { device: this.#device, io: this.#io, client: this.#client };
    return this.#closing.call(signal, (either) => sendWrite(request, means, either));
  }

  /** Another meter may have the blocks, and the items, that this one refused. */
  relearn(): readonly Dlt645Group[] | undefined {
    const groups = this.#departedFrom;
    this.#departedFrom = undefined;
    this.#refused.clear();
    this.#freezes.clear();
    return groups;
  }

  async close(): Promise<void> {
    this.#closing.close();
  }

  async #read(
    group: Dlt645Group,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<Reading<Dlt645Group>> {
    const { answer, frozen } = group.frozenAt
      ? await this.#readFrozen(group, group.frozenAt, timeout, signal)
      : { answer: await this.#client.read(group.di, timeout, signal), frozen: undefined };
    switch (answer.kind) {
      case 'silent':
      case 'garbled':
        return {
          samples: this.#bad(group, 'bad:comm'),
          outcome: answer.kind,
          turnaround: undefined,
        };
      case 'refused':
        return this.#refusal(group, answer);
      case 'data':
        this.#refused.delete(group);
        return {
          samples: this.#samples(group, answer, frozen),
          outcome: 'answered',
          turnaround: millis(between(answer.sent, answer.firstByte)),
        };
    }
  }

  /**
   * Data and time of a freeze are two items. The data belong to a time only when it was the same before and
   * after them; the time before is the one that the last read ended with.
   */
  async #readFrozen(
    group: Dlt645Group,
    timeItem: string,
    timeout: Millis,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Data | Refused | Unanswered; readonly frozen: SourceTime }> {
    for (let turn = 0; ; turn++) {
      const answer = await this.#client.read(group.di, timeout, signal);
      if (answer.kind !== 'data') return { answer, frozen: undefined };
      await this.#client.rest(signal);
      const time = await this.#client.read(timeItem, timeout, signal);
      if (time.kind === 'refused') return { answer, frozen: 'unknown' };
      if (time.kind !== 'data') return { answer: time, frozen: undefined };
      const text = Buffer.from(time.data).toString('hex');
      const isSame = this.#freezes.get(group) === text;
      this.#freezes.set(group, text);
      if (isSame) return { answer, frozen: this.#sourceTime(time.data) };
      if (turn + 1 === MOST_FREEZE_TURNS) return { answer, frozen: 'unknown' };
      await this.#client.rest(signal);
    }
  }

  #sourceTime(data: Uint8Array): UtcMs | 'unknown' {
    return timeOf('minute', data, this.#device.utcOffsetMinutes) ?? 'unknown';
  }

  #samples(group: Dlt645Group, answer: Data, frozen: SourceTime): Sample[] {
    const division = divide(this.#device.version, group.layout, answer.data);
    const source = division?.time ? this.#sourceTime(division.time) : frozen;
    const isOwnTime = source !== undefined && source !== 'unknown';
    const { clock } = this.#io;
    const time = isOwnTime ? source : utcOf(clock, middleOf(answer));
    const timeBasis = isOwnTime ? 'source' : timeBasisOf(clock);
    const good: Quality = source === 'unknown' ? 'uncertain:last-usable' : 'good';
    return group.tags.map(({ id }, i) => {
      const value = division ? valueIn(division, group.fields[i] as Field) : null;
      return { tag: id, value, quality: value === null ? 'bad:device' : good, time, timeBasis };
    });
  }

  #refusal(group: Dlt645Group, { error, sent, firstByte }: Refused): Reading<Dlt645Group> {
    const turnaround = millis(between(sent, firstByte));
    if (group.parts.length > 0) {
      this.#departedFrom = group.planned;
      this.#io.log.info('dlt645.block-given-up', this.#about(group, error));
      return { samples: [], outcome: 'answered', turnaround, regroup: group.parts };
    }
    const { quality, isLasting } = failureOf(error);
    const before = this.#refused.get(group);
    if (before?.error !== error)
      this.#io.log.warn('dlt645.item-refused', this.#about(group, error));
    const count = (before?.count ?? 0) + 1;
    this.#refused.set(group, { error, count });
    const isToRest = isLasting && count >= REFUSALS_TO_REST && group.scan < REFUSED_REST;
    return {
      samples: this.#bad(group, quality),
      outcome: 'answered',
      turnaround,
      ...(isToRest && { again: REFUSED_REST }),
    };
  }

  #about(group: Dlt645Group, error: number): Readonly<Record<string, unknown>> {
    const { address } = this.#device;
    return { address, group: group.label, error, reasons: errorBits(error).join(' ') };
  }

  #bad({ tags }: Dlt645Group, quality: Quality): Sample[] {
    return badSamples(tags, quality, this.#io.clock);
  }
}

/** Null where the meter left the element out, does not have it, or sent what cannot be it. */
function valueIn({ pieces }: Division, { element, bit, scaler }: Field): Value | null {
  const piece = pieces[element];
  if (piece === undefined) return null;
  const decimals = piece.element.kind === 'number' ? piece.element.decimals : 0;
  const value = readElement(piece.element, piece.bytes, scaler(decimals));
  if (bit === undefined || value === null) return value;
  return (BigInt(Number(value)) >> BigInt(bit)) % 2n === 1n;
}
