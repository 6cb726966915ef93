/**
 * Answers to function 43/14, read device identification (Modbus Application Protocol V1.1b3 §6.21).
 * Pure.
 */

export interface IdentificationPart {
  /** By number: 0 vendor, 1 product code, 2 revision, 3 URL, 4 product, 5 model, 6 application. */
  readonly objects: ReadonlyMap<number, string>;
  /** What kinds of access the device knows: 1 to 3, with 80H also single objects. */
  readonly conformity: number;
  /** Where the next request goes on; undefined: that was all. */
  readonly next: number | undefined;
}

/** Unit, function, MEI type, access, conformity, more follows, next object, number of objects. */
const HEAD_BYTES = 8;
const MORE_FOLLOWS_AT = 5;

/**
 * The bytes from unit to the last object of an answer that begins at `from`; undefined while it is not
 * yet all there.
 */
export function identificationLength(
  bytes: Uint8Array,
  from: number,
  end: number,
): number | undefined {
  if (from + HEAD_BYTES > end) return undefined;
  let at = from + HEAD_BYTES;
  for (let left = bytes[from + HEAD_BYTES - 1] ?? 0; left > 0; left--) {
    if (at + 2 > end) return undefined;
    at += 2 + (bytes[at + 1] ?? 0);
  }
  return at - from;
}

const TEXT = new TextDecoder();

/** Reads an answer from its unit to its last object; undefined when it ends too early. */
export function parseIdentification(frame: Uint8Array): IdentificationPart | undefined {
  const length = identificationLength(frame, 0, frame.length);
  if (length === undefined || length > frame.length) return undefined;
  const objects = new Map<number, string>();
  for (let at = HEAD_BYTES; at < length; at += 2 + (frame[at + 1] ?? 0)) {
    const text = frame.subarray(at + 2, at + 2 + (frame[at + 1] ?? 0));
    objects.set(frame[at] ?? 0, TEXT.decode(text));
  }
  return {
    objects,
    conformity: frame[4] ?? 0,
    next: frame[MORE_FOLLOWS_AT] ? frame[MORE_FOLLOWS_AT + 1] : undefined,
  };
}

/** The same answer saying that nothing follows; its checksum is no longer right. */
export function asLastPart(frame: Buffer): Buffer {
  const last = Buffer.from(frame);
  last[MORE_FOLLOWS_AT] = 0;
  return last;
}
