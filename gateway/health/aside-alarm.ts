/** Blocks that the target of an uplink does not take, as an alarm of the gateway's own. Pure. */
import type { ForwarderFacts } from '../forward/uplink.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { GatewayError } from '../model/errors.ts';
import type { TimeBasis } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import { ownAlarm } from './own-alarm.ts';

export type AsideFacts = Pick<ForwarderFacts, 'uplink' | 'refusedBlocks' | 'aside'>;

/** Nothing is lost as long as the journal has them. */
const SEVERITY = 600;

/** What is wrong, and the next step; undefined where nothing is set aside. */
export function asideProblem(facts: AsideFacts): GatewayError | undefined {
  const { uplink, refusedBlocks: blocks, aside } = facts;
  const newest = aside?.at(-1);
  if (newest === undefined) return undefined;
  const { seq, reason } = newest;
  return new GatewayError('forward.blocks-aside', { uplink, blocks, seq, reason });
}

export function asideAlarm(facts: AsideFacts, time: UtcMs, timeBasis: TimeBasis): AlarmReport {
  const name = facts.uplink;
  return ownAlarm(
    {
      ...{ id: `aside-${name}`, about: `uplink ${name}`, condition: 'BlocksAside' },
      ...{ severity: SEVERITY, time, timeBasis },
    },
    asideProblem(facts),
  );
}
