/** Decimal digits as meters keep and send them: exact, two to a byte, the low byte first. */

/** What a counter of so many decimals shows for a value of the process. */
export const scaledTo = (value: number, decimals: number): bigint =>
  BigInt(Math.round(value * 10 ** decimals));

/** The digits of a whole number in so many bytes; what does not fit rolls over as in a counter. Not negative. */
export function bcdLowFirst(value: bigint, bytes: number): Uint8Array {
  const digits = (value % 10n ** BigInt(bytes * 2)).toString().padStart(bytes * 2, '0');
  return Buffer.from(digits, 'hex').reverse();
}

/** The number that digits show; undefined where a nibble is none. */
export function fromBcdLowFirst(bytes: Uint8Array): bigint | undefined {
  const digits = hexLowFirst(bytes);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

/** Bytes as they are printed, the high byte first. */
export const hexLowFirst = (bytes: Uint8Array): string =>
  Buffer.from(bytes).reverse().toString('hex').toUpperCase();

/** Printed bytes as they are sent. */
export const lowFirst = (hex: string): Uint8Array => Buffer.from(hex, 'hex').reverse();
