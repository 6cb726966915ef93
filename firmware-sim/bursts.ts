/**
 * What masters send without a gap: for Modbus that is a request, for protocols with marks a piece of
 * one, or several. Counts them, and which of them came too early.
 */
import type { Cancel } from '../gateway/host/clock.ts';
import { SAME_MOMENT_MS, type Transmission, timesOf } from './wire.ts';

export interface Burst {
  readonly parts: Transmission[];
  /** It began before 3.5 characters of silence. */
  readonly isEarly: boolean;
  /** A marked frame ended in it: it is no Modbus request. */
  isMarked: boolean;
  /** A station took it. */
  isTaken: boolean;
  end: number;
  /** Ends the wait for the silence behind it. */
  cancel: Cancel;
}

export class Bursts {
  requests = 0;
  tooEarly = 0;
  ignored = 0;
  /** Whether somebody on the wire cares for silence. */
  readonly #hasSilenced: boolean;
  #open: Burst | undefined;

  constructor(hasSilenced: boolean) {
    this.#hasSilenced = hasSilenced;
  }

  /**
   * The burst that a transmission belongs to: characters within 1.5 characters of the last ones continue it,
   * others begin a new one. `quiet`: since when the wire was silent before it.
   */
  add(part: Transmission, quiet: number): Burst {
    const burst = this.#continued(part) ?? this.#begun(part, quiet);
    burst.parts.push(part);
    burst.end = part.end;
    return burst;
  }

  /** The silence behind it has come: what has not been taken by now is taken by nobody. */
  close(burst: Burst): void {
    if (this.#open === burst) this.#open = undefined;
    if (!burst.isTaken) this.ignored++;
    if (burst.isEarly && !burst.isMarked && this.#hasSilenced) this.tooEarly++;
  }

  #continued(part: Transmission): Burst | undefined {
    const open = this.#open;
    if (!open) return undefined;
    const { longestGap } = timesOf(part.speed);
    if (part.start - open.end <= longestGap + SAME_MOMENT_MS) return open;
    open.cancel();
    this.close(open);
    return undefined;
  }

  #begun(part: Transmission, quiet: number): Burst {
    const { silence } = timesOf(part.speed);
    this.requests++;
    this.#open = {
      parts: [],
      isEarly: part.start - quiet < silence - SAME_MOMENT_MS,
      isMarked: false,
      isTaken: false,
      end: part.start,
      cancel: () => {},
    };
    return this.#open;
  }
}
