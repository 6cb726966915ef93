/**
 * Every command that came to the door: those that are open, and how the latest ended. The one place where a command ends: counted,
 * told to who waits, and written down with its audit entry, exactly once.
 */
import type { Clock } from '../host/clock.ts';
import { timeBasisOf, utcOf } from '../host/stamp.ts';
import {
  COMMAND_OUTCOMES,
  type Command,
  type CommandEnd,
  type CommandOutcome,
} from '../model/command.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Sample, Value } from '../model/sample.ts';
import { between, type UtcMs } from '../model/units.ts';
import { endSample, type Stamp } from './command-event.ts';
import { keptEnd, type RecordedClaim } from './command-record.ts';
import type { Ledger } from './ledger.ts';
import type { Ending, Occasion, OpenCommand, Waiting } from './open-command.ts';

/** Ended commands that are shown, and whose ids are known without asking the ledger. */
export const MOST_ENDED = 256;

/** A command as people see it. */
export interface SeenCommand {
  readonly command: Command;
  /** When it came to the door. */
  readonly time: UtcMs;
  /** It came in an earlier run, whose clock may have been another. */
  readonly isEarlier: boolean;
  /** Undefined: it has not ended. */
  readonly end: CommandEnd | undefined;
  readonly waiting: Waiting | undefined;
}

interface Entry {
  readonly open: BegunCommand;
  readonly isEarlier: boolean;
  readonly resolve: (end: CommandEnd) => void;
  onWaiting: ((waiting: Waiting) => void) | undefined;
}

/** An open command, and the promise of its end. */
export interface BegunCommand extends OpenCommand {
  readonly ended: Promise<CommandEnd>;
}

export interface CommandBookOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** The claim of the command's origin on its tag, now. */
  readonly claimOf: (command: Command) => RecordedClaim | undefined;
}

export class CommandBook {
  readonly #options: CommandBookOptions;
  readonly #open = new Map<string, Entry>();
  /** Oldest first. */
  readonly #ended = new Map<string, SeenCommand & { readonly end: CommandEnd }>();
  #before: readonly SeenCommand[] = [];
  readonly #settling = new Set<Promise<void>>();
  readonly #outcomes = new Map<CommandOutcome, number>();
  readonly #codes = new Map<ErrorCode, number>();
  #order = 0;

  constructor(options: CommandBookOptions) {
    this.#options = options;
  }

  get open(): readonly OpenCommand[] {
    return [...this.#open.values()].map(({ open }) => open);
  }

  /** By outcome, since the start; each command once. */
  get outcomes(): Readonly<Record<CommandOutcome, number>> {
    const counts = COMMAND_OUTCOMES.map((one) => [one, this.#outcomes.get(one) ?? 0]);
    return Object.fromEntries(counts);
  }

  /** Of those that did not come out well, by why. */
  get codes(): Readonly<Partial<Record<ErrorCode, number>>> {
    return Object.fromEntries(this.#codes);
  }

  /**
   * The newest first: the open ones, and those that ended last, before this run too. Those of this run come before earlier
   * ones whatever their time: a clock that is not set yet may be years behind that of the run before.
   */
  recent(): readonly SeenCommand[] {
    const open = [...this.#open.values()].map(
      ({ open: { command, time, waiting }, isEarlier }) => ({
        ...{ command, time, isEarlier, waiting },
        end: undefined,
      }),
    );
    const ended = [...this.#before, ...this.#ended.values()].slice(-MOST_ENDED);
    return [...open, ...ended].toSorted(
      (a, b) => Number(a.isEarlier) - Number(b.isEarlier) || b.time - a.time,
    );
  }

  /** What ended before this run, oldest first, to be shown. */
  restore(before: readonly SeenCommand[]): void {
    this.#before = before.slice(-MOST_ENDED);
  }

  /** The end of the command of this key, which may be to come; undefined: none is known here. */
  find(key: string): Promise<CommandEnd> | undefined {
    const known = this.#ended.get(key);
    return this.#open.get(key)?.open.ended ?? (known && Promise.resolve(known.end));
  }

  /** Opens a command. `time`: when it came to the door, of one from an earlier run. */
  begin(
    command: Command,
    more: {
      readonly occasion?: Occasion | undefined;
      readonly before: Value | undefined;
      readonly time?: UtcMs;
      readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
    },
  ): BegunCommand {
    const { clock } = this.#options;
    const { promise, resolve } = Promise.withResolvers<CommandEnd>();
    const key = keyOf(command);
    const open: BegunCommand = {
      command,
      key,
      ledgerKey: key,
      order: this.#order++,
      began: clock.mono(),
      time: more.time ?? clock.utc(),
      occasion: more.occasion,
      before: more.before,
      refusal: undefined,
      isReady: false,
      isDoubtful: false,
      stored: Promise.resolve(),
      left: undefined,
      notBefore: undefined,
      attempts: 0,
      waiting: undefined,
      again: undefined,
      followers: [],
      ended: promise,
    };
    if (this.#open.has(key)) throw new Error(`command ${key} is open already`);
    const isEarlier = more.time !== undefined;
    this.#open.set(key, { open, isEarlier, resolve, onWaiting: more.onWaiting });
    return open;
  }

  /** The command waits for a limit, an interlock or a higher owner; who gave it is told once. */
  waits({ key, waiting }: OpenCommand): void {
    const entry = this.#open.get(key);
    const tell = entry?.onWaiting;
    if (entry === undefined || tell === undefined || waiting === undefined) return;
    entry.onWaiting = undefined;
    tell(waiting);
  }

  /** The one end of an open command. A second one is a mistake of the door's, and throws. */
  end(open: OpenCommand, ending: Ending): void {
    const { ledger, claimOf, clock } = this.#options;
    const end = this.#close(open, ending);
    const left = open.left === undefined ? undefined : utcOf(clock, open.left);
    const kept = keptEnd({ ...end, left, claim: claimOf(open.command) });
    const audit = this.#sample(open, end);
    const settling = open.stored.then(() => {
      // A second end of a key changes nothing, and its audit would be lost with it.
      if (open.isDoubtful) ledger.note([audit]);
      ledger.settle(open.ledgerKey, end.outcome, kept, open.isDoubtful ? [] : [audit]);
      this.#settling.delete(settling);
    });
    this.#settling.add(settling);
  }

  /** The key of an open command was known: nothing is done, and the first end holds. */
  repeat(open: OpenCommand, end: CommandEnd): void {
    const entry = this.#take(open);
    const repeated: CommandEnd = { ...end, isRepeated: true };
    this.noteRepeat(open.command, end);
    entry.resolve(repeated);
  }

  /** Whoever waits for a command of an earlier run is told that nobody knows; its end is found at the next start. */
  letGo(): void {
    for (const { open, resolve } of this.#open.values()) {
      const details = { tag: open.command.tag };
      const tookMs = Math.round(between(open.began, this.#options.clock.mono()));
      resolve({ outcome: 'unknown', reason: { code: 'command.interrupted', details }, tookMs });
    }
    this.#open.clear();
  }

  /** A command that did not come in. */
  refuse(command: Command, ending: Ending): CommandEnd {
    const { clock, ledger } = this.#options;
    const end: CommandEnd = { ...ending, tookMs: 0 };
    const time = clock.utc();
    this.#count(end);
    ledger.note([endSample(command, end, { before: undefined, time, tookMs: 0 }, this.stamp())]);
    this.#remember(keyOf(command), { command, time, isEarlier: false, end, waiting: undefined });
    return end;
  }

  /** Of remote commands the door before this one tells. */
  noteRepeat(command: Command, { outcome }: CommandEnd): void {
    if (command.origin === 'remote') return;
    const { clock, ledger } = this.#options;
    const reason = { code: 'command.repeated', details: { id: command.id } } as const;
    const told = { before: undefined, time: clock.utc(), tookMs: 0 };
    ledger.note([endSample(command, { outcome, reason }, told, this.stamp())]);
  }

  /** Resolves when all ends have been handed to the ledger. */
  async flush(): Promise<void> {
    while (this.#settling.size > 0) await Promise.all(this.#settling);
  }

  stamp(): Stamp {
    const { clock } = this.#options;
    return { time: clock.utc(), timeBasis: timeBasisOf(clock) };
  }

  #close(open: OpenCommand, ending: Ending): CommandEnd {
    const { resolve, isEarlier } = this.#take(open);
    const tookMs = Math.round(between(open.began, this.#options.clock.mono()));
    const end: CommandEnd = { ...ending, tookMs };
    const { command, time } = open;
    this.#count(end);
    this.#remember(open.key, { command, time, isEarlier, end, waiting: undefined });
    resolve(end);
    return end;
  }

  #take(open: OpenCommand): Entry {
    const entry = this.#open.get(open.key);
    if (entry?.open !== open) throw new Error(`command ${open.key} has ended already`);
    this.#open.delete(open.key);
    return entry;
  }

  #sample({ command, before, time }: OpenCommand, end: CommandEnd): Sample {
    return endSample(command, end, { before, time, tookMs: end.tookMs }, this.stamp());
  }

  #count({ outcome, reason }: CommandEnd): void {
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1);
    if (reason) this.#codes.set(reason.code, (this.#codes.get(reason.code) ?? 0) + 1);
  }

  /** Without the causes, which are in the audit. */
  #remember(key: string, seen: SeenCommand & { readonly end: CommandEnd }): void {
    const { causes: _, ...command } = seen.command;
    this.#ended.delete(key);
    this.#ended.set(key, { ...seen, command });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MOST_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }
}

/** Unique for ever. */
export const keyOf = ({ origin, id }: Command): string => `${origin}/${id}`;
