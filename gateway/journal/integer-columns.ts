/**
 * Columns that hardly ever change from row to row: tags, times, kinds, qualities. Pure; layout in
 * FORMAT.md.
 */
import { type ByteReader, type ByteWriter, MalformedBlock } from './byte-stream.ts';

const RUNS = 0;
const PLAIN = 1;

/** Runs of equal steps from row to row. Values are integers below 2^51 in size. */
export function writeDeltaRuns(writer: ByteWriter, values: ArrayLike<number>): void {
  const { length } = values;
  let before = 0;
  let row = 0;
  while (row < length) {
    const start = row;
    const step = (values[row] as number) - before;
    do before = values[row++] as number;
    while (row < length && (values[row] as number) - before === step);
    writer.varint(row - start);
    writer.zigzag(step);
  }
}

export function readDeltaRuns(reader: ByteReader, into: Uint32Array | Float64Array): void {
  let value = 0;
  let row = 0;
  while (row < into.length) {
    const end = row + readRunLength(reader, into.length - row);
    const step = reader.zigzag();
    while (row < end) {
      value += step;
      into[row++] = value;
    }
  }
}

/** Runs of equal bytes, or the bytes themselves where runs would be longer. */
export function writeByteColumn(writer: ByteWriter, values: Uint8Array): void {
  const { length } = values;
  if (length === 0) return;
  let runs = 1;
  for (let row = 1; row < length; row++) if (values[row] !== values[row - 1]) runs++;
  if (runs * 2 >= length + 2) {
    writer.byte(PLAIN);
    writer.bytes(values);
    return;
  }
  writer.byte(RUNS);
  let row = 0;
  while (row < length) {
    const start = row;
    const value = values[row] as number;
    while (row < length && values[row] === value) row++;
    writer.varint(row - start);
    writer.byte(value);
  }
}

/** `limit` is the first value that must not occur. */
export function readByteColumn(
  reader: ByteReader,
  length: number,
  limit: number,
): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(length);
  if (length === 0) return values;
  const form = reader.byte();
  if (form === PLAIN) values.set(reader.bytes(length));
  else if (form === RUNS) {
    let row = 0;
    while (row < length) {
      const end = row + readRunLength(reader, length - row);
      values.fill(reader.byte(), row, end);
      row = end;
    }
  } else throw new MalformedBlock(`byte column of form ${form}`);
  for (const value of values)
    if (value >= limit) throw new MalformedBlock(`${value} in a column of values below ${limit}`);
  return values;
}

/** Times are whole milliseconds nearly always; a device's own clock may have finer ones. */
export function writeTimes(writer: ByteWriter, times: Float64Array): void {
  if (times.every(isDeltaCodable)) {
    writer.byte(RUNS);
    writeDeltaRuns(writer, times);
  } else {
    writer.byte(PLAIN);
    writer.planes(bytesOf(times), 8);
  }
}

export function readTimes(reader: ByteReader, length: number): Float64Array<ArrayBuffer> {
  const form = reader.byte();
  if (form === PLAIN) return new Float64Array(reader.planes(length, 8).buffer);
  if (form !== RUNS) throw new MalformedBlock(`times of form ${form}`);
  const times = new Float64Array(length);
  readDeltaRuns(reader, times);
  return times;
}

const isDeltaCodable = (time: number): boolean =>
  Number.isInteger(time) && Math.abs(time) < 2 ** 51 && !Object.is(time, -0);

const bytesOf = (array: Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function readRunLength(reader: ByteReader, most: number): number {
  const length = reader.varint();
  if (length === 0 || length > most) throw new MalformedBlock(`run of ${length}`);
  return length;
}
