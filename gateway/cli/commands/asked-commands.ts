/** The questions about commands to the gateway that runs a site. */
import type { CommandsAnswer, CommandsQuestion, ShownTag } from '../../command/command-answers.ts';
import { ask } from '../../health/control-socket.ts';
import { byLikeness } from '../../host/likeness.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Call } from '../verb.ts';

/** How many tags a message names. */
const NAMED = 5;

/** Rejects with `cli.not-running`. */
export const askCommands = async (
  { clock }: Pick<Call, 'clock'>,
  socket: string,
  question: CommandsQuestion,
): Promise<CommandsAnswer> => (await ask(socket, 'commands', clock, question)) as CommandsAnswer;

/** One tag as it is now. Rejects with `cli.not-writable`, too. */
export async function askTag(
  call: Pick<Call, 'clock'>,
  socket: string,
  tag: string,
): Promise<ShownTag> {
  const { tags } = await askCommands(call, socket, { tag, last: 0 });
  return tags[0] ?? (await refuse(call, socket, tag));
}

/** Says which tags can be written instead. */
export async function refuse(
  call: Pick<Call, 'clock'>,
  socket: string,
  tag: string,
): Promise<never> {
  const { tags } = await askCommands(call, socket, { last: 0 });
  const known = byLikeness(
    tag,
    tags.map(({ tag: id }) => id),
  );
  const likely = known.slice(0, NAMED).join(', ') || '—';
  throw new GatewayError('cli.not-writable', { tag, known: likely });
}
