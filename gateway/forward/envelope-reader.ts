/**
 * Reads envelope v1: what a receiver does first. Fields it does not know are ignored, so that v1
 * can grow.
 */

import { BLOCK_CLASSES, type BlockClass, GAP_REASONS, type GapReason } from '../journal/journal.ts';
import { GatewayError } from '../model/errors.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import { TIME_BASES, type TimeBasis } from '../model/sample.ts';

/**
 * A reading as received. Numbers of more than 15 significant digits stay decimal text, as does
 * text.
 */
export interface EnvelopeSample {
  readonly time: number;
  readonly value: boolean | number | string | null;
  readonly quality: Quality;
  readonly timeBasis: TimeBasis;
}

export interface EnvelopeGap {
  readonly reason: GapReason;
  readonly class: BlockClass;
  readonly count: number | null;
  readonly seqs: readonly [from: number, to: number] | null;
  readonly from: number;
  readonly to: number;
}

/** (gw, epoch, seq, part) is the key by which a receiver drops repeats. */
export interface Envelope {
  readonly gw: string;
  readonly epoch: string;
  readonly seq: number;
  readonly part: number;
  readonly parts: number;
  /** Of the parts, how many come: the others have nothing that the uplink wants. */
  readonly sent: number;
  /** Samples of the block that do not come, because the uplink does not want them. */
  readonly omitted: number;
  /** Empty for what concerns the gateway itself. */
  readonly device: string;
  readonly hist: boolean;
  /** Saved from a damaged journal: the key it had there. Whoever has that one has this one. */
  readonly salvaged?: { readonly epoch: string; readonly seq: number };
  /** By quantity. Empty where there is a gap. */
  readonly samples: ReadonlyMap<string, readonly EnvelopeSample[]>;
  readonly gap: EnvelopeGap | undefined;
}

/** Throws `forward.envelope-invalid` for anything that is not an envelope v1. */
export function decodeEnvelope(text: string): Envelope {
  const fields = object(parse(text), 'the message');
  check(fields.v === 1, `v is ${JSON.stringify(fields.v)}, not 1`);
  const parts = count(fields.parts, 'parts');
  const part = count(fields.part, 'part');
  check(part < parts, `part ${part} of ${parts}`);
  const { sent = parts, omitted = 0 } = fields;
  const gap = fields.gap === undefined ? undefined : decodeGap(object(fields.gap, 'gap'));
  return {
    gw: string(fields.gw, 'gw'),
    epoch: string(fields.epoch, 'epoch'),
    seq: count(fields.seq, 'seq'),
    part,
    parts,
    sent: sentOf(count(sent, 'sent'), parts),
    omitted: count(omitted, 'omitted'),
    device: string(fields.device, 'device'),
    hist: boolean(fields.hist, 'hist'),
    ...(fields.salvaged !== undefined && { salvaged: decodeName(fields.salvaged) }),
    samples: gap ? new Map() : decodeSamples(object(fields.samples, 'samples')),
    gap,
  };
}

function sentOf(sent: number, parts: number): number {
  check(sent >= 1 && sent <= parts, `${sent} of ${parts} parts are sent`);
  return sent;
}

function decodeName(value: unknown): { readonly epoch: string; readonly seq: number } {
  const { epoch, seq } = object(value, 'salvaged');
  return { epoch: string(epoch, 'salvaged.epoch'), seq: count(seq, 'salvaged.seq') };
}

type Fields = Readonly<Record<string, unknown>>;

const decodeSamples = (fields: Fields): Map<string, EnvelopeSample[]> =>
  new Map(
    Object.entries(fields).map(([quantity, rows]) => [
      quantity,
      array(rows, quantity).map((row) => decodeSample(array(row, quantity), quantity)),
    ]),
  );

function decodeSample(row: readonly unknown[], quantity: string): EnvelopeSample {
  const [time, value, quality = 'good', timeBasis = 'gateway'] = row;
  check(row.length >= 2 && row.length <= 4, `a sample of ${quantity} has ${row.length} fields`);
  check(
    value === null || ['boolean', 'number', 'string'].includes(typeof value),
    `the value of ${quantity} is a ${typeof value}`,
  );
  return {
    time: number(time, `the time of ${quantity}`),
    value: value as EnvelopeSample['value'],
    quality: oneOf(quality, QUALITIES, `the quality of ${quantity}`),
    timeBasis: oneOf(timeBasis, TIME_BASES, `the time basis of ${quantity}`),
  };
}

function decodeGap(fields: Fields): EnvelopeGap {
  const seqs = fields.seqs === null ? null : array(fields.seqs, 'gap.seqs');
  check(seqs === null || seqs.length === 2, 'gap.seqs is not a pair');
  return {
    reason: oneOf(fields.reason, GAP_REASONS, 'gap.reason'),
    class: oneOf(fields.class, BLOCK_CLASSES, 'gap.class'),
    count: fields.count === null ? null : count(fields.count, 'gap.count'),
    seqs: seqs && [count(seqs[0], 'gap.seqs'), count(seqs[1], 'gap.seqs')],
    from: number(fields.from, 'gap.from'),
    to: number(fields.to, 'gap.to'),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GatewayError('forward.envelope-invalid', { reason: 'no JSON' }, error);
  }
}

function check(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new GatewayError('forward.envelope-invalid', { reason });
}

function object(value: unknown, what: string): Fields {
  check(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    `${what} is no object`,
  );
  return value as Fields;
}

function array(value: unknown, what: string): readonly unknown[] {
  check(Array.isArray(value), `${what} is no list`);
  return value;
}

function string(value: unknown, what: string): string {
  check(typeof value === 'string', `${what} is no text`);
  return value;
}

function boolean(value: unknown, what: string): boolean {
  check(typeof value === 'boolean', `${what} is neither true nor false`);
  return value;
}

function number(value: unknown, what: string): number {
  check(typeof value === 'number', `${what} is no number`);
  return value;
}

function count(value: unknown, what: string): number {
  check(Number.isSafeInteger(value) && (value as number) >= 0, `${what} is no count`);
  return value as number;
}

function oneOf<const T>(value: unknown, known: readonly T[], what: string): T {
  check(known.includes(value as T), `${what} is ${JSON.stringify(value)}`);
  return value as T;
}
