/** A command as somebody wrote it, made ready to be sent from upstream. Pure. */
import { type KeyObject, sign } from 'node:crypto';
import { signedBytes } from '../../command/remote-signature.ts';
import { readCommand } from '../../forward/command-message.ts';
import { LONGEST_REQUEST } from '../../forward/inbox.ts';
import { GatewayError } from '../../model/errors.ts';
import { COMMAND_ID, type CommandRequest } from '../../model/remote-command.ts';
import type { Millis, UtcMs } from '../../model/units.ts';

const VERSION = 1;

/** What of a command need not be written. */
export interface Completion {
  readonly id: string;
  readonly now: UtcMs;
  /** From issued to expires. */
  readonly lifetime: Millis;
}

/**
 * The text with `v`, `id`, `issued` and `expires` where they are left out. All that is written stays as it is, digit by
 * digit; what is no JSON object comes back unchanged.
 */
export function completedCommand(text: string, { id, now, lifetime }: Completion): string {
  const written = text.trim();
  const fields = objectIn(written);
  if (fields === undefined) return written;
  const issued = typeof fields.issued === 'number' ? fields.issued : now;
  const whole = { v: VERSION, id, issued: now, expires: Math.round(issued + lifetime) };
  const missing = Object.entries(whole).filter(([key]) => !Object.hasOwn(fields, key));
  if (missing.length === 0) return written;
  const head = JSON.stringify(Object.fromEntries(missing)).slice(0, -1);
  const rest = written.slice(1).trimStart();
  return rest.startsWith('}') ? `${head}${rest}` : `${head},${rest}`;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export interface SignedCommand {
  /** For the command topic. */
  readonly message: string;
  /** What it says, as a gateway reads it. */
  readonly request: CommandRequest;
}

/** Throws `command.form`, `command.id` and `command.too-large` for what no gateway would take. */
export function signedCommand(text: string, key: KeyObject): SignedCommand {
  const sig = sign(null, signedBytes(text), key).toString('base64');
  const message = JSON.stringify({ v: VERSION, signed: text, sig });
  const payload = Buffer.from(message, 'utf8');
  const read = readCommand(payload);
  if (!read.ok) throw new GatewayError('command.form', { ...read.problem.form });
  if (!COMMAND_ID.test(read.request.id)) throw new GatewayError('command.id');
  if (payload.length > LONGEST_REQUEST)
    throw new GatewayError('command.too-large', { limit: LONGEST_REQUEST });
  return { message, request: read.request };
}
