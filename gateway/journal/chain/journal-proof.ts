/** The hash chain of a journal's file, from its first block to the newest there is when it begins. */

import type { JournalReader } from '../file/journal-reader.ts';
import { MalformedFile } from '../file/sqlite-pages.ts';
import { ChainCheck, type ChainReport, type KnownDay } from './chain-check.ts';
import type { ChainEvent } from './chain-event.ts';
import { bookOf, ChainSource, headAt, type JournalBook } from './chain-source.ts';

export interface JournalProof {
  readonly epoch: string;
  /** The newest block that is looked at. */
  readonly to: number;
  /** To be gone through; then there is a report. */
  readonly events: Iterable<ChainEvent>;
  report(): ChainReport;
}

/** Where what the file keeps beside the blocks is damaged, that is the first break, and the blocks follow. */
export function proveJournal(reader: JournalReader, known?: KnownDay): JournalProof {
  const span = spanOf(reader);
  const check = new ChainCheck(headAt(reader, span.book, 1), known);
  for (const table of span.book.damaged) check.note('table', undefined, table);
  function* events() {
    for (const event of new ChainSource(reader, span.book, 1).events(span.to)) {
      check.take(event);
      yield event;
    }
  }
  return {
    epoch: span.book.epoch,
    to: span.to,
    events: events(),
    report: () => check.end(span.known),
  };
}

export interface JournalSpan {
  readonly book: JournalBook;
  /** The newest block. */
  readonly to: number;
  /** What is spoken of in the file before it was looked at, so that it has to be there, or to have been removed. */
  readonly known: number;
}

/** Days of blocks up to `to` are in the book, also while the journal grows. */
export function spanOf(reader: JournalReader): JournalSpan {
  const { known } = bookOf(reader);
  const to = Math.max(headOf(reader), known);
  return { book: bookOf(reader), to, known };
}

/** Where the newest piece of the file cannot be read, everything that can be. */
function headOf(reader: JournalReader): number {
  try {
    return reader.head;
  } catch (error) {
    if (error instanceof MalformedFile) return Number.MAX_SAFE_INTEGER;
    throw error;
  }
}
