/**
 * A recording in the place of a device: it answers what was asked then with what was answered then,
 * after the time it took then.
 */
import { type Millis, millis } from '../gateway/model/units.ts';
import { createFaults, damaged, type FaultSetting, isSilence } from './faults.ts';
import type { Answer, Station } from './station.ts';
import type { WireSpeed } from './wire.ts';

/** Bytes of a recording, in the order of the wire. */
export interface Recorded {
  /** Of the last byte of a request, of the first of a reply, in milliseconds on any clock. */
  readonly at: number;
  readonly direction: 'request' | 'reply';
  readonly bytes: Uint8Array;
}

export interface ReplayOptions {
  readonly name: string;
  readonly recording: readonly Recorded[];
  /** Of the recorded wire; undefined: like its line. */
  readonly settings?: WireSpeed;
  readonly fault?: FaultSetting;
}

interface Exchange {
  /** Empty: nobody answered then. */
  readonly reply: Uint8Array;
  readonly turnaround: Millis;
}

/**
 * A station of any protocol. A request is answered with its recorded replies in turn, the first again after the
 * last; one that is not in the recording is not answered. Requests are told apart by all their bytes.
 */
export function replayStation({ name, recording, settings, fault }: ReplayOptions): Station {
  const exchanges = exchangesOf(recording);
  const turns = new Map<string, number>();
  const faults = createFaults(1, () => {});
  faults.set(fault);
  return {
    name,
    framing: 'silence',
    settings,
    turnaround: millis(0),
    faults,
    hear(request, { now }): Answer | undefined {
      const key = Buffer.from(request).toString('hex');
      const known = exchanges.get(key);
      if (!known) return undefined;
      const drawn = faults.draw(now);
      const turn = turns.get(key) ?? 0;
      turns.set(key, turn + 1);
      const { reply, turnaround } = known[turn % known.length] as Exchange;
      if (isSilence(drawn) || reply.length === 0) return { reply: undefined, fault: drawn };
      const bytes = damaged(drawn?.kind, reply, () => reply, faults.random);
      return { reply: bytes, fault: drawn, turnaround };
    },
  };
}

/** What was answered to each request, in the order of the recording; pieces of one side are put together. */
function exchangesOf(recording: readonly Recorded[]): ReadonlyMap<string, readonly Exchange[]> {
  const exchanges = new Map<string, Exchange[]>();
  let at = 0;
  while (at < recording.length) {
    const request = run(recording, at, 'request');
    const reply = run(recording, at + request.length, 'reply');
    const asked = Buffer.concat(request.map(({ bytes }) => bytes));
    const answered = Buffer.concat(reply.map(({ bytes }) => bytes));
    const wait = (reply[0]?.at ?? 0) - (request.at(-1)?.at ?? 0);
    const key = asked.toString('hex');
    const exchange = { reply: answered, turnaround: millis(Math.max(0, wait)) };
    if (asked.length > 0) exchanges.set(key, [...(exchanges.get(key) ?? []), exchange]);
    at += request.length + reply.length;
  }
  return exchanges;
}

function run(recording: readonly Recorded[], from: number, direction: Recorded['direction']) {
  const rest = recording.slice(from);
  const end = rest.findIndex((piece) => piece.direction !== direction);
  return end < 0 ? rest : rest.slice(0, end);
}
