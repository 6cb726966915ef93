/** Packed BCD: one decimal digit in each half byte, the most significant first. */

/**
 * The number that 4, 8 or 16 packed digits spell; a bigint when a double cannot hold it exactly.
 * Undefined when a half byte is no digit.
 */
export function fromBcd(view: DataView, at: number, bytes: number): number | bigint | undefined {
  const head = bytes > 4 ? digits(view, at, bytes - 4) : 0;
  const tail = digits(view, at + Math.max(0, bytes - 4), Math.min(4, bytes));
  if (head === undefined || tail === undefined) return undefined;
  const number = head * 1e8 + tail;
  return Number.isSafeInteger(number) ? number : BigInt(head) * 100_000_000n + BigInt(tail);
}

function digits(view: DataView, at: number, bytes: number): number | undefined {
  let number = 0;
  for (let i = at; i < at + bytes; i++) {
    const byte = view.getUint8(i);
    const high = byte >> 4;
    const low = byte & 0x0f;
    if (high > 9 || low > 9) return undefined;
    number = number * 100 + high * 10 + low;
  }
  return number;
}

/** The number as packed digits in so many bytes; undefined when it is negative or has more digits. */
export function toBcd(integer: bigint, bytes: number): Uint8Array | undefined {
  const text = `${integer}`.padStart(2 * bytes, '0');
  if (integer < 0n || text.length > 2 * bytes) return undefined;
  return Uint8Array.from({ length: bytes }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
