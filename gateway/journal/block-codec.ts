/**
 * One batch of samples as the bytes of a block and back, bit for bit. Pure; the layout is FORMAT.md.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { QUALITIES } from '../model/quality.ts';
import { type SampleBatch, TIME_BASES, VALUE_KINDS } from './batch.ts';
import { ByteReader, ByteWriter, MalformedBlock } from './byte-stream.ts';
import {
  readByteColumn,
  readDeltaRuns,
  readTimes,
  writeByteColumn,
  writeDeltaRuns,
  writeTimes,
} from './integer-columns.ts';
import { readNumbers, writeNumbers } from './number-column.ts';
import { readOthers, writeOthers } from './other-column.ts';

export const BLOCK_VERSION = 1;
/** The most samples one block holds. */
export const BLOCK_SAMPLES_MAX = 1_000_000;
const BODY_BYTES_MAX = 256 * 2 ** 20;

const PLAIN = 0;
const ZSTD = 1;
/** Below this a zstd frame's own overhead eats what it saves. */
const ZSTD_FROM_BYTES = 64;
/** Levels 1 to 12 differ by 2 % in size on slowly changing decimals, level 1 is the fastest. */
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const NUMBER = VALUE_KINDS.indexOf('number');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');

/** `batch.tags` are the journal's tag numbers. */
export function encodeBlock(batch: SampleBatch): Uint8Array<ArrayBuffer> {
  if (batch.length > BLOCK_SAMPLES_MAX) throw new RangeError(`${batch.length} samples in a block`);
  const body = encodeBody(batch);
  const packed = body.length < ZSTD_FROM_BYTES ? body : zstdCompressSync(body, ZSTD_OPTIONS);
  const pays = packed.length < body.length;
  const writer = new ByteWriter();
  writer.byte(BLOCK_VERSION);
  writer.byte(pays ? ZSTD : PLAIN);
  writer.varint(body.length);
  writer.bytes(pays ? packed : body);
  const checksum = crc32(writer.written());
  for (let shift = 0; shift < 32; shift += 8) writer.byte((checksum >>> shift) & 255);
  return writer.written();
}

/** Throws MalformedBlock where the bytes are not a block this version can read. */
export function decodeBlock(bytes: Uint8Array): SampleBatch {
  if (bytes.length < 7) throw new MalformedBlock(`${bytes.length} bytes`);
  const end = bytes.length - 4;
  const stored = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
  if (crc32(bytes.subarray(0, end)) !== stored) throw new MalformedBlock('wrong checksum');
  const reader = new ByteReader(bytes.subarray(0, end));
  const version = reader.byte();
  if (version !== BLOCK_VERSION) throw new MalformedBlock(`block version ${version}`);
  const packing = reader.byte();
  const length = reader.varint();
  if (length > BODY_BYTES_MAX) throw new MalformedBlock(`body of ${length} bytes`);
  const body = unpack(packing, reader.bytes(reader.remaining), length);
  if (body.length !== length) throw new MalformedBlock(`body of ${body.length} bytes`);
  return decodeBody(new ByteReader(body));
}

function unpack(packing: number, packed: Uint8Array, length: number): Uint8Array {
  if (packing === PLAIN) return packed;
  if (packing !== ZSTD) throw new MalformedBlock(`packing ${packing}`);
  try {
    return zstdDecompressSync(packed, { maxOutputLength: length });
  } catch (cause) {
    throw new MalformedBlock('damaged zstd frame', { cause });
  }
}

function encodeBody(batch: SampleBatch): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(batch.length);
  writeDeltaRuns(writer, batch.tags);
  writeTimes(writer, batch.times);
  writeByteColumn(writer, batch.kinds);
  writeByteColumn(writer, batch.qualities);
  writeByteColumn(writer, batch.timeBases);
  writeByteColumn(writer, Uint8Array.from(entriesOf(batch, BOOLEAN)));
  writeNumbers(writer, entriesOf(batch, NUMBER));
  writeOthers(writer, batch.others);
  return writer.written();
}

function decodeBody(reader: ByteReader): SampleBatch {
  const length = reader.varint();
  if (length > BLOCK_SAMPLES_MAX) throw new MalformedBlock(`${length} samples`);
  const tags = new Uint32Array(length);
  readDeltaRuns(reader, tags);
  const times = readTimes(reader, length);
  const kinds = readByteColumn(reader, length, VALUE_KINDS.length);
  const qualities = readByteColumn(reader, length, QUALITIES.length);
  const timeBases = readByteColumn(reader, length, TIME_BASES.length);
  const booleans = readByteColumn(reader, countOf(kinds, BOOLEAN), 2);
  const numbers = readNumbers(reader, countOf(kinds, NUMBER));
  const others = readOthers(reader, kinds);
  if (reader.remaining > 0) throw new MalformedBlock(`${reader.remaining} bytes too many`);
  return {
    length,
    tags,
    times,
    kinds,
    qualities,
    timeBases,
    numbers: spread(kinds, booleans, numbers),
    others,
  };
}

/** The numbers of the rows of one kind. */
function entriesOf(batch: SampleBatch, kind: number): Float64Array {
  const count = countOf(batch.kinds, kind);
  if (count === batch.length) return batch.numbers;
  const entries = new Float64Array(count);
  let at = 0;
  for (let row = 0; row < batch.length; row++)
    if (batch.kinds[row] === kind) entries[at++] = batch.numbers[row] as number;
  return entries;
}

/** The inverse of entriesOf for both kinds at once; 0 in every other row. */
function spread(
  kinds: Uint8Array,
  booleans: Uint8Array,
  entries: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer> {
  if (entries.length === kinds.length) return entries;
  const numbers = new Float64Array(kinds.length);
  let number = 0;
  let boolean = 0;
  for (let row = 0; row < kinds.length; row++) {
    if (kinds[row] === NUMBER) numbers[row] = entries[number++] as number;
    else if (kinds[row] === BOOLEAN) numbers[row] = booleans[boolean++] as number;
  }
  return numbers;
}

function countOf(kinds: Uint8Array, kind: number): number {
  let count = 0;
  for (const each of kinds) if (each === kind) count++;
  return count;
}
