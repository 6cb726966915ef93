/** Modbus, over TCP and on the wire: reads of all four tables. */
import { sleep } from '../../gateway/host/clock.ts';
import type { Quality } from '../../gateway/model/quality.ts';
import type { Sample, TimeBasis } from '../../gateway/model/sample.ts';
import type { Tag } from '../../gateway/model/tag.ts';
import {
  between,
  later,
  type Millis,
  millis,
  type UtcMs,
  utcMs,
} from '../../gateway/model/units.ts';
import type { Driver, DriverIo, Reading, Session } from '../driver.ts';
import { failureOf } from './failure.ts';
import { LateReplies } from './late-replies.ts';
import type { ModbusAddress, ModbusDevice } from './options.ts';
import { type Field, type ModbusGroup, planReads } from './plan.ts';
import {
  type Answer,
  type Answered,
  ReadClient,
  type ReadRequest,
  turnaroundOf,
} from './read-client.ts';

export const modbusDriver: Driver<ModbusDevice, ModbusAddress, ModbusGroup> = {
  type: 'modbus',
  plan: planReads,
  unitOf: ({ unit }) => `modbus ${unit}`,
  open: (device, io) => new ModbusSession(device, io),
};

class ModbusSession implements Session<ModbusGroup, ModbusAddress> {
  readonly patience: Millis;
  readonly silence: Millis;
  readonly gap = millis(0);
  readonly #device: ModbusDevice;
  readonly #io: DriverIo;
  readonly #client: ReadClient;
  readonly #lateReplies: LateReplies;
  /** Exceptions that were logged; the next good answer to the group strikes it out. */
  readonly #refused = new Map<ModbusGroup, number>();

  constructor(device: ModbusDevice, io: DriverIo) {
    this.patience = device.timeout;
    this.silence = io.timing?.silence ?? millis(0);
    this.#device = device;
    this.#io = io;
    this.#client = new ReadClient(device.unit, io);
    this.#lateReplies = new LateReplies(device);
  }

  async read(
    group: ModbusGroup,
    signal: AbortSignal,
    timeout: Millis = this.#device.timeout,
  ): Promise<Reading<ModbusGroup>> {
    const answer = await this.#ask(group, timeout, signal);
    switch (answer.kind) {
      case 'silent':
      case 'garbled':
        return {
          samples: this.#bad(group, 'bad:comm'),
          outcome: answer.kind,
          turnaround: undefined,
        };
      case 'exception':
        return this.#refusal(group, answer);
      case 'data':
        this.#refused.delete(group);
        return {
          samples: this.#samples(group, answer),
          outcome: 'answered',
          turnaround: turnaroundOf(answer),
        };
    }
  }

  async close(): Promise<void> {
    this.#client.close();
  }

  /**
   * On a wire nothing in an answer says which request it belongs to. While an answer that looks like
   * this group's may still be on its way, a read of another length goes first: devices answer in
   * order, so behind its answer no older one can follow.
   */
  async #ask(group: ModbusGroup, timeout: Millis, signal: AbortSignal): Promise<Answer> {
    const { framing, clock } = this.#io;
    if (framing === 'packets') return this.#client.read(group, timeout, signal);
    if (this.#lateReplies.mayAnswer(group, clock.mono())) {
      const separator = this.#lateReplies.separatorFor(group);
      if (!separator) return { kind: 'silent' };
      const answer = await this.#exchange(separator, timeout, signal);
      if (isUnanswered(answer)) return answer;
      await this.#silence(signal);
    }
    return this.#exchange(group, timeout, signal);
  }

  async #exchange(request: ReadRequest, timeout: Millis, signal: AbortSignal): Promise<Answer> {
    const answer = await this.#client.read(request, timeout, signal);
    if (isUnanswered(answer)) this.#lateReplies.expect(request, this.#io.clock.mono());
    else this.#lateReplies.clear();
    return answer;
  }

  async #silence(signal: AbortSignal): Promise<void> {
    const { clock, line, timing } = this.#io;
    if (timing === undefined) return;
    const wait = between(clock.mono(), later(line.busyUntil(), timing.silence));
    await sleep(clock, 'modbus.silence', wait, signal, { precise: true });
  }

  #samples(group: ModbusGroup, answered: Answered & { readonly data: Buffer }): Sample[] {
    const { data } = answered;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const { tags, fields } = group;
    const time = this.#measuredAt(answered);
    const timeBasis = this.#timeBasis();
    const samples = new Array<Sample>(tags.length);
    for (let i = 0; i < tags.length; i++) {
      const { at, decode } = fields[i] as Field;
      const value = decode(view, at);
      const quality = value === null ? 'bad:device' : 'good';
      samples[i] = { tag: (tags[i] as Tag).id, value, quality, time, timeBasis };
    }
    return samples;
  }

  #refusal(
    group: ModbusGroup,
    answer: Answered & { readonly exception: number },
  ): Reading<ModbusGroup> {
    const { exception } = answer;
    if (this.#refused.get(group) !== exception) {
      const { unit } = this.#device;
      this.#io.log.warn('modbus.exception-answered', { unit, group: group.label, exception });
      this.#refused.set(group, exception);
    }
    const { quality, outcome } = failureOf(exception);
    const turnaround = outcome === 'answered' ? turnaroundOf(answer) : undefined;
    return { samples: this.#bad(group, quality), outcome, turnaround };
  }

  #bad(group: ModbusGroup, quality: Quality): Sample[] {
    const time = this.#io.clock.utc();
    const timeBasis = this.#timeBasis();
    return group.tags.map(({ id }) => ({ tag: id, value: null, quality, time, timeBasis }));
  }

  /**
   * The middle between the end of the request and the begin of the answer: in between the device
   * read its registers.
   */
  #measuredAt({ sent, firstByte }: Answered): UtcMs {
    const age = this.#io.clock.mono() - (sent + firstByte) / 2;
    return utcMs(Math.round(this.#io.clock.utc() - age));
  }

  #timeBasis(): TimeBasis {
    return this.#io.clock.isSynced() ? 'gateway' : 'unsynced';
  }
}

const isUnanswered = ({ kind }: Answer): boolean => kind === 'silent' || kind === 'garbled';
