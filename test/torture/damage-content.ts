/** A journal whose content can be told from the numbers of its blocks, and where in its files each block lies. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { silentLog } from '../../gateway/host/log.ts';
import { virtualClock } from '../../gateway/host/virtual-clock.ts';
import { fromBatch } from '../../gateway/journal/batch.ts';
import { BLOCK_CLASSES, type Block, seqOf } from '../../gateway/journal/journal.ts';
import { openJournal } from '../../gateway/journal/open-journal.ts';
import type { Sample } from '../../gateway/model/sample.ts';
import { bytes, millis, utcMs } from '../../gateway/model/units.ts';
import { batchOf, numbered, sampleOf, T0, TAGS } from '../support/journal-samples.ts';
import { auditOf, intend } from '../support/ledger-samples.ts';
import { type BlockRow, type Pieces, placesOf } from './damage-map.ts';

export const UPLINK = 'upstream';
export const SIGNER = 'dispatch';
/** The highest counter that is stored of the signer. */
export const COUNTER = 7_000;
const BLOCKS = 360;
/** So small that the WAL holds the newest third. */
const FILE_BYTES_MAX = 1.5 * 2 ** 20;

/** The files of a journal in one state. */
export interface Files {
  readonly file: Buffer;
  readonly wal: Buffer | undefined;
}

export interface Template extends Files {
  readonly epoch: string;
  readonly head: number;
  /** Added to every number, so that another journal's content is another. */
  readonly shift: number;
  /** Up to here the uplink has acknowledged. */
  readonly acknowledged: number;
  /** By seq: the pieces of the files without which the block cannot be read. */
  readonly places: ReadonlyMap<number, Pieces>;
  /** An earlier state of the same journal. */
  readonly older: Files;
}

/** What the block of this seq says. */
export function contentOf(seq: number, shift: number): readonly Sample[] {
  const number = seq + shift;
  if (isAudit(seq)) return auditOf(`remote/c${number}`, 'intent');
  if (seq % 11 === 0) return numbered(number, 1 + (number % 150));
  if (seq % 13 === 0) return [sampleOf(`{"record":${number}}`, 1, T0 + number)];
  return Array.from({ length: 24 }, (_, row) =>
    sampleOf(
      20 + (row % TAGS.length) + Math.floor((number + row) / 8),
      row % TAGS.length,
      T0 + number * 1000 + row,
    ),
  );
}

const isAudit = (seq: number): boolean => seq % 29 === 0;
const classOf = (seq: number) =>
  seq % 13 === 0 ? 'record' : seq % 17 === 0 ? 'alarm' : 'telemetry';

export const samplesIn = ({ samples, tagOf }: Block): readonly Sample[] =>
  fromBatch(samples, tagOf);

/** With `isKilled` the file is as a kill leaves it, a WAL beside it; else it was closed in order. */
export async function template(path: string, shift: number, isKilled: boolean): Promise<Template> {
  mkdirSync(dirname(path), { recursive: true });
  const clock = virtualClock(utcMs(T0));
  const journal = openJournal({
    ...{ path, tags: TAGS, uplinks: [UPLINK], clock, log: silentLog },
    ...{ maxSize: bytes(FILE_BYTES_MAX), keep: millis(1e12) },
  });
  const origin = `origin-${shift}`;
  const acknowledged = Math.floor(BLOCKS / 3);
  let older: Files = { file: Buffer.alloc(0), wal: undefined };
  for (let seq = 1; seq <= BLOCKS; seq++) {
    await clock.advance(millis(1_000));
    if (isAudit(seq)) await journal.enter([intent(seq, shift)]);
    else
      await journal.append(classOf(seq), batchOf(contentOf(seq, shift)), { origin, number: seq });
    if (seq <= acknowledged) journal.cursor(UPLINK).acknowledge(seqOf(seq));
    journal.saveCursors();
    if (seq === Math.floor(BLOCKS / 2)) older = filesAt(path);
  }
  const { epoch, head } = journal;
  const killed = filesAt(path);
  await journal.close();
  const files = isKilled ? killed : filesAt(path);
  return {
    ...files,
    epoch,
    head,
    shift,
    acknowledged,
    older,
    places: placesOf(files, rowsAt(path)),
  };
}

const intent = (seq: number, shift: number) =>
  intend(`c${seq + shift}`, {
    counter: { signer: SIGNER, value: COUNTER - BLOCKS + seq },
    issued: T0 + seq,
  });

function filesAt(path: string): Files {
  return { file: readFileSync(path), wal: readOr(`${path}-wal`) };
}

function readOr(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function rowsAt(path: string): BlockRow[] {
  const database = new Database(path, { readonly: true });
  try {
    return database
      .prepare<[], BlockRow>('SELECT seq, data, key, state, link FROM block ORDER BY seq')
      .all();
  } finally {
    database.close();
  }
}

export const CLASSES = BLOCK_CLASSES;
