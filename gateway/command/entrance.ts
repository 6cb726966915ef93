/**
 * The way of a command from the door to its tag: its intent goes into the ledger, and it comes to its tag before that is durable or
 * behind it. Those of one tag that wait for the ledger come in the order in which they were given.
 */
import type { Clock } from '../host/clock.ts';
import type { TagId } from '../model/sample.ts';
import type { CommandBook } from './command-book.ts';
import { intentSample } from './command-event.ts';
import { factsOf, understoodEnd } from './command-record.ts';
import type { Intent, Intents, StoredIntent } from './intents.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import {
  type Ending,
  type Field,
  type OpenCommand,
  rejected,
  type WritableTag,
} from './open-command.ts';
import type { TagDesk } from './tag-desk.ts';

/** Commands without a claim, and such that wait for the ledger: of one tag, and of all. */
export const MOST_OF_TAG = 8;
export const MOST_OF_ALL = 256;

export interface EntranceOptions {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly field: Pick<Field, 'expect'>;
  readonly intents: Intents;
  readonly book: CommandBook;
  readonly tags: ReadonlyMap<TagId, TagDesk>;
  /** Unique for ever. */
  readonly nextId: () => string;
}

interface Line {
  tail: Promise<void>;
  length: number;
}

export class Entrance {
  readonly #options: EntranceOptions;
  /** Of tags with commands that wait for the ledger. */
  readonly #lines = new Map<TagId, Line>();

  constructor(options: EntranceOptions) {
    this.#options = options;
  }

  /** Why there is no room for a command; undefined where there is. One that takes its claim's place needs none. */
  crowded(command: OpenCommand['command'], tag: TagDesk): Ending | undefined {
    if (actsAtOnce(command, tag.tag) && command.hold !== 0) return undefined;
    const ofTag = this.#queued(tag);
    if (ofTag < MOST_OF_TAG) {
      const all = [...this.#options.tags.values()].reduce((sum, one) => sum + this.#queued(one), 0);
      if (all < MOST_OF_ALL) return undefined;
    }
    const limit = ofTag < MOST_OF_TAG ? MOST_OF_ALL : MOST_OF_TAG;
    return rejected('command.too-many', { tag: command.tag, limit });
  }

  /** Brings a command that passed admission to its tag. */
  bring(command: OpenCommand, tag: TagDesk): void {
    if (actsAtOnce(command.command, tag.tag)) {
      command.isReady = true;
      command.stored = this.#meanwhile(command);
      enter(command, tag);
    } else this.#queue(command, tag);
  }

  /** Sees to the intent of a command of the door's own, which is at its tag already. */
  own(command: OpenCommand, tag: TagDesk): void {
    if (actsAtOnce(command.command, tag.tag)) {
      command.isReady = true;
      command.stored = this.#meanwhile(command);
      return;
    }
    const stored = this.#before(command);
    command.stored = stored.then((result) => {
      if (result.kind === 'failed') tag.turns.fail(command, notStored(command, result.reason));
      else tag.turns.ready(command);
    });
  }

  /** Resolves when nobody waits for the ledger. */
  async idle(): Promise<void> {
    while (this.#lines.size > 0)
      await Promise.all([...this.#lines.values()].map(({ tail }) => tail));
  }

  #queued({ tag, turns }: TagDesk): number {
    return turns.waiting.queued + (this.#lines.get(tag.tag.id)?.length ?? 0);
  }

  #queue(command: OpenCommand, tag: TagDesk): void {
    const { id } = tag.tag.tag;
    const line = this.#lines.get(id) ?? { tail: Promise.resolve(), length: 0 };
    const stored = this.#before(command);
    const before = line.tail;
    this.#lines.set(id, line);
    line.length++;
    this.#options.field.expect(tag.tag.tag.device);
    command.stored = stored.then(() => {});
    line.tail = (async () => {
      await before;
      const result = await stored;
      if (--line.length === 0) this.#lines.delete(id);
      this.#arrive(command, tag, result);
    })();
  }

  #arrive(command: OpenCommand, tag: TagDesk, stored: StoredIntent): void {
    const { book } = this.#options;
    if (stored.kind === 'known') book.repeat(command, understoodEnd(stored.entry));
    else if (stored.kind === 'failed') book.end(command, notStored(command, stored.reason));
    else if (command.refusal) book.end(command, command.refusal);
    else {
      command.isReady = true;
      enter(command, tag);
    }
  }

  async #before(command: OpenCommand): Promise<StoredIntent> {
    const { intents } = this.#options;
    const stored = await intents.before(this.#intentOf(command), command.command.expires);
    command.isDoubtful = stored.kind === 'failed';
    return stored;
  }

  /**
   * An id that an earlier run has used is no reason to do nothing: a rule that lost its last seconds counts again from
   * there, and its levels are what it wants now.
   */
  async #meanwhile(command: OpenCommand): Promise<void> {
    const { intents, nextId } = this.#options;
    let stored = await intents.meanwhile(this.#intentOf(command));
    if (stored.kind === 'known') {
      command.ledgerKey = `${command.key}~${nextId()}`;
      stored = await intents.meanwhile(this.#intentOf(command));
    }
    command.isDoubtful = stored.kind === 'failed';
    if (!command.isDoubtful) return;
    const { ledger, book } = this.#options;
    const { before } = command;
    ledger.note([intentSample(command.command, before, book.stamp(), 'command.not-stored')]);
  }

  #intentOf({ command, ledgerKey, before, occasion, time }: OpenCommand): Intent {
    const { book } = this.#options;
    const { origin, tag, by, counter, issued } = command;
    const entry: Omit<LedgerEntry, 'outcome' | 'end'> = {
      ...{ key: ledgerKey, origin, tag, time },
      facts: factsOf(command, before, occasion),
    };
    return {
      entry,
      audit: [intentSample(command, before, book.stamp())],
      marks: {
        ...(counter !== undefined && { counter: { signer: by, value: counter } }),
        ...(issued !== undefined && { issued }),
      },
    };
  }
}

/** Levels of rules and interlocks do not wait for a disk. */
const actsAtOnce = ({ origin }: OpenCommand['command'], { policy }: WritableTag): boolean =>
  policy.kind === 'level' && (origin === 'rule' || origin === 'interlock');

function enter(command: OpenCommand, { turns }: TagDesk): void {
  if (command.command.wish.kind === 'release') turns.release(command);
  else turns.enter(command);
}

const notStored = ({ command: { tag } }: OpenCommand, reason: string): Ending => ({
  outcome: 'failed',
  reason: { code: 'command.not-stored', details: { tag, reason } },
});
