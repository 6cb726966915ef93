/** What happens to a command as a sample: one text each, in the tag `commands.event`. The audit of writes. Pure. */
import { boundedCauses, type EventCauses, LONGEST_CAUSES } from '../alarms/event-causes.ts';
import type { Command, CommandOrigin, CommandOutcome, TagOwner } from '../model/command.ts';
import type { ErrorCode } from '../model/errors.ts';
import { COMMANDS_DEVICE, COMMANDS_EVENT_QUANTITY } from '../model/event-tag.ts';
import { plainValue, type Sample, type TimeBasis, tagId, type Value } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import type { Ending } from './open-command.ts';
import type { RemoteAudit } from './remote-door.ts';

/** `intent`: written down before it acts. `ended`: exactly one for each wish. `refused`: a summary of messages. */
export type CommandEventState = 'intent' | 'ended' | 'refused';

/** A value as JSON can hold it; null of a release. */
type PlainValue = boolean | number | string | null;

/** The JSON in a sample of `commands.event`. */
export interface CommandEvent {
  readonly id: string;
  readonly origin: CommandOrigin;
  readonly by: string;
  readonly tag: string;
  readonly value: PlainValue;
  readonly state: CommandEventState;
  readonly outcome?: CommandOutcome;
  /** Of the error, where it is not better. */
  readonly code?: ErrorCode;
  /** Who had the tag, where it was refused for their sake. */
  readonly owner?: { readonly origin: CommandOrigin; readonly by: string };
  /** What the tag held before, and at last. */
  readonly before?: PlainValue;
  readonly read_back?: PlainValue;
  readonly time: UtcMs;
  readonly took_ms?: number;
  readonly rule?: string;
  /** As the rule gave them, as far as there was room. */
  readonly causes?: EventCauses | object;
}

/** The JSON of a summary: how many were refused on the way in, by code. */
export interface RefusedEvent {
  readonly state: 'refused';
  readonly origin: 'remote';
  readonly by: string;
  readonly time: UtcMs;
  readonly refused: Readonly<Partial<Record<ErrorCode, number>>>;
}

export interface Stamp {
  readonly time: UtcMs;
  readonly timeBasis: TimeBasis;
}

/** Of a text in an event, in characters. */
const LONGEST_TEXT = 1_000;
const LONGEST_NAME = 200;

/** The intent of a command. `code`: it could not be stored as one. */
export const intentSample = (
  command: Command,
  before: Value | undefined,
  stamp: Stamp,
  code?: ErrorCode,
): Sample =>
  sampleOf(
    {
      ...eventOf(command, 'intent', stamp.time),
      ...(code !== undefined && { code }),
      ...(before !== undefined && { before: shown(before) }),
      ...causesOf(command),
    },
    stamp,
  );

/** The end of a command, which came to the door at `time`. */
export function endSample(
  command: Command,
  { outcome, reason, owner, readBack }: Ending,
  told: { readonly before: Value | undefined; readonly time: UtcMs; readonly tookMs: number },
  stamp: Stamp,
): Sample {
  return sampleOf(
    {
      ...eventOf(command, 'ended', told.time),
      outcome,
      ...(reason && { code: reason.code }),
      ...(owner && { owner: ownerOf(owner) }),
      ...(told.before !== undefined && { before: shown(told.before) }),
      ...(readBack !== undefined && { read_back: shown(readBack) }),
      took_ms: Math.round(told.tookMs),
      ...causesOf(command),
    },
    stamp,
  );
}

/** Messages of `by` (the uplink) that were refused on the way in. */
export const refusedSample = (by: string, refused: RefusedEvent['refused'], stamp: Stamp): Sample =>
  sampleOf(
    { state: 'refused', origin: 'remote', by: cut(by, LONGEST_NAME), time: stamp.time, refused },
    stamp,
  );

/** What the door for messages from upstream tells. */
export function remoteSample(told: RemoteAudit, stamp: Stamp): Sample {
  if (told.state === 'refused') return refusedSample(told.uplink, told.counts, stamp);
  const { command, outcome, reason } = told;
  const noted = { before: undefined, time: stamp.time, tookMs: 0 };
  return endSample(command, { outcome, reason }, noted, stamp);
}

const eventOf = (
  { id, origin, by, tag, wish }: Command,
  state: CommandEventState,
  time: UtcMs,
) => ({
  id: cut(id, LONGEST_NAME),
  origin,
  by: cut(by, LONGEST_NAME),
  tag: cut(tag, LONGEST_NAME),
  value: wish.kind === 'write' ? shown(wish.value) : null,
  state,
  time,
  ...(origin === 'rule' && { rule: cut(by, LONGEST_NAME) }),
});

const ownerOf = ({ origin, by }: TagOwner) => ({ origin, by: cut(by, LONGEST_NAME) });

const shown = (value: Value): PlainValue => {
  // JSON has no number for what is not finite; such a value was refused, and is told as text.
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value}`;
  const plain = plainValue(value);
  return typeof plain === 'string' ? cut(plain, LONGEST_TEXT) : plain;
};

const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest)}…` : text;

/** Those of a rule are bounded part by part; of anything else all that fits, or nothing. */
function causesOf({ causes }: Command): { readonly causes?: EventCauses | object } {
  if (causes === undefined) return {};
  if (isRuleCauses(causes)) return { causes: boundedCauses(causes) };
  const isShort = Buffer.byteLength(JSON.stringify(causes) ?? '') <= LONGEST_CAUSES;
  return isShort ? { causes } : {};
}

type RuleCauses = Parameters<typeof boundedCauses>[0];

const isRuleCauses = (causes: object): causes is RuleCauses =>
  'inputs' in causes &&
  Array.isArray(causes.inputs) &&
  'expressions' in causes &&
  Array.isArray(causes.expressions) &&
  'before' in causes &&
  typeof causes.before === 'string' &&
  'after' in causes &&
  typeof causes.after === 'string';

const sampleOf = (event: CommandEvent | RefusedEvent, { time, timeBasis }: Stamp): Sample => ({
  tag: tagId(COMMANDS_DEVICE, COMMANDS_EVENT_QUANTITY),
  value: JSON.stringify(event),
  quality: 'good',
  time,
  timeBasis,
});
