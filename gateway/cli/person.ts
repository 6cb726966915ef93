/** Who does something at the command line: a person by name, or the user of this machine. */
import { userInfo } from 'node:os';
import { GatewayError } from '../model/errors.ts';
import type { Call } from './verb.ts';

/** In characters. */
const LONGEST_NAME = 100;

/** What `--by` says; undefined where it is left out. Throws `cli.usage`. */
export function namedPerson({ values }: Pick<Call, 'values'>, verb: string): string | undefined {
  if (values.by === undefined) return undefined;
  const name = String(values.by).trim();
  if (name !== '' && name.length <= LONGEST_NAME) return name;
  throw new GatewayError('cli.usage', {
    verb,
    problem: `a name has 1 to ${LONGEST_NAME} characters`,
  });
}

/** In a container the user may have no name. */
export function userOfMachine(): string {
  try {
    return userInfo().username.slice(0, LONGEST_NAME);
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
