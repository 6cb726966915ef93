/** One scalar as the bytes that stand for it inside a structure (OPC 10000-6 §5.2.2), by the stack's own coding. */
import { BinaryStream } from 'node-opcua-binary-stream';
import { type DataType, Variant, VariantArrayType } from './stack.ts';

/** The stack's form of a scalar. Throws for bytes that are none. */
export function scalarFrom(type: DataType, bytes: Uint8Array): unknown {
  // In a Variant the number of the type stands in front of the same bytes.
  const variant = new Variant();
  variant.decode(new BinaryStream(Buffer.concat([Uint8Array.of(type), bytes])));
  return variant.value;
}

/** The inverse. */
export function scalarBytes(type: DataType, value: unknown): Buffer {
  const variant = new Variant({ dataType: type, arrayType: VariantArrayType.Scalar, value });
  const stream = new BinaryStream(1_024 + longest(value));
  variant.encode(stream);
  return Buffer.from(stream.buffer.subarray(1, stream.length));
}

/** No character takes more than four bytes. */
const longest = (value: unknown): number => {
  const text: unknown =
    typeof value === 'object' && value !== null ? (Reflect.get(value, 'text') ?? value) : value;
  const length: unknown = Reflect.get(Object(text), 'length');
  return typeof length === 'number' ? 4 * length : 0;
};
