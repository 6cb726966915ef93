/** A canvas of dots, four rows and two columns of them in each character. Pure. */

const EMPTY = 0x2800;
/** The bit of a dot, by its row and its column in the character. */
const BITS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

export const DOT_ROWS = BITS.length;
export const DOT_COLUMNS = 2;

export class DotCanvas {
  readonly #columns: number;
  readonly #cells: Uint8Array;

  /** In characters. */
  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#cells = new Uint8Array(columns * rows);
  }

  /** A rectangle of dots, both ends in it; 0, 0 is above on the left. */
  fill(left: number, right: number, top: number, bottom: number): void {
    for (let x = left; x <= right; x++) for (let y = top; y <= bottom; y++) this.#set(x, y);
  }

  lines(): string[] {
    const lines: string[] = [];
    for (let at = 0; at < this.#cells.length; at += this.#columns) {
      const cells = [...this.#cells.subarray(at, at + this.#columns)];
      lines.push(
        cells.map((cell) => (cell === 0 ? ' ' : String.fromCharCode(EMPTY + cell))).join(''),
      );
    }
    return lines;
  }

  #set(x: number, y: number): void {
    const cell = Math.floor(y / DOT_ROWS) * this.#columns + Math.floor(x / DOT_COLUMNS);
    const bit = BITS[y % DOT_ROWS]?.[x % DOT_COLUMNS] ?? 0;
    this.#cells[cell] = (this.#cells[cell] ?? 0) | bit;
  }
}
