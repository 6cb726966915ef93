/** How the addresses of a whole table are written: what single rows leave open, others may show. Pure. */
import { saysHex } from './columns.ts';
import { type Base, firstOf, mayBeManual } from './place.ts';
import type { Table } from './table.ts';
import type { ImportOptions } from './tags.ts';
import { functionOf } from './words.ts';

export interface Numbering {
  readonly base: Base | undefined;
  /** Of bare numbers. */
  readonly radix: 10 | 16;
  /** Whether the radix is concluded from digits, and no title says it. */
  readonly isHexByDigits: boolean;
  /** Whether some numbers can be no manual's. */
  readonly isPlain: boolean;
  /** Whether there is a 0, which nobody writes who counts from 1. */
  readonly hasZero: boolean;
  /** Of values of several registers where no cell says it. */
  readonly order: string | undefined;
}

/** Digits of the last address. */
const LONGEST_HEX = 4;

export function numberingOf(table: Table, { base, order, assuming }: ImportOptions): Numbering {
  const bare = table.rows.flatMap((row) => {
    const stem = firstOf(row.cell('address')).replace(/\..*$/, '');
    const said = functionOf(row.cell('function'));
    const area = 'value' in said ? said.value : undefined;
    return /^[\da-f]{1,6}$/i.test(stem) ? [{ stem, area }] : [];
  });
  const isHexByTitle = saysHex(table.titles.get('address') ?? '');
  const isHexByDigits =
    assuming === true &&
    !isHexByTitle &&
    bare.every(({ stem }) => stem.length <= LONGEST_HEX) &&
    bare.some(({ stem }) => /\d/.test(stem) && /[a-f]/i.test(stem));
  const radix = isHexByTitle || isHexByDigits ? 16 : 10;
  const isPlain = bare.some(
    ({ stem, area }) =>
      /^\d+$/.test(stem) &&
      area !== undefined &&
      mayBeManual(stem, { area, base, radix }) === undefined,
  );
  const hasZero = bare.some(({ stem }) => /^0+$/.test(stem));
  return { base, radix, isHexByDigits, isPlain, hasZero, order };
}
