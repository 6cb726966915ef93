/**
 * Doubles in the fewest bytes that give back the same bits: as the decimal number the device showed,
 * as a float32, or as they are. Pure; layout in FORMAT.md.
 */
import type { ByteReader, ByteWriter } from './byte-stream.ts';
import { readByteColumn, writeByteColumn } from './integer-columns.ts';

const POWERS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
const DECIMALS_MAX = POWERS.length - 1;
/** Added to the decimals where the quotient is rounded to float32. */
const ROUNDED = 8;
const FLOAT32 = 16;
const FLOAT64 = 17;
const CLASSES = 18;

/** Above these an integer's varint is no shorter than the float it stands for. */
const INTEGER_FOR_FLOAT32_MAX = 2 ** 20;
const INTEGER_FOR_FLOAT64_MAX = 2 ** 48;

export function writeNumbers(writer: ByteWriter, numbers: Float64Array): void {
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

export function readNumbers(reader: ByteReader, count: number): Float64Array<ArrayBuffer> {
  const classes = readByteColumn(reader, count, CLASSES);
  const numbers = new Float64Array(count);
  let floatCount = 0;
  let doubleCount = 0;
  for (let row = 0; row < count; row++) {
    const numberClass = classes[row] as number;
    if (numberClass === FLOAT64) doubleCount++;
    else if (numberClass === FLOAT32) floatCount++;
    else {
      const quotient = reader.zigzag() / (POWERS[numberClass % ROUNDED] as number);
      numbers[row] = numberClass < ROUNDED ? quotient : Math.fround(quotient);
    }
  }
  const floats = new Float32Array(reader.planes(floatCount, 4).buffer);
  const doubles = new Float64Array(reader.planes(doubleCount, 8).buffer);
  floatCount = 0;
  doubleCount = 0;
  for (let row = 0; row < count; row++) {
    if (classes[row] === FLOAT32) numbers[row] = floats[floatCount++] as number;
    else if (classes[row] === FLOAT64) numbers[row] = doubles[doubleCount++] as number;
  }
  return numbers;
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
