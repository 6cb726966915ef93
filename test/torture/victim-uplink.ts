/** The uplink of a process that is tortured: everything is to arrive, whoever listens. */
import { plainUplink } from '../../config/build.ts';
import type { UplinkConfig } from '../../config/site.ts';
import { millis } from '../../gateway/model/units.ts';

export function victimUplink(gateway: string, url: string): UplinkConfig {
  const uplink = plainUplink(gateway, 'cloud', url);
  const mqtt = { ...uplink.mqtt, window: 16, unrouted: 'hold', resend: millis(60_000) } as const;
  return { ...uplink, mqtt };
}
