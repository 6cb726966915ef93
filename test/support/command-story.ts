/**
 * A random story of the door, and what it leaves: everything that was asked, written down, sent and told, over several runs of the
 * gateway. Says nothing about what is right.
 */
import { type RecordedEnd, recordedEnd } from '../../gateway/command/command-record.ts';
import type { LedgerEntry } from '../../gateway/command/ledger.ts';
import type { WritableTag } from '../../gateway/command/open-command.ts';
import { mortalClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import type { Command, CommandEnd, CommandOrigin } from '../../gateway/model/command.ts';
import { type TagId, tagId, type Value } from '../../gateway/model/sample.ts';
import { later, type MonoMs, millis, minutes, seconds, utcMs } from '../../gateway/model/units.ts';
import {
  type DeskFixture,
  deskFixture,
  type Fate,
  TestField,
  writable,
} from './command-fixture.ts';
import { emptyDisk, type LedgerDisk, MemoryLedger } from './memory-ledger.ts';

export type Act =
  | {
      readonly kind: 'submit';
      readonly tag: number;
      readonly origin: Exclude<CommandOrigin, 'interlock'>;
      readonly by: string;
      readonly value: Value | 'release';
      readonly hold: number | 'released';
      readonly expires: number | undefined;
    }
  | { readonly kind: 'repeat'; readonly back: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'fate'; readonly fate: Fate }
  | { readonly kind: 'reads'; readonly ms: number | undefined }
  | {
      readonly kind: 'permit';
      readonly tag: number;
      readonly permit: boolean | undefined;
      /** Whether the desk is told at once, or finds it out at the wire. */
      readonly isTold: boolean;
    }
  | { readonly kind: 'disk'; readonly state: 'works' | 'full' | 'stuck'; readonly delay: number }
  | { readonly kind: 'rules'; readonly atWork: readonly string[] }
  | { readonly kind: 'poll' }
  | { readonly kind: 'restart'; readonly isCrash: boolean; readonly off: number };

/** One call of the door, and what came of it. */
export interface Asked {
  readonly run: number;
  readonly at: MonoMs;
  readonly command: Command;
  /** The call of `repeat` that it is. */
  readonly isRepeat: boolean;
  end: CommandEnd | undefined;
  /** Whether the device held the value when the end came. */
  isShown: boolean | undefined;
}

/** One value that was let out to a device. */
export interface SentOff {
  readonly run: number;
  readonly tag: TagId;
  readonly value: Value;
  readonly at: MonoMs;
  readonly utc: number;
  readonly permit: boolean | undefined;
  readonly owner: CommandOrigin | undefined;
  readonly durable: ReadonlySet<string>;
  /** Whether the device took it. */
  readonly isTaken: boolean;
  /** See Sent. */
  readonly isUnsent: boolean;
  readonly isOverlapping: boolean;
}

/** One end as the ledger was told. */
export interface Settled {
  readonly run: number;
  readonly at: MonoMs;
  readonly key: string;
  readonly entry: Omit<LedgerEntry, 'outcome' | 'end'> | undefined;
  readonly end: RecordedEnd;
}

export interface Run {
  /** It ended with a crash at this moment. */
  crashedAt: MonoMs | undefined;
  /** Keys that had no end when it began. */
  readonly open: ReadonlySet<string>;
  /** What was durable when it was over: when the write of each key left. `open`: it has no end, and may have left. */
  durable: ReadonlyMap<string, number | 'open' | undefined>;
  /** All that was told to the audit in it, as it is on the disk when it is over. */
  audit: readonly Record<string, unknown>[];
}

export interface Story {
  readonly tags: readonly WritableTag[];
  readonly asked: readonly Asked[];
  readonly sent: readonly SentOff[];
  readonly settled: readonly Settled[];
  readonly runs: readonly Run[];
  readonly disk: LedgerDisk;
  /** Timers that were left when the last run had stopped. */
  readonly pending: readonly string[];
}

const id = (quantity: string): TagId => tagId('press', quantity);

/** Tags of every kind: free, limited, locked, pulses, only written, for few. */
export const STORY_TAGS: readonly WritableTag[] = [
  writable('free', { safe: { value: 0, on: ['silent'] } }),
  writable('limited', {
    ...{ type: 'number', min: 0, max: 50, minInterval: seconds(20), maxPerHour: 4 },
    ...{ minOn: seconds(45), minOff: seconds(30), settle: seconds(3) },
    safe: { value: 0, on: ['crash'] },
  }),
  writable('locked', {
    hasInterlock: true,
    safe: { value: 0, on: ['silent', 'stop', 'crash', 'interlock'] },
    maxPerHour: 8,
  }),
  writable('guarded', { hasInterlock: true, by: ['local', 'rule'], values: [0, 1, 2, 3] }),
  writable('pulse', { kind: 'pulse', minInterval: seconds(5) }),
  writable('blind', { settle: seconds(2) }, false),
];

/** Plays all acts, then lets everything come to rest and stops. */
export async function playStory(acts: readonly Act[]): Promise<Story> {
  const play = new StoryPlay();
  await play.start(true);
  for (const act of acts) await play.act(act);
  return play.finish();
}

class StoryPlay {
  readonly #clock = virtualClock();
  readonly #asked: Asked[] = [];
  readonly #sent: SentOff[] = [];
  readonly #settled: Settled[] = [];
  readonly #runs: Run[] = [];
  readonly #permits = new Map<TagId, boolean | undefined>();
  readonly #registers = new Map<TagId, Value>(STORY_TAGS.map(({ tag }) => [tag.id, 0]));
  #disk: LedgerDisk = emptyDisk();
  #durable = new Set<string>();
  #fixture!: DeskFixture;
  #mortal = mortalClock(this.#clock);
  #commands = 0;
  #audited = 0;

  async start(wasCleanStop: boolean): Promise<void> {
    const clock = this.#clock;
    const mortal = mortalClock(clock);
    const disk = this.#disk;
    const open = [...disk.entries.values()].filter(({ outcome }) => outcome === undefined);
    const run = this.#runs.push({
      ...{
        crashedAt: undefined,
        open: new Set(open.map(({ key }) => key)),
        durable: new Map(),
        audit: [],
      },
    });
    this.#durable = new Set(disk.entries.keys());
    this.#audited = disk.audit.length;
    const onDurable = (key: string) => void this.#durable.add(key);
    this.#mortal = mortal;
    const ledger = new WatchedLedger(mortal, { disk, wasCleanStop, onDurable }, (settled) =>
      this.#settled.push({ run: run - 1, at: clock.mono(), ...settled }),
    );
    const field = new TestField(clock);
    for (const [tag, value] of this.#registers) field.registers.set(tag, value);
    this.#fixture = deskFixture(STORY_TAGS, {
      ...{ clock: mortal, ledger, field, isStarted: false },
      seed: run,
    });
    for (const [tag, permit] of this.#permits) this.#fixture.permits.set(tag, permit);
    field.onSent = ({ tag, value, at, ...what }) => {
      const { desk, permits } = this.#fixture;
      const owner = desk.owners().get(tag)?.origin;
      const durable = new Set(this.#durable);
      const utc = clock.utc();
      this.#sent.push({
        run: run - 1,
        tag,
        value,
        at,
        utc,
        permit: permits.get(tag),
        owner,
        durable,
        ...what,
      });
    };
    this.#fixture.desk.start();
  }

  async act(act: Act): Promise<void> {
    const { desk, clock, field, ledger, permits } = this.#fixture;
    switch (act.kind) {
      case 'submit':
        this.#ask(this.#commandOf(act), false);
        break;
      case 'repeat': {
        const first = this.#asked.at(-1 - act.back);
        if (first) this.#ask(first.command, true);
        break;
      }
      case 'wait':
        await clock.advance(millis(act.ms));
        break;
      case 'fate':
        field.fates = [act.fate];
        break;
      case 'reads':
        field.reads = act.ms === undefined ? undefined : millis(act.ms);
        break;
      case 'permit': {
        const tag = tagAt(act.tag);
        permits.set(tag, act.permit);
        this.#permits.set(tag, act.permit);
        if (act.isTold) desk.interlockChanged(tag);
        break;
      }
      case 'disk':
        ledger.delay = millis(act.delay);
        ledger.set(act.state);
        break;
      case 'rules':
        desk.releaseRules(new Set(act.atWork));
        break;
      case 'poll':
        for (const { tag, isRead } of STORY_TAGS) if (isRead) field.poll(tag.id);
        break;
      case 'restart':
        await this.#restart(act.isCrash, act.off);
        break;
    }
    // Promises that are ready, and no timer.
    await clock.advance(millis(0));
  }

  async finish(): Promise<Story> {
    const { field, clock, ledger } = this.#fixture;
    field.fates = [{}];
    field.reads = millis(20);
    ledger.set('works');
    await clock.advance(minutes(3));
    await this.#end(false);
    await clock.advance(minutes(3));
    return {
      ...{ tags: STORY_TAGS, asked: this.#asked, sent: this.#sent, settled: this.#settled },
      ...{ runs: this.#runs, disk: this.#disk, pending: clock.pending() },
    };
  }

  async #restart(isCrash: boolean, off: number): Promise<void> {
    await this.#end(isCrash);
    await this.#clock.advance(millis(off));
    await this.start(!isCrash);
  }

  async #end(isCrash: boolean): Promise<void> {
    const { desk, clock, field } = this.#fixture;
    const ledger = this.#fixture.ledger;
    const run = this.#runs.at(-1);
    if (isCrash) {
      field.forget();
      this.#mortal.kill();
      this.#disk = ledger.crash();
      if (run) run.crashedAt = clock.mono();
    } else {
      const stopped = desk.stop();
      await clock.advance(seconds(10));
      await stopped;
      field.forget();
      this.#disk = ledger.close();
    }
    for (const [tag, value] of field.registers) this.#registers.set(tag, value);
    const audit = this.#disk.audit.slice(this.#audited);
    const entries = [...this.#disk.entries.values()];
    if (run) run.durable = new Map(entries.map((one) => [one.key, recordedEnd(one.end)?.left]));
    if (run) run.audit = audit.map(({ value }) => JSON.parse(String(value)));
  }

  #commandOf(act: Act & { kind: 'submit' }): Command {
    const { mono } = this.#clock;
    const n = ++this.#commands;
    const wish =
      act.value === 'release'
        ? ({ kind: 'release' } as const)
        : ({ kind: 'write', value: act.value } as const);
    return {
      ...{ id: `c${n}`, origin: act.origin, by: act.by, tag: tagAt(act.tag), wish },
      hold: act.hold === 'released' ? act.hold : millis(act.hold),
      expires: act.expires === undefined ? undefined : later(mono(), millis(act.expires)),
      ...(act.origin === 'remote' && { issued: utcMs(this.#clock.utc()), counter: n }),
    };
  }

  #ask(command: Command, isRepeat: boolean): void {
    const { desk, field, clock } = this.#fixture;
    const run = this.#runs.length - 1;
    const asked: Asked = {
      ...{ run, at: clock.mono(), command, isRepeat, end: undefined, isShown: undefined },
    };
    this.#asked.push(asked);
    void desk.submit(command).then((end) => {
      if (asked.end) throw new Error('two ends');
      asked.end = end;
      const { wish, tag } = command;
      const shown = field.registers.get(tag);
      if (wish.kind === 'write')
        asked.isShown = shown === wish.value || Number(shown) === Number(wish.value);
    });
  }
}

const tagAt = (index: number): TagId => STORY_TAGS[index]?.tag.id ?? id('nothing');

type Told = Omit<Settled, 'run' | 'at'>;

/** Tells what it is told. */
class WatchedLedger extends MemoryLedger {
  readonly #onSettled: (settled: Told) => void;
  readonly #intents = new Map<string, Told['entry']>();

  constructor(
    clock: ConstructorParameters<typeof MemoryLedger>[0],
    options: ConstructorParameters<typeof MemoryLedger>[1],
    onSettled: (settled: Told) => void,
  ) {
    super(clock, options);
    this.#onSettled = onSettled;
  }

  override intend(...of: Parameters<MemoryLedger['intend']>): ReturnType<MemoryLedger['intend']> {
    this.#intents.set(of[0].key, of[0]);
    return super.intend(...of);
  }

  override settle(...of: Parameters<MemoryLedger['settle']>): void {
    const [key, , kept] = of;
    const end = recordedEnd(JSON.parse(JSON.stringify(kept)));
    if (end === undefined) throw new Error('an end that nobody understands');
    this.#onSettled({ key, entry: this.#intents.get(key) ?? this.disk.entries.get(key), end });
    super.settle(...of);
  }
}
