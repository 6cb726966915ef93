/** Divides the data of a reply into the elements that its layout says. Pure. */
import type { Layout } from './catalogue.ts';
import { bytesOf, type Element, TIME_BYTES } from './element.ts';
import type { Version } from './identifier.ts';
import { LOAD_RECORDS } from './identifiers-history.ts';

/** One element and its bytes. */
export interface Piece {
  readonly element: Element;
  readonly bytes: Uint8Array;
}

export interface Division {
  /** By the index that an address names; a hole where the meter left the element out. */
  readonly pieces: readonly (Piece | undefined)[];
  /** Of a load record: when it was made, in the form `minute`. */
  readonly time?: Uint8Array;
}

/** DL/T 645-1997: ends a set of items. 2007: stands behind each class of a load record. */
const SEPARATOR = 0xaa;
const RECORD_START = 0xa0;
/** A0 A0 and the length of the record. */
const RECORD_HEAD_BYTES = 3;

const sizeOf = (tuple: readonly Element[]): number =>
  tuple.reduce((size, element) => size + bytesOf(element), 0);

/** Undefined when the data cannot be what the layout says: their length does not fit. */
export function divide(version: Version, layout: Layout, data: Uint8Array): Division | undefined {
  if (layout.loadClass !== undefined) return loadRecord(layout, layout.loadClass, data);
  const isEnded =
    version === '1997' && layout.repeats && data.length > 1 && data.at(-1) === SEPARATOR;
  const own = isEnded && data.length % sizeOf(layout.tuple) === 1 ? data.subarray(0, -1) : data;
  const [only] = layout.tuple;
  if (only?.kind === 'hex' && layout.tuple.length === 1)
    return { pieces: [{ element: only, bytes: own }] };
  const pieces =
    repeated(layout.tuple, layout.repeats, own) ??
    (layout.otherwise && repeated(layout.otherwise, layout.repeats, own));
  return pieces && { pieces };
}

function repeated(
  tuple: readonly Element[],
  repeats: boolean,
  data: Uint8Array,
): readonly Piece[] | undefined {
  const size = sizeOf(tuple);
  const times = data.length / size;
  if (times < 1 || !Number.isInteger(times) || (times > 1 && !repeats)) return undefined;
  return Array.from({ length: times }, (_, i) =>
    cut(tuple, data.subarray(i * size, (i + 1) * size)),
  ).flat();
}

function cut(tuple: readonly Element[], data: Uint8Array): readonly Piece[] {
  let at = 0;
  return tuple.map((element) => {
    const from = at;
    at += bytesOf(element);
    return { element, bytes: data.subarray(from, at) };
  });
}

/**
 * A0 A0, length, time, then six classes with AA behind each, checksum, E5; a class that is not recorded is its AA
 * alone. The sum of the frame covers the record's own, which meters are said to count in more than one way.
 * Some leave head and tail away when one class is read.
 */
function loadRecord(layout: Layout, wanted: number, data: Uint8Array): Division | undefined {
  const isWhole = data[0] === RECORD_START && data[1] === RECORD_START;
  const own = isWhole ? data.subarray(RECORD_HEAD_BYTES) : data;
  const time = own.subarray(0, TIME_BYTES.minute);
  const body = own.subarray(TIME_BYTES.minute);
  if (time.length < TIME_BYTES.minute) return undefined;
  if (!isWhole) {
    const size = sizeOf(layout.tuple);
    const isFitting =
      body.length === size || (body.length === size + 1 && body[size] === SEPARATOR);
    return isFitting ? { pieces: cut(layout.tuple, body.subarray(0, size)), time } : undefined;
  }
  const pieces: (Piece | undefined)[] = [];
  let at = 0;
  for (const { tuple, loadClass } of LOAD_RECORDS) {
    const isRecorded = body[at] !== SEPARATOR;
    const end = at + (isRecorded ? sizeOf(tuple) : 0);
    if (body[end] !== SEPARATOR) return undefined;
    if (wanted === 0 || wanted === loadClass)
      pieces.push(
        ...(isRecorded ? cut(tuple, body.subarray(at, end)) : tuple.map(() => undefined)),
      );
    at = end + 1;
  }
  return { pieces, time };
}
