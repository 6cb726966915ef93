/**
 * Whether a request from upstream becomes a command: who sent it, when, and after what else; COMMANDS.md has the order. Whether
 * the tag takes it is judged behind, as of every command. Pure.
 */
import type {
  Command,
  CommandWish,
  Operator,
  RemotePolicy,
  WritePolicy,
} from '../model/command.ts';
import type { ErrorCode, ErrorDetails } from '../model/errors.ts';
import { COMMAND_ID, type CommandRequest, type RemoteWish } from '../model/remote-command.ts';
import type { TagId, Value } from '../model/sample.ts';
import { later, type Millis, type MonoMs, millis, seconds, type UtcMs } from '../model/units.ts';
import type { JudgeSignature } from './remote-signature.ts';

/** All that a judgement depends on. */
export interface RemoteView {
  /** The id of this gateway. */
  readonly gateway: string;
  readonly policy: RemotePolicy;
  readonly utc: UtcMs;
  readonly mono: MonoMs;
  readonly isSynced: boolean;
  readonly signature: JudgeSignature;
  /** Undefined: nobody of that name has counted yet. */
  highestCounter(operator: string): number | undefined;
  newestIssued(tag: string): UtcMs | undefined;
  /** The ledger of earlier commands was damaged: who is not in it may have counted all the same. */
  readonly isLedgerLost?: boolean;
  /** Undefined: there is no such tag, or it cannot be written. */
  tag(id: string): RemoteTag | undefined;
}

export type RemoteTag = Pick<WritePolicy, 'type' | 'hold'>;

export type RemoteJudgement =
  | { readonly ok: true; readonly command: Command }
  | ({ readonly ok: false } & RemoteRefusal);

export interface RemoteRefusal {
  readonly outcome: 'rejected' | 'expired';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
}

/** How far the clock of a sender may be ahead. */
const AHEAD_ALLOWED = seconds(5);
/** A double keeps 15 digits. */
const FIFTEEN_DIGITS = 10n ** 15n;
const DIGITS = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;

export function judgeRemote(request: CommandRequest, view: RemoteView): RemoteJudgement {
  const refusal =
    wrongAddress(request, view) ??
    wrongSender(request, view) ??
    wrongTime(request, view) ??
    wrongOrder(request, view);
  return refusal ? { ok: false, ...refusal } : { ok: true, command: commandOf(request, view) };
}

const rejected = (code: ErrorCode, details: ErrorDetails = {}): RemoteRefusal => ({
  outcome: 'rejected',
  code,
  details,
});

function wrongAddress(
  { gateway, id }: CommandRequest,
  view: RemoteView,
): RemoteRefusal | undefined {
  if (gateway !== view.gateway)
    return rejected('command.wrong-gateway', { meant: gateway, gateway: view.gateway });
  return COMMAND_ID.test(id) ? undefined : rejected('command.id');
}

function wrongSender(request: CommandRequest, view: RemoteView): RemoteRefusal | undefined {
  const { by, tag, counter, signature } = request;
  const { operators } = view.policy;
  if (signature === undefined) return operators.size > 0 ? rejected('command.unsigned') : undefined;
  const judged = view.signature(by, signature);
  const operator = operators.get(by);
  if (judged === 'unknown-operator' || operator === undefined)
    return rejected('command.operator-unknown', { by });
  if (judged === 'bad') return rejected('command.signature', { by });
  if (!mayWrite(operator, tag)) return rejected('command.operator-tag', { by, tag });
  const highest = view.highestCounter(by);
  return counter !== undefined && highest !== undefined && counter <= highest
    ? rejected('command.counter', { by, counter, highest })
    : undefined;
}

/** `press.*` is every tag of the device `press`, and of no other. */
const mayWrite = ({ tags }: Operator, tag: string): boolean =>
  tags === undefined || tags.includes(tag) || tags.includes(`${deviceOf(tag)}.*`);

const deviceOf = (tag: string): string => tag.slice(0, Math.max(0, tag.lastIndexOf('.')));

function wrongTime(request: CommandRequest, view: RemoteView): RemoteRefusal | undefined {
  const { by, issued, expires, counter, signature } = request;
  const { maxAge } = view.policy;
  const isCounted = signature !== undefined && counter !== undefined;
  const isUnknown = view.isLedgerLost === true && view.highestCounter(by) === undefined;
  if (!view.isSynced && (!isCounted || isUnknown)) return rejected('command.clock-unsynced');
  if (view.isSynced && view.utc >= expires) {
    const details = { seconds: inSeconds(view.utc - expires) };
    return { outcome: 'expired', code: 'command.stale', details };
  }
  if (expires - issued > maxAge)
    return rejected('command.lifetime', {
      seconds: inSeconds(expires - issued),
      limit: inSeconds(maxAge),
    });
  return view.isSynced && issued - view.utc > AHEAD_ALLOWED
    ? rejected('command.ahead', { seconds: inSeconds(issued - view.utc) })
    : undefined;
}

function wrongOrder({ tag, issued }: CommandRequest, view: RemoteView): RemoteRefusal | undefined {
  const newest = view.newestIssued(tag);
  return newest !== undefined && issued < newest
    ? rejected('command.out-of-order', { tag, seconds: inSeconds(newest - issued) })
    : undefined;
}

const inSeconds = (ms: number): number => Math.round(ms) / 1_000;

/**
 * On a clock that cannot be believed a command lives from now on, and leaves no mark of its time: a sender whose clock is ahead
 * would silence all others for as long.
 */
function commandOf(request: CommandRequest, view: RemoteView): Command {
  const { id, by, issued, expires, counter, signature } = request;
  const left: Millis = millis(expires - (view.isSynced ? view.utc : issued));
  const known = view.tag(request.tag);
  return {
    id,
    origin: 'remote',
    by,
    tag: request.tag as TagId,
    wish: wishOf(request.wish, known),
    hold: (request.wish.kind === 'write' ? (request.hold ?? known?.hold) : undefined) ?? millis(0),
    expires: later(view.mono, left),
    ...(view.isSynced && { issued }),
    ...(signature !== undefined && counter !== undefined && { counter }),
  };
}

/** What is wanted of a tag of this type: a number may come as its text. */
export const wishOf = (
  wish: RemoteWish,
  known: Pick<RemoteTag, 'type'> | undefined,
): CommandWish =>
  wish.kind === 'write' && known?.type === 'number' && typeof wish.value === 'string'
    ? { kind: 'write', value: numberOf(wish.value) ?? wish.value }
    : wish;

/** JSON has no room for more than 15 digits, so a number may come as their text; undefined where it is none. */
function numberOf(text: string): Value | undefined {
  const match = DIGITS.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const size = BigInt(whole + fraction);
  const unscaled = sign === '-' ? -size : size;
  if (size < FIFTEEN_DIGITS) return unscaled === 0n ? 0 : Number(text);
  return fraction === '' ? unscaled : { unscaled, decimals: fraction.length };
}
