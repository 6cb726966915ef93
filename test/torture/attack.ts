/**
 * What an attack on the gateway's store is. `npm run torture` runs the attacks one by one and writes what they found into
 * `docs/FAULTS.md`; the test suite runs each of them with a small count.
 */

export interface AttackOrder {
  /** The same seed attacks in the same way. */
  readonly seed: number;
  /** How many kills, states, faults, files, scripts. */
  readonly count: number;
  /** Tells a person how far it is; called at least every two seconds. */
  readonly progress: (done: number, of: number) => void;
}

/** One promise that was put to the test. */
export interface Law {
  /** A sentence that is true when the law holds: `no stored sample is lost`. */
  readonly promise: string;
  /** What was found, with its unit: `0 of 4,310,000 samples`, `p99 3.1 ms`. */
  readonly found: string;
  /** What was asked for: `0`, `≤ 10 ms`. */
  readonly goal: string;
  readonly holds: boolean;
}

export interface AttackReport {
  /** What was done, in numbers: `kills: 1000`, `samples: 4310000`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly laws: readonly Law[];
  /** Where a law did not hold: what is needed to see it again. At most ten lines. */
  readonly failures: readonly string[];
}

export interface Attack {
  /** One word for `--only`. */
  readonly name: string;
  /** What is done to the gateway, one sentence, for the table in `docs/FAULTS.md`. */
  readonly title: string;
  /** What the simulation does not show; empty where it is the real thing. */
  readonly limits: string;
  /** How many in the test suite, and how many in a run by hand. */
  readonly few: number;
  readonly many: number;
  readonly run: (order: AttackOrder) => Promise<AttackReport>;
}
