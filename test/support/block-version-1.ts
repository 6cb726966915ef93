/** Writes blocks of version 1, as gateways in the field have; headgate itself only reads them. */
import { constants, crc32, zstdCompressSync } from 'node:zlib';
import { type SampleBatch, VALUE_KINDS } from '../../gateway/journal/batch.ts';
import { ByteWriter } from '../../gateway/journal/codec/byte-stream.ts';
import { writeText } from '../../gateway/journal/codec/stored-text.ts';
import { isDecimal } from '../../gateway/model/sample.ts';

const NUMBER = VALUE_KINDS.indexOf('number');
const BOOLEAN = VALUE_KINDS.indexOf('boolean');
const RUNS = 0;
const PLAIN = 1;

export function encodeVersion1(batch: SampleBatch): Uint8Array<ArrayBuffer> {
  const body = encodeBody(batch);
  const packed =
    body.length < 64
      ? body
      : zstdCompressSync(body, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const pays = packed.length < body.length;
  const writer = new ByteWriter();
  writer.byte(1);
  writer.byte(pays ? 1 : 0);
  writer.varint(body.length);
  writer.bytes(pays ? packed : body);
  writer.uint32(crc32(writer.written()));
  return writer.written();
}

function encodeBody(batch: SampleBatch): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(batch.length);
  writeDeltaRuns(writer, batch.tags);
  writeTimes(writer, batch.times);
  writeByteColumn(writer, batch.kinds);
  writeByteColumn(writer, batch.qualities);
  writeByteColumn(writer, batch.timeBases);
  writeByteColumn(writer, Uint8Array.from(entriesOf(batch, BOOLEAN)));
  writeNumbers(writer, entriesOf(batch, NUMBER));
  writeOthers(writer, batch.others);
  return writer.written();
}

/** The numbers of the rows of one kind. */
function entriesOf(batch: SampleBatch, kind: number): Float64Array {
  const count = batch.kinds.filter((each) => each === kind).length;
  if (count === batch.length) return batch.numbers;
  const entries = new Float64Array(count);
  let at = 0;
  for (let row = 0; row < batch.length; row++)
    if (batch.kinds[row] === kind) entries[at++] = batch.numbers[row] as number;
  return entries;
}

/** Runs of equal steps from row to row. Values are integers below 2^51 in size. */
function writeDeltaRuns(writer: ByteWriter, values: ArrayLike<number>): void {
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

/** Runs of equal bytes, or the bytes themselves where runs would be longer. */
function writeByteColumn(writer: ByteWriter, values: Uint8Array): void {
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

/** Times are whole milliseconds nearly always; a device's own clock may have finer ones. */
function writeTimes(writer: ByteWriter, times: Float64Array): void {
  if (times.every(isDeltaCodable)) {
    writer.byte(RUNS);
    writeDeltaRuns(writer, times);
  } else {
    writer.byte(PLAIN);
    writer.planes(bytesOf(times), 8);
  }
}

const isDeltaCodable = (time: number): boolean =>
  Number.isInteger(time) && Math.abs(time) < 2 ** 51 && !Object.is(time, -0);

const bytesOf = (array: Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
const DECIMALS_MAX = POWERS.length - 1;
/** Added to the decimals where the quotient is rounded to float32. */
const ROUNDED = 8;
const FLOAT32 = 16;
const FLOAT64 = 17;

/** Above these an integer's varint is no shorter than the float it stands for. */
const INTEGER_FOR_FLOAT32_MAX = 2 ** 20;
const INTEGER_FOR_FLOAT64_MAX = 2 ** 48;

function writeNumbers(writer: ByteWriter, numbers: Float64Array): void {
  const count = numbers.length;
  const classes = new Uint8Array(count);
  const integers = new Float64Array(count);
  const floats = new Float32Array(count);
  const doubles = new Float64Array(count);
  let integerCount = 0;
  let floatCount = 0;
  let doubleCount = 0;
  for (let row = 0; row < count; row++) {
    const value = numbers[row] as number;
    const numberClass = classOf(value);
    classes[row] = numberClass;
    if (numberClass === FLOAT64) doubles[doubleCount++] = value;
    else if (numberClass === FLOAT32) floats[floatCount++] = value;
    else integers[integerCount++] = scaled(value, numberClass % ROUNDED);
  }
  writeByteColumn(writer, classes);
  for (let i = 0; i < integerCount; i++) writer.zigzag(integers[i] as number);
  writer.planes(new Uint8Array(floats.buffer, 0, floatCount * 4), 4);
  writer.planes(new Uint8Array(doubles.buffer, 0, doubleCount * 8), 8);
}

/** The cheapest class whose formula gives back `value` exactly. */
function classOf(value: number): number {
  if (Object.is(value, -0)) return FLOAT32;
  const isFloat32 = Math.fround(value) === value;
  const largest = isFloat32 ? INTEGER_FOR_FLOAT32_MAX : INTEGER_FOR_FLOAT64_MAX;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const integer = scaled(value, decimals);
    if (Math.abs(integer) > largest) break;
    if (integer / (POWERS[decimals] as number) === value) return decimals;
  }
  if (!isFloat32) return FLOAT64;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
    const integer = scaled(value, decimals);
    if (Math.abs(integer) > largest) break;
    if (Math.fround(integer / (POWERS[decimals] as number)) === value) return ROUNDED + decimals;
  }
  return FLOAT32;
}

const scaled = (value: number, decimals: number): number =>
  Math.round(value * (POWERS[decimals] as number));

function writeOthers(writer: ByteWriter, others: SampleBatch['others']): void {
  const places = new Map<string, number>();
  for (const other of others)
    if (typeof other === 'string' && !places.has(other)) places.set(other, places.size);
  writer.varint(places.size);
  for (const text of places.keys()) writeText(writer, text);
  for (const other of others) {
    if (typeof other === 'string') writer.varint(places.get(other) as number);
    else if (isDecimal(other)) {
      writer.zigzag(other.decimals);
      writeBigint(writer, other.unscaled);
    } else writeBigint(writer, other);
  }
}

function writeBigint(writer: ByteWriter, value: bigint): void {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude === 0n ? '' : magnitude.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 1 ? `0${digits}` : digits, 'hex').reverse();
  writer.varint(bytes.length * 2 + (value < 0n ? 1 : 0));
  writer.bytes(bytes);
}
