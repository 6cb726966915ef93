/** People at the box: what they want written becomes a command of origin `local`, and what they ask is answered. */
import { randomUUID } from 'node:crypto';
import type { Command, CommandEnd, TagOwner } from '../model/command.ts';
import { plainValue, type TagId, type Value } from '../model/sample.ts';
import { millis, type UtcMs } from '../model/units.ts';
import type {
  CommandAnswer,
  CommandQuestion,
  CommandsAnswer,
  CommandsQuestion,
  PastCommand,
  PlainOwner,
  PlainPolicy,
  PlainReason,
  PlainValue,
  ShownTag,
} from './command-answers.ts';
import type { SeenCommand } from './command-book.ts';
import type { CommandDesk, TagState } from './command-desk.ts';
import type { Reason, Waiting, WritableTag } from './open-command.ts';
import { presentLimits } from './present-limits.ts';
import { wishOf } from './remote-admission.ts';

export type BoxDesk = ReturnType<typeof boxDesk>;

/** `tags`: all that can be written, in the order of the site. */
export function boxDesk(desk: CommandDesk, tags: readonly WritableTag[]) {
  return {
    /** One answer: when the command has ended, or as soon as it waits for something that may take long. */
    command(question: CommandQuestion): Promise<CommandAnswer> {
      const { tag, by } = question;
      const known = tags.find((one) => one.tag.id === tag);
      const isWrite = 'value' in question;
      const wish = isWrite
        ? wishOf({ kind: 'write', value: question.value }, known?.policy)
        : ({ kind: 'release' } as const);
      const hold = isWrite ? question.hold_ms : 0;
      const command: Command = {
        ...{ id: randomUUID(), origin: 'local', by, tag: tag as TagId, wish, expires: undefined },
        hold: hold === null ? 'released' : millis(hold),
      };
      return new Promise((resolve) => {
        const onWaiting = (waiting: Waiting) => resolve(waitingAnswer(command, waiting));
        void desk
          .submit(command, onWaiting)
          .then((end) => resolve(endedAnswer(command, end, desk.state(command.tag)?.owner)));
      });
    },
    commands({ tag, last }: CommandsQuestion): CommandsAnswer {
      const ids = tags.map((one) => one.tag.id).filter((id) => tag === undefined || id === tag);
      const past = desk.recent().filter(({ command }) => tag === undefined || command.tag === tag);
      return {
        tags: ids.flatMap((id) => desk.state(id) ?? []).map(shownTag),
        last: past.slice(0, last).map(pastCommand),
      };
    },
  };
}

const moment = (utc: UtcMs | undefined) => utc !== undefined && { allowed_at: utc };

function waitingAnswer({ id, tag }: Command, { reason, owner, allowedAt }: Waiting): CommandAnswer {
  const shown = owner && { owner: plainOwner(owner) };
  return { id, tag, state: 'waiting', reason: plainReason(reason), ...shown, ...moment(allowedAt) };
}

function endedAnswer(
  { id, tag }: Command,
  { outcome, reason, readBack, owner, allowedAt, tookMs }: CommandEnd,
  now: TagOwner | undefined,
): CommandAnswer {
  const standing = owner ?? now;
  return {
    ...{ id, tag, state: 'ended', outcome, took_ms: Math.round(tookMs) },
    ...(reason && { reason: plainReason(reason) }),
    ...(readBack !== undefined && { read_back: plain(readBack) }),
    ...(standing && { owner: plainOwner(standing) }),
    ...moment(allowedAt),
  };
}

function shownTag({ tag: { tag, policy }, view, owner, waiting }: TagState): ShownTag {
  const wanted = waiting && wishedValue(waiting.command);
  return {
    tag: tag.id,
    ...(tag.unit !== undefined && { unit: tag.unit }),
    ...(view.present !== undefined && { value: plain(view.present) }),
    policy: plainPolicy(policy),
    ...(owner && { owner: plainOwner(owner) }),
    limits: presentLimits(view),
    ...(waiting &&
      wanted !== undefined && {
        waiting: {
          ...{ origin: waiting.command.origin, by: waiting.command.by, value: plain(wanted) },
          ...(waiting.waiting && { reason: plainReason(waiting.waiting.reason) }),
          ...moment(waiting.waiting?.allowedAt),
        },
      }),
  };
}

function plainPolicy(policy: WritableTag['policy']): PlainPolicy {
  const { type, kind, by, min, max, values, hasInterlock, safe, settle } = policy;
  return {
    ...{ type, kind, by, has_interlock: hasInterlock, settle_ms: settle },
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(values && { values: values.map(plain) }),
    ...(safe && { safe: { value: plain(safe.value), on: safe.on } }),
  };
}

function pastCommand({ command, time, end }: SeenCommand): PastCommand {
  const { id, origin, by, tag } = command;
  const wanted = wishedValue(command);
  return {
    ...{ id, time, origin, by, tag },
    ...(wanted !== undefined && { value: plain(wanted) }),
    ...(end && { outcome: end.outcome, took_ms: Math.round(end.tookMs) }),
    ...(end?.reason && { reason: plainReason(end.reason) }),
    ...(end?.readBack !== undefined && { read_back: plain(end.readBack) }),
  };
}

const wishedValue = ({ wish }: Command): Value | undefined =>
  wish.kind === 'write' ? wish.value : undefined;

const plain = (value: Value): PlainValue => plainValue(value) as PlainValue;

const plainOwner = ({ origin, by, value, since, until }: TagOwner): PlainOwner => ({
  ...{ origin, by, value: plain(value), since },
  ...(until !== undefined && { until }),
});

/** Numbers that JSON cannot hold become text. */
const plainReason = ({ code, details }: Reason): PlainReason => ({
  code,
  details: Object.fromEntries(
    Object.entries(details).flatMap(([key, value]) => {
      if (value === undefined || value === null) return [];
      return [[key, typeof value === 'bigint' ? String(value) : value]];
    }),
  ) as PlainReason['details'],
});
