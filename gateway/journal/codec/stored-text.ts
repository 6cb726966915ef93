/** Text as both versions of blocks have it. Pure; layout in FORMAT.md. */
import type { ByteReader, ByteWriter } from './byte-stream.ts';

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
