/** A gap as the text of the column `gap`. Pure. */
import { type Gap, seqOf } from '../journal.ts';

/** The text of the column `gap`. */
export const gapToJson = ({ seqs, ...rest }: Gap): string =>
  JSON.stringify({ ...rest, seqs: seqs && [seqs.from, seqs.to] });

/** Throws SyntaxError and TypeError where it is no gap. */
export function gapFromJson(text: string): Gap {
  const { seqs, count, ...rest } = JSON.parse(text);
  return {
    ...rest,
    count,
    seqs: seqs && { from: seqOf(seqs[0]), to: seqOf(seqs[1]) },
  };
}
