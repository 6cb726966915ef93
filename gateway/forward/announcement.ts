/** The messages that say how the gateway and its delivery are doing, which are retained, and answers, which are not. */
import type { AcknowledgeReply } from '../model/acknowledgement.ts';
import type { UtcMs } from '../model/units.ts';
import { gapText } from './envelope.ts';
import type { Watermark } from './uplink.ts';

/** Who speaks: the same in every message of one run. */
export interface Speaker {
  /** The gateway's id in the site. */
  readonly gateway: string;
  /** The journal's epoch. */
  readonly epoch: string;
  /** Of the software. */
  readonly version: string;
  /** The configuration's hash. */
  readonly config: string;
}

/** `since` is left out of the will: nobody knows at the connect when it will be published. */
export const statusText = (speaker: Speaker, online: boolean, since?: UtcMs): string =>
  JSON.stringify({
    v: 1,
    gw: speaker.gateway,
    online,
    version: speaker.version,
    config: speaker.config,
    epoch: speaker.epoch,
    since,
  });

export function watermarkText(speaker: Speaker, watermark: Watermark): string {
  const { epoch, head, acknowledged, gaps } = watermark;
  const known = JSON.stringify({ v: 1, gw: speaker.gateway, epoch, head, acked: acknowledged });
  return `${known.slice(0, -1)},"gaps":[${gaps.map((gap) => gapText(gap, gap.seq)).join(',')}]}`;
}

/** What became of an acknowledgement. */
export const acknowledgeOutcomeText = (speaker: Speaker, reply: AcknowledgeReply): string =>
  JSON.stringify({ v: 1, gw: speaker.gateway, ...reply });
