/** OPC UA Binary written by hand from OPC 10000-6 §5.2, for values that the stack is to find on the wire. */

const int = (bytes: number, write: (buffer: Buffer) => void): Buffer => {
  const buffer = Buffer.alloc(bytes);
  write(buffer);
  return buffer;
};

export const u8 = (value: number): Buffer => Buffer.of(value);
export const u16 = (value: number): Buffer => int(2, (buffer) => buffer.writeUInt16LE(value));
export const i16 = (value: number): Buffer => int(2, (buffer) => buffer.writeInt16LE(value));
export const u32 = (value: number): Buffer => int(4, (buffer) => buffer.writeUInt32LE(value));
export const i32 = (value: number): Buffer => int(4, (buffer) => buffer.writeInt32LE(value));
export const i64 = (value: bigint): Buffer => int(8, (buffer) => buffer.writeBigInt64LE(value));
export const f32 = (value: number): Buffer => int(4, (buffer) => buffer.writeFloatLE(value));
export const f64 = (value: number): Buffer => int(8, (buffer) => buffer.writeDoubleLE(value));
export const bytes = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

/** Also a ByteString; undefined is the null of either. */
export function str(text: string | undefined): Buffer {
  if (text === undefined) return i32(-1);
  const encoded = Buffer.from(text);
  return bytes(i32(encoded.length), encoded);
}

/** `[namespace, number or text]` in the long forms. */
export const id = ([namespace, name]: readonly [number, number | string]): Buffer =>
  typeof name === 'number'
    ? bytes(u8(2), u16(namespace), u32(name))
    : bytes(u8(3), u16(namespace), str(name));

export const localized = (text: string): Buffer => bytes(u8(3), str('en'), str(text));

/** Elements behind their count. */
export const list = (...elements: readonly Uint8Array[]): Buffer =>
  bytes(i32(elements.length), ...elements);

/** A structure with the id of its encoding in front. */
export const extension = (encoding: readonly [number, number | string], body: Buffer): Buffer =>
  bytes(id(encoding), u8(1), i32(body.length), body);

export interface WireField {
  readonly name: string;
  readonly type: readonly [number, number | string];
  readonly rank?: number;
  readonly isOptional?: boolean;
}

/** StructureDefinition (OPC 10000-3 §8.48; its encoding has the number 122). */
export const structureDefinition = (
  encoding: readonly [number, number | string],
  fields: readonly WireField[],
  structureType = 0,
): Buffer =>
  extension(
    [0, 122],
    bytes(
      id(encoding),
      id([0, 22]),
      i32(structureType),
      list(
        ...fields.map(({ name, type, rank = -1, isOptional = false }) =>
          bytes(str(name), u8(0), id(type), i32(rank), i32(-1), u32(0), u8(isOptional ? 1 : 0)),
        ),
      ),
    ),
  );

/** EnumDefinition (OPC 10000-3 §8.50; its encoding has the number 123). */
export const enumDefinition = (names: Readonly<Record<string, number>>): Buffer =>
  extension(
    [0, 123],
    list(
      ...Object.entries(names).map(([name, value]) =>
        bytes(i64(BigInt(value)), u8(0), u8(0), str(name)),
      ),
    ),
  );

/** Argument (OPC 10000-3 §8.6; its encoding has the number 298). */
export const argument = (
  name: string,
  type: readonly [number, number | string],
  rank = -1,
): Buffer => extension([0, 298], bytes(str(name), id(type), i32(rank), i32(-1), u8(0)));
