/** Columns of numbers that grow. */
type Column =
  | Uint8Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

/** The same with room for so many entries in all; those behind are 0. */
export function longer<C extends Column>(column: C, length: number): C {
  const made = new (column.constructor as new (length: number) => C)(length);
  made.set(column);
  return made;
}

/** Whether they have the same entries. */
export function isSameColumn(one: ArrayLike<number>, other: ArrayLike<number>): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let row = 0; row < one.length; row++) if (one[row] !== other[row]) return false;
  return true;
}
