/** A set of whole numbers as ascending ranges that neither overlap nor touch. */
export type Range = readonly [from: number, to: number];

export class RangeSet {
  #ranges: [number, number][] = [];

  constructor(ranges: Iterable<Range> = []) {
    for (const [from, to] of ranges) this.add(from, to);
  }

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** How many numbers it holds. */
  get size(): number {
    return this.#ranges.reduce((size, [from, to]) => size + to - from + 1, 0);
  }

  /** The ranges that hold any of these. */
  rangesWith(values: readonly number[]): readonly Range[] {
    const found = values.map((value) => this.#ranges[this.#indexFrom(value)] as Range);
    return [...new Set(found)].filter((range) => range !== undefined);
  }

  add(from: number, to: number = from): void {
    const first = this.#indexFrom(from - 1);
    let end = first;
    let [low, high] = [from, to];
    for (let range = this.#ranges[end]; range && range[0] <= to + 1; range = this.#ranges[++end]) {
      low = Math.min(low, range[0]);
      high = Math.max(high, range[1]);
    }
    this.#ranges.splice(first, end - first, [low, high]);
  }

  has(value: number): boolean {
    const range = this.#ranges[this.#indexFrom(value)];
    return range !== undefined && range[0] <= value;
  }

  /** The first number above `value` that is not in the set. */
  firstMissingAfter(value: number): number {
    const range = this.#ranges[this.#indexFrom(value + 1)];
    return range !== undefined && range[0] <= value + 1 ? range[1] + 1 : value + 1;
  }

  /** Of `from` to `to`, both among them, what is not in the set. */
  missingIn(from: number, to: number): readonly Range[] {
    const missing: Range[] = [];
    let next = from;
    for (let at = this.#indexFrom(from); at < this.#ranges.length; at++) {
      const [first, last] = this.#ranges[at] as Range;
      if (first > to) break;
      if (first > next) missing.push([next, first - 1]);
      next = last + 1;
    }
    if (next <= to) missing.push([next, to]);
    return missing;
  }

  /** What both sets hold. */
  intersect(other: RangeSet): RangeSet {
    const common = new RangeSet();
    let mine = 0;
    let theirs = 0;
    for (;;) {
      const a = this.#ranges[mine];
      const b = other.#ranges[theirs];
      if (a === undefined || b === undefined) return common;
      const from = Math.max(a[0], b[0]);
      const to = Math.min(a[1], b[1]);
      if (from <= to) common.#ranges.push([from, to]);
      if (a[1] < b[1]) mine++;
      else theirs++;
    }
  }

  /** The place of the first range that ends at `value` or later. */
  #indexFrom(value: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ranges[middle] as [number, number])[1] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
