/** Certificates of an uplink that were put in place and cannot be used, as an alarm of the gateway's own. Pure. */
import type { ForwarderFacts } from '../forward/uplink.ts';
import type { AlarmReport } from '../model/alarm.ts';
import { GatewayError } from '../model/errors.ts';
import type { TimeBasis } from '../model/sample.ts';
import type { UtcMs } from '../model/units.ts';
import { ownAlarm } from './own-alarm.ts';

type Certificates = Pick<ForwarderFacts, 'uplink' | 'credentials'>;

/** The connection stands as long as the old ones are good. */
const SEVERITY = 600;

/** What is wrong, and the next step; undefined where nothing is. */
export const certificatesProblem = ({ credentials }: Certificates): GatewayError | undefined =>
  credentials && new GatewayError(credentials.code, credentials.details);

export function certificatesAlarm(
  uplink: Certificates,
  time: UtcMs,
  timeBasis: TimeBasis,
): AlarmReport {
  const name = uplink.uplink;
  return ownAlarm(
    {
      ...{ id: `certificates-${name}`, about: `uplink ${name}`, condition: 'Certificates' },
      ...{ severity: SEVERITY, time, timeBasis },
    },
    certificatesProblem(uplink),
  );
}
