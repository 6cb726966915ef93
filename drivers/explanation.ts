/**
 * What `headgate decode` says about bytes: the contract of each protocol's explainer. Pure; shares the codec
 * with the driver, so that what decode shows is what the gateway would do.
 */
import type { ErrorText } from '../gateway/model/errors.ts';

/** What a run of bytes means, for people: `68`, start of the frame. */
export interface ExplainedPart {
  /** Offset in all the bytes that were given, and how many. */
  readonly at: number;
  readonly length: number;
  readonly label: ErrorText['message'];
}

/** JSON of any depth; numbers that a double cannot hold are decimal text. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | readonly Plain[]
  | { readonly [key: string]: Plain };

export type Explanation =
  | {
      readonly ok: true;
      /** For programs: the fields that `expect` has in the protocol's vectors, and more of the same kind. */
      readonly fields: Readonly<Record<string, Plain>>;
      readonly parts: readonly ExplainedPart[];
    }
  | {
      readonly ok: false;
      /** One word: `checksum`, `crc`, `incomplete`, `serMismatch`, … */
      readonly reject: string;
      /** What is wrong and where, in both languages. */
      readonly words: ErrorText['message'];
      readonly parts: readonly ExplainedPart[];
    };

export interface Explainer {
  /** As in `headgate decode <protocol>`: `modbus-rtu`, `dlt645`. */
  readonly protocol: string;
  /**
   * One frame, or a request and its reply, or several exchanges, one behind the other as they went over
   * the wire; noise around them is tolerated. A reply is judged by the request before it. With several
   * frames the fields are those of the last one, completed by what only the earlier ones say. Never throws.
   */
  explain(bytes: Uint8Array): Explanation;
}
