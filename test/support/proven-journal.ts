/** Journals whose hash chain is looked at: proven, exported, tampered with. */
import { crc32 } from 'node:zlib';
import Database from 'better-sqlite3';
import type { ChainReport, KnownDay } from '../../gateway/journal/chain/chain-check.ts';
import { ChainSource, headAt } from '../../gateway/journal/chain/chain-source.ts';
import type { ExportHeader } from '../../gateway/journal/chain/export-line.ts';
import { ExportCheck, exportLines } from '../../gateway/journal/chain/journal-export.ts';
import { proveJournal, spanOf } from '../../gateway/journal/chain/journal-proof.ts';
import { blockSeal, type SealedColumns, sealed } from '../../gateway/journal/codec/block-seal.ts';
import {
  type JournalReader,
  openJournalReader,
} from '../../gateway/journal/file/journal-reader.ts';
import type { BlockClass } from '../../gateway/journal/journal.ts';
import { utcMs } from '../../gateway/model/units.ts';
import { T0 } from './journal-samples.ts';

function reading<T>(path: string, read: (reader: JournalReader) => T): T {
  const reader = openJournalReader(path);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

export const proofOf = (path: string, known?: KnownDay): ChainReport =>
  reading(path, (reader) => {
    const proof = proveJournal(reader, known);
    for (const _ of proof.events);
    return proof.report();
  });

export interface ExportOptions {
  readonly from?: number;
  readonly to?: number;
  readonly class?: BlockClass;
}

export const exportOf = (path: string, options: ExportOptions = {}): string[] =>
  reading(path, (reader) => {
    const { book, to: head } = spanOf(reader);
    const { from = 1, to = head } = options;
    const header: ExportHeader = {
      ...headAt(reader, book, from),
      gateway: 'plant',
      madeAt: utcMs(T0),
      to,
      class: options.class,
    };
    return [...exportLines(header, new ChainSource(reader, book, from).events(to))];
  });

export function exportProof(
  [first = '', ...rest]: readonly string[],
  known?: KnownDay,
): ChainReport {
  const check = new ExportCheck(first, known);
  for (const line of rest) check.take(line, true);
  return check.end();
}

/** What somebody does to the file of a journal that is closed. */
export function tamper(path: string, change: (database: Database.Database) => void): void {
  const database = new Database(path);
  try {
    change(database);
  } finally {
    database.close();
  }
}

/** The checksum of a block is right again, whatever was changed in its row: what is left to find it is the chain. */
export function sealAnew(database: Database.Database, seq: number): void {
  const row = database
    .prepare<[number], SealedColumns & { data: Buffer | null }>('SELECT * FROM block WHERE seq = ?')
    .get(seq);
  if (!row?.data) return;
  row.data.writeUInt32LE(crc32(row.data.subarray(0, -4)), row.data.length - 4);
  const data = sealed(row.data, blockSeal(row));
  database.prepare('UPDATE block SET data = ? WHERE seq = ?').run(data, seq);
}
