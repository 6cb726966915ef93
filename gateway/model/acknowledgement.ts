/** That somebody upstream has seen an alarm, and what became of saying so. Crosses threads and the network as it is. */

export interface AcknowledgeRequest {
  /** The alarm's key, all eight digits. */
  readonly key: string;
  /** The activation that is meant, of an alarm of a rule: `press-overheat#12`. */
  readonly id?: string;
  /** Who says so, as he says himself. */
  readonly by: string;
  readonly comment?: string;
}

/**
 * already: somebody else was first · stale: what is meant is over · unknown: there is no such alarm · refused: the request is
 * wrong, or the device did not take it, or gave no answer.
 */
export const ACKNOWLEDGE_OUTCOMES = [
  'acknowledged',
  'already',
  'stale',
  'unknown',
  'refused',
] as const;
export type AcknowledgeReplyOutcome = (typeof ACKNOWLEDGE_OUTCOMES)[number];

export interface AcknowledgeReply {
  readonly key: string;
  /** The activation: the one that was acknowledged, or the latest. */
  readonly id?: string;
  readonly outcome: AcknowledgeReplyOutcome;
  /** Who has acknowledged it, which may be somebody else; else who asked. */
  readonly by?: string;
  /** In English, where more is to be said. */
  readonly reason?: string;
}
