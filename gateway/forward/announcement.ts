/** The messages that say how the gateway and its delivery are doing, which are retained, and answers, which are not. */
import type { FinishedDay } from '../journal/journal.ts';
import type { AcknowledgeReply } from '../model/acknowledgement.ts';
import type { TagOwner } from '../model/command.ts';
import { GatewayError } from '../model/errors.ts';
import type { Range } from '../model/range-set.ts';
import type { CommandReply } from '../model/remote-command.ts';
import type { ReplayReply } from '../model/replay.ts';
import { plainValue } from '../model/sample.ts';
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
  const { epoch, head, acknowledged, gaps, day, corrections } = watermark;
  const about = { v: 1, gw: speaker.gateway, epoch, head, acked: acknowledged };
  const known = JSON.stringify({ ...about, day: day && dayFields(day) });
  const gapTexts = gaps.map((gap) => gapText(gap, gap.seq)).join(',');
  const clock = corrections?.map(({ seqs, shift }) => ({
    seqs: [seqs.from, seqs.to],
    shift_ms: shift,
  }));
  const clockText = clock ? `,"clock":${JSON.stringify(clock)}` : '';
  return `${known.slice(0, -1)},"gaps":[${gapTexts}]${clockText}}`;
}

/** Blocks of which the uplink wants nothing. */
export const omittedText = ({ gateway, epoch }: Speaker, seqs: readonly Range[]): string =>
  JSON.stringify({ v: 1, gw: gateway, epoch, seqs });

const dayFields = ({ day, first, last, link }: FinishedDay) => ({ day, first, last, link });

/** What became of an acknowledgement. */
export const acknowledgeOutcomeText = (speaker: Speaker, reply: AcknowledgeReply): string =>
  JSON.stringify({ v: 1, gw: speaker.gateway, ...reply });

/** What became of a request for blocks again. */
export const replayOutcomeText = (speaker: Speaker, reply: ReplayReply): string =>
  JSON.stringify({ v: 1, gw: speaker.gateway, epoch: speaker.epoch, ...reply });

/** That a command was taken, or how it ended. */
export function commandOutcomeText(speaker: Speaker, reply: CommandReply, time: UtcMs): string {
  const { state, id, tag } = reply;
  const known = { v: 1, gw: speaker.gateway, id, tag, time, state };
  if (state === 'accepted') return JSON.stringify(known);
  const { outcome, reason, readBack, owner, allowedAt, isRepeated, tookMs } = reply.end;
  const error = reason && new GatewayError(reason.code, reason.details);
  return JSON.stringify({
    ...known,
    outcome,
    code: reason?.code,
    reason: error && { en: error.describe('en'), zh: error.describe('zh') },
    value: reply.value === undefined ? undefined : plainValue(reply.value),
    read_back: readBack === undefined ? undefined : plainValue(readBack),
    owner: owner && ownerOf(owner),
    allowed_at: allowedAt,
    repeated: isRepeated,
    took_ms: tookMs,
  });
}

const ownerOf = ({ origin, by, value, since, until }: TagOwner) => ({
  origin,
  by,
  value: plainValue(value),
  since,
  until,
});
