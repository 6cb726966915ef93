/** A table of points while its rows are understood: what is wrong with each, and what was assumed. Pure. */
import { type Problem, problem } from '../problem.ts';
import { type Column, columnName } from './columns.ts';
import type { Row, Table } from './table.ts';
import type { CellRefusal, Doubt, Understood } from './words.ts';

/** Something about a row; `line` is the number of the row, `col` that of the column. */
export interface RowProblem extends Problem {
  /** The title of the column, as written. */
  readonly column: string;
  /** Of a doubt: what was taken. */
  readonly assumed?: string;
}

/** One row. */
export interface Reader {
  readonly problems: readonly RowProblem[];
  readonly doubts: readonly RowProblem[];
  readonly isAssuming: boolean;
  cell(column: Column): string;
  refuse(column: Column, refusal: CellRefusal): void;
  /** For what is assumed where assumptions are taken, and refused elsewhere. */
  doubt(column: Column, doubt: Doubt): void;
  /**
   * For what is assumed everywhere, and told where assumptions are. What no row says for lack of a column is told once, at
   * the titles; so is, at its first row, what is `once` for the table.
   */
  assume(column: Column, doubt: Doubt, once?: 'once'): void;
  add(column: Column, problem: Problem): void;
  /** The meaning of a cell; undefined when it is empty, or refused. */
  read<T>(column: Column, of: (written: string) => Understood<T>): T | undefined;
}

export interface ReaderOptions {
  readonly file: string;
  /** Whether what is probably meant is taken, and told. */
  readonly assuming: boolean;
}

export interface Readers {
  of(row: Row): Reader;
  /** What was assumed about the table as a whole. */
  readonly doubts: readonly RowProblem[];
}

export function readersOf(table: Table, { file, assuming }: ReaderOptions): Readers {
  const { titles, numbers, header } = table;
  const ofTable = new Map<string, RowProblem>();
  const of = (row: Row): Reader => {
    const problems: RowProblem[] = [];
    const doubts: RowProblem[] = [];
    const placeOf = (column: Column) => ({ file, line: row.number, col: numbers.get(column) ?? 1 });
    // Two checks may say the same of one cell: the driver's, and that of every site.
    const add = (column: Column, one: Problem) => {
      const title = titles.get(column) ?? column;
      if (!problems.some(({ code, column: other }) => code === one.code && other === title))
        problems.push({ ...one, ...placeOf(column), column: title });
    };
    const refuse = (column: Column, { code, details }: CellRefusal) =>
      add(column, problem(placeOf(column), code, details));
    const assume = (column: Column, { code, details, assumed }: Doubt, once?: 'once') => {
      if (!assuming) return;
      const title = titles.get(column);
      const place = { ...placeOf(column), ...(title === undefined && { line: header }) };
      const words = problem(place, code, details, 'warning');
      const told = { ...words, column: oneLine(title ?? columnName(column)), assumed };
      const key = once ? code : `${code} ${assumed}`;
      if (!once && title !== undefined) doubts.push(told);
      else if (!ofTable.has(key)) ofTable.set(key, told);
    };
    const doubt = assuming ? assume : refuse;
    return {
      ...{ problems, doubts, isAssuming: assuming },
      ...{ cell: row.cell, refuse, doubt, assume, add },
      read(column, of) {
        const written = row.cell(column);
        if (written === '') return undefined;
        const understood = of(written);
        if (!('value' in understood)) refuse(column, understood);
        else if (understood.doubt === undefined) return understood.value;
        else {
          doubt((assuming && understood.doubt.about) || column, understood.doubt);
          if (assuming) return understood.value;
        }
        return undefined;
      },
    };
  };
  return {
    of,
    get doubts() {
      return [...ofTable.values()];
    },
  };
}

const oneLine = (title: string) => title.replace(/\s+/g, ' ');
