/** Tables for a terminal, where a Chinese character takes two columns. Pure. */
import { padTo, widthOf } from '../host/text-width.ts';

/** Rows of equally many cells, under one another, two blanks apart; the last cell is as long as it is. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => padTo(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What others wrote may move the cursor of a terminal. */
export const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
