/** Finding frames by their own bytes in a stream that begins and ends anywhere. */
import type { MarkedFraming } from './station.ts';

export interface FrameMarks {
  /** The byte that every frame begins with. */
  readonly begin: number;
  readonly pause: MarkedFraming['pause'];
  /**
   * The length of the frame that begins at `from`; `more` when it takes more bytes to tell, undefined when none
   * begins there.
   */
  lengthAt(bytes: Uint8Array, from: number): number | 'more' | undefined;
  /** Whether so many bytes are a frame: its end byte and checksum. */
  isWhole(frame: Uint8Array): boolean;
}

/**
 * A framing that looks from every begin byte, as marks may stand inside of data too; a frame that is whole goes
 * before one that began earlier and may never end.
 */
export const markedFraming = (marks: FrameMarks): MarkedFraming => ({
  pause: marks.pause,
  find(bytes) {
    let open = bytes.length;
    for (let from = 0; from < bytes.length; from++) {
      if (bytes[from] !== marks.begin) continue;
      const length = marks.lengthAt(bytes, from);
      if (length === undefined) continue;
      if (length === 'more' || from + length > bytes.length) open = Math.min(open, from);
      else if (marks.isWhole(bytes.subarray(from, from + length)))
        return { from, to: from + length };
    }
    return { from: open, to: undefined };
  },
});

/** The sum of bytes modulo 256, the checksum of both meter protocols. */
export const sum8 = (bytes: Uint8Array): number =>
  bytes.reduce((sum, byte) => (sum + byte) & 0xff, 0);
