/** Everything that came over a line while somebody listened, with its times: what scan and doctor judge by. */
import type { Line } from '../../drivers/line/line.ts';
import { type Clock, sleep } from '../host/clock.ts';
import { between, later, type Millis, type MonoMs, millis, monoMs } from '../model/units.ts';

export interface Recording {
  /** What was sent; empty when nothing was. */
  readonly request: Uint8Array;
  /** The computed end of the request, or the begin of the listening. */
  readonly sent: MonoMs;
  readonly pieces: readonly Piece[];
  /** Of one character on the wire; 0 where there is no wire. */
  readonly character: Millis;
}

export interface Piece {
  readonly bytes: Uint8Array;
  /** When its last byte had come. */
  readonly at: MonoMs;
}

export interface RecordingOptions {
  readonly line: Line;
  readonly clock: Clock;
  readonly request: Uint8Array;
  /** How long to listen behind the request; what has begun by then is heard to its end. */
  readonly listen: Millis;
  /** With all that has come so far: whether it is enough. */
  readonly isEnough?: (bytes: Uint8Array) => boolean;
  /** How long to go on listening when it is. */
  readonly linger?: Millis;
}

/** Frames have no longer pauses than this, whatever UARTs and serial servers make of them: a guess. */
const LONGEST_PAUSE: Millis = millis(60);
/** What does not end is heard no longer than this. */
const LONGEST_EXTENSION: Millis = millis(3_000);
/** A babbling unit must not fill the memory. */
const MOST_BYTES = 16_384;
/** The wire has to be quiet before a question, but nobody waits longer for it than this. */
const LONGEST_WAIT_FOR_QUIET: Millis = millis(1_000);

/** Sends and listens. Rejects when the line is lost, and with the signal's reason. */
export function record(options: RecordingOptions, signal: AbortSignal): Promise<Recording> {
  const { line, clock, request, listen, isEnough = () => false, linger = millis(0) } = options;
  return new Promise((resolve, reject) => {
    const pieces: Piece[] = [];
    let kept = 0;
    let sent = clock.mono();
    let cancelTimer = () => {};
    let isLingering = false;
    let end = sent;
    const settle = () => {
      cancelTimer();
      stopListening();
      signal.removeEventListener('abort', onAbort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    const endAt = (due: MonoMs) => {
      end = due;
      cancelTimer();
      cancelTimer = clock.at('recording.end', due, () => {
        settle();
        const character = line.timing?.character ?? millis(0);
        resolve({ request, sent, pieces, character });
      });
    };
    const stopListening = line.listen({
      data: (bytes, at) => {
        if (kept >= MOST_BYTES) return;
        kept += bytes.length;
        pieces.push({ bytes: Uint8Array.from(bytes), at });
        const isBegin = !isLingering && isEnough(bytesOf({ pieces }));
        isLingering ||= isBegin;
        const limit = later(later(sent, listen), LONGEST_EXTENSION);
        const due = isBegin ? later(at, linger) : Math.max(end, later(at, LONGEST_PAUSE));
        endAt(monoMs(Math.min(due, limit)));
      },
      closed: fail,
    });
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      if (request.length > 0) line.write(request);
    } catch (error) {
      return fail(error);
    }
    sent = request.length > 0 ? monoMs(Math.max(clock.mono(), line.busyUntil())) : clock.mono();
    endAt(later(sent, listen));
  });
}

/** Waits until the wire has been quiet for so long, or for a second at most. */
export async function awaitQuiet(
  line: Line,
  clock: Clock,
  quiet: Millis,
  signal: AbortSignal,
): Promise<void> {
  const limit = later(clock.mono(), LONGEST_WAIT_FOR_QUIET);
  await line.discardInput();
  for (;;) {
    const due = monoMs(Math.min(later(line.busyUntil(), quiet), limit));
    const wait = between(clock.mono(), due);
    if (wait <= 0) return;
    await sleep(clock, 'recording.quiet', wait, signal);
  }
}

/** All bytes of a recording, one behind the other. */
export const bytesOf = ({ pieces }: Pick<Recording, 'pieces'>): Uint8Array =>
  pieces.length === 1 && pieces[0]
    ? pieces[0].bytes
    : Buffer.concat(pieces.map(({ bytes }) => bytes));

/** How long after the request the byte at `index` began to come. */
export function timeOf({ pieces, sent, character }: Recording, index: number): Millis {
  let before = 0;
  for (const { bytes, at } of pieces) {
    const behind = before + bytes.length - index;
    if (behind > 0) return millis(at - behind * character - sent);
    before += bytes.length;
  }
  return millis(Number.POSITIVE_INFINITY);
}
