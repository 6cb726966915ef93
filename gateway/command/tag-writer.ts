/**
 * What is written to one tag, one write after the other, and what is known of the tag because of it: the history that
 * limits look at, and what the tag showed since.
 */
import type { Clock } from '../host/clock.ts';
import type { Value } from '../model/sample.ts';
import { type Millis, type MonoMs, seconds } from '../model/units.ts';
import type { Withheld } from '../poll/bus-facts.ts';
import { Attempt, type AttemptEnd } from './attempt.ts';
import {
  type Ending,
  type Field,
  type OpenCommand,
  type Reason,
  shownBy,
  type WritableTag,
} from './open-command.ts';
import { RESOLVE_PATIENCE } from './resolution.ts';
import type { Verdict } from './verdict.ts';
import {
  NO_WRITES,
  type WriteHistory,
  withDoubt,
  withObserved,
  withWrite,
} from './write-history.ts';

/** After an unclean stop a tag is read for so long before the first write of a rule to it. */
const FIRST_LOOK: Millis = seconds(2);

export interface WriterOptions {
  readonly clock: Clock;
  readonly field: Field;
  readonly tag: WritableTag;
  readonly lastVerdict: (command: OpenCommand) => Verdict;
  readonly onLeft: (command: OpenCommand) => void;
  /** `withheld`: at the last look, which says why. */
  readonly onEnd: (command: OpenCommand, end: AttemptEnd) => void;
}

interface UnderWay {
  readonly command: OpenCommand;
  readonly value: Value;
  readonly attempt: Attempt;
  readonly historyBefore: WriteHistory;
}

export class TagWriter {
  readonly #options: WriterOptions;
  #underWay: UnderWay | undefined;
  #history: WriteHistory = NO_WRITES;
  #shown: Value | undefined;
  /** The last write was seen to have come about, so that what the tag shows is what it holds. */
  #isSettled = true;
  /** Since the start. */
  #wasHeard = false;
  #looksFirst = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  get command(): OpenCommand | undefined {
    return this.#underWay?.command;
  }

  get hasLeft(): boolean {
    return this.#underWay?.attempt.hasLeft === true;
  }

  get history(): WriteHistory {
    return this.#history;
  }

  /**
   * What the tag holds, as read back after the last write; undefined where that is not known: a write nobody saw come about may
   * still do so.
   */
  get held(): Value | undefined {
    return this.#isSettled ? this.#shown : undefined;
  }

  /** What is known from before a start. */
  restore(history: WriteHistory, wasCleanStop: boolean): void {
    this.#history = history;
    this.#looksFirst = !wasCleanStop;
  }

  /** Only when nothing is under way. */
  start(command: OpenCommand, value: Value): void {
    const { clock, field, tag, lastVerdict } = this.#options;
    const attempt = new Attempt({
      clock,
      field,
      tag,
      value,
      lookFirst: this.#firstLook(command),
      lookAgain: () => withheldBy(lastVerdict(command)),
      onLeft: () => this.#left(command, value),
      onEnd: (end) => this.#ended(end),
    });
    this.#underWay = { command, value, attempt, historyBefore: this.#history };
    attempt.start();
  }

  /** Takes back what is under way and has not left. */
  withdraw(): void {
    this.#underWay?.attempt.withdraw();
    this.#underWay = undefined;
  }

  hurry(isUrgent: boolean): void {
    this.#underWay?.attempt.hurry(isUrgent);
  }

  abandon(reason: Reason): void {
    this.#underWay?.attempt.abandon(reason);
  }

  /** The tag that shows what becomes of writes was read; null: without success. */
  take(value: Value | null): void {
    this.#shown = value ?? undefined;
    if (value === null) this.#underWay?.attempt.take(null);
    else {
      this.#wasHeard = true;
      if (this.#underWay) this.#underWay.attempt.take(value);
      else this.#observe(value);
    }
  }

  #observe(value: Value): void {
    const { minOn, minOff } = this.#options.tag.policy;
    if (minOn > 0 || minOff > 0)
      this.#history = withObserved(this.#history, value, this.#options.clock.mono());
  }

  /** Not every tag shows by itself what it holds, and what has been read is known. */
  #firstLook(command: OpenCommand): Millis | undefined {
    const { tag } = this.#options;
    const isLevel = tag.policy.kind === 'level';
    if (!isLevel || this.#shown !== undefined || shownBy(tag) !== tag.tag.id) return undefined;
    // A device that boots longer than the gateway would not hear it.
    if (!this.#wasHeard && isPatient(command)) return RESOLVE_PATIENCE;
    return command.command.origin === 'rule' && this.#looksFirst ? FIRST_LOOK : undefined;
  }

  #left(command: OpenCommand, value: Value): void {
    const now = this.#options.clock.mono();
    this.#history = this.#historyWith(value, now, true);
    this.#isSettled = false;
    this.#looksFirst = false;
    command.left = now;
    this.#options.onLeft(command);
  }

  #ended(end: AttemptEnd): void {
    const ended = this.#underWay;
    if (ended === undefined) return;
    const { command, value, historyBefore } = ended;
    const { left } = command;
    this.#underWay = undefined;
    if (end.kind === 'unsent') {
      this.#history = historyBefore;
      command.left = undefined;
    } else if (end.kind === 'sent' && !end.wasTaken && left !== undefined) {
      this.#history = historyBefore;
      this.#history = this.#historyWith(value, left, false);
    } else if (end.kind === 'sent') this.#judge(end.ending);
    this.#options.onEnd(command, end);
  }

  /** What is known of the tag now that its write has ended. */
  #judge({ outcome }: Ending): void {
    this.#isSettled = outcome === 'verified';
    if (!this.#isSettled) this.#history = withDoubt(this.#history);
  }

  #historyWith(value: Value, at: MonoMs, wasTaken: boolean): WriteHistory {
    const most = this.#options.tag.policy.maxPerHour ?? 1;
    return withWrite(this.#history, { value, at, wasTaken }, most);
  }
}

const isPatient = ({ occasion }: OpenCommand): boolean =>
  occasion === 'crash' || occasion === 'silent';

function withheldBy(verdict: Verdict): Withheld | undefined {
  switch (verdict.kind) {
    case 'waits':
      return withheld('rejected', verdict.waiting.reason);
    case 'ends': {
      const { outcome, reason } = verdict.ending;
      return withheld(outcome === 'expired' ? outcome : 'rejected', reason ?? UNSAID);
    }
    default:
      return undefined;
  }
}

const UNSAID: Reason = { code: 'command.superseded', details: {} };
const withheld = (outcome: Withheld['outcome'], refusal: Reason): Withheld => ({
  outcome,
  refusal,
  turnaround: undefined,
});
