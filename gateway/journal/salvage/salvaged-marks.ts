/**
 * The marks of commands in a damaged journal, the highest of all versions that can be read: a counter may be too high then,
 * which refuses commands, and never too low, which would take one twice.
 */

import { foundPage, recordAt } from '../file/sqlite-cells.ts';
import { MalformedFile } from '../file/sqlite-pages.ts';
import { DamagedPages } from './damaged-pages.ts';

export interface Mark {
  readonly kind: 'counter' | 'issued';
  readonly name: string;
  readonly value: number;
}

/**
 * The mark that no command may have been issued before: of a journal that replaced a damaged one. No tag is called so.
 */
export const EVERY_TAG = '*';
/** A larger file is not read to its end before the journal opens; the mark of the time stands for what it may hold. */
const PAGES_MAX = 131_072;
const MARKS_MAX = 100_000;

/** Never throws for what is there. */
export function salvagedMarks(path: string): readonly Mark[] {
  const pages = new DamagedPages(path);
  const marks = new Map<string, Mark>();
  try {
    const last = pages.slots;
    for (let slot = Math.max(0, last - PAGES_MAX); slot < last; slot++) take(pages, slot, marks);
  } finally {
    pages.close();
  }
  return [...marks.values()];
}

function take(pages: DamagedPages, slot: number, marks: Map<string, Mark>): void {
  try {
    const { number, view } = pages.slot(slot);
    const found = foundPage(view, number);
    if (found?.kind !== 'index') return;
    for (const cell of found.cells) {
      const [kind, name, value] = recordAt(pages.asOf(slot), found.page, cell) ?? [];
      if ((kind !== 'counter' && kind !== 'issued') || typeof name !== 'string') continue;
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || name === '') continue;
      const key = `${kind}/${name}`;
      if (value <= (marks.get(key)?.value ?? -1) || marks.size >= MARKS_MAX) continue;
      marks.set(key, { kind, name, value });
    }
  } catch (error) {
    if (!(error instanceof MalformedFile)) throw error;
  }
}
