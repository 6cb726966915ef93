/** Text and integers of any size, as both versions of blocks write them. Pure; layout in FORMAT.md. */
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';

/** UTF-8 cannot hold half a surrogate pair, which a damaged device text may contain. */
export function writeText(writer: ByteWriter, text: string): void {
  const wide = text.isWellFormed() ? 0 : 1;
  const bytes = Buffer.from(text, wide ? 'utf16le' : 'utf8');
  writer.varint(bytes.length * 2 + wide);
  writer.bytes(bytes);
}

export function readText(reader: ByteReader): string {
  const head = reader.varint();
  const bytes = reader.bytes(Math.floor(head / 2));
  return Buffer.from(bytes).toString(head % 2 === 1 ? 'utf16le' : 'utf8');
}

export function writeBigint(writer: ByteWriter, value: bigint): void {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude === 0n ? '' : magnitude.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex').reverse();
  writer.varint(bytes.length * 2 + (value < 0n ? 1 : 0));
  writer.bytes(bytes);
}

export function readBigint(reader: ByteReader): bigint {
  const head = reader.varint();
  const length = Math.floor(head / 2);
  if (length > BIGINT_BYTES_MAX) throw new MalformedBlock(`integer of ${length} bytes`);
  const bytes = Buffer.from(reader.bytes(length)).reverse();
  const value = length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
  return head % 2 === 1 ? -value : value;
}

/** V8's own limit is 2^30 bits; beyond it BigInt throws what is no MalformedBlock. */
const BIGINT_BYTES_MAX = 2 ** 24;
