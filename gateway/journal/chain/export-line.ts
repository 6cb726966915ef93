/**
 * A journal as lines of JSON, exact to the last bit, so that its hash chain can be proven from them alone. Pure; the format is
 * FORMAT.md, "Export".
 */
import { QUALITIES } from '../../model/quality.ts';
import {
  type Decimal,
  isDecimal,
  type Sample,
  type TagId,
  TIME_BASES,
  type Value,
} from '../../model/sample.ts';
import { type UtcMs, utcMs } from '../../model/units.ts';
import { BatchWriter, fromBatch } from '../batch.ts';
import { BLOCK_CLASSES, type BlockClass } from '../journal.ts';
import type { ChainEvent, ChainHead, StoredBlock } from './chain-event.ts';
import { type ChainedSamples, exactText, hexOf, type Link } from './hash-chain.ts';

export const EXPORT_VERSION = 1;

export interface ExportHeader extends ChainHead {
  /** The gateway's id; undefined where nobody said it. */
  readonly gateway: string | undefined;
  readonly madeAt: UtcMs;
  /** The last block that is in it. */
  readonly to: number;
  /** Only blocks of this class are in it. */
  readonly class: BlockClass | undefined;
}

/** What stood before the trailer. */
export interface ExportCounts {
  readonly lines: number;
  readonly blocks: number;
  readonly samples: number;
  readonly gaps: number;
  readonly damaged: number;
  readonly days: number;
  /** SHA-256 of all bytes before the trailer, hexadecimal. */
  readonly sha256: string;
}

/** It is not what an export has in this place. */
export class MalformedLine extends Error {
  override readonly name = 'MalformedLine';
}

export function headerLine(header: ExportHeader): string {
  const { gateway, epoch, madeAt, begins, from, to, before, class: only } = header;
  return JSON.stringify({
    headgate_export: EXPORT_VERSION,
    gateway,
    epoch,
    made_at: madeAt,
    from,
    to,
    class: only,
    begins: Number.isFinite(begins) ? begins : undefined,
    before: before && hexOf(before),
  });
}

export function eventLine(event: ChainEvent): string {
  if (event.kind === 'block') return blockLine(event);
  if (event.kind === 'day') {
    const { day, first, last, link } = event;
    return JSON.stringify({ day, first, last, link });
  }
  const link = event.link && hexOf(event.link);
  if (event.kind === 'damaged')
    return JSON.stringify({ seq: event.seq, damaged: event.reason, link });
  return JSON.stringify({ [event.kind]: [event.from, event.to], link });
}

export const trailerLine = (counts: ExportCounts): string =>
  JSON.stringify({ end: true, ...counts });

function blockLine({
  seq,
  class: blockClass,
  committedAt,
  gap,
  samples,
  link,
}: StoredBlock): string {
  const head = { seq, class: blockClass, committed_at: committedAt, link: link && hexOf(link) };
  const text = JSON.stringify(head).slice(0, -1);
  const lost = gap === undefined ? '' : `,"gap":${gap}`;
  return `${text}${lost}${samples ? samplesText(samples) : ''}}`;
}

function samplesText({ batch, tagOf }: ChainedSamples): string {
  const places = new Map<TagId, number>();
  const rows = fromBatch(batch, tagOf).map((sample) => {
    const place = places.get(sample.tag) ?? places.size;
    places.set(sample.tag, place);
    return rowText(sample, place);
  });
  return `,"tags":${JSON.stringify([...places.keys()])},"rows":[${rows.join(',')}]`;
}

function rowText({ time, value, quality, timeBasis }: Sample, place: number): string {
  const known = `[${place},${JSON.stringify(time)},${valueText(value)}`;
  if (timeBasis !== 'gateway') return `${known},"${quality}","${timeBasis}"]`;
  return quality === 'good' ? `${known}]` : `${known},"${quality}"]`;
}

/** JSON has no −0 that all programs keep, nor what is no number. */
function valueText(value: Value | null): string {
  if (typeof value === 'bigint') return `{"i":"${value}"}`;
  if (isDecimal(value)) return `{"d":"${exactText(value)}"}`;
  if (typeof value !== 'number') return JSON.stringify(value);
  return Number.isFinite(value) && !Object.is(value, -0)
    ? JSON.stringify(value)
    : `{"n":"${Object.is(value, -0) ? '-0' : value}"}`;
}

/** Throws MalformedLine. */
export function readHeader(text: string): ExportHeader {
  const line = objectIn(text);
  if (line.headgate_export !== EXPORT_VERSION)
    throw new MalformedLine(`an export of version ${String(line.headgate_export)}`);
  const { gateway, epoch, begins } = line;
  if (typeof epoch !== 'string') throw new MalformedLine('no epoch');
  return {
    gateway: typeof gateway === 'string' ? gateway : undefined,
    epoch,
    madeAt: utcMs(numberIn(line, 'made_at')),
    from: numberIn(line, 'from'),
    to: numberIn(line, 'to'),
    class: line.class === undefined ? undefined : classIn(line),
    begins: begins === undefined ? Number.POSITIVE_INFINITY : numberIn(line, 'begins'),
    before: linkIn(line.before),
  };
}

/** Throws MalformedLine. */
export function readLine(text: string): ChainEvent | (ExportCounts & { readonly kind: 'end' }) {
  const line = objectIn(text);
  const link = linkIn(line.link);
  if (line.end === true) return { kind: 'end', ...countsIn(line) };
  if (typeof line.day === 'string') {
    const [first, last] = [numberIn(line, 'first'), numberIn(line, 'last')];
    return { kind: 'day', day: line.day, first, last, link: link ? hexOf(link) : '' };
  }
  for (const kind of ['removed', 'skipped'] as const) {
    const range = line[kind];
    if (range === undefined) continue;
    const [from, to] = Array.isArray(range) ? range : [];
    if (!isSeq(from) || !isSeq(to)) throw new MalformedLine(`${kind} blocks without numbers`);
    return { kind, from, to, link };
  }
  const seq = line.seq === undefined ? undefined : numberIn(line, 'seq');
  if (typeof line.damaged === 'string') return { kind: 'damaged', seq, link, reason: line.damaged };
  if (!isSeq(seq)) throw new MalformedLine('neither a block nor a day');
  const samples = line.rows === undefined ? undefined : samplesIn(line);
  return {
    kind: 'block',
    seq,
    class: classIn(line),
    committedAt: utcMs(numberIn(line, 'committed_at')),
    count: samples?.batch.length ?? 0,
    gap: line.gap === undefined ? undefined : JSON.stringify(line.gap),
    samples,
    link,
  };
}

type Line = Readonly<Record<string, unknown>>;

function objectIn(text: string): Line {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MalformedLine('no JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Line;
  throw new MalformedLine('no object');
}

const isSeq = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

function numberIn(line: Line, name: string): number {
  const value = line[name];
  if (typeof value === 'number') return value;
  throw new MalformedLine(`no ${name}`);
}

function classIn(line: Line): BlockClass {
  const found = BLOCK_CLASSES.find((known) => known === line.class);
  if (found) return found;
  throw new MalformedLine(`class ${String(line.class)}`);
}

function linkIn(value: unknown): Link | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return Buffer.from(value, 'hex');
  throw new MalformedLine('a link that is none');
}

function countsIn(line: Line): ExportCounts {
  if (typeof line.sha256 !== 'string') throw new MalformedLine('no sha256');
  return {
    lines: numberIn(line, 'lines'),
    blocks: numberIn(line, 'blocks'),
    samples: numberIn(line, 'samples'),
    gaps: numberIn(line, 'gaps'),
    damaged: numberIn(line, 'damaged'),
    days: numberIn(line, 'days'),
    sha256: line.sha256,
  };
}

function samplesIn({ tags, rows }: Line): ChainedSamples {
  if (!Array.isArray(tags) || !Array.isArray(rows)) throw new MalformedLine('rows without tags');
  const ids = tags.map((id) => {
    if (typeof id === 'string') return id as TagId;
    throw new MalformedLine('a tag that is none');
  });
  const writer = new BatchWriter();
  for (const row of rows) {
    const [place, time, value, quality = 'good', timeBasis = 'gateway'] = Array.isArray(row)
      ? row
      : [];
    const tag = ids[place];
    const knownQuality = QUALITIES.find((known) => known === quality);
    const knownBasis = TIME_BASES.find((known) => known === timeBasis);
    if (tag === undefined || typeof time !== 'number' || !knownQuality || !knownBasis)
      throw new MalformedLine('a row that is none');
    const sample = { tag, value: valueIn(value), time: utcMs(time) };
    writer.add({ ...sample, quality: knownQuality, timeBasis: knownBasis }, place);
  }
  return { batch: writer.take(), tagOf: (place) => ids[place] as TagId };
}

function valueIn(value: unknown): Value | null {
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value))
    return value as boolean | number | string | null;
  const { i, d, n } = (value ?? {}) as Line;
  if (typeof i === 'string' && /^-?\d+$/.test(i)) return BigInt(i);
  if (typeof d === 'string') return decimalIn(d);
  if (typeof n === 'string' && ['-0', 'NaN', 'Infinity', '-Infinity'].includes(n)) return Number(n);
  throw new MalformedLine('a value that is none');
}

function decimalIn(text: string): Decimal {
  const [, whole, fraction = '', exponent = '0'] =
    /^(-?\d+)(?:\.(\d+))?(?:e(\d+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new MalformedLine('a decimal that is none');
  const digits = BigInt(whole.replace('-', '') + fraction);
  const unscaled = whole.startsWith('-') ? -digits : digits;
  return { unscaled, decimals: fraction.length - Number(exponent) };
}
