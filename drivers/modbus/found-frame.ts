/** A frame found among bytes, whatever it looks like on its line. */
import type { ExplainedPart } from '../explanation.ts';

export interface FoundFrame {
  /** From the unit to the last byte of data. */
  readonly body: Uint8Array;
  /** Where so many bytes of the body, from that one on, stand among all bytes. */
  readonly place: (from: number, length: number) => Pick<ExplainedPart, 'at' | 'length'>;
  /** What stands around the body: header, checksum. */
  readonly around: readonly ExplainedPart[];
  /** Of a packet. */
  readonly transaction?: number;
}

export interface Found {
  readonly frames: readonly FoundFrame[];
  /** What is wrong where a frame should be: behind the last good one, or anywhere when there is none. */
  readonly defect?: Defect;
}

export type Defect = 'noFrame' | 'incomplete' | 'crc' | 'lrc' | 'digits' | 'header';
