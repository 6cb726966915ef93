/** Acknowledgements of alarms as they come from a broker, and what became of them. */
import type { AcknowledgeReply, AcknowledgeRequest } from '../model/acknowledgement.ts';
import { acknowledgeOutcomeText } from './announcement.ts';
import { Inbox, type Read } from './inbox.ts';
import { fieldsOf } from './json-fields.ts';
import type { Mailbox, MailboxOptions } from './mailbox.ts';
import { acknowledgeOutcomeTopic, acknowledgeTopic } from './topic.ts';

const LONGEST_NAME = 100;
const LONGEST_COMMENT = 500;
const LONGEST_ID = 300;

export function acknowledgeMailbox(options: MailboxOptions): Mailbox {
  const { uplink, speaker, clock, log, onRequest, send } = options;
  const answer = (reply: AcknowledgeReply) =>
    send(acknowledgeOutcomeTopic(speaker.gateway), acknowledgeOutcomeText(speaker, reply));
  const inbox = new Inbox<AcknowledgeRequest, Problem>({
    uplink,
    clock,
    log,
    event: 'forward.acknowledgement-ignored',
    read: readRequest,
    onRequest: (request) => onRequest({ about: 'alarm', request }),
    onRefused: (_, said) => {
      if (said?.ok !== false || said.problem.key === undefined) return;
      answer({ key: said.problem.key, outcome: 'refused', reason: said.problem.reason });
    },
  });
  return {
    topic: acknowledgeTopic(speaker.gateway),
    factsAs: 'requests',
    take: (payload, isRetained) => inbox.take(payload, isRetained),
    reply(reply) {
      if (reply.about !== 'alarm') return;
      inbox.answered();
      answer(reply.reply);
    },
    facts: () => inbox.facts(),
    close() {},
  };
}

interface Problem {
  /** Where it can be read: whoever sent it can be told. */
  readonly key?: string;
  readonly reason: string;
}

function readRequest(payload: Uint8Array): Read<AcknowledgeRequest, Problem> {
  const fields = fieldsOf(payload);
  const key = fields?.key;
  if (!fields || typeof key !== 'string' || !/^[\da-f]{8}$/.test(key))
    return { ok: false, problem: { reason: 'no key' } };
  const { id, by, comment } = fields;
  const wrong = (reason: string) => ({ ok: false, problem: { key, reason } }) as const;
  if (id !== undefined && !isText(id, LONGEST_ID))
    return wrong(`id: 1 to ${LONGEST_ID} characters`);
  if (!isText(by, LONGEST_NAME)) return wrong(`by: 1 to ${LONGEST_NAME} characters`);
  if (comment !== undefined && (typeof comment !== 'string' || comment.length > LONGEST_COMMENT))
    return wrong(`comment: up to ${LONGEST_COMMENT} characters`);
  return {
    ok: true,
    request: {
      key,
      by: harmless(by),
      ...(id !== undefined && { id }),
      ...(comment !== undefined && comment !== '' && { comment: harmless(comment) }),
    },
  };
}

const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest;

/** It is shown on terminals and pages. */
const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
