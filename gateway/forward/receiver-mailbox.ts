/**
 * What receivers say: that they have stored blocks, and which they want again. Both are said again: a block that is not
 * confirmed goes out once more, and a block that does not come is asked for once more.
 */
import type { Range } from '../model/range-set.ts';
import type { Confirmation, ReplayReply, ReplayRequest } from '../model/replay.ts';
import { replayOutcomeText } from './announcement.ts';
import { Inbox, type Read } from './inbox.ts';
import { fieldsOf } from './json-fields.ts';
import type { Mailbox, MailboxOptions } from './mailbox.ts';
import { confirmationTopic, replayOutcomeTopic, replayTopic } from './topic.ts';
import type { UplinkEvents } from './uplink.ts';

export type ReceiverMailboxOptions = Omit<MailboxOptions, 'onRequest'> &
  Pick<UplinkEvents, 'confirmed' | 'asked'>;

/** Several receivers that confirm what they have stored twice a second, each in one message. */
const CONFIRMATIONS = { longest: 32 * 1024, mostASecond: 100 } as const;
/** Blocks that one request may ask for: more than a day of one a second. */
const MOST_BLOCKS = 100_000;
const LARGEST_PART = 9_999;
const ID = /^[\w.-]{1,64}$/;

export function confirmationMailbox(options: ReceiverMailboxOptions): Mailbox {
  const { uplink, speaker, clock, log, confirmed } = options;
  const inbox = new Inbox<Confirmation, undefined>({
    ...{ uplink, clock, log, limits: CONFIRMATIONS },
    event: 'forward.confirmation-ignored',
    read: readConfirmation,
    onRequest(confirmation) {
      inbox.answered();
      confirmed?.(confirmation);
    },
    onRefused() {},
  });
  return {
    topic: confirmationTopic(speaker.gateway),
    isRepeated: true,
    factsAs: 'confirmations',
    take: (payload, isRetained) => inbox.take(payload, isRetained),
    reply() {},
    facts: () => inbox.facts(),
    close() {},
  };
}

export function replayMailbox(options: ReceiverMailboxOptions): Mailbox {
  const { uplink, speaker, clock, log, send, asked } = options;
  const answer = (reply: ReplayReply) =>
    send(replayOutcomeTopic(speaker.gateway, reply.id), replayOutcomeText(speaker, reply));
  const inbox = new Inbox<ReplayRequest, Problem>({
    ...{ uplink, clock, log },
    event: 'forward.replay-ignored',
    read: readReplay,
    onRequest: (request) => asked?.(request),
    onRefused(_, said) {
      if (said?.ok !== false || said.problem.id === undefined) return;
      answer({ id: said.problem.id, outcome: 'refused', reason: said.problem.reason });
    },
  });
  return {
    topic: replayTopic(speaker.gateway),
    isRepeated: true,
    factsAs: 'replays',
    take: (payload, isRetained) => inbox.take(payload, isRetained),
    reply(reply) {
      if (reply.about !== 'replay') return;
      inbox.answered();
      answer(reply.reply);
    },
    facts: () => inbox.facts(),
    // Blocks that were asked for are not sent over another connection.
    lost: () => inbox.forget(),
    close() {},
  };
}

interface Problem {
  /** Where it can be read: whoever sent it can be told. */
  readonly id?: string;
  readonly reason: string;
}

function readConfirmation(payload: Uint8Array): Read<Confirmation, undefined> {
  const { epoch, seqs = [], parts = [] } = fieldsOf(payload) ?? {};
  if (typeof epoch === 'string' && isRanges(seqs) && isParts(parts))
    return { ok: true, request: { epoch, seqs, parts } };
  return { ok: false, problem: undefined };
}

function readReplay(payload: Uint8Array): Read<ReplayRequest, Problem> {
  const { id, epoch, seqs } = fieldsOf(payload) ?? {};
  if (typeof id !== 'string' || !ID.test(id)) return { ok: false, problem: { reason: 'no id' } };
  const wrong = (reason: string) => ({ ok: false, problem: { id, reason } }) as const;
  if (typeof epoch !== 'string') return wrong('epoch: the one of the watermark');
  if (!isRanges(seqs) || seqs.length === 0) return wrong('seqs: [[from, to], …], from 1 on');
  const blocks = seqs.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  if (blocks > MOST_BLOCKS) return wrong(`seqs: at most ${MOST_BLOCKS} blocks in one request`);
  return { ok: true, request: { id, epoch, seqs } };
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

const isPairs = (value: unknown): value is readonly Range[] =>
  Array.isArray(value) &&
  value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isCount));

const isRanges = (value: unknown): value is readonly Range[] =>
  isPairs(value) && value.every(([from, to]) => from >= 1 && from <= to);

const isParts = (value: unknown): value is Confirmation['parts'] =>
  isPairs(value) && value.every(([, part]) => part <= LARGEST_PART);
