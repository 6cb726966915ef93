/**
 * Where requests from upstream come to the field side. Judges each, hands what becomes a command to the desk, and answers: an id
 * that is known gets the end of its first command, and nothing else happens. Each message that becomes no command of its own is
 * told to the audit exactly once; of the others the desk tells.
 */
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import type {
  Command,
  CommandEnd,
  CommandOutcome,
  CommandWish,
  RemotePolicy,
} from '../model/command.ts';
import { type ErrorCode, type ErrorDetails, reasonOf } from '../model/errors.ts';
import {
  COMMAND_ID,
  type CommandReply,
  type CommandRequest,
  type RefusedCommands,
  type RemoteWish,
} from '../model/remote-command.ts';
import type { TagId, Value } from '../model/sample.ts';
import { between, millis, type UtcMs, utcMs } from '../model/units.ts';
import type { LedgerHistory } from './ledger.ts';
import {
  judgeRemote,
  type RemoteRefusal,
  type RemoteTag,
  type RemoteView,
} from './remote-admission.ts';
import { signatureJudge } from './remote-signature.ts';

/** Where commands are carried out. */
export interface RemoteDesk {
  /** Resolves with the one end of the command; `isRepeated` where the id was known and nothing was done. */
  submit(command: Command): Promise<CommandEnd>;
}

export interface RemoteDoorOptions {
  /** The id of this gateway. */
  readonly gateway: string;
  readonly policy: RemotePolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** What is known of earlier commands; asked once, at the first request, when the journal is open. */
  readonly history: () => Pick<LedgerHistory, 'counters' | 'issued'>;
  /** Of a tag that can be written. */
  readonly tag: (id: string) => RemoteTag | undefined;
  readonly desk: RemoteDesk;
  /** How the remote command of this id ended, of an earlier run too; undefined: there was none. */
  readonly recall: (id: string) => Promise<CommandEnd | undefined>;
  readonly audit: (entry: RemoteAudit) => void;
}

/** What the door itself has to tell. */
export type RemoteAudit =
  /** One message that was refused, or that came again: as a command that was not carried out. */
  | {
      readonly state: 'ended';
      readonly command: Command;
      /** Of what came again: how the first ended. */
      readonly outcome: CommandOutcome;
      readonly reason: Reason;
    }
  /** Messages that were refused on the way in. */
  | ({ readonly state: 'refused' } & RefusedCommands);

interface Reason {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

type Answer = (reply: CommandReply) => void;

/** By the name of an operator, and of a tag. Maps, because strangers choose names. */
interface Marks {
  readonly counters: Map<string, number>;
  readonly issued: Map<string, UtcMs>;
}

interface Known {
  readonly value: Value | undefined;
  readonly end: Promise<CommandEnd>;
  isOver: boolean;
}

/** The ledger's mark after a damage: what was issued before is not known any more. */
const EVERY_TAG = '*';
/** Ends that are remembered here; older ones are recalled. */
const MOST_KNOWN = 1_000;
/** What a command that was taken runs into when it comes once more. */
const REPEATS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'command.counter',
  'command.clock-unsynced',
  'command.stale',
  'command.out-of-order',
]);

export class RemoteDoor {
  readonly #options: RemoteDoorOptions;
  readonly #signature: RemoteView['signature'];
  #marks: Marks | undefined;
  readonly #known = new Map<string, Known>();

  constructor(options: RemoteDoorOptions) {
    this.#options = options;
    this.#signature = signatureJudge(options.policy.operators);
  }

  /** Answers `accepted` where it becomes a command, and in every case one `ended`. */
  take(request: CommandRequest, answer: Answer): void {
    this.#marks ??= marksOf(this.#options.history());
    const judged = judgeRemote(request, this.#view(this.#marks));
    const known = this.#known.get(request.id);
    if (!judged.ok) void this.#refuse(request, judged, answer);
    else if (known) void this.#repeat(request, known, answer);
    else void this.#submit(request, judged.command, this.#marks, answer);
  }

  /** Messages that were refused before they came here. */
  note(refused: RefusedCommands): void {
    this.#options.audit({ state: 'refused', ...refused });
  }

  #view({ counters, issued }: Marks): RemoteView {
    const { gateway, policy, clock, tag } = this.#options;
    return {
      gateway,
      policy,
      utc: clock.utc(),
      mono: clock.mono(),
      isSynced: clock.isSynced(),
      signature: this.#signature,
      highestCounter: (operator) => counters.get(operator),
      newestIssued: (id) => newestOf(issued.get(id), issued.get(EVERY_TAG)),
      isLedgerLost: issued.has(EVERY_TAG),
      tag,
    };
  }

  async #submit(
    request: CommandRequest,
    command: Command,
    marks: Marks,
    answer: Answer,
  ): Promise<void> {
    this.#mark(command, marks);
    const { id, tag } = command;
    const value = valueIn(command.wish);
    answer({ state: 'accepted', id, tag });
    const known: Known = { value, end: this.#endOf(request, command), isOver: false };
    this.#remember(id, known);
    const end = await known.end;
    known.isOver = true;
    if (end.isRepeated) this.#tellRepeat(request, end);
    answer({ state: 'ended', id, tag, value: end.isRepeated ? undefined : value, end });
  }

  /** Of what nobody knows the desk has no end; the door says so in its place. */
  async #endOf(request: CommandRequest, command: Command): Promise<CommandEnd> {
    const { clock, log, desk } = this.#options;
    const since = clock.mono();
    try {
      return await desk.submit(command);
    } catch (error) {
      const details = { reason: reasonOf(error) };
      log.error('command.submit-failed', { id: command.id, ...details });
      const reason = { code: 'command.unclear', details } as const;
      this.#tell(request, 'unknown', reason);
      return { outcome: 'unknown', reason, tookMs: Math.round(between(since, clock.mono())) };
    }
  }

  async #repeat(request: CommandRequest, known: Known, answer: Answer): Promise<void> {
    const end = await known.end;
    this.#tellRepeat(request, end);
    this.#answerAgain(request, known.value, end, answer);
  }

  /** What was said of a known id stands, whoever uses it again. */
  async #refuse(request: CommandRequest, refusal: RemoteRefusal, answer: Answer): Promise<void> {
    const recalled = this.#known.has(request.id) ? undefined : await this.#recalled(request.id);
    // The id may have become one of a command meanwhile.
    const known = this.#known.get(request.id);
    const end = known ? await known.end : recalled;
    if (end && REPEATS.has(refusal.code)) this.#tellRepeat(request, end);
    else this.#tell(request, refusal.outcome, refusal);
    if (end) this.#answerAgain(request, known?.value, end, answer);
    else {
      const { id, tag, wish } = request;
      answer({ state: 'ended', id, tag, value: valueIn(wish), end: endOf(refusal) });
    }
  }

  async #recalled(id: string): Promise<CommandEnd | undefined> {
    const { recall, log } = this.#options;
    if (!COMMAND_ID.test(id)) return undefined;
    try {
      return await recall(id);
    } catch (error) {
      log.warn('command.recall-failed', { id, reason: reasonOf(error) });
      return undefined;
    }
  }

  #answerAgain(
    request: CommandRequest,
    value: Value | undefined,
    end: CommandEnd,
    answer: Answer,
  ): void {
    answer({ state: 'ended', ...idsOf(request), value, end: { ...end, isRepeated: true } });
  }

  #tellRepeat(request: CommandRequest, { outcome }: CommandEnd): void {
    this.#tell(request, outcome, { code: 'command.repeated', details: { id: request.id } });
  }

  #tell(request: CommandRequest, outcome: CommandOutcome, { code, details }: Reason): void {
    const { id, by, tag, wish, hold } = request;
    const command: Command = {
      id,
      origin: 'remote',
      by,
      tag: tag as TagId,
      wish,
      hold: hold ?? millis(0),
      expires: undefined,
    };
    this.#options.audit({ state: 'ended', command, outcome, reason: { code, details } });
  }

  /** At once: the next message may already be a repeat. Only names that the site knows take room. */
  #mark({ by, tag, counter, issued }: Command, marks: Marks): void {
    if (counter !== undefined) marks.counters.set(by, counter);
    if (issued !== undefined && this.#options.tag(tag)) marks.issued.set(tag, issued);
  }

  #remember(id: string, known: Known): void {
    this.#known.set(id, known);
    if (this.#known.size <= MOST_KNOWN) return;
    for (const [oldest, { isOver }] of this.#known) {
      if (!isOver) continue;
      this.#known.delete(oldest);
      return;
    }
  }
}

const newestOf = (own: UtcMs | undefined, all: UtcMs | undefined): UtcMs | undefined =>
  own === undefined || (all !== undefined && all > own) ? all : own;
const idsOf = ({ id, tag }: CommandRequest) => ({ id, tag });
const valueIn = (wish: RemoteWish | CommandWish): Value | undefined =>
  wish.kind === 'write' ? wish.value : undefined;
const marksOf = ({ counters, issued }: ReturnType<RemoteDoorOptions['history']>): Marks => ({
  counters: new Map(Object.entries(counters)),
  issued: new Map(Object.entries(issued).map(([tag, time]) => [tag, utcMs(time)])),
});
const endOf = ({ outcome, code, details }: RemoteRefusal): CommandEnd => ({
  outcome,
  reason: { code, details },
  tookMs: 0,
});
