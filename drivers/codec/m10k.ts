/**
 * Modulo 10 000: each register holds four decimal digits, 0 to 9999, the most significant register
 * first. In the signed form every register carries the sign of the whole.
 */

export interface M10kForm {
  readonly registers: number;
  readonly signed: boolean;
}

const BASE = 10_000;

/**
 * The number in the registers from byte `at`; a bigint when a double cannot hold it exactly. Undefined
 * when a register is beyond 9999 or the signs differ.
 */
export function fromM10k(
  view: DataView,
  at: number,
  { registers, signed }: M10kForm,
): number | bigint | undefined {
  let head = 0;
  let tail = 0;
  let lowest = 0;
  let highest = 0;
  for (let i = 0; i < registers; i++) {
    const word = signed ? view.getInt16(at + 2 * i) : view.getUint16(at + 2 * i);
    if (word >= BASE || word <= -BASE) return undefined;
    lowest = Math.min(lowest, word);
    highest = Math.max(highest, word);
    if (i < registers - 1) head = head * BASE + word;
    else tail = word;
  }
  if (lowest < 0 && highest > 0) return undefined;
  const number = head * BASE + tail;
  return Number.isSafeInteger(number) ? number : BigInt(head) * BigInt(BASE) + BigInt(tail);
}

/** The registers that hold the number; undefined when it does not fit the form. */
export function toM10k(integer: bigint, { registers, signed }: M10kForm): Uint8Array | undefined {
  if (integer < 0n && !signed) return undefined;
  const bytes = new Uint8Array(2 * registers);
  const view = new DataView(bytes.buffer);
  let rest = integer;
  for (let i = registers - 1; i >= 0; i--) {
    view.setInt16(2 * i, Number(rest % BigInt(BASE)));
    rest /= BigInt(BASE);
  }
  return rest === 0n ? bytes : undefined;
}
