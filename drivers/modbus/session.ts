/** A Modbus unit in conversation: what its answers make of samples, of writes, and of the plan. */
import { badSamples, timeBasisOf, utcOf } from '../../gateway/host/stamp.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import { type Millis, millis, minutes } from '../../gateway/model/units.ts';
import type { DriverIo, Reading, Session, WriteRequest, Written } from '../driver.ts';
import { middleOf } from '../line/exchange.ts';
import { type Answer, type Answered, turnaroundOf } from './answer.ts';
import { Exchanger } from './exchanger.ts';
import {
  failureOf,
  ILLEGAL_ADDRESS,
  ILLEGAL_VALUE,
  REFUSALS_UNTIL_BELIEVED,
  writeFailureOf,
} from './failure.ts';
import { GroupMemory } from './group-memory.ts';
import type { ModbusDevice } from './options.ts';
import { type Field, type ModbusGroup, planOf } from './plan.ts';
import { smallerGroups } from './regroup.ts';
import type { ChangeRequest, ReadRequest } from './request.ts';
import type { ModbusAddress } from './tag-options.ts';
import { type Modification, planWrite } from './write.ts';

/** A single value that is met with silence while others are answered is tried this often. */
const LONELY_AGAIN: Millis = minutes(10);

const isBelieved = (times: number): boolean => times >= REFUSALS_UNTIL_BELIEVED;

export class ModbusSession implements Session<ModbusGroup, ModbusAddress> {
  readonly patience: Millis;
  readonly silence: Millis;
  readonly gap: Millis;
  protected readonly exchanger: Exchanger;
  readonly #device: ModbusDevice;
  readonly #io: DriverIo;
  readonly #memory = new GroupMemory();
  #plan: readonly ModbusGroup[] | undefined;

  constructor(device: ModbusDevice, io: DriverIo) {
    this.patience = device.timeout;
    this.silence = io.timing?.silence ?? millis(0);
    this.gap = device.gap;
    this.#device = device;
    this.#io = io;
    this.exchanger = new Exchanger(device, io);
  }

  async read(
    group: ModbusGroup,
    signal: AbortSignal,
    timeout: Millis = this.#device.timeout,
  ): Promise<Reading<ModbusGroup>> {
    return this.readingOf(group, await this.exchanger.ask(requestOf(group), timeout, signal));
  }

  async write(request: WriteRequest<ModbusAddress>, signal: AbortSignal): Promise<Written> {
    const planned = planWrite(this.#device, { ...request, framing: this.#io.framing });
    if ('refusal' in planned)
      return { outcome: 'rejected', refusal: planned.refusal, turnaround: undefined };
    if ('read' in planned) return this.#modify(planned, request.tag, signal);
    return this.#change(planned.request, request.tag, signal);
  }

  relearn(): readonly ModbusGroup[] | undefined {
    return this.#memory.forget(isBelieved) ? this.#plan : undefined;
  }

  async close(): Promise<void> {
    this.exchanger.close();
  }

  /** What an answer, or its absence, makes of a group. */
  protected readingOf(group: ModbusGroup, answer: Answer): Reading<ModbusGroup> {
    this.#plan ??= planOf(group);
    switch (answer.kind) {
      case 'garbled':
        return this.#unanswered(group, 'garbled');
      case 'silent':
        return this.#unmet(group);
      case 'exception':
        return this.#refusal(group, answer);
      case 'data':
        this.#memory.answered(group);
        return {
          samples: this.#samples(group, answer),
          outcome: 'answered',
          turnaround: turnaroundOf(answer),
        };
    }
  }

  #unanswered(group: ModbusGroup, outcome: 'silent' | 'garbled'): Reading<ModbusGroup> {
    return { samples: this.#bad(group, 'bad:comm'), outcome, turnaround: undefined };
  }

  /** Some devices do not refuse an address they do not have, they say nothing. */
  #unmet(group: ModbusGroup): Reading<ModbusGroup> {
    const reading = this.#unanswered(group, 'silent');
    if (!isBelieved(this.#memory.silent(group))) return reading;
    return this.#regrouped(group, reading) ?? { ...reading, again: LONELY_AGAIN };
  }

  #refusal(
    group: ModbusGroup,
    answer: Answered & { readonly exception: number },
  ): Reading<ModbusGroup> {
    const { exception } = answer;
    const times = this.#memory.refused(group, exception);
    if (times === 1) {
      const { unit } = this.#device;
      this.#io.log.warn('modbus.exception-answered', { unit, group: group.label, exception });
    }
    const { quality, outcome, again } = failureOf(exception, times, group.scan);
    if (outcome === 'answered') this.#memory.spoke();
    const reading: Reading<ModbusGroup> = {
      samples: this.#bad(group, quality),
      outcome,
      turnaround: outcome === 'answered' ? turnaroundOf(answer) : undefined,
      ...(again !== undefined && { again }),
    };
    const isBlockAtFault = exception === ILLEGAL_ADDRESS || exception === ILLEGAL_VALUE;
    return (isBlockAtFault ? this.#regrouped(group, reading) : undefined) ?? reading;
  }

  /** The group in smaller pieces; undefined when it is one value. */
  #regrouped(group: ModbusGroup, reading: Reading<ModbusGroup>): Reading<ModbusGroup> | undefined {
    const regroup = smallerGroups(group, this.#device, this.#io);
    if (!regroup) return undefined;
    this.#memory.replaced(group);
    const { unit } = this.#device;
    const groups = regroup.map(({ label }) => label);
    this.#io.log.info('modbus.block-divided', { unit, group: group.label, groups });
    return { samples: [], outcome: reading.outcome, turnaround: reading.turnaround, regroup };
  }

  async #modify({ read, write }: Modification, tag: Tag, signal: AbortSignal): Promise<Written> {
    const answer = await this.exchanger.ask(read, this.#device.timeout, signal);
    if (answer.kind !== 'data') return { outcome: 'failed', turnaround: undefined };
    return this.#change(write(answer.data.readUInt16BE(0)), tag, signal);
  }

  async #change(request: ChangeRequest, tag: Tag, signal: AbortSignal): Promise<Written> {
    if (this.#device.broadcast) {
      await this.exchanger.tell(request, signal);
      return { outcome: 'written', turnaround: undefined };
    }
    const answer = await this.exchanger.change(request, signal);
    switch (answer.kind) {
      case 'unsent':
        return { outcome: 'failed', turnaround: undefined };
      case 'silent':
      case 'garbled':
        return { outcome: 'unknown', turnaround: undefined };
      case 'data':
        return { outcome: 'written', turnaround: turnaroundOf(answer) };
      case 'exception': {
        const { exception } = answer;
        const { outcome, code } = writeFailureOf(exception);
        const refusal = code && { code, details: { tag: tag.id, exception } };
        return { outcome, ...(refusal && { refusal }), turnaround: turnaroundOf(answer) };
      }
    }
  }

  #samples(group: ModbusGroup, answered: Answered & { readonly data: Buffer }): Sample[] {
    const { data } = answered;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const { tags, fields } = group;
    const { clock } = this.#io;
    const time = utcOf(clock, middleOf(answered));
    const timeBasis = timeBasisOf(clock);
    const samples = new Array<Sample>(tags.length);
    for (let i = 0; i < tags.length; i++) {
      const { at, decode } = fields[i] as Field;
      const value = decode(view, at);
      const quality = value === null ? 'bad:device' : 'good';
      samples[i] = { tag: (tags[i] as Tag).id, value, quality, time, timeBasis };
    }
    return samples;
  }

  #bad({ tags }: ModbusGroup, quality: Quality): Sample[] {
    return badSamples(tags, quality, this.#io.clock);
  }
}

/** A unit that takes several requests at once. */
export class BurstSession extends ModbusSession {
  readonly burst: number;

  constructor(device: ModbusDevice, io: DriverIo) {
    super(device, io);
    this.burst = device.maxInFlight;
  }

  async readBurst(
    groups: readonly ModbusGroup[],
    signal: AbortSignal,
  ): Promise<readonly Reading<ModbusGroup>[]> {
    const answers = await this.exchanger.askAll(groups.map(requestOf), signal);
    return groups.map((group, i) => this.readingOf(group, answers[i] as Answer));
  }
}

const requestOf = ({ table, start, quantity }: ModbusGroup): ReadRequest => ({
  kind: 'read',
  table,
  start,
  quantity,
});
