/** A desk for a test: one device whose registers are a map, a bus that does as it is told, a ledger in memory. */
import type { WriteRequest, Written } from '../../drivers/driver.ts';
import { CommandDesk } from '../../gateway/command/command-desk.ts';
import type { WritableTag } from '../../gateway/command/open-command.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { seededRandom } from '../../gateway/host/random.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import type {
  Command,
  CommandEnd,
  CommandOrigin,
  SafeOccasion,
  WritePolicy,
} from '../../gateway/model/command.ts';
import {
  deviceName,
  type Sample,
  type TagId,
  tagId,
  type Value,
} from '../../gateway/model/sample.ts';
import { later, type Millis, type MonoMs, millis, seconds } from '../../gateway/model/units.ts';
import type { Withheld, WriteGate } from '../../gateway/poll/bus-facts.ts';
import { MemoryLedger } from './memory-ledger.ts';

export const FREE: WritePolicy = {
  by: ['local', 'rule', 'remote'],
  ...{ min: undefined, max: undefined, values: undefined, maxStep: undefined },
  ...{ slewPerHour: undefined, minInterval: millis(0), minOn: millis(0), minOff: millis(0) },
  ...{ maxPerHour: undefined, hasInterlock: false, safe: undefined, hold: millis(0) },
  ...{
    settle: seconds(3),
    tolerance: undefined,
    restore: undefined,
    readBack: undefined,
    isFloat32: false,
  },
  kind: 'level',
  isFading: false,
  type: 'any',
};

/** A tag that shows itself what it holds, unless the policy says something else. */
export function writable(
  quantity: string,
  policy: Partial<WritePolicy> = {},
  isRead = true,
): WritableTag {
  const device = deviceName('press');
  const id = tagId(device, quantity);
  return {
    tag: {
      ...{ index: 0, id, device, quantity, unit: undefined, decimals: undefined },
      report: { deadband: undefined, heartbeat: undefined },
    },
    address: quantity,
    policy: { ...FREE, ...(isRead && { readBack: id }), ...policy },
    isRead,
  };
}

/** What becomes of one write. Times in ms. */
export interface Fate {
  /** Until the line is the write's own. */
  readonly queue?: number;
  /** From then to the answer. */
  readonly answer?: number;
  readonly outcome?: Written['outcome'];
  /** Whether the register takes the value; where nobody says, if it was `written`. */
  readonly isTaken?: boolean;
  /** From leaving to the register showing it. */
  readonly lag?: number;
  /** The line is down: nothing leaves. */
  readonly isDown?: boolean;
  /** The bus never says anything. */
  readonly hangs?: boolean;
}

/** A write that the gate let out. */
export interface Sent {
  readonly tag: TagId;
  readonly value: Value;
  readonly at: MonoMs;
  /** Whether the device takes it. */
  readonly isTaken: boolean;
  /** The gate let it out, and it did not leave all the same. */
  readonly isUnsent: boolean;
  /** Another write to the tag had left and was not answered, though it was to be. */
  readonly isOverlapping: boolean;
}

export class TestField {
  readonly registers = new Map<TagId, Value>();
  readonly sent: Sent[] = [];
  readonly withheld: Withheld[] = [];
  rereads = 0;
  /** Of the next writes, in their order; then the last for all. */
  fates: Fate[] = [{}];
  /** From being asked to being read; undefined: nobody answers. */
  reads: Millis | undefined = millis(20);
  onSent: (sent: Sent, request: WriteRequest) => void = () => {};
  onSamples: (samples: readonly Sample[]) => void = () => {};
  #isDead = false;
  readonly #clock: VirtualClock;
  readonly #unanswered = new Set<TagId>();
  readonly #landed = new Map<TagId, number>();
  #writes = 0;
  readonly #latest = new Map<TagId, Sample>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  expected = 0;
  expect = () => {
    this.expected++;
  };
  latest = (tag: TagId): Sample | undefined => this.#latest.get(tag);
  busOf = () => ({
    write: (_device: string, request: WriteRequest, gate: WriteGate) => this.#write(request, gate),
  });

  /** Whoever listened is gone. */
  forget(): void {
    this.#isDead = true;
  }

  /** The device is read once, as a poll does. */
  poll(tag: TagId): void {
    const value = this.reads === undefined ? null : (this.registers.get(tag) ?? null);
    this.report(tag, value);
  }

  report(tag: TagId, value: Value | null): void {
    const time = this.#clock.utc();
    const quality = value === null ? 'bad:comm' : 'good';
    const sample: Sample = { tag, value, quality, time, timeBasis: 'gateway' };
    this.#latest.set(tag, sample);
    if (!this.#isDead) this.onSamples([sample]);
  }

  reread = (tag: TagId): void => {
    this.rereads++;
    if (this.reads !== undefined) this.#at(this.reads, () => this.poll(tag));
  };

  async #write(request: WriteRequest, gate: WriteGate): Promise<Written | Withheld> {
    const fate = (this.fates.length > 1 ? this.fates.shift() : this.fates[0]) ?? {};
    if (fate.isDown) return failed;
    await this.#wait(fate.queue ?? 5);
    if (this.#isDead) return new Promise(() => {});
    const withheld = gate();
    if (withheld) {
      this.withheld.push(withheld);
      return withheld;
    }
    const { outcome = 'written', lag = 0 } = fate;
    const isTaken = fate.isTaken ?? outcome === 'written';
    const at = this.#clock.mono();
    const isUnsent = outcome === 'failed';
    const isOverlapping = this.#unanswered.has(request.tag.id);
    const sent: Sent = {
      tag: request.tag.id,
      value: request.value,
      at,
      isTaken,
      isUnsent,
      isOverlapping,
    };
    if (!isUnsent) this.sent.push(sent);
    this.onSent(sent, request);
    if (isTaken) this.#land(sent, millis(lag));
    if (fate.hangs) return new Promise(() => {});
    this.#unanswered.add(sent.tag);
    await this.#wait(fate.answer ?? 10);
    this.#unanswered.delete(sent.tag);
    return { outcome, turnaround: millis(fate.answer ?? 10) };
  }

  /** A device obeys in order: what comes late behind what came later is over. */
  #land({ tag, value }: Sent, lag: Millis): void {
    const order = ++this.#writes;
    this.#at(lag, () => {
      if (order < (this.#landed.get(tag) ?? 0)) return;
      this.#landed.set(tag, order);
      this.registers.set(tag, value);
    });
  }

  #wait(delay: number): Promise<void> {
    return new Promise((done) => void this.#at(millis(delay), done));
  }

  #at(delay: Millis, run: () => void): void {
    this.#clock.at('test.field', later(this.#clock.mono(), delay), run);
  }
}

const failed: Written = {
  outcome: 'failed',
  refusal: { code: 'poll.line-down', details: { bus: 'line', reason: 'test' } },
  turnaround: undefined,
};

let commands = 0;

/** A command of a rule that wants `press.pump` on, until it is released. */
export function command(over: Partial<Command> & { readonly value?: Value } = {}): Command {
  const { value = true, ...rest } = over;
  const origin = over.origin ?? 'rule';
  return {
    ...{
      id: `c${++commands}`,
      origin,
      by: origin === 'rule' ? 'hot' : 'li',
      tag: tagId('press', 'pump'),
    },
    ...{ wish: { kind: 'write', value }, expires: undefined },
    hold: origin === 'rule' ? 'released' : millis(0),
    ...rest,
  };
}

export const release = (over: Partial<Command> = {}): Command =>
  command({ ...over, wish: { kind: 'release' }, hold: millis(0) });

export interface DeskFixture {
  readonly clock: VirtualClock;
  readonly field: TestField;
  readonly ledger: MemoryLedger;
  readonly desk: CommandDesk;
  /** By tag; undefined: unknown. */
  readonly permits: Map<TagId, boolean | undefined>;
}

/** A desk that has started. */
export function deskFixture(
  tags: readonly WritableTag[] = [writable('pump')],
  over: {
    readonly clock?: VirtualClock;
    readonly ledger?: MemoryLedger;
    readonly field?: TestField;
    readonly isStarted?: boolean;
    /** Another one for each run of one gateway. */
    readonly seed?: number;
  } = {},
): DeskFixture {
  const clock = over.clock ?? virtualClock();
  const ledger = over.ledger ?? new MemoryLedger(clock);
  const field = over.field ?? new TestField(clock);
  const permits = new Map<TagId, boolean | undefined>();
  const desk = new CommandDesk({
    ...{ tags, clock, ledger, field, log: silentLog, random: seededRandom(over.seed ?? 7) },
    permit: (tag) => permits.get(tag),
    latest: field.latest,
  });
  field.onSamples = (samples) => desk.take(samples);
  if (over.isStarted !== false) desk.start();
  return { clock, field, ledger, desk, permits };
}

/** What a pump that is off holds. */
export const OFF = 0;

/** Submits and lets a while pass. */
export async function endOf(
  { desk, clock }: DeskFixture,
  given: Command,
  wait = seconds(10),
): Promise<CommandEnd | undefined> {
  let end: CommandEnd | undefined;
  void desk.submit(given).then((found) => {
    end = found;
  });
  await clock.advance(wait);
  return end;
}

export const wrote = ({ field }: DeskFixture): readonly Value[] =>
  field.sent.map(({ value }) => value);
export const owner = ({ desk }: DeskFixture): CommandOrigin | undefined =>
  desk.owners().get(tagId('press', 'pump'))?.origin;
export const pump = (policy: Partial<WritePolicy>, isRead?: boolean): readonly WritableTag[] => [
  writable('pump', policy, isRead),
];
export const safe = (...on: readonly SafeOccasion[]): Pick<WritePolicy, 'safe'> => ({
  safe: { value: OFF, on },
});
export const local = (value: Value, hold: Command['hold']): Command =>
  command({ origin: 'local', value, hold });
export const remote = (value: Value, hold = millis(0)): Command =>
  command({ origin: 'remote', value, hold });
