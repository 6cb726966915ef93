/**
 * The end of block data: its checksum, which goes on over the row that has the data. So data in another row, or in a row
 * of another moment, is told from what was stored there. Pure.
 */
import { crc32 } from 'node:zlib';

export const CHECKSUM_BYTES = 4;

/** Columns of the table `block`, as they are stored; undefined is NULL. */
export interface SealedColumns {
  readonly seq: number;
  readonly class: unknown;
  readonly committed_at: unknown;
  readonly samples: unknown;
  readonly key: unknown;
  readonly gap: unknown;
}

/** What the checksum of a block goes on over. */
export function blockSeal(columns: SealedColumns): string {
  const { seq, class: of, committed_at: at, samples, key, gap } = columns;
  return `${seq},${of ?? ''},${at ?? ''},${samples ?? ''},${key ?? ''},${gap ?? ''}`;
}

/** The same of a row of the table `summary`. */
export const summarySeal = (id: number, last: number): string => `${id},${last}`;

/** As it is stored: a copy whose checksum goes on over the row. */
export function sealed(data: Uint8Array, seal: string): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(data);
  const end = data.length - CHECKSUM_BYTES;
  new DataView(copy.buffer).setUint32(end, crc32(seal, checksumOf(data)), true);
  return copy;
}

/** What stands at the end. */
export const checksumOf = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset + bytes.length - CHECKSUM_BYTES).getUint32(0, true);
