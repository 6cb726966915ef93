/**
 * Room for columns that a decoder needs only until it has gone on to the next. Made anew for each block, they would be most
 * of what a draining backlog leaves to the collector.
 */

/** Longer columns are rare, and would keep much memory for the life of the process. */
const KEPT_ROWS = 16_384;

interface Column<C> {
  readonly length: number;
  subarray(from: number, to: number): C;
}

/** Gives columns of any length that hold until it is called again. What is in them is left from before. */
export function scratch<C extends Column<C>>(make: (rows: number) => C): (rows: number) => C {
  let kept = make(0);
  return (rows) => {
    if (rows > KEPT_ROWS) return make(rows);
    if (rows > kept.length) kept = make(KEPT_ROWS);
    return kept.subarray(0, rows);
  };
}
