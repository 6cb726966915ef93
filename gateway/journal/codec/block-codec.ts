/**
 * One batch of samples as the bytes of a block and back, bit for bit. A block stands alone, or it is coded against one
 * that does, its key, and only against that: a damaged block takes no other with it, unless it is a key. Pure; the
 * layout is FORMAT.md.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { SampleBatch } from '../batch.ts';
import { decodeBody, encodeBody } from './block-body.ts';
import { CHECKSUM_BYTES, checksumOf } from './block-seal.ts';
import { decodeVersion1 } from './block-version-1.ts';
import { ByteReader, ByteWriter, MalformedBlock } from './byte-stream.ts';
import { frameOf, type KeyFrame } from './key-frame.ts';

/** The version that is written. */
export const BLOCK_VERSION = 2;
/** The most samples one block holds. */
export const BLOCK_SAMPLES_MAX = 1_000_000;
const BODY_BYTES_MAX = 256 * 2 ** 20;
/** A body is hardly ever longer than so many times its frame. */
const UNPACKED_MOST = 4;
/** Of a body, bytes that zlib unpacks at once. */
const [CHUNK_MIN, CHUNK_MAX] = [256, 16 * 1024];

/** Version 1 has a packing here, which is 0 or 1; bit 0 says the same. */
const ZSTD = 1;
const HAS_KEY = 2;
const FLAGS = ZSTD | HAS_KEY;
const HEAD_BYTES = 2;

/** Head, checksum of the key, checksum. */
const FRAME_BYTES_MAX = 2 + 4 + 4;

/** Below this a zstd frame's own overhead eats what it saves; dense bytes do not count. */
const ZSTD_FROM_BYTES = 64;
/** Levels 1 to 12 differ by 2 % in size on slowly changing decimals, level 1 is the fastest. */
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/**
 * `batch.tags` are the journal's tag numbers. With a key the block needs that key to be read again. `scales` is an
 * earlier key, for a block that is to be one: tags keep the decimals they had in it; the reader does not need it.
 * What is given has to be `sealed` where it is stored.
 */
export function encodeBlock(
  batch: SampleBatch,
  key?: KeyFrame,
  scales?: KeyFrame,
): Uint8Array<ArrayBuffer> {
  if (batch.length > BLOCK_SAMPLES_MAX) throw new RangeError(`${batch.length} samples in a block`);
  const columns = encodeBody(batch, key, scales);
  const body = columns.written();
  const mayPay = columns.length - columns.dense >= ZSTD_FROM_BYTES;
  const packed = mayPay ? zstdCompressSync(body, ZSTD_OPTIONS) : body;
  const pays = packed.length < body.length;
  const writer = new ByteWriter(packed.length + FRAME_BYTES_MAX);
  writer.byte(BLOCK_VERSION);
  writer.byte((pays ? ZSTD : 0) | (key === undefined ? 0 : HAS_KEY));
  if (key !== undefined) writer.uint32(key.checksum);
  writer.bytes(pays ? packed : body);
  writer.uint32(crc32(writer.written()));
  return writer.written();
}

/**
 * Throws MalformedBlock where the bytes are not a block this version can read, where `seal` is not the one with which it
 * was stored, and where `key` is not the one it needs; a block that needs none may be given any.
 */
export function decodeBlock(bytes: Uint8Array, seal: string, key?: KeyFrame): SampleBatch {
  return decoded(bytes, seal, key).batch;
}

/** Whether the bytes say that a key is needed; false for bytes that are no block. */
export const needsKey = (bytes: Uint8Array): boolean =>
  bytes[0] === BLOCK_VERSION && ((bytes[1] ?? 0) & HAS_KEY) !== 0;

/**
 * What blocks are coded against that refer to this one. Throws MalformedBlock where the bytes are no block of version 2
 * that stands alone.
 */
export const keyFrameOf = (bytes: Uint8Array, seal: string): KeyFrame =>
  decodeAlone(bytes, seal).frame();

/** A block that stands alone. */
export interface AloneBlock {
  readonly batch: SampleBatch;
  /** What blocks are coded against that refer to it; throws as keyFrameOf. */
  readonly frame: () => KeyFrame;
}

/** Throws MalformedBlock as decodeBlock. */
export function decodeAlone(bytes: Uint8Array, seal: string): AloneBlock {
  const { batch, classes } = decoded(bytes, seal, undefined);
  // They hold until the next block is decoded.
  const kept = classes.slice();
  const frame = () => {
    if (bytes[0] !== BLOCK_VERSION) throw new MalformedBlock('cannot be a key');
    return frameOf(batch, kept, checksumOf(bytes));
  };
  return { batch, frame };
}

function decoded(bytes: Uint8Array, seal: string, key: KeyFrame | undefined) {
  // A damaged row may have a text, or a number, in their place.
  if (!(bytes instanceof Uint8Array)) throw new MalformedBlock('no bytes');
  const end = bytes.length - CHECKSUM_BYTES;
  if (end < HEAD_BYTES + 1) throw new MalformedBlock(`${bytes.length} bytes`);
  const sum = crc32(bytes.subarray(0, end));
  if ((bytes[0] === 1 ? sum : crc32(seal, sum)) !== checksumOf(bytes))
    throw new MalformedBlock('wrong checksum');
  const reader = new ByteReader(bytes.subarray(0, end));
  const version = reader.byte();
  if (version !== 1 && version !== BLOCK_VERSION)
    throw new MalformedBlock(`block version ${version}`);
  const flags = reader.byte();
  if ((flags & ~(version === 1 ? ZSTD : FLAGS)) !== 0) throw new MalformedBlock(`flags ${flags}`);
  const needed = (flags & HAS_KEY) === 0 ? undefined : key;
  if ((flags & HAS_KEY) !== 0) {
    const checksum = reader.uint32();
    if (needed === undefined) throw new MalformedBlock('its key is missing');
    if (checksum !== needed.checksum) throw new MalformedBlock('coded against another key');
  }
  const body = new ByteReader(unpacked(reader, version, flags));
  const length = body.varint();
  if (length > BLOCK_SAMPLES_MAX) throw new MalformedBlock(`${length} samples`);
  const result =
    version === 1
      ? { batch: decodeVersion1(body, length), classes: new Uint8Array(0) }
      : decodeBody(body, length, needed);
  if (body.remaining > 0) throw new MalformedBlock(`${body.remaining} bytes too many`);
  return result;
}

/** Version 1 has the length of the body before it. */
function unpacked(reader: ByteReader, version: number, flags: number): Uint8Array {
  const length = version === 1 ? reader.varint() : undefined;
  const packed = reader.bytes(reader.remaining);
  const body = (flags & ZSTD) === 0 ? packed : inflated(packed, length ?? BODY_BYTES_MAX);
  if (body.length !== (length ?? body.length))
    throw new MalformedBlock(`body of ${body.length} bytes`);
  return body;
}

/**
 * `most` is what the body may have, as it says itself. Node keeps a chunk of each call until the collector has been through
 * all of the heap: of 16 KiB, as it comes, that is tens of MB while a backlog drains.
 */
function inflated(packed: Uint8Array, most: number): Uint8Array {
  try {
    return zstdDecompressSync(packed, {
      maxOutputLength: Math.min(most, BODY_BYTES_MAX),
      chunkSize: Math.min(Math.max(UNPACKED_MOST * packed.length, CHUNK_MIN), CHUNK_MAX),
    });
  } catch (cause) {
    throw new MalformedBlock('damaged zstd frame', { cause });
  }
}
