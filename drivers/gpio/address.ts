/**
 * Which pin a tag is, as people write it: `in 17`, `count GPIO27`, `out 22`. The number is the line's offset on its
 * chip, not a number of sysfs and not the position on a connector; a name is the one that gpioinfo prints.
 */
import type { Refusal } from '../../gateway/host/schema.ts';
import type { Millis } from '../../gateway/model/units.ts';
import type { Bias, ChipInfo } from './backend.ts';
import type { PulseMeter } from './pulses.ts';
import type { OutputRules } from './switching.ts';

export const KINDS = ['in', 'count', 'out'] as const;
export type PinKind = (typeof KINDS)[number];

/** The offset of a line on its chip, or its name. */
export type LineRef = number | string;

/** The line of a tag, and what is done with it. */
export interface WrittenPin {
  readonly kind: PinKind;
  readonly line: LineRef;
}

export type PinAddress = { readonly line: LineRef } & (
  | ({ readonly kind: 'in' } & ContactOptions & { readonly isActiveLow: boolean })
  | ({ readonly kind: 'count' } & ContactOptions & { readonly meter: PulseMeter })
  | { readonly kind: 'out'; readonly isActiveLow: boolean; readonly rules: OutputRules }
);

export interface ContactOptions {
  readonly bias: Bias;
  readonly debounce: Millis;
}

export type InputAddress = Extract<PinAddress, { kind: 'in' }>;
export type CountAddress = Extract<PinAddress, { kind: 'count' }>;
export type OutputAddress = Extract<PinAddress, { kind: 'out' }>;

/** The most lines a chip can have is far below; the number of sysfs that people copy is often above. */
const HIGHEST_OFFSET = 1023;

/** Reads the text of a tag's `address:`. */
export function pinAddress(text: string): { readonly value: WrittenPin } | Refusal {
  const [, word = '', line = ''] = /^(\w+)\s+(\S.{0,63})$/.exec(text.trim()) ?? [];
  const kind = KINDS.find((one) => one === word.toLowerCase());
  const parsed = lineRef(line);
  if (kind === undefined || parsed === undefined) return { code: 'gpio.address-form' };
  return { value: { kind, line: parsed } };
}

/** A line's number or name; undefined for a number that no chip has. */
export function lineRef(text: string): LineRef | undefined {
  const name = text.trim();
  if (!/^\d+$/.test(name)) return name === '' ? undefined : name;
  return Number(name) <= HIGHEST_OFFSET ? Number(name) : undefined;
}

/** The offset of a line; undefined when the chip has none of this number or name. */
export const offsetOf = (chip: ChipInfo, line: LineRef): number | undefined =>
  chip.lines.find(({ offset, name }) => (typeof line === 'number' ? offset : name) === line)
    ?.offset;
