/**
 * The field side's end of the ledger of commands. Intents are durable in time or told to have failed; ends are kept
 * until a worker has stored them. One group of both is under way at a time, beside the batches of samples, so that
 * neither waits for more than one commit of the other, and whatever gathers meanwhile shares the next one.
 */
import type { Intended, Ledger, LedgerEntry, LedgerHistory } from '../../command/ledger.ts';
import type { Cancel, Clock } from '../../host/clock.ts';
import type { Log } from '../../host/log.ts';
import type { Kept } from '../../host/state-store.ts';
import type { CommandOutcome } from '../../model/command.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Sample, TagId } from '../../model/sample.ts';
import { later, type MonoMs, monoMs, seconds } from '../../model/units.ts';
import { type SampleBatch, toBatch } from '../batch.ts';
import type { Commit } from '../journal.ts';
import type { FromNorth, ToNorth } from '../north/north-protocol.ts';
import { Questions } from '../north/questions.ts';
import {
  type Intent,
  LEDGER_TEXT_BYTES_MAX,
  type LedgerAction,
  type LedgerAnswer,
} from './ledger-action.ts';
import { LedgerEnds, type WaitingEnd, withEnd } from './ledger-ends.ts';
import { OPEN_COMMANDS_MAX } from './ledger-plan.ts';

export interface NorthLedgerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly post: (message: ToNorth) => void;
  /** The number of a tag in batches. */
  readonly indexOf: (tag: TagId) => number;
  /** Audit that belongs to no entry. */
  readonly note: (audit: readonly Sample[]) => void;
  /** A block of audit is durable. */
  readonly onStored: (commit: Commit) => void;
}

export interface LedgerFacts {
  /** Intents that are not durable yet. */
  readonly intents: number;
  /** Ends that are not stored yet. */
  readonly ends: number;
  /** Ends that were given up; their commands look open at the next start. */
  readonly endsLost: number;
}

/** From `intend` to its rejection. */
export const INTENT_PATIENCE = seconds(2);
export const INTENTS_MAX = 1_000;
/** Actions of one commit. */
const GROUP_MAX = 64;
/** Between two attempts to store what the worker could not, a full disk for instance. */
const RETRY_AFTER = seconds(1);
const GIVEN_UP_MAX = 1_000;
const NONE_YET = monoMs(Number.NEGATIVE_INFINITY);

interface WaitingIntent {
  readonly intent: Intent;
  readonly audit: SampleBatch;
  /** Nothing acts on it before it is durable. */
  readonly isAwaited: boolean;
  readonly resolve: (intended: Intended) => void;
  readonly reject: (error: GatewayError) => void;
  cancelPatience: Cancel;
  isGivenUp: boolean;
}

interface UnderWay {
  readonly id: number;
  readonly intents: readonly WaitingIntent[];
  readonly ends: readonly WaitingEnd[];
}

export class NorthLedger implements Ledger {
  readonly #options: NorthLedgerOptions;
  readonly #questions: Questions<{ readonly entry: LedgerEntry | undefined }>;
  #history: LedgerHistory | undefined;
  #isOpen = false;
  #intents: WaitingIntent[] = [];
  readonly #ends: LedgerEnds;
  #underWay: UnderWay | undefined;
  #lastId = 0;
  /** Intended here and not ended yet, by key. */
  readonly #acting = new Map<string, LedgerEntry>();
  /** Rejected, perhaps durable all the same, and without an end yet. */
  readonly #givenUp = new Map<string, WaitingIntent>();
  #endsFrom: MonoMs = NONE_YET;
  #isSuspectsTurn = false;
  #cancelRetry: Cancel = () => {};
  readonly #onIdle = new Set<() => void>();

  constructor(options: NorthLedgerOptions) {
    this.#options = options;
    this.#ends = new LedgerEnds(options.log);
    this.#questions = new Questions(options.clock, INTENT_PATIENCE);
  }

  intend(
    entry: Omit<LedgerEntry, 'outcome' | 'end'>,
    audit: readonly Sample[],
    marks: Parameters<Ledger['intend']>[2],
    way: 'before' | 'meanwhile' = 'before',
  ): Promise<Intended> {
    const { key } = entry;
    const acting = this.#acting.get(key);
    if (acting) return Promise.resolve({ kind: 'known', entry: acting });
    const facts = JSON.stringify(entry.facts);
    const limit = LEDGER_TEXT_BYTES_MAX;
    const bytes = Buffer.byteLength(facts);
    if (bytes > limit)
      return Promise.reject(new GatewayError('journal.command-too-large', { key, bytes, limit }));
    const { promise, resolve, reject } = Promise.withResolvers<Intended>();
    const { clock } = this.#options;
    const waiting: WaitingIntent = {
      intent: { ...entry, facts, counter: marks.counter, issued: marks.issued },
      audit: toBatch(audit, this.#options.indexOf),
      isAwaited: way === 'before',
      resolve,
      reject,
      cancelPatience: () => {},
      isGivenUp: false,
    };
    this.#givenUp.delete(key);
    if (this.#acting.size < OPEN_COMMANDS_MAX)
      this.#acting.set(key, { ...entry, outcome: undefined, end: undefined });
    if (!this.#isOpen) this.#giveUp(waiting, noWorkerError(key));
    else if (this.#intents.length >= INTENTS_MAX)
      this.#giveUp(waiting, new GatewayError('journal.commands-busy', { key, limit: INTENTS_MAX }));
    else {
      this.#intents.push(waiting);
      const due = later(clock.mono(), INTENT_PATIENCE);
      waiting.cancelPatience = clock.at('journal.intent-patience', due, () => this.#late(waiting));
      this.#pump();
    }
    return promise;
  }

  settle(key: string, outcome: CommandOutcome, end: Kept, audit: readonly Sample[]): void {
    this.#acting.delete(key);
    const samples = toBatch(audit, this.#options.indexOf);
    this.#ends.add({ key, outcome, end: this.#textOf(key, end), audit: samples });
    this.#pump();
  }

  note(audit: readonly Sample[]): void {
    this.#options.note(audit);
  }

  async find(key: string): Promise<LedgerEntry | undefined> {
    if (!this.#isOpen) throw noWorkerError(key);
    const { post } = this.#options;
    const found = await this.#questions.ask((id) => post({ kind: 'ledger-find', id, key }));
    if (found === undefined) throw this.#isOpen ? lateError(key) : noWorkerError(key);
    return found.entry && this.#withWaitingEnd(found.entry);
  }

  history(): LedgerHistory {
    if (this.#history === undefined) throw new Error('the journal was never open');
    return this.#history;
  }

  facts(): LedgerFacts {
    const { intents = [], ends = [] } = this.#underWay ?? {};
    return {
      intents: this.#intents.length + intents.length,
      ends: this.#ends.length + ends.length,
      endsLost: this.#ends.lost,
    };
  }

  /** Resolves when nothing waits. */
  async flush(): Promise<void> {
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#onIdle.add(resolve));
  }

  /** There is a worker that has the journal open; `isFirst` of this start. */
  opened(history: LedgerHistory, isFirst: boolean): void {
    this.#isOpen = true;
    if (isFirst) this.#history = history;
    for (const { key } of history.open) this.#failUnwanted(key);
    this.#pump();
  }

  /**
   * There is none any more, or its answers do not count any more. Nothing may act on what was to be written down; ends
   * wait for the next one.
   */
  closed(): void {
    this.#isOpen = false;
    this.#cancelRetry();
    this.#questions.giveUpAll();
    const { intents = [], ends = [] } = this.#underWay ?? {};
    this.#underWay = undefined;
    for (const waiting of intents) {
      const { key } = waiting.intent;
      this.#giveUp(waiting, new GatewayError('journal.command-worker-died', { key }));
    }
    for (const waiting of this.#intents) this.#giveUp(waiting, noWorkerError(waiting.intent.key));
    this.#intents = [];
    this.#ends.suspect(ends);
    this.#endsFrom = NONE_YET;
  }

  /** The group that was under way is stored. */
  answered({ id, answers, audit }: Extract<FromNorth, { kind: 'ledger' }>): void {
    if (!this.#isOpen) return;
    const { intents, ends } = this.#take(id);
    if (audit) this.#options.onStored(audit);
    for (const { key } of ends) this.#givenUp.delete(key);
    this.#ends.stored(ends);
    for (const [index, waiting] of intents.entries())
      this.#answer(waiting, answers[index] as LedgerAnswer);
    this.#cancelRetry();
    this.#endsFrom = NONE_YET;
    this.#pump();
  }

  /** It is not: nothing of it is. `isOurs`: by a mistake of ours, which may be in one of its actions. */
  failed(id: number, error: GatewayError, isOurs: boolean): void {
    if (!this.#isOpen) return;
    const { clock } = this.#options;
    const { intents, ends } = this.#take(id);
    for (const waiting of intents) this.#giveUp(waiting, error);
    if (isOurs) this.#ends.suspect(ends);
    else this.#ends.putBack(ends);
    this.#endsFrom = later(clock.mono(), RETRY_AFTER);
    this.#pump();
  }

  found({ id, entry }: Extract<FromNorth, { kind: 'ledger-found' }>): void {
    this.#questions.answer(id, { entry });
  }

  get #isIdle(): boolean {
    return this.#underWay === undefined && this.#intents.length + this.#ends.length === 0;
  }

  /** Hands over the next group when nothing is under way. */
  #pump(): void {
    if (this.#isIdle) {
      for (const resolve of this.#onIdle) resolve();
      this.#onIdle.clear();
    }
    if (!this.#isOpen || this.#underWay) return;
    const { intents, ends } = this.#nextGroup();
    if (intents.length + ends.length === 0) return;
    const id = ++this.#lastId;
    this.#underWay = { id, intents, ends };
    const actions = [...intents.map(intendAction), ...ends.map((end) => this.#settleAction(end))];
    this.#options.post({ kind: 'ledger', id, actions });
  }

  /** Intents first, then ends: so no end overtakes its intent. Suspects go alone, by turns with the others. */
  #nextGroup(): Omit<UnderWay, 'id'> {
    const isDue = this.#options.clock.mono() >= this.#endsFrom;
    if (!isDue && this.#ends.length > 0) this.#retryLater();
    const hasOthers = this.#intents.length > 0 || this.#ends.hasFresh;
    if (this.#ends.hasSuspects && isDue && (this.#isSuspectsTurn || !hasOthers)) {
      this.#isSuspectsTurn = false;
      return { intents: [], ends: this.#ends.takeSuspect() };
    }
    this.#isSuspectsTurn = true;
    const intents = this.#intents.splice(0, GROUP_MAX);
    const room = isDue || intents.length > 0 ? GROUP_MAX - intents.length : 0;
    return { intents, ends: this.#ends.takeFresh(room) };
  }

  #retryLater(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.at('journal.ledger-retry', this.#endsFrom, () =>
      this.#pump(),
    );
  }

  #settleAction({ key, outcome, end, audit }: WaitingEnd): LedgerAction {
    return { kind: 'settle', key, outcome, end, audit, intent: this.#givenUp.get(key)?.intent };
  }

  #take(id: number): UnderWay {
    const underWay = this.#underWay;
    if (underWay?.id !== id) throw new Error(`answer to ${id}, which is not under way`);
    this.#underWay = undefined;
    return underWay;
  }

  #answer(waiting: WaitingIntent, answer: LedgerAnswer): void {
    const { intent, isGivenUp } = waiting;
    const { key } = intent;
    if (isGivenUp) {
      if (answer.kind === 'new') this.#failUnwanted(key);
      return;
    }
    if (answer.kind === 'new') {
      waiting.cancelPatience();
      waiting.resolve(answer);
    } else if (answer.kind === 'known') {
      waiting.cancelPatience();
      this.#acting.delete(key);
      waiting.resolve({ kind: 'known', entry: this.#withWaitingEnd(answer.entry) });
    } else {
      const limit = OPEN_COMMANDS_MAX;
      this.#giveUp(waiting, new GatewayError('journal.commands-full', { key, limit }));
    }
  }

  #late(waiting: WaitingIntent): void {
    this.#intents = this.#intents.filter((each) => each !== waiting);
    this.#giveUp(waiting, lateError(waiting.intent.key));
    this.#pump();
  }

  /** Rejects it, once, and remembers it until its end comes: it may be durable, or have acted meanwhile. */
  #giveUp(waiting: WaitingIntent, error: GatewayError): void {
    if (waiting.isGivenUp) return;
    const { key } = waiting.intent;
    waiting.isGivenUp = true;
    waiting.cancelPatience();
    this.#acting.delete(key);
    this.#givenUp.set(key, waiting);
    for (const oldest of this.#givenUp.keys())
      if (this.#givenUp.size > GIVEN_UP_MAX) this.#givenUp.delete(oldest);
    waiting.reject(error);
  }

  /** An intent that is durable after all, although it was given up and nothing acted on it, has failed. */
  #failUnwanted(key: string): void {
    const waiting = this.#givenUp.get(key);
    if (!waiting?.isAwaited || this.#ends.find(key)) return;
    const audit = toBatch([], this.#options.indexOf);
    this.#ends.add({ key, outcome: 'failed', end: undefined, audit });
  }

  #textOf(key: string, end: Kept): string {
    const text = JSON.stringify(end);
    const bytes = Buffer.byteLength(text);
    if (bytes <= LEDGER_TEXT_BYTES_MAX) return text;
    this.#options.log.error('journal.command-end-cut', { key, size_bytes: bytes });
    return 'null';
  }

  /** What is known here and not stored yet counts. */
  #withWaitingEnd(entry: LedgerEntry): LedgerEntry {
    if (entry.outcome !== undefined) return entry;
    const underWay = this.#underWay?.ends.find(({ key }) => key === entry.key);
    return withEnd(entry, underWay ?? this.#ends.find(entry.key));
  }
}

const intendAction = ({ intent, audit }: WaitingIntent): LedgerAction => ({
  kind: 'intend',
  intent,
  audit,
});

const noWorkerError = (key: string): GatewayError =>
  new GatewayError('journal.command-no-worker', { key });

const lateError = (key: string): GatewayError =>
  new GatewayError('journal.command-late', { key, patience_ms: INTENT_PATIENCE });
