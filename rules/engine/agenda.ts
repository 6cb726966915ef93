/** Which rules are to be evaluated in this moment, in their order. A set of bits: a rule more costs nothing more. */
export class Agenda {
  readonly #words: Int32Array;
  /** No bit is set before this word, or behind that one. */
  #from = Number.MAX_SAFE_INTEGER;
  #to = -1;

  /** Room for so many rules. */
  constructor(size: number) {
    this.#words = new Int32Array((size >> 5) + 1);
  }

  /** May be called while `take` goes on, for rules behind the one that was taken last. */
  add(rule: number): void {
    const word = rule >> 5;
    this.#words[word] = (this.#words[word] as number) | (1 << (rule & 31));
    if (word < this.#from) this.#from = word;
    if (word > this.#to) this.#to = word;
  }

  /** The first one, which is then taken off; −1: none is left. */
  take(): number {
    for (let word = this.#from; word <= this.#to; word++) {
      const bits = this.#words[word] as number;
      if (bits === 0) continue;
      this.#from = word;
      const lowest = bits & -bits;
      this.#words[word] = bits ^ lowest;
      return (word << 5) + (31 - Math.clz32(lowest));
    }
    this.#from = Number.MAX_SAFE_INTEGER;
    this.#to = -1;
    return -1;
  }
}
