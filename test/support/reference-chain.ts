/** The link of a block by the words of FORMAT.md, sample by sample; shares nothing with the journal's own. */
import { createHash } from 'node:crypto';
import type { Sample } from '../../gateway/model/sample.ts';

const KINDS = ['none', 'number', 'boolean', 'bigint', 'string', 'decimal'];
const QUALITIES = [
  'good',
  'good:local-override',
  'uncertain:last-usable',
  'uncertain:range',
  'uncertain:suspect',
  'bad:waiting',
  'bad:comm',
  'bad:device',
  'bad:config',
  'bad:out-of-service',
  'bad:no-value',
];
const BASES = ['gateway', 'source', 'unsynced'];
const CLASSES = ['record', 'alarm', 'telemetry'];

export interface ReferenceBlock {
  readonly seq: number;
  readonly class: string;
  readonly committedAt: number;
  readonly gap: string | undefined;
  readonly samples: readonly Sample[];
}

export const referenceStart = (epoch: string): string =>
  createHash('sha256').update(`headgate hash chain 1\n${epoch}\n`).digest('hex');

export function referenceLink(before: string, block: ReferenceBlock): string {
  const parts: Buffer[] = [];
  const u8 = (value: number) => parts.push(Buffer.of(value));
  const u32 = (value: number) => {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    parts.push(part);
  };
  const f64 = (value: number) => {
    const part = Buffer.alloc(8);
    part.writeDoubleLE(value);
    parts.push(part);
  };
  const { samples } = block;
  const ids = [...new Set(samples.map(({ tag }) => tag))];
  const idBytes = Buffer.from(ids.map((id) => `${id}\n`).join(''));
  const gap = Buffer.from(block.gap ?? '');
  const others = samples.map(({ value }) => otherText(value)).filter((text) => text !== undefined);
  parts.push(Buffer.from(before, 'hex'));
  const seq = Buffer.alloc(8);
  seq.writeBigUInt64LE(BigInt(block.seq));
  parts.push(seq);
  f64(block.committedAt);
  u8(CLASSES.indexOf(block.class));
  for (const count of [gap.length, samples.length, ids.length, idBytes.length, others.length])
    u32(count);
  parts.push(gap, idBytes);
  for (const { tag } of samples) u32(ids.indexOf(tag));
  for (const { time } of samples) f64(time);
  for (const { value } of samples) u8(KINDS.indexOf(kindOf(value)));
  for (const { quality } of samples) u8(QUALITIES.indexOf(quality));
  for (const { timeBasis } of samples) u8(BASES.indexOf(timeBasis));
  for (const { value } of samples)
    f64(typeof value === 'number' ? value : typeof value === 'boolean' ? Number(value) : 0);
  for (const text of others) u32(text.length);
  for (const text of others)
    for (let unit = 0; unit < text.length; unit++) {
      const code = text.charCodeAt(unit);
      u8(code & 255);
      u8(code >> 8);
    }
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

function kindOf(value: Sample['value']): string {
  if (value === null) return 'none';
  return typeof value === 'object' ? 'decimal' : typeof value;
}

function otherText(value: Sample['value']): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return undefined;
  const { unscaled, decimals } = value;
  if (decimals === 0) return unscaled.toString();
  if (decimals < 0) return `${unscaled}e${-decimals}`;
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(decimals + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}
