/** A line that remembers what went over it since the last request, and can be barred. */
import type { Line, LineListener } from '../../../drivers/line/line.ts';

/** The bytes of one exchange as they were on the wire. */
export interface Overheard {
  readonly sent: Uint8Array;
  /** An echo of the request included. */
  readonly received: Uint8Array;
}

/** More than any answer, noise around it included; what comes beyond it is not kept. */
const MOST_KEPT_BYTES = 4_096;

export interface TappedLine extends Line {
  /** Each frame is shown to `passes` first, and sent only when it may pass; without a gate all are. */
  gate(passes: ((frame: Uint8Array) => boolean) | undefined): void;
  /** Since the last write; empty before the first. */
  overheard(): Overheard;
}

/** Adds ears to a line; the line itself works as before. */
export function tapped(line: Line): TappedLine {
  let sent: Uint8Array = new Uint8Array();
  let received: Uint8Array = new Uint8Array();
  let passes: ((frame: Uint8Array) => boolean) | undefined;
  const listening = (listener: LineListener): LineListener => ({
    data(bytes, at) {
      if (received.length < MOST_KEPT_BYTES) received = Buffer.concat([received, bytes]);
      listener.data(bytes, at);
    },
    closed: (error) => listener.closed(error),
  });
  return {
    resource: line.resource,
    get timing() {
      return line.timing;
    },
    get isOpen() {
      return line.isOpen;
    },
    connect: (signal) => line.connect(signal),
    tune: (settings) => line.tune(settings),
    gate(next) {
      passes = next;
    },
    write(bytes) {
      if (passes && !passes(bytes)) return;
      sent = Uint8Array.from(bytes);
      received = new Uint8Array();
      line.write(bytes);
    },
    listen: (listener) => line.listen(listening(listener)),
    busyUntil: () => line.busyUntil(),
    discardInput: () => line.discardInput(),
    close: () => line.close(),
    overheard: () => ({ sent, received }),
  };
}
