/** An acknowledgement from upstream at the desk, like one from the command line; and the answer that goes back. */
import type { AcknowledgeReply, AcknowledgeRequest } from '../model/acknowledgement.ts';
import { GatewayError, reasonOf } from '../model/errors.ts';
import type { AcknowledgeAnswer, AcknowledgeQuestion } from './alarm-desk.ts';

type Desk = {
  acknowledge(question: AcknowledgeQuestion): Promise<AcknowledgeAnswer>;
};

/** Never rejects: what goes wrong is an answer too. */
export async function acknowledgeFromUpstream(
  desk: Desk,
  { key, id, by, comment = '' }: AcknowledgeRequest,
): Promise<AcknowledgeReply> {
  const activation = id !== undefined && { activation: id };
  try {
    const answer = await desk.acknowledge({ alarm: key, by, comment, ...activation });
    return { key, ...(id !== undefined && { id }), by, ...replyOf(answer) };
  } catch (error) {
    return { key, by, outcome: 'refused', reason: reasonOf(error) };
  }
}

function replyOf({ written, ruled }: AcknowledgeAnswer): Omit<AcknowledgeReply, 'key'> {
  if (ruled) return ruled.outcome === 'unknown' ? { outcome: 'unknown' } : named(ruled);
  if (written === undefined) return { outcome: 'unknown' };
  if (written.outcome === 'written') return { outcome: 'acknowledged' };
  const { refusal, outcome } = written;
  const reason = refusal ? new GatewayError(refusal.code, refusal.details).message : outcome;
  return { outcome: 'refused', reason };
}

const named = ({
  outcome,
  id,
  ...more
}: Exclude<NonNullable<AcknowledgeAnswer['ruled']>, { outcome: 'unknown' }>) => ({
  outcome,
  id,
  ...('by' in more && { by: more.by }),
});
