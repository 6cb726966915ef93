/**
 * Commands as they come from a broker, and how they end. What is refused here is told to its sender where that can be done,
 * and to the field side as a count: every message is a request there, or one of a count.
 */
import type { ErrorDetails } from '../model/errors.ts';
import { COMMAND_ID, type CommandReply, type CommandRequest } from '../model/remote-command.ts';
import { commandOutcomeText } from './announcement.ts';
import { type CommandProblem, readCommand } from './command-message.ts';
import {
  Inbox,
  LONGEST_REQUEST,
  MOST_A_SECOND,
  MOST_OPEN,
  type Read,
  type Refusal,
} from './inbox.ts';
import type { Mailbox, MailboxOptions } from './mailbox.ts';
import { REFUSAL_CODES, RefusalCount } from './refusal-count.ts';
import { commandOutcomeTopic, commandTopic } from './topic.ts';

/** Ids that were handed over and are remembered: what was said of them is not contradicted from here. */
const MOST_REMEMBERED = 1_000;

const LIMITS: Readonly<Partial<Record<Refusal, number>>> = {
  tooLong: LONGEST_REQUEST,
  tooFast: MOST_A_SECOND,
  tooMany: MOST_OPEN,
};

export function commandMailbox(options: MailboxOptions): Mailbox {
  const { uplink, speaker, clock, log, onRequest, send } = options;
  const handedOver = new Set<string>();
  const refused = new RefusalCount(clock, (counts) =>
    onRequest({ about: 'refused-commands', refused: { uplink, counts } }),
  );
  const publish = (reply: CommandReply) => {
    if (!COMMAND_ID.test(reply.id)) return;
    const topic = commandOutcomeTopic(speaker.gateway, reply.id);
    send(topic, commandOutcomeText(speaker, reply, clock.utc()));
  };
  const inbox = new Inbox<CommandRequest, CommandProblem>({
    uplink,
    clock,
    log,
    event: 'forward.command-refused',
    read: readCommand,
    onRequest: (request) => {
      handedOver.add(request.id);
      const [oldest] = handedOver;
      if (handedOver.size > MOST_REMEMBERED && oldest !== undefined) handedOver.delete(oldest);
      onRequest({ about: 'command', request });
    },
    onRefused: (why, said) => {
      refused.add(REFUSAL_CODES[why]);
      const answer = said && answerTo(why, said);
      if (answer && !handedOver.has(answer.id)) publish(answer);
    },
  });
  return {
    topic: commandTopic(speaker.gateway),
    factsAs: 'commands',
    take: (payload, isRetained) => inbox.take(payload, isRetained),
    reply(reply) {
      if (reply.about !== 'command') return;
      if (reply.reply.state === 'ended') inbox.answered();
      publish(reply.reply);
    },
    facts: () => inbox.facts(),
    close: () => refused.close(),
  };
}

function answerTo(
  why: Refusal,
  said: Read<CommandRequest, CommandProblem>,
): CommandReply | undefined {
  const { id, tag } = said.ok ? said.request : said.problem;
  if (id === undefined) return undefined;
  const details: ErrorDetails = said.ok ? { limit: LIMITS[why] } : { ...said.problem.form };
  const reason = { code: REFUSAL_CODES[why], details };
  return { state: 'ended', id, tag, end: { outcome: 'rejected', reason, tookMs: 0 } };
}
