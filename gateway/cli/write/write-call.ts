/** What every write of the command line takes from its call. */
import { duration } from '../../host/schema.ts';
import { type Millis, seconds } from '../../model/units.ts';
import type { Call } from '../verb.ts';
import { usage } from '../wire/device-flags.ts';

/** A valve travels, a controller takes its time: as long a read-back may still differ. */
const DEFAULT_SETTLE: Millis = seconds(3);

/** Asks, unless the call says yes by itself. */
export async function isAgreed(call: Call): Promise<boolean> {
  const question = call.language === 'zh' ? '确认发送？(y/n)' : 'send it? (y/n)';
  return call.values.yes === true || call.confirm(question);
}

/** Throws `cli.usage`. */
export function settleOption(call: Call): Millis {
  const written = call.values.settle;
  if (written === undefined) return DEFAULT_SETTLE;
  const parsed = duration({ max: '10m' }).parse(written);
  if (parsed.ok) return parsed.value;
  throw usage('write', `--settle takes a time with its unit, 60s, not "${written}"`);
}
