/** 64-bit integers as the stack holds them: the higher and the lower 32 bits. */

/** Int64 and UInt64 alike: two's complement. */
export function words64(value: bigint): readonly [number, number] {
  const bits = BigInt.asUintN(64, value);
  return [Number(bits >> 32n), Number(bits & 0xffff_ffffn)];
}
