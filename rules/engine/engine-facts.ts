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
