/** How a simulated device lays a value out in its registers. */

/**
 * Byte order of a value 12345678H: abcd 1234 5678 · cdab 5678 1234 · badc 3412 7856 · dcba 7856
 * 3412.
 */
export type ByteOrder = 'abcd' | 'cdab' | 'badc' | 'dcba';

export type PointType =
  | 'bool'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'bcd16'
  | 'bcd32'
  | 'bcd64'
  | 'm10k32'
  | 'm10k48'
  | 'm10k64'
  | 'sm10k32'
  | 'sm10k48'
  | 'sm10k64'
  | 'string';

/**
 * What a point is worth. A `number` is in engineering units and gets scaled; a `bigint` is the raw
 * integer as it stands in the registers, for values beyond 2^53.
 */
export type PointValue = boolean | number | bigint | string;

/** How a value becomes registers: `raw = (value - offset) / scale`, rounded for integer types. */
export interface Encoding {
  readonly type: PointType;
  readonly order: ByteOrder;
  readonly scale: number;
  readonly offset: number;
  /** Registers of a string, two Latin-1 characters each, padded with zeros. */
  readonly length: number;
}

/** The width of a value in registers. */
export function registersOf(encoding: Pick<Encoding, 'type' | 'length'>): number {
  switch (encoding.type) {
    case 'bool':
    case 'int16':
    case 'uint16':
    case 'bcd16':
      return 1;
    case 'int32':
    case 'uint32':
    case 'float32':
    case 'bcd32':
    case 'm10k32':
    case 'sm10k32':
      return 2;
    case 'm10k48':
    case 'sm10k48':
      return 3;
    case 'int64':
    case 'uint64':
    case 'float64':
    case 'bcd64':
    case 'm10k64':
    case 'sm10k64':
      return 4;
    case 'string':
      return encoding.length;
  }
}

/**
 * The bytes of a value in register order, each register high byte first. Integers that do not fit
 * roll over as a meter's do; BCD has no sign and shows 0 for what is below.
 */
export function encode(encoding: Encoding, value: PointValue): Uint8Array {
  const size = registersOf(encoding) * 2;
  return reorder(straight(encoding, value, size), encoding);
}

/** What stands in such bytes, in engineering units; undefined for the types that no device has written to it. */
export function decode(encoding: Encoding, bytes: Uint8Array): number | undefined {
  const straightened = reorder(bytes, encoding);
  const view = new DataView(straightened.buffer, straightened.byteOffset, straightened.length);
  const raw = read(encoding.type, view);
  return raw === undefined ? undefined : raw * encoding.scale + encoding.offset;
}

function read(type: PointType, view: DataView): number | undefined {
  switch (type) {
    case 'int16':
      return view.getInt16(0);
    case 'uint16':
      return view.getUint16(0);
    case 'int32':
      return view.getInt32(0);
    case 'uint32':
      return view.getUint32(0);
    case 'float32':
      return view.getFloat32(0);
    case 'float64':
      return view.getFloat64(0);
    default:
      return undefined;
  }
}

function straight(encoding: Encoding, value: PointValue, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  switch (encoding.type) {
    case 'string':
      bytes.set(Buffer.from(String(value), 'latin1').subarray(0, size));
      break;
    case 'float32':
      view.setFloat32(0, scaled(encoding, value));
      break;
    case 'float64':
      view.setFloat64(0, scaled(encoding, value));
      break;
    case 'bcd16':
    case 'bcd32':
    case 'bcd64':
      bytes.set(bcd(whole(encoding, value), size));
      break;
    case 'm10k32':
    case 'm10k48':
    case 'm10k64':
    case 'sm10k32':
    case 'sm10k48':
    case 'sm10k64':
      putFourDigits(view, whole(encoding, value), encoding.type.startsWith('s'));
      break;
    default:
      putInteger(bytes, whole(encoding, value));
  }
  return bytes;
}

const scaled = (encoding: Encoding, value: PointValue): number =>
  typeof value === 'bigint' ? Number(value) : (Number(value) - encoding.offset) / encoding.scale;

const whole = (encoding: Encoding, value: PointValue): bigint =>
  typeof value === 'bigint' ? value : BigInt(Math.round(scaled(encoding, value)));

/** Two's complement, high byte first, as many bytes as there are. */
function putInteger(bytes: Uint8Array, value: bigint): void {
  let rest = BigInt.asUintN(bytes.length * 8, value);
  for (let at = bytes.length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

function bcd(value: bigint, size: number): Uint8Array {
  const digits = size * 2;
  const shown = value < 0n ? 0n : value % 10n ** BigInt(digits);
  return Buffer.from(shown.toString().padStart(digits, '0'), 'hex');
}

/** Four decimal digits a register; in the signed form each register has the sign of the whole. */
function putFourDigits(view: DataView, value: bigint, signed: boolean): void {
  const sign = value < 0n ? -1n : 1n;
  let rest = signed || value > 0n ? value * sign : 0n;
  for (let at = view.byteLength - 2; at >= 0; at -= 2) {
    view.setInt16(at, Number((rest % 10_000n) * (signed ? sign : 1n)));
    rest /= 10_000n;
  }
}

/** The words of a string keep their place; only its two characters a register may be swapped. */
function reorder(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  const { order, type } = encoding;
  const out = bytes.slice();
  if ((order === 'cdab' || order === 'dcba') && type !== 'string') swapWords(out);
  if (order === 'badc' || order === 'dcba') Buffer.from(out.buffer).swap16();
  return out;
}

function swapWords(bytes: Uint8Array): void {
  const words = new Uint16Array(bytes.buffer);
  words.reverse();
}
