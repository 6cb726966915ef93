/** What an engine says about itself. */

/** Names of rules: what a reload, or a start with saved state, made of them. */
export interface RuleSetChange {
  /** Unchanged, going on with their state. */
  readonly kept: readonly string[];
  /** Beginning anew, because something that gives them their meaning changed. */
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface EngineFacts {
  readonly rules: number;
  readonly moments: number;
  readonly evaluations: number;
  /** Rules that threw and are stopped. */
  readonly faulty: readonly string[];
  /** Samples that windows could not keep. */
  readonly dropped: number;
  /** Commands whose value was unknown. */
  readonly unsent: number;
}

/** From the names of the rules before to those `now`, of which `same` go on with their state. */
export function changeOf(
  before: readonly string[],
  now: readonly string[],
  same: ReadonlySet<string>,
): RuleSetChange {
  const known = new Set(before);
  const still = new Set(now);
  return {
    kept: now.filter((name) => same.has(name)),
    changed: now.filter((name) => known.has(name) && !same.has(name)),
    added: now.filter((name) => !known.has(name)),
    removed: before.filter((name) => !still.has(name)),
  };
}
