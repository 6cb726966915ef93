/** A length of time among the options of a call. */
import { duration } from '../host/schema.ts';
import { GatewayError } from '../model/errors.ts';
import type { Millis } from '../model/units.ts';
import type { Call } from './verb.ts';

/** Undefined where it is left out; throws `cli.usage` of the verb for anything that is no length of time. */
export function durationOption({ values }: Call, verb: string, name = 'for'): Millis | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const parsed = duration().parse(text);
  if (parsed.ok) return parsed.value;
  const problem = `--${name} takes a duration such as 20s, not "${text}"`;
  throw new GatewayError('cli.usage', { verb, problem });
}
