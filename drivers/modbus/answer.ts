/** How a request to a unit can end. */
import { between, type Millis, type MonoMs, millis } from '../../gateway/model/units.ts';

/**
 * Two moments between which the device has read its registers: end of the request, begin of the
 * answer.
 */
export interface Answered {
  readonly sent: MonoMs;
  readonly firstByte: MonoMs;
}

export type Answer =
  /** The registers or bits of a read; else what stands behind the function code. */
  | (Answered & { readonly kind: 'data'; readonly data: Buffer })
  | (Answered & { readonly kind: 'exception'; readonly exception: number })
  | { readonly kind: 'silent' }
  | { readonly kind: 'garbled' };

/** From the last byte of the request to the first of the answer. */
export const turnaroundOf = ({ sent, firstByte }: Answered): Millis =>
  millis(between(sent, firstByte));

export const isUnanswered = ({ kind }: Answer): boolean => kind === 'silent' || kind === 'garbled';
