/** What a receiver hears, as the contract words it; written by hand, so that no mistake of the sender is made again. */
import { readHeard } from '../../gateway/receive/received.ts';
import type { Kept } from '../../gateway/receive/store.ts';

export const GATEWAY = 'weihai-3';
export const EPOCH = '9f3c2a17';
export const T0 = 1_732_345_678_123;

export const partFields = (seq: number, fields: object = {}) => ({
  ...{ v: 1, gw: GATEWAY, epoch: EPOCH, seq, part: 0, parts: 1, device: 'press', hist: false },
  samples: { x: [[T0 + seq, seq]] },
  ...fields,
});

export const watermarkFields = (acked: number, fields: object = {}) => ({
  ...{ v: 1, gw: GATEWAY, epoch: EPOCH, head: acked, acked, gaps: [] },
  ...fields,
});

export const topicOf = (name: string, gateway = GATEWAY) => `headgate/v1/${gateway}/${name}`;

export const heard = (name: string, fields: object) =>
  readHeard(topicOf(name), Buffer.from(JSON.stringify(fields)));

export function kept(name: string, fields: object): Kept {
  const one = heard(name, fields);
  if (one.kind === 'outcome' || one.kind === 'other') throw new Error(one.kind);
  return one;
}

export const part = (seq: number, fields: object = {}): Kept =>
  kept('telemetry/press', partFields(seq, fields));
export const watermark = (acked: number, fields: object = {}): Kept =>
  kept('watermark', watermarkFields(acked, fields));
