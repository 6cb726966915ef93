/** Finds marked frames in what masters send, whatever pieces it comes in. */
import type { MarkedFraming, Station } from './station.ts';
import type { Transmission } from './wire.ts';

/** More than any frame has; a babbling master must not fill the memory. */
const LONGEST_HELD = 2048;
const PREAMBLE = 0xfe;

export interface HeardFrame {
  readonly bytes: Uint8Array;
  /** How many bytes FEH stood directly before it, to wake the receiver. */
  readonly preamble: number;
  /** When its last character ended. */
  readonly end: number;
}

export class Ear {
  readonly stations: readonly Station[];
  readonly #framing: MarkedFraming;
  #held: Uint8Array = new Uint8Array();
  #end = Number.NEGATIVE_INFINITY;

  constructor(framing: MarkedFraming, stations: readonly Station[]) {
    this.#framing = framing;
    this.stations = stations;
  }

  /** The frames that became whole with this piece, in their order. */
  hear(part: Transmission): readonly HeardFrame[] {
    if (part.start - this.#end > this.#framing.pause) this.#held = new Uint8Array();
    this.#end = part.end;
    let bytes: Uint8Array = Buffer.concat([this.#held, part.bytes]);
    const frames: HeardFrame[] = [];
    for (;;) {
      const { from, to } = this.#framing.find(bytes);
      if (to === undefined) {
        this.#held = bytes.slice(Math.max(from, bytes.length - LONGEST_HELD));
        return frames;
      }
      const end = part.end - (bytes.length - to) * part.character;
      frames.push({ bytes: bytes.slice(from, to), preamble: preambleBefore(bytes, from), end });
      bytes = bytes.subarray(to);
    }
  }
}

function preambleBefore(bytes: Uint8Array, from: number): number {
  let first = from;
  while (bytes[first - 1] === PREAMBLE) first--;
  return from - first;
}

/** One ear for all stations whose frames are found in the same way. */
export function earsOf(stations: readonly Station[]): readonly Ear[] {
  const byFraming = new Map<MarkedFraming, Station[]>();
  for (const station of stations) {
    if (station.framing === 'silence') continue;
    byFraming.set(station.framing, [...(byFraming.get(station.framing) ?? []), station]);
  }
  return [...byFraming].map(([framing, own]) => new Ear(framing, own));
}
