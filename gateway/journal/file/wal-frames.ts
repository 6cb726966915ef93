/**
 * The frames of a WAL, each judged by itself: https://www.sqlite.org/fileformat2.html §4. SQLite stops at the first
 * frame whose checksum is wrong, which is right after a power cut and loses what stands behind a damaged one. Pure.
 */
import { JOURNAL_PAGE_BYTES } from './journal-format.ts';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const FRAME_BYTES = FRAME_HEADER_BYTES + JOURNAL_PAGE_BYTES;
/** So many frames say whose they are where the header does not. */
const ASKED = 8;

export interface WalFrame {
  readonly page: number;
  /** Where the page's bytes begin. */
  readonly at: number;
  /** The last one of its transaction. */
  readonly isCommit: boolean;
  /** Its checksum goes on from that of the frame before: its bytes are those of one write. */
  readonly isWhole: boolean;
}

/** The state of the running checksum of a WAL. */
export type Checksum = readonly [number, number];

/** In order, up to the last commit; frames of an earlier use of the file are left out, they are in the main file. */
export function walFrames(wal: Buffer): readonly WalFrame[] {
  const count = Math.floor((wal.length - HEADER_BYTES) / FRAME_BYTES);
  if (count <= 0) return [];
  const salts = isHeaderWhole(wal) ? saltsAt(wal, 16) : likelySalts(wal, count);
  const frames: WalFrame[] = [];
  let committed = 0;
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * FRAME_BYTES;
    const page = wal.readUInt32BE(at);
    if (saltsAt(wal, at + 8) !== salts || page === 0 || page > 2 ** 31) continue;
    const isCommit = wal.readUInt32BE(at + 4) !== 0;
    frames.push({ page, at: at + FRAME_HEADER_BYTES, isCommit, isWhole: isWhole(wal, index) });
    if (isCommit) committed = frames.length;
  }
  return frames.slice(0, committed);
}

/** Two numbers that are new whenever the WAL begins anew. */
const saltsAt = (wal: Buffer, at: number): string => wal.toString('latin1', at, at + 8);

function likelySalts(wal: Buffer, count: number): string {
  const votes = new Map<string, number>();
  for (let index = 0; index < Math.min(count, ASKED); index++) {
    const salts = saltsAt(wal, HEADER_BYTES + index * FRAME_BYTES + 8);
    votes.set(salts, (votes.get(salts) ?? 0) + 1);
  }
  return [...votes].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0] as const)[0];
}

function isHeaderWhole(wal: Buffer): boolean {
  const magic = wal.readUInt32BE(0);
  if (magic >>> 1 !== 0x377f0682 >>> 1) return false;
  const [s0, s1] = walChecksum([0, 0], wal.subarray(0, 24), (magic & 1) === 1);
  return s0 === wal.readUInt32BE(24) && s1 === wal.readUInt32BE(28);
}

/** In either byte order: the header that tells it may be damaged. */
function isWhole(wal: Buffer, index: number): boolean {
  const at = HEADER_BYTES + index * FRAME_BYTES;
  // Where the checksum of the header is, or that of the frame before.
  const before = index === 0 ? 24 : at - FRAME_BYTES + 16;
  const start: Checksum = [wal.readUInt32BE(before), wal.readUInt32BE(before + 4)];
  const page = wal.subarray(at + FRAME_HEADER_BYTES, at + FRAME_BYTES);
  return [false, true].some((isBig) => {
    const sum = walChecksum(start, wal.subarray(at, at + 8), isBig);
    const [s0, s1] = walChecksum(sum, page, isBig);
    return s0 === wal.readUInt32BE(at + 16) && s1 === wal.readUInt32BE(at + 20);
  });
}

/** Goes on with `sum` over `bytes`, a multiple of 8: https://www.sqlite.org/fileformat2.html §4.2. */
export function walChecksum([first, second]: Checksum, bytes: Buffer, isBig: boolean): Checksum {
  let [s0, s1] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    const [a, b] = isBig
      ? [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)]
      : [bytes.readUInt32LE(at), bytes.readUInt32LE(at + 4)];
    s0 = (s0 + a + s1) >>> 0;
    s1 = (s1 + b + s0) >>> 0;
  }
  return [s0, s1];
}
