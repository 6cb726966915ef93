/** One measured figure, printed as one JSON object a line. */

export interface Figure {
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** The other thing, measured in the same run. */
  readonly baseline: number;
  readonly ratio: number;
  readonly goal: number;
  readonly ok: boolean;
  /** What else was seen. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

/** The value that so many per cent are not above. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = Math.min(sorted.length - 1, Math.ceil((sorted.length * p) / 100) - 1);
  return sorted[place] ?? Number.NaN;
}

export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** Runs the two by turns, so that what else the machine does meets both alike. */
export async function byTurns<V, B>(
  runs: number,
  value: () => Promise<V>,
  baseline: () => Promise<B>,
): Promise<{ readonly values: readonly V[]; readonly baselines: readonly B[] }> {
  const values: V[] = [];
  const baselines: B[] = [];
  for (let run = 0; run < runs; run++) {
    baselines.push(await baseline());
    values.push(await value());
  }
  return { values, baselines };
}

/** What a bench is: it prints its figures as it finds them. */
export interface Bench {
  readonly name: string;
  readonly run: (print: (figure: Figure) => void, note: (text: string) => void) => Promise<void>;
}
