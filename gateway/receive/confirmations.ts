/** What was stored, as the messages on `…/ack` that say so: few and short enough for what a gateway takes. Pure. */
import type { Envelope } from '../forward/envelope-reader.ts';
import { confirmationTopic } from '../forward/topic.ts';
import { rangesOf } from './ranges.ts';

/** A gateway takes 32 KiB. */
const LONGEST = 30_000;

export interface OutgoingText {
  readonly topic: string;
  readonly text: string;
}

interface Stored {
  readonly gw: string;
  readonly epoch: string;
  readonly seqs: number[];
  readonly parts: (readonly [seq: number, part: number])[];
}

export class Confirmations {
  readonly #stored = new Map<string, Stored>();

  /** It is stored durably, now or since long. */
  add({ gw, epoch, seq, part, parts }: Envelope): void {
    const key = `${epoch} ${gw}`;
    const stored = this.#stored.get(key) ?? { gw, epoch, seqs: [], parts: [] };
    this.#stored.set(key, stored);
    if (parts === 1) stored.seqs.push(seq);
    else stored.parts.push([seq, part]);
  }

  /** The messages, and a clean sheet. */
  take(): OutgoingText[] {
    const messages = [...this.#stored.values()].flatMap(({ gw, epoch, seqs, parts }) => {
      const topic = confirmationTopic(gw);
      const head = `{"v":1,"epoch":${JSON.stringify(epoch)}`;
      const ranges = chunks(rangesOf(seqs)).map((list) => `${head},"seqs":[${list}]}`);
      const singles = chunks(parts).map((list) => `${head},"parts":[${list}]}`);
      return [...ranges, ...singles].map((text) => ({ topic, text }));
    });
    this.#stored.clear();
    return messages;
  }
}

/** Pairs as JSON, joined to lists that fit into a message. */
function chunks(pairs: readonly (readonly [number, number])[]): string[] {
  const lists: string[] = [];
  for (const pair of pairs) {
    const text = JSON.stringify(pair);
    const last = lists.length - 1;
    if (last >= 0 && (lists[last]?.length ?? 0) + text.length < LONGEST) lists[last] += `,${text}`;
    else lists.push(text);
  }
  return lists;
}
