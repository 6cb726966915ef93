/** A command and its end as the ledger keeps them: JSON there, with every digit, and back. Pure. */
import type { Kept } from '../host/state-store.ts';
import {
  COMMAND_ORIGINS,
  COMMAND_OUTCOMES,
  type Command,
  type CommandEnd,
  type CommandOutcome,
  type TagOwner,
} from '../model/command.ts';
import { type ErrorDetails, isErrorCode } from '../model/errors.ts';
import { isDecimal, type Value } from '../model/sample.ts';
import { type Millis, millis, type UtcMs, utcMs } from '../model/units.ts';
import type { LedgerEntry } from './ledger.ts';
import type { Occasion } from './open-command.ts';

/** What the ledger takes of one command, in bytes; what is longer leaves its value out. */
export const LONGEST_FACTS = 4_096;

/** What has to be known again of a command. */
export interface RecordedCommand {
  readonly kind: 'write' | 'release';
  readonly by: string;
  readonly value: Value | undefined;
  readonly hold: Millis | 'released';
  readonly before: Value | undefined;
  readonly occasion: Occasion | undefined;
}

/** A claim as it was when a command of its origin ended. */
export interface RecordedClaim {
  readonly by: string;
  readonly value: Value;
  readonly since: UtcMs;
  /** Undefined: until it is released. */
  readonly until: UtcMs | undefined;
}

export interface RecordedEnd extends CommandEnd {
  /** When the write left; undefined: it did not. */
  readonly left: UtcMs | undefined;
  /** Of its origin, then. */
  readonly claim: RecordedClaim | undefined;
}

type Fields = Readonly<Record<string, Kept>>;

export function factsOf(
  { wish, by, hold, issued, counter }: Command,
  before: Value | undefined,
  occasion: Occasion | undefined,
): Kept {
  const bare = { kind: wish.kind, by, hold };
  const facts = known({
    ...bare,
    value: wish.kind === 'write' ? keptValue(wish.value) : undefined,
    before: before === undefined ? undefined : keptValue(before),
    occasion,
    issued,
    counter,
  });
  return sizeOf(facts) <= LONGEST_FACTS ? facts : bare;
}

/** Undefined where the ledger holds something else. */
export function recordedCommand(facts: Kept): RecordedCommand | undefined {
  const { kind, by, hold, value, before, occasion } = fieldsOf(facts);
  if ((kind !== 'write' && kind !== 'release') || typeof by !== 'string') return undefined;
  if (hold !== 'released' && typeof hold !== 'number') return undefined;
  return {
    kind,
    by,
    hold: hold === 'released' ? hold : millis(hold),
    value: valueFrom(value),
    before: valueFrom(before),
    occasion: typeof occasion === 'string' ? (occasion as Occasion) : undefined,
  };
}

export function keptEnd({ reason, readBack, owner, ...end }: RecordedEnd): Kept {
  const { outcome, allowedAt, tookMs, left, claim } = end;
  const told = known({ outcome, allowedAt, tookMs: Math.round(tookMs), left });
  const whole = {
    ...told,
    ...known({
      code: reason?.code,
      details: reason && keptDetails(reason.details),
      readBack: readBack === undefined ? undefined : keptValue(readBack),
      owner: owner && known({ ...owner, value: keptValue(owner.value) }),
      claim: claim && known({ ...claim, value: keptValue(claim.value) }),
    }),
  };
  return sizeOf(whole) <= LONGEST_FACTS ? whole : { ...told, ...known({ code: reason?.code }) };
}

/** Undefined where the ledger holds something else. */
export function recordedEnd(kept: Kept | undefined): RecordedEnd | undefined {
  const { outcome, code, details, readBack, owner, allowedAt, tookMs, left, claim } =
    fieldsOf(kept);
  if (!isOutcome(outcome)) return undefined;
  const read = valueFrom(readBack);
  const held = ownerFrom(owner);
  return {
    outcome,
    ...(typeof code === 'string' &&
      isErrorCode(code) && { reason: { code, details: detailsFrom(details) } }),
    ...(read !== undefined && { readBack: read }),
    ...(held && { owner: held }),
    ...(typeof allowedAt === 'number' && { allowedAt: utcMs(allowedAt) }),
    tookMs: typeof tookMs === 'number' ? tookMs : 0,
    left: typeof left === 'number' ? utcMs(left) : undefined,
    claim: claimFrom(claim),
  };
}

/** How a command ended that the ledger knows, also where nobody wrote down how. */
export function understoodEnd({ key, outcome, end }: LedgerEntry): CommandEnd {
  const recorded = recordedEnd(end);
  if (recorded) {
    const { left: _, claim: __, ...known } = recorded;
    return known;
  }
  const reason = { code: 'command.repeated-unclear', details: { id: idOf(key) } } as const;
  return { outcome: outcome ?? 'unknown', reason, tookMs: 0 };
}

/** Of a key, which is `origin/id`. */
export const idOf = (key: string): string => key.slice(key.indexOf('/') + 1);

const isOutcome = (kept: Kept | undefined): kept is CommandOutcome =>
  COMMAND_OUTCOMES.some((outcome) => outcome === kept);

function claimFrom(kept: Kept | undefined): RecordedClaim | undefined {
  const { by, value, since, until } = fieldsOf(kept);
  const found = valueFrom(value);
  if (typeof by !== 'string' || typeof since !== 'number' || found === undefined) return undefined;
  const end = typeof until === 'number' ? utcMs(until) : undefined;
  return { by, value: found, since: utcMs(since), until: end };
}

function ownerFrom(kept: Kept | undefined): TagOwner | undefined {
  const claim = claimFrom(kept);
  const origin = COMMAND_ORIGINS.find((one) => one === fieldsOf(kept).origin);
  return claim && origin && { origin, ...claim };
}

/** Only what an object of JSON has itself. */
function fieldsOf(kept: Kept | undefined): Fields {
  const isObject = typeof kept === 'object' && kept !== null && !Array.isArray(kept);
  return isObject ? { __proto__: null, ...(kept as Fields) } : {};
}

/** What JSON has no number for is an object that says what it is. */
function keptValue(value: Value): Kept {
  if (typeof value === 'bigint') return { integer: `${value}` };
  if (isDecimal(value)) return { unscaled: `${value.unscaled}`, decimals: value.decimals };
  return value;
}

function valueFrom(kept: Kept | undefined): Value | undefined {
  if (typeof kept === 'boolean' || typeof kept === 'number' || typeof kept === 'string')
    return kept;
  const { integer, unscaled, decimals } = fieldsOf(kept);
  if (isDigits(integer)) return BigInt(integer);
  if (!isDigits(unscaled) || typeof decimals !== 'number') return undefined;
  return { unscaled: BigInt(unscaled), decimals };
}

const isDigits = (kept: Kept | undefined): kept is string =>
  typeof kept === 'string' && /^-?\d{1,100}$/.test(kept);

const keptDetails = (details: ErrorDetails): Kept =>
  known(
    Object.fromEntries(
      Object.entries(details).map(([key, value]) => [
        key,
        typeof value === 'bigint' ? `${value}` : value,
      ]),
    ),
  );

const detailsFrom = (kept: Kept | undefined): ErrorDetails =>
  Object.fromEntries(
    Object.entries(fieldsOf(kept)).flatMap(([key, value]) =>
      typeof value === 'object' ? [] : [[key, value]],
    ),
  );

const known = (fields: Readonly<Record<string, Kept | undefined>>): Fields =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );

const sizeOf = (kept: Kept): number => Buffer.byteLength(JSON.stringify(kept));
