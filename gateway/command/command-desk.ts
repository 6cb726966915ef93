/**
 * The door for all writes: whoever wants a tag written says so here, and gets exactly one end. What it means stands in
 * COMMANDS.md. A thin shell: each tag has a door of its own, and this one brings commands to them, with their intents on the
 * way into the ledger.
 */
import type { Cancel, Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type { Random } from '../model/backoff.ts';
import { COMMAND_ORIGINS, type Command, type CommandEnd, type TagOwner } from '../model/command.ts';
import type { Sample, TagId } from '../model/sample.ts';
import { later, type Millis, millis, seconds } from '../model/units.ts';
import { claimOf, ownerOf } from './arbiter.ts';
import { admissionEnding } from './command-admission.ts';
import type { CommandFacts } from './command-answers.ts';
import { CommandBook, keyOf, type SeenCommand } from './command-book.ts';
import { remoteSample } from './command-event.ts';
import { idOf, type RecordedClaim, understoodEnd } from './command-record.ts';
import { Entrance } from './entrance.ts';
import { Intents } from './intents.ts';
import type { Ledger, LedgerHistory } from './ledger.ts';
import {
  type Field,
  type OpenCommand,
  type OwnWish,
  rejected,
  shownBy,
  type Waiting,
  type WritableTag,
} from './open-command.ts';
import type { RemoteAudit } from './remote-door.ts';
import { commandFrom, seenBefore } from './reopened.ts';
import { TagDesk } from './tag-desk.ts';
import { pastCommands, recordedPast, understood } from './tag-pasts.ts';
import { type TagView, tagOwner } from './verdict.ts';

/** How long after a start an interlock may be unknown before the safe value is written for it. */
export const INTERLOCK_GRACE: Millis = seconds(10);
/** How long a stop waits for what is under way, and for safe values. */
export const STOP_PATIENCE: Millis = seconds(5);

export interface CommandDeskParts {
  /** All that can be written. */
  readonly tags: readonly WritableTag[];
  readonly clock: Clock;
  readonly log: Log;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly field: Field;
  /** Whether the interlock of the tag is met; undefined: not known. Asked at the moment of the write. */
  readonly permit: (tag: TagId) => boolean | undefined;
  readonly latest: (tag: TagId) => Sample | undefined;
}

/** For the status: what became of commands since the start, and how things stand. */
export interface DeskFacts extends CommandFacts {
  /** Of those that did not come out well, how many by the code of the reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Not ended yet. */
  readonly open: number;
  /** Intents that were not durable in time. */
  readonly unstored: number;
}

/** How things stand with one tag, for people. */
export interface TagState {
  readonly tag: WritableTag;
  readonly view: TagView;
  readonly owner: TagOwner | undefined;
  /** The highest command that waits for a limit, an interlock or a higher owner. */
  readonly waiting: Pick<SeenCommand, 'command' | 'waiting'> | undefined;
}

export class CommandDesk {
  readonly #parts: CommandDeskParts;
  readonly #tags: ReadonlyMap<TagId, TagDesk>;
  /** By the tag that shows what becomes of writes. */
  readonly #shownBy: ReadonlyMap<TagId, readonly TagDesk[]>;
  readonly #book: CommandBook;
  readonly #intents: Intents;
  readonly #entrance: Entrance;
  readonly #run: string;
  #ids = 0;
  #refused = 0;
  #isOpen = false;
  #wasStarted = false;
  #stopping: Promise<void> | undefined;
  #cancelGrace: Cancel = () => {};

  constructor(parts: CommandDeskParts) {
    const { tags, clock, ledger, field, random } = parts;
    this.#parts = parts;
    this.#run = [random(), random()].map((part) => digitsOf(part)).join('');
    this.#book = new CommandBook({ clock, ledger, claimOf: (command) => this.#claimOf(command) });
    this.#intents = new Intents(parts);
    this.#tags = new Map(tags.map((tag) => [tag.tag.id, this.#tagDesk(tag)]));
    this.#shownBy = Map.groupBy(this.#tags.values(), ({ tag }) => shownBy(tag) ?? tag.tag.id);
    this.#entrance = new Entrance({
      ...{ clock, ledger, field, tags: this.#tags, book: this.#book, intents: this.#intents },
      nextId: () => this.#nextId(),
    });
  }

  /**
   * Takes a command to its end, and never rejects. `onWaiting` is told once, when the command begins to wait for a limit, an
   * interlock or a higher owner. A key that is known gets the end of its first command.
   */
  async submit(command: Command, onWaiting?: (waiting: Waiting) => void): Promise<CommandEnd> {
    const known = this.#book.find(keyOf(command));
    if (known !== undefined) {
      const end = await known;
      this.#book.noteRepeat(command, end);
      return { ...end, isRepeated: true };
    }
    const tag = this.#tags.get(command.tag);
    const refusal = this.#isOpen
      ? admissionEnding(command, tag?.tag, this.#parts.clock.mono())
      : rejected('command.closed', { tag: command.tag });
    if (tag === undefined || refusal) {
      const unknown = rejected('command.tag-unknown', { tag: command.tag });
      return this.#book.refuse(command, refusal ?? unknown);
    }
    const crowded = this.#entrance.crowded(command, tag);
    // What is said to a sender upstream has to be remembered: the message may come again.
    if (crowded && command.origin !== 'remote') return this.#book.refuse(command, crowded);
    const open = this.#book.begin(command, { before: tag.turns.view().present, onWaiting });
    open.refusal = crowded;
    this.#entrance.bring(open, tag);
    return open.ended;
  }

  /** Everything that is read, as the image takes it in. */
  take(samples: readonly Sample[]): void {
    for (const { tag, value } of samples)
      for (const desk of this.#shownBy.get(tag) ?? []) desk.take(value);
  }

  /** Whoever evaluates the interlock of the tag came to another result. */
  interlockChanged(tag: TagId): void {
    if (this.#isOpen) this.#tags.get(tag)?.interlockChanged();
  }

  /** Ends the claims of rules that are not at work any more: gone, off, stopped, or in shadow. */
  releaseRules(atWork: ReadonlySet<string>): void {
    if (!this.#isOpen) return;
    const released = (tag: TagId) => rejected('command.released', { tag });
    for (const open of this.#book.open) {
      const { origin, by, tag } = open.command;
      // It has no claim yet.
      if (origin === 'rule' && !open.isReady && !atWork.has(by)) open.refusal = released(tag);
    }
    for (const [tag, { turns }] of this.#tags) {
      const claim = claimOf(turns.view().claims, 'rule');
      if (claim === undefined || atWork.has(claim.by)) continue;
      const command = { id: this.#nextId(), origin: 'rule', by: claim.by, tag } as const;
      const wish = { kind: 'release' } as const;
      void this.submit({ ...command, wish, hold: millis(0), expires: undefined });
    }
  }

  /** Who has each tag that somebody claims. */
  owners(): ReadonlyMap<TagId, TagOwner> {
    const owned = [...this.#tags].flatMap(([id, { turns }]) => {
      const view = turns.view();
      const claim = ownerOf(view.claims);
      return claim ? [[id, tagOwner(claim, view.utcOf)] as const] : [];
    });
    return new Map(owned);
  }

  /** How things stand with a tag; undefined: it cannot be written. */
  state(id: TagId): TagState | undefined {
    const desk = this.#tags.get(id);
    if (desk === undefined) return undefined;
    const { tag, turns } = desk;
    const view = turns.view();
    const claim = ownerOf(view.claims);
    const owner = claim && tagOwner(claim, view.utcOf);
    const first = turns.waiting.ranked.find(({ waiting }) => waiting !== undefined);
    const waiting = first && { ...first, end: undefined };
    return { tag, view, owner, waiting };
  }

  /** The latest commands, the newest first. */
  recent(): readonly SeenCommand[] {
    return this.#book.recent();
  }

  /** How the remote command of this id ended, of an earlier run too; undefined: there was none. Rejects like `find`. */
  async recall(id: string): Promise<CommandEnd | undefined> {
    const key = `remote/${id}`;
    const known = this.#book.find(key);
    if (known !== undefined) return known;
    const entry = await this.#parts.ledger.find(key);
    return entry && understoodEnd(entry);
  }

  /** What the door for messages from upstream has to tell. */
  noteRemote(told: RemoteAudit): void {
    if (told.state === 'refused')
      this.#refused += Object.values(told.counts).reduce((sum, count) => sum + count, 0);
    this.#parts.ledger.note([remoteSample(told, this.#book.stamp())]);
  }

  facts(): DeskFacts {
    const owners = [...this.owners().values()];
    const ownedBy = COMMAND_ORIGINS.map(
      (origin) => [origin, owners.filter((owner) => owner.origin === origin).length] as const,
    );
    const { outcomes, codes, open } = this.#book;
    return {
      outcomes,
      reasons: codes,
      refused: this.#refused,
      open: open.length,
      waiting: open.filter(({ waiting }) => waiting !== undefined).length,
      owned: Object.fromEntries(ownedBy) as DeskFacts['owned'],
      unstored: this.#intents.failures,
    };
  }

  /** Takes up what the ledger knows, once, when it has opened. From then on commands are taken. */
  start(): void {
    if (this.#wasStarted) return;
    this.#wasStarted = true;
    const { clock, ledger } = this.#parts;
    const history = ledger.history();
    const past = pastCommands(history);
    const now = { utc: clock.utc(), mono: clock.mono() };
    this.#isOpen = true;
    this.#book.restore(
      seenBefore([...past.values()].flat().toSorted((a, b) => a.entry.time - b.entry.time)),
    );
    const open = Map.groupBy(this.#reopen(history), ({ command }) => command.tag);
    for (const [id, desk] of this.#tags) {
      const recorded = recordedPast(past.get(id) ?? [], desk.tag, now);
      desk.start({
        past: { ...recorded, open: open.get(id) ?? [] },
        wasCleanStop: history.wasCleanStop,
        grace: INTERLOCK_GRACE,
      });
    }
    this.#cancelGrace = clock.at('command.grace', later(now.mono, INTERLOCK_GRACE), () => {
      for (const desk of this.#tags.values()) desk.interlockChanged();
    });
  }

  /**
   * Takes nothing any more, has the safe values of a stop written, and waits a bounded time for what is under way. When it
   * resolves every command of this run has ended, and the ledger has been told. The buses have to be open until then.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (!this.#isOpen) return;
    const { clock, log } = this.#parts;
    this.#isOpen = false;
    this.#cancelGrace();
    const desks = [...this.#tags.values()];
    const cancel = clock.at('command.stop', later(clock.mono(), STOP_PATIENCE), () => {
      log.warn('command.stop-overran', { open: this.#book.open.length });
      for (const desk of desks) desk.turns.abandon();
    });
    await Promise.all([...desks.map((desk) => desk.stop()), this.#entrance.idle()]);
    cancel();
    this.#book.letGo();
    await this.#book.flush();
  }

  /** Commands without an end, for their tags; those that nobody can look into end at once. */
  #reopen({ open }: LedgerHistory): readonly OpenCommand[] {
    return open.map(understood).flatMap((past) => {
      const { entry, command } = past;
      const known = commandFrom(past);
      const unclear: Command = {
        ...{ id: idOf(entry.key), origin: entry.origin, by: '', tag: entry.tag as TagId },
        ...{ wish: { kind: 'release' }, hold: millis(0), expires: undefined },
      };
      const opened = this.#book.begin(known ?? unclear, {
        ...{ occasion: command?.occasion, before: command?.before, time: entry.time },
      });
      opened.ledgerKey = entry.key;
      // It may have, just before the crash; limits count it unless its end says something else.
      if (known?.wish.kind === 'write') opened.left = this.#parts.clock.mono();
      if (known && this.#tags.has(known.tag)) return [opened];
      const reason = { code: 'command.interrupted', details: { tag: entry.tag } } as const;
      this.#book.end(opened, { outcome: 'unknown', reason });
      return [];
    });
  }

  #tagDesk(tag: WritableTag): TagDesk {
    const { clock, field, permit, latest } = this.#parts;
    const desk: TagDesk = new TagDesk({
      ...{ clock, field, tag, permit, latest },
      ask: (wish) => this.#own(desk, wish),
      end: (command, ending) => this.#book.end(command, ending),
      onWaiting: (command) => this.#book.waits(command),
    });
    return desk;
  }

  #own(desk: TagDesk, { origin, by, value, hold, occasion }: OwnWish): OpenCommand {
    const tag = desk.tag.tag.id;
    const command: Command = {
      ...{ id: this.#nextId(), origin, by, tag, hold },
      ...{ wish: { kind: 'write', value }, expires: undefined },
    };
    const open = this.#book.begin(command, { occasion, before: desk.turns.view().present });
    this.#entrance.own(open, desk);
    return open;
  }

  #claimOf({ tag, origin }: Command): RecordedClaim | undefined {
    const view = this.#tags.get(tag)?.turns.view();
    const claim = view && claimOf(view.claims, origin);
    return claim && tagOwner(claim, view.utcOf);
  }

  /** None that a sender upstream can choose: the door's own commands go by the origin of their claim. */
  #nextId(): string {
    return `own!${this.#run}!${++this.#ids}`;
  }
}

const digitsOf = (part: number): string =>
  Math.floor(part * 2 ** 32)
    .toString(36)
    .padStart(7, '0');
