/** Times in steps of 5 %, so that a day of them needs no more memory than a second. */
const STEP = Math.log(1.05);
const SHORTEST_MS = 0.05;

export class Latencies {
  readonly #counts: number[] = [];
  #total = 0;

  /** In ms. */
  add(ms: number): void {
    const step = Math.max(0, Math.ceil(Math.log(ms / SHORTEST_MS) / STEP));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#total++;
  }

  /** In ms, to 5 %: `share` of the times are no longer. Undefined where there are none. */
  percentile(share: number): number | undefined {
    let open = Math.max(1, Math.ceil(this.#total * share));
    for (const [step, count = 0] of this.#counts.entries()) {
      open -= count;
      if (open <= 0) return SHORTEST_MS * Math.exp(step * STEP);
    }
    return undefined;
  }
}
