/** What the bytes of a data item can be. Data only; how they are read stands with the values. */

/** The forms of time in DL/T 645, by how many bytes they take; all are BCD, low byte first. */
export const TIME_BYTES = {
  /** Day and hour of a settlement: hh DD. */
  'day-hour': 2,
  /** ss mm hh */
  clock: 3,
  /** WW DD MM YY, 0 is Sunday. */
  date: 4,
  /** mm hh DD MM YY */
  minute: 5,
  /** ss mm hh DD MM YY */
  second: 6,
  /** ss mm hh WW DD MM YY */
  'date-and-clock': 7,
} as const;
export type TimeForm = keyof typeof TIME_BYTES;

/** A number in BCD, low byte first, with its point where `decimals` says. */
export interface NumberElement {
  readonly kind: 'number';
  readonly bytes: number;
  readonly decimals: number;
  /** Whether bit 7 of the highest byte is a sign (DL/T 645-2007: sign and magnitude). */
  readonly signed: boolean;
  readonly unit: string;
}

export type Element =
  | NumberElement
  | { readonly kind: 'time'; readonly form: TimeForm }
  /** `digits`: BCD as text, leading zeros kept. `text`: ASCII. `bits`, `hex`: as they are. */
  | { readonly kind: 'digits' | 'text' | 'bits' | 'hex'; readonly bytes: number };

/** How many bytes an element takes on the wire. */
export const bytesOf = (element: Element): number =>
  element.kind === 'time' ? TIME_BYTES[element.form] : element.bytes;

/** A number without a sign. */
export const unsigned = (bytes: number, decimals: number, unit: string): NumberElement => ({
  kind: 'number',
  bytes,
  decimals,
  signed: false,
  unit,
});

/** A number whose highest bit is its sign. */
export const signed = (bytes: number, decimals: number, unit: string): NumberElement => ({
  ...unsigned(bytes, decimals, unit),
  signed: true,
});

export const time = (form: TimeForm): Element => ({ kind: 'time', form });
