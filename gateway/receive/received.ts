/**
 * What a receiver hears, read and checked: parts of blocks, watermarks, who is there, answers to requests for blocks again.
 * A sender may send anything; what is not of the contract, or larger than it allows, gets no further than here. Pure.
 */
import { zstdDecompressSync } from 'node:zlib';
import { ZSTD_JSON } from '../forward/block-messages.ts';
import { decodeEnvelope, type Envelope, type EnvelopeGap } from '../forward/envelope-reader.ts';
import { topicOf } from '../forward/topic.ts';
import { BLOCK_CLASSES, type BlockClass, GAP_REASONS } from '../journal/journal.ts';
import { GatewayError } from '../model/errors.ts';
import type { Range } from '../model/range-set.ts';

export interface HeardWatermark {
  readonly gw: string;
  readonly epoch: string;
  readonly head: number;
  readonly acked: number;
  readonly gaps: readonly (EnvelopeGap & { readonly seq: number })[];
  readonly day: HeardDay | undefined;
  readonly corrections: readonly HeardCorrection[];
}

export interface HeardDay {
  readonly day: string;
  readonly first: number;
  readonly last: number;
  readonly link: string;
}

export interface HeardCorrection {
  readonly seqs: Range;
  readonly shift: number;
}

export interface HeardStatus {
  readonly gw: string;
  readonly online: boolean;
  readonly version: string;
  readonly config: string;
  readonly epoch: string;
  readonly since: number | undefined;
}

export interface HeardPart {
  readonly kind: 'part';
  readonly envelope: Envelope;
  /** As the topic says; undefined where the topic is not the usual one. */
  readonly class: BlockClass | undefined;
}

/** Blocks of which this uplink sends nothing. */
export interface HeardOmission {
  readonly kind: 'omitted';
  readonly gw: string;
  readonly epoch: string;
  readonly seqs: readonly Range[];
}

export interface HeardOutcome {
  readonly kind: 'outcome';
  readonly gw: string;
  readonly epoch: string;
  readonly isDone: boolean;
  readonly gone: readonly Range[];
  readonly reason: string;
}

export type Heard =
  | HeardPart
  | { readonly kind: 'watermark'; readonly watermark: HeardWatermark }
  | { readonly kind: 'status'; readonly status: HeardStatus }
  | HeardOmission
  | HeardOutcome
  /** Of the contract, and nothing for a receiver: what people say of alarms. */
  | { readonly kind: 'other' };

/** Bytes of a packed message; as many as one that is not packed may have. */
const LONGEST_TEXT = 2 ** 20;
const LONGEST_NAME = 200;
const MOST_PARTS = 10_000;
/** Of a watermark; the contract says 100. */
const MOST_LISTED = 1_000;
const EPOCH = /^[0-9a-f]{8,64}$/;
const ROOT = 'headgate/v1/';

/** Throws `receive.message-invalid` for what is none, `forward.envelope-invalid` for what is no envelope. */
export function readHeard(topic: string, payload: Uint8Array, contentType?: string): Heard {
  const text = textOf(payload, contentType);
  const [gateway = '', second = '', third] = topic.startsWith(ROOT)
    ? topic.slice(ROOT.length).split('/')
    : [];
  const levels = topic.split('/').length;
  if (levels === 4 && second === 'watermark') return watermarkOf(fieldsOf(text), gateway);
  if (levels === 4 && second === 'status') return statusOf(fieldsOf(text), gateway);
  if (levels === 4 && second === 'omitted') return omissionOf(fieldsOf(text), gateway);
  if (levels === 6 && second === 'replay') return outcomeOf(fieldsOf(text), gateway);
  if (second === 'alarm' && third === 'ack' && fieldsOf(text).v === undefined)
    return { kind: 'other' };
  const envelope = decodeEnvelope(text);
  checkEnvelope(envelope, gateway);
  return { kind: 'part', envelope, class: BLOCK_CLASSES.find((known) => known === second) };
}

function textOf(payload: Uint8Array, contentType: string | undefined): string {
  const packed = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  if (contentType !== ZSTD_JSON) return packed.toString('utf8');
  try {
    return zstdDecompressSync(packed, { maxOutputLength: LONGEST_TEXT }).toString('utf8');
  } catch (error) {
    throw new GatewayError('receive.message-invalid', { reason: 'it does not unpack' }, error);
  }
}

function checkEnvelope({ gw, epoch, seq, parts, device, salvaged, samples }: Envelope, of: string) {
  checkOrigin(gw, epoch, of);
  check(seq >= 1, 'seq begins with 1');
  check(parts <= MOST_PARTS, `more than ${MOST_PARTS} parts`);
  check(device.length <= LONGEST_NAME, 'the name of the device is too long');
  if (salvaged) check(EPOCH.test(salvaged.epoch), 'salvaged.epoch');
  for (const [quantity, rows] of samples) {
    check(quantity.length <= LONGEST_NAME, 'the name of a tag is too long');
    for (const { time, value } of rows) {
      check(Number.isFinite(time), 'a time that is none');
      check(typeof value !== 'number' || Number.isFinite(value), 'a number that is none');
    }
  }
}

/** A broker lets a gateway speak on its own topics; the messages on them have to be its own. */
function checkOrigin(gw: string, epoch: string, of: string): void {
  check(gw !== '' && gw.length <= LONGEST_NAME, 'gw');
  check(EPOCH.test(epoch), 'epoch');
  const own = topicOf('{gateway}', { gateway: gw, class: '', device: '' });
  check(of === '' || of === own, `it says that it is of ${gw}`);
}

function watermarkOf(fields: Fields, of: string): Heard {
  const { gw, epoch, head, acked, gaps, day, clock = [] } = fields;
  check(fields.v === 1 && typeof gw === 'string' && typeof epoch === 'string', 'no watermark');
  checkOrigin(gw, epoch, of);
  check(isCount(head) && isCount(acked) && acked <= head, 'head and acked');
  check(Array.isArray(gaps) && gaps.length <= MOST_LISTED, 'gaps');
  check(Array.isArray(clock) && clock.length <= MOST_LISTED, 'clock');
  const watermark = {
    ...{ gw, epoch, head, acked },
    gaps: gaps.map(gapOf),
    day: day === undefined ? undefined : dayOf(day),
    corrections: clock.map(correctionOf),
  };
  return { kind: 'watermark', watermark };
}

function gapOf(value: unknown): HeardWatermark['gaps'][number] {
  const { seq, reason, class: of, count, seqs, from, to } = object(value, 'a gap');
  const knownReason = GAP_REASONS.find((known) => known === reason);
  const knownClass = BLOCK_CLASSES.find((known) => known === of);
  check(isCount(seq) && knownReason !== undefined && knownClass !== undefined, 'a gap');
  check(count === null || isCount(count), 'the count of a gap');
  check(seqs === null || isRange(seqs), 'the seqs of a gap');
  check(isTime(from) && isTime(to), 'the times of a gap');
  return { seq, reason: knownReason, class: knownClass, count, seqs, from, to };
}

function dayOf(value: unknown): HeardDay {
  const { day, first, last, link } = object(value, 'day');
  check(typeof day === 'string' && /^\d{4}-\d\d-\d\d$/.test(day), 'day');
  check(isRange([first, last]), 'day: first and last');
  check(typeof link === 'string' && /^[0-9a-f]{64}$/.test(link), 'day: link');
  return { day, first: Number(first), last: Number(last), link };
}

function correctionOf(value: unknown): HeardCorrection {
  const { seqs, shift_ms: shift } = object(value, 'clock');
  check(isRange(seqs) && Number.isSafeInteger(shift), 'clock');
  return { seqs, shift: Number(shift) };
}

function statusOf(fields: Fields, of: string): Heard {
  const { gw, online, version, config, epoch, since } = fields;
  const isNamed = typeof gw === 'string' && typeof epoch === 'string';
  check(fields.v === 1 && isNamed && typeof online === 'boolean', 'no status');
  checkOrigin(gw, epoch, of);
  check(isShort(version) && isShort(config), 'version and config');
  check(since === undefined || isTime(since), 'since');
  return { kind: 'status', status: { gw, online, version, config, epoch, since } };
}

function omissionOf(fields: Fields, of: string): Heard {
  const { gw, epoch, seqs } = fields;
  const isNamed = typeof gw === 'string' && typeof epoch === 'string';
  check(fields.v === 1 && isNamed, 'no omission');
  checkOrigin(gw, epoch, of);
  check(Array.isArray(seqs) && seqs.length <= MOST_LISTED && seqs.every(isRange), 'seqs');
  return { kind: 'omitted', gw, epoch, seqs };
}

function outcomeOf(fields: Fields, of: string): Heard {
  const { gw, epoch, outcome, gone = [], reason = '' } = fields;
  const isNamed = typeof gw === 'string' && typeof epoch === 'string';
  check(isNamed && (outcome === 'done' || outcome === 'refused'), 'no outcome of a replay');
  checkOrigin(gw, epoch, of);
  check(Array.isArray(gone) && gone.length <= MOST_LISTED && gone.every(isRange), 'gone');
  check(typeof reason === 'string', 'reason');
  return { kind: 'outcome', gw, epoch, isDone: outcome === 'done', gone, reason };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(text: string): Fields {
  try {
    return object(JSON.parse(text), 'the message');
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('receive.message-invalid', { reason: 'no JSON' }, error);
  }
}

function object(value: unknown, what: string): Fields {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), `${what}: no object`);
  return value as Fields;
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const isTime = (value: unknown): value is number => Number.isFinite(value);

const isShort = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= LONGEST_NAME;

function isRange(value: unknown): value is Range {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [from, to]: unknown[] = value;
  return isCount(from) && isCount(to) && from >= 1 && from <= to;
}

function check(holds: boolean, reason: string): asserts holds {
  if (!holds) throw new GatewayError('receive.message-invalid', { reason });
}
