/** What is done to the files of a journal by hand. Each act takes them as they are and leaves them damaged. */
import type { Random } from '../../gateway/model/backoff.ts';
import type { Files, Template } from './damage-content.ts';

/** What stands where the files of the journal stood. */
export interface Damaged {
  readonly file: Buffer | 'folder' | 'loop' | 'nothing';
  readonly wal: Buffer | 'folder' | undefined;
  /** Beside it, by the end of its name. */
  readonly others: ReadonlyMap<string, Buffer>;
  readonly mode: number;
}

export interface Others {
  /** Another gateway's journal. */
  readonly journal: Files;
  /** Another program's database, with a WAL and a rollback journal of its own. */
  readonly database: Files & { readonly journal: Buffer };
}

type Act = (files: Damaged, random: Random, template: Template, others: Others) => Damaged;

const PAGE = 512;
const FRAME = PAGE + 24;
const below = (random: Random, most: number): number => Math.floor(random() * most);
const between = (random: Random, from: number, to: number): number =>
  from + below(random, to - from + 1);

const onFile =
  (change: (bytes: Buffer, random: Random, template: Template, others: Others) => Buffer): Act =>
  (files, random, template, others) =>
    files.file instanceof Buffer
      ? { ...files, file: change(Buffer.from(files.file), random, template, others) }
      : files;

const onWal =
  (change: (bytes: Buffer, random: Random, template: Template, others: Others) => Buffer): Act =>
  (files, random, template, others) =>
    files.wal instanceof Buffer && files.wal.length > 0
      ? { ...files, wal: change(Buffer.from(files.wal), random, template, others) }
      : onFile(change)(files, random, template, others);

function flip(bytes: Buffer, random: Random, from = 0, to = bytes.length): void {
  if (to <= from) return;
  const at = from + below(random, to - from);
  bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
}

function flips(bytes: Buffer, random: Random): Buffer {
  for (let left = between(random, 2, 200); left > 0; left--) flip(bytes, random);
  return bytes;
}

function garbage(bytes: Buffer, random: Random): Buffer {
  const from = below(random, bytes.length);
  const to = Math.min(bytes.length, from + between(random, 1, 4096));
  for (let at = from; at < to; at++) bytes[at] = below(random, 256);
  return bytes;
}

function onPages(change: (bytes: Buffer, page: number, random: Random) => void) {
  return (bytes: Buffer, random: Random): Buffer => {
    const pages = Math.floor(bytes.length / PAGE);
    if (pages > 0)
      for (let left = between(random, 1, 8); left > 0; left--)
        change(bytes, below(random, pages) * PAGE, random);
    return bytes;
  };
}

const zero = onPages((bytes, at) => bytes.fill(0, at, at + PAGE));
const duplicate = onPages((bytes, at, random) =>
  bytes.copy(bytes, at, below(random, Math.floor(bytes.length / PAGE)) * PAGE, at + PAGE),
);
const copyOver = onPages((bytes, at, random) => {
  const from = below(random, Math.floor(bytes.length / PAGE)) * PAGE;
  bytes.copy(bytes, at, from, from + PAGE);
});

/** Of pages of one kind: 2 and 10 of indexes, 5 and 13 of tables, 0 overflow and free pages. */
const inKind =
  (kinds: readonly number[]) =>
  (bytes: Buffer, random: Random): Buffer => {
    const pages = Array.from({ length: Math.floor(bytes.length / PAGE) }, (_, i) => i * PAGE);
    const those = pages.filter((at) => kinds.includes(bytes[at === 0 ? 100 : at] as number));
    for (let left = between(random, 1, 4); left > 0 && those.length > 0; left--) {
      const at = those[below(random, those.length)] as number;
      for (let bits = between(random, 1, 8); bits > 0; bits--) flip(bytes, random, at, at + PAGE);
    }
    return bytes;
  };

const cut = (bytes: Buffer, random: Random): Buffer =>
  bytes.subarray(0, below(random, bytes.length));

function badFrame(bytes: Buffer, random: Random): Buffer {
  const frames = Math.floor((bytes.length - 32) / FRAME);
  const at = 32 + below(random, Math.max(1, frames)) * FRAME;
  flip(bytes, random, at, Math.min(bytes.length, at + FRAME));
  return bytes;
}

export const ACTS: Readonly<Record<string, Act>> = {
  'one bit of the file': onFile((bytes, random) => {
    flip(bytes, random);
    return bytes;
  }),
  'many bits of the file': onFile(flips),
  'garbage in the file': onFile(garbage),
  'bits of the header': onFile((bytes, random) => {
    for (let left = between(random, 1, 4); left > 0; left--) flip(bytes, random, 0, 100);
    return bytes;
  }),
  'interior pages': onFile(inKind([5, 2])),
  'leaf pages': onFile(inKind([13, 10])),
  'overflow and free pages': onFile(inKind([0])),
  'zeroed pages': onFile(zero),
  'duplicated pages': onFile(duplicate),
  'copied pages': onFile(copyOver),
  'file cut off': onFile(cut),
  'header of another database': onFile((bytes, _, __, { database }) => {
    database.file.copy(bytes, 0, 0, 100);
    return bytes;
  }),
  'header of another journal': onFile((bytes, _, __, { journal }) => {
    journal.file.copy(bytes, 0, 0, 100);
    return bytes;
  }),
  'empty file': onFile(() => Buffer.alloc(0)),
  'another database': onFile((_, __, ___, { database }) => Buffer.from(database.file)),
  'an older file': onFile((_, __, { older }) => Buffer.from(older.file)),
  'bits of the WAL': onWal((bytes, random) => {
    for (let left = between(random, 1, 4); left > 0; left--) flip(bytes, random);
    return bytes;
  }),
  'a frame of the WAL': onWal(badFrame),
  'header of the WAL': onWal((bytes, random) => {
    flip(bytes, random, 0, 32);
    return bytes;
  }),
  'garbage in the WAL': onWal(garbage),
  'WAL cut off': onWal(cut),
  'WAL gone': (files) => ({ ...files, wal: undefined }),
  'an older WAL': (files, _, { older }) => ({ ...files, wal: older.wal }),
  'WAL of another journal': (files, _, __, { journal }) => ({ ...files, wal: journal.wal }),
  'WAL of another database': (files, _, __, { database }) => ({ ...files, wal: database.wal }),
  'WAL without a file': (files) => ({ ...files, file: 'nothing' }),
  'a folder in the place of the WAL': (files) => ({ ...files, wal: 'folder' }),
  'a rollback journal': (files, _, __, { database }) => ({
    ...files,
    others: new Map([['-journal', database.journal]]),
  }),
  'a strange -shm': (files, random) => ({
    ...files,
    others: new Map([['-shm', garbage(Buffer.alloc(32_768), random)]]),
  }),
  'a folder in its place': (files) => ({ ...files, file: 'folder' }),
  'a link to itself': (files) => ({ ...files, file: 'loop' }),
  'no permission': (files) => ({ ...files, mode: 0o000 }),
};
