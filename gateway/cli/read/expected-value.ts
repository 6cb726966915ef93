/** Readings of registers that give a number somebody sees on the device, as lines for a site's YAML. Pure. */
import { type Match, rankByExpected } from '../../../drivers/codec/interpretations.ts';
import { registersOf } from '../../../drivers/codec/registers.ts';

/** By address; registers that could not be read are not there. */
export type Registers = ReadonlyMap<number, number>;

/** Registers before and behind the address: one beside it either way, and the longest value there. */
export const WORDS_AROUND = [1, 4] as const;
/** Manuals count from 0 or from 1. */
const OFFSETS = [0, -1, 1];
const LONGEST_VALUE = 4;
const MOST_CANDIDATES = 8;

export interface Candidate {
  /** As in YAML: `holding:100 float32 cdab`. */
  readonly address: string;
  /** Left out in YAML where it is 1. */
  readonly scale: number;
  /** The whole line for a tag. */
  readonly yaml: string;
  readonly value: number;
  readonly exact: boolean;
  /** From the address that was asked for. */
  readonly offset: number;
  /** Of a transformer that the device counts behind; 1 without any. */
  readonly ratio: number;
}

/** The likeliest first: equal before near, the address itself before those beside it. */
export function candidates(
  registers: Registers,
  { table, address }: { readonly table: string; readonly address: number },
  text: string,
): readonly Candidate[] {
  const found = OFFSETS.flatMap((offset) =>
    rankByExpected(blockAt(registers, address + offset), text)
      .filter(({ at }) => at === 0)
      .map((match) => candidateOf(match, { table, address, offset })),
  );
  const exact = found.filter((candidate) => candidate.exact);
  return (exact.length > 0 ? exact : found).slice(0, MOST_CANDIDATES);
}

/** The registers from an address on, up to the first that is missing. */
function blockAt(registers: Registers, from: number): Uint8Array {
  const words: number[] = [];
  for (let i = 0; i < LONGEST_VALUE; i++) {
    const word = registers.get(from + i);
    if (word === undefined) break;
    words.push(word >> 8, word & 0xff);
  }
  return Uint8Array.from(words);
}

function candidateOf(
  { type, order, exponent, ratio, value, isExact }: Match,
  {
    table,
    address,
    offset,
  }: { readonly table: string; readonly address: number; readonly offset: number },
): Candidate {
  const isPlain = registersOf({ type, length: 0 }) === 1 && order === 'abcd';
  const written = `${table}:${address + offset} ${type}${isPlain ? '' : ` ${order}`}`;
  const scale = exponent < 0 ? ratio / 10 ** -exponent : ratio * 10 ** exponent;
  const yaml =
    scale === 1
      ? `{ address: "${written}" }`
      : `{ address: "${written}", scale: ${Number(scale.toPrecision(12))} }`;
  return { address: written, scale, yaml, value, exact: isExact, offset, ratio };
}
