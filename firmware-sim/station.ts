/**
 * Whatever answers on a serial wire: a Modbus device, a meter, a recording. The line carries the
 * characters; a station says how it finds requests among them and what it makes of one.
 */
import type { Millis, MonoMs } from '../gateway/model/units.ts';
import type { Fault, FaultInjector } from './faults.ts';
import type { WireSpeed } from './wire.ts';

/**
 * `silence`: 3.5 characters of it end a frame, more than 1.5 break one (Modbus over Serial Line V1.02
 * §2.5.1.1). Otherwise frames say themselves where they begin and end.
 */
export type Framing = 'silence' | MarkedFraming;

/** Frames that are found by their bytes. One object per protocol, shared by its stations. */
export interface MarkedFraming {
  /** The longest pause between two characters of a frame; what was held is dropped after it. */
  readonly pause: Millis;
  /**
   * Pure. The first whole frame lies at `from`..`to`; without one `to` is undefined and what is in front of
   * `from` can never belong to a frame.
   */
  find(bytes: Uint8Array): { readonly from: number; readonly to: number | undefined };
}

export interface Hearing {
  /** When the station has made out the request. */
  readonly now: MonoMs;
  /** The request began before 3.5 characters of silence. */
  readonly isEarly: boolean;
}

/** What is made of a request. */
export interface Answer {
  /** Of a station, the bytes as they go on the wire, damaged already by its fault; undefined: silence. */
  readonly reply: Uint8Array | undefined;
  readonly fault: Fault | undefined;
  /** Where it differs from the station's usual one. */
  readonly turnaround?: Millis;
}

export interface Station {
  readonly name: string;
  readonly framing: Framing;
  /** How it sends and hears; undefined: like the line it is on. */
  readonly settings: WireSpeed | undefined;
  /** From the last byte of a request to the first of the reply. */
  readonly turnaround: Millis;
  readonly faults: FaultInjector;
  /** What its display shows of one of its values at a moment; undefined where it has no such value. */
  shows?(display: string, at: MonoMs): number | undefined;
  /** Called with each frame on the wire, whosever it is; undefined when it is not this station's. */
  hear(frame: Uint8Array, hearing: Hearing): Answer | undefined;
}
