/**
 * A TCP line from a client to a broker that counts what the broker delivers on one topic and what the client acknowledges,
 * and that can be cut. It shares no code with the client: it looks at types, packet identifiers and topics alone, which MQTT
 * 3.1.1 and 5 have in the same places, and passes every byte on as it is.
 */
import { kernelNow } from '../../gateway/host/boot.ts';
import { type CuttableLine, cuttableLine } from './cuttable-line.ts';

export interface TappedLine extends CuttableLine {
  /** Messages that were passed on to the client. */
  readonly delivered: number;
  /** Of those, with the mark of a message that the broker kept. */
  readonly kept: number;
  /** Passed on over a connection that is over, and not acknowledged there: nobody can say whether the client read them. */
  readonly unclear: number;
  /** Passed on over the present connection, and not acknowledged yet. */
  readonly pending: number;
  /** The broker has granted the topic on the present connection. */
  readonly isListening: boolean;
  /** Messages passed on between these moments, both by `kernelNow`. */
  deliveredBetween(from: number, to: number): number;
}

/** MQTT 5.0 §2.1.2. */
const PUBLISH = 3;
const PUBACK = 4;
const SUBSCRIBE = 8;
const SUBACK = 9;
const RETAIN = 1;
const QOS = 6;

export async function tappedLine(to: number, topic: string): Promise<TappedLine> {
  const times: number[] = [];
  let kept = 0;
  let unclear = 0;
  let connection: { readonly pending: Set<number>; isListening: boolean } | undefined;
  const line = await cuttableLine(to, (near, far) => {
    const present = { pending: new Set<number>(), isListening: false };
    let asked = -1;
    connection = present;
    const fromBroker = packets((first, body) => {
      const type = first >> 4;
      if (type === SUBACK && body.readUInt16BE(0) === asked) present.isListening = true;
      if (type !== PUBLISH || topicOf(body) !== topic) return;
      times.push(kernelNow());
      if ((first & RETAIN) !== 0) kept++;
      if ((first & QOS) !== 0) present.pending.add(body.readUInt16BE(2 + body.readUInt16BE(0)));
    });
    const fromClient = packets((first, body) => {
      const type = first >> 4;
      if (type === PUBACK) present.pending.delete(body.readUInt16BE(0));
      if (type === SUBSCRIBE && body.includes(topic)) asked = body.readUInt16BE(0);
    });
    let isOver = false;
    const end = () => {
      near.destroy();
      far.destroy();
      if (isOver) return;
      isOver = true;
      unclear += present.pending.size;
      if (connection === present) connection = undefined;
    };
    near.on('data', (chunk) => !isOver && fromClient(chunk));
    far.on('data', (chunk) => !isOver && fromBroker(chunk));
    near.on('close', end);
    far.on('close', end);
  });
  return {
    ...line,
    get delivered() {
      return times.length;
    },
    get kept() {
      return kept;
    },
    get unclear() {
      return unclear;
    },
    get pending() {
      return connection?.pending.size ?? 0;
    },
    get isListening() {
      return connection?.isListening === true;
    },
    deliveredBetween: (from, to) => times.filter((time) => time >= from && time <= to).length,
  };
}

const topicOf = (body: Buffer): string => body.toString('utf8', 2, 2 + body.readUInt16BE(0));

/** Takes bytes cut anywhere, and tells of each whole packet: its first byte, and what stands behind its length. */
function packets(tell: (first: number, body: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      do {
        if (at >= rest.length) return;
        length += ((rest[at] as number) & 0x7f) * 128 ** (at - 1);
      } while ((rest[at++] as number) >= 0x80);
      if (rest.length < at + length) return;
      tell(rest[0] as number, rest.subarray(at, at + length));
      rest = rest.subarray(at + length);
    }
  };
}
