/**
 * Where the blocks of a journal lie in its files, found by their bytes and without the code that is put to the test. A piece
 * is a page, or a frame of the WAL.
 */
import type { Files } from './damage-content.ts';

export interface BlockRow {
  readonly seq: number;
  readonly data: Buffer | null;
  readonly key: number | null;
  readonly state: string;
  readonly link: Buffer | null;
}

export interface Piece {
  readonly part: 'file' | 'wal';
  readonly from: number;
  readonly to: number;
}

export type Pieces = readonly Piece[];

const PAGE = 512;
const FRAME = PAGE + 24;
const WAL_HEADER = 32;

/** By seq; a block that refers to another has that one's pieces as well. */
export function placesOf(files: Files, rows: readonly BlockRow[]): ReadonlyMap<number, Pieces> {
  const own = new Map(rows.map((row) => [row.seq, piecesOf(files, row)]));
  return new Map(
    rows.map(({ seq, key }) => [
      seq,
      [...(own.get(seq) ?? []), ...(key === null ? [] : (own.get(key) ?? []))],
    ]),
  );
}

/** Whether all of it is still as it was. */
export const isIntact = (pieces: Pieces, before: Files, now: Files): boolean =>
  pieces.every(({ part, from, to }) => {
    const [was, is] = [before[part], now[part]];
    return (
      was !== undefined &&
      is !== undefined &&
      is.length >= to &&
      was.subarray(from, to).equals(is.subarray(from, to))
    );
  });

function piecesOf(files: Files, row: BlockRow): Pieces {
  // What stands in the row from the data on: key, state, link, as the file has them.
  const body = Buffer.concat([
    row.data ?? Buffer.alloc(0),
    row.key === null ? Buffer.alloc(0) : integer(row.key),
    Buffer.from(row.state),
    row.link ?? Buffer.alloc(0),
  ]);
  for (const piece of candidates(files, body)) {
    const rest = follow(files, piece.piece, piece.at, body);
    if (rest) return [piece.piece, ...rest];
  }
  throw new Error(`block ${row.seq} is nowhere`);
}

/** Pages in which the body may begin, the newest first. */
function* candidates({ file, wal }: Files, body: Buffer) {
  const start = body.subarray(0, Math.min(16, body.length));
  if (wal) {
    const found: { piece: Piece; at: number }[] = [];
    for (let at = wal.indexOf(start); at >= 0; at = wal.indexOf(start, at + 1)) {
      const frame = Math.floor((at - WAL_HEADER) / FRAME);
      const from = WAL_HEADER + frame * FRAME;
      if (!isPresent(wal, from)) continue;
      found.push({ piece: { part: 'wal', from, to: from + FRAME }, at });
    }
    yield* found.reverse();
  }
  for (let at = file.indexOf(start); at >= 0; at = file.indexOf(start, at + 1)) {
    const from = at - (at % PAGE);
    yield { piece: { part: 'file', from, to: from + PAGE } as const, at };
  }
}

/** The pages in which it goes on; undefined where it does not begin here. */
function follow(files: Files, piece: Piece, at: number, body: Buffer): Pieces | undefined {
  const bytes = files[piece.part] as Buffer;
  let here = 0;
  while (here < body.length && at + here < piece.to && bytes[at + here] === body[here]) here++;
  if (here === body.length) return [];
  // Behind what is here stands the number of the next page, which may look like more of the body.
  for (let less = 0; less < 4 && here - less > 0; less++) {
    const end = at + here - less;
    if (end + 4 > piece.to) continue;
    const rest = chain(files, bytes.readUInt32BE(end), body.subarray(here - less));
    if (rest) return rest;
  }
  return undefined;
}

function chain(files: Files, number: number, body: Buffer): Pieces | undefined {
  const part = body.subarray(0, PAGE - 4);
  for (const piece of versions(files, number)) {
    const bytes = files[piece.part] as Buffer;
    const page = bytes.subarray(piece.to - PAGE, piece.to);
    if (!page.subarray(4, 4 + part.length).equals(part)) continue;
    if (part.length === body.length) return [piece];
    const rest = chain(files, page.readUInt32BE(0), body.subarray(part.length));
    if (rest) return [piece, ...rest];
  }
  return undefined;
}

/** Of the present use of the WAL: what stands behind is from an earlier one. */
const isPresent = (wal: Buffer, frame: number): boolean =>
  wal.compare(wal, 16, 24, frame + 8, frame + 16) === 0;

/** Of a page, the newest first. */
function* versions({ file, wal }: Files, number: number): Generator<Piece> {
  if (wal)
    for (let frame = Math.floor((wal.length - WAL_HEADER) / FRAME) - 1; frame >= 0; frame--) {
      const from = WAL_HEADER + frame * FRAME;
      if (wal.readUInt32BE(from) === number && isPresent(wal, from))
        yield { part: 'wal', from, to: from + FRAME };
    }
  const from = (number - 1) * PAGE;
  if (number > 0 && from + PAGE <= file.length) yield { part: 'file', from, to: from + PAGE };
}

/** As SQLite stores it in a row. */
function integer(value: number): Buffer {
  if (value < 2) return Buffer.alloc(0);
  const length = [1, 2, 3, 4, 6].find((bytes) => value < 2 ** (8 * bytes - 1)) ?? 6;
  const bytes = Buffer.alloc(length);
  bytes.writeIntBE(value, 0, length);
  return bytes;
}
