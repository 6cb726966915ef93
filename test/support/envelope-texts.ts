import { createEnvelopeEncoder, type EnvelopeOptions } from '../../gateway/forward/envelope.ts';
import type { Block } from '../../gateway/journal/journal.ts';

export interface TextPart {
  readonly device: string;
  readonly text: string;
}

/** The encoder, with its parts as strings. */
export function createTextEncoder(options: EnvelopeOptions) {
  const encode = createEnvelopeEncoder(options);
  return (block: Block, historical: boolean): readonly TextPart[] =>
    encode(block, historical).map(({ device, text }) => ({ device, text: text.toString() }));
}
