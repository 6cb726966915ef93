/** Values that are no doubles: text, integers beyond 2^53, decimals. Pure; layout in FORMAT.md. */
import { type Decimal, isDecimal } from '../model/sample.ts';
import { VALUE_KINDS } from './batch.ts';
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';

type Other = bigint | string | Decimal;

const BIGINT = VALUE_KINDS.indexOf('bigint');
const STRING = VALUE_KINDS.indexOf('string');
const DECIMAL = VALUE_KINDS.indexOf('decimal');

export function writeOthers(writer: ByteWriter, others: readonly Other[]): void {
  const places = new Map<string, number>();
  for (const other of others)
    if (typeof other === 'string' && !places.has(other)) places.set(other, places.size);
  writer.varint(places.size);
  for (const text of places.keys()) writeText(writer, text);
  for (const other of others) {
    if (typeof other === 'string') writer.varint(places.get(other) as number);
    else if (isDecimal(other)) {
      writer.zigzag(other.decimals);
      writeBigint(writer, other.unscaled);
    } else writeBigint(writer, other);
  }
}

/** One value for each row whose kind is one of the three. */
export function readOthers(reader: ByteReader, kinds: Uint8Array): Other[] {
  const texts: string[] = [];
  const textCount = reader.varint();
  if (textCount > reader.remaining) throw new MalformedBlock(`${textCount} strings`);
  while (texts.length < textCount) texts.push(readText(reader));
  const others: Other[] = [];
  for (const kind of kinds) {
    if (kind === STRING) {
      const text = texts[reader.varint()];
      if (text === undefined) throw new MalformedBlock('string without a place');
      others.push(text);
    } else if (kind === DECIMAL) {
      const decimals = reader.zigzag();
      others.push({ unscaled: readBigint(reader), decimals });
    } else if (kind === BIGINT) others.push(readBigint(reader));
  }
  return others;
}

/** UTF-8 cannot hold half a surrogate pair, which a damaged device text may contain. */
function writeText(writer: ByteWriter, text: string): void {
  const wide = text.isWellFormed() ? 0 : 1;
  const bytes = Buffer.from(text, wide ? 'utf16le' : 'utf8');
  writer.varint(bytes.length * 2 + wide);
  writer.bytes(bytes);
}

function readText(reader: ByteReader): string {
  const head = reader.varint();
  const bytes = reader.bytes(Math.floor(head / 2));
  return Buffer.from(bytes).toString(head % 2 === 1 ? 'utf16le' : 'utf8');
}

function writeBigint(writer: ByteWriter, value: bigint): void {
  const negative = value < 0n ? 1 : 0;
  const bytes: number[] = [];
  for (let rest = negative ? -value : value; rest > 0n; rest >>= 8n)
    bytes.push(Number(rest & 255n));
  writer.varint(bytes.length * 2 + negative);
  for (const byte of bytes) writer.byte(byte);
}

function readBigint(reader: ByteReader): bigint {
  const head = reader.varint();
  const bytes = reader.bytes(Math.floor(head / 2));
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--)
    value = (value << 8n) | BigInt(bytes[at] as number);
  return head % 2 === 1 ? -value : value;
}
