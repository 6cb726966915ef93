/** Finding data items: by the word that people write, and by the identifier on the wire. Pure. */
import type { Element, NumberElement } from './element.ts';
import type { Identifier, Version } from './identifier.ts';
import { IDENTIFIERS_1997 } from './identifiers-1997.ts';
import { IDENTIFIERS_2007 } from './identifiers-2007.ts';

export const IDENTIFIERS: Readonly<Record<Version, readonly Identifier[]>> = {
  2007: IDENTIFIERS_2007,
  1997: IDENTIFIERS_1997,
};

/** How the data of a reply is divided: a tuple of elements, once or as often as there are data. */
export interface Layout {
  readonly tuple: readonly Element[];
  readonly repeats: boolean;
  /** The same data in another length. */
  readonly otherwise?: readonly Element[];
  /** The tuple stands in a load record of this class; 0 where all classes stand in it. */
  readonly loadClass?: number;
}

/** One value of a data item: which identifier is asked for, and which element of the reply it is. */
export interface Place {
  readonly di: string;
  readonly layout: Layout;
  readonly element: number;
}

/** What a word's address may choose, and the letter for it in an identifier. */
export const QUALIFIERS = {
  tariff: 't',
  day: 'd',
  harmonic: 'n',
  last: 'k',
} as const;
export type Qualifier = keyof typeof QUALIFIERS;
export const QUALIFIER_NAMES = Object.keys(QUALIFIERS) as readonly Qualifier[];

/** The least and the most of a qualifier; `last` is 62 for days and 254 for hours (§3.3). */
const RANGES: Readonly<Record<Version, Readonly<Record<string, readonly [number, number]>>>> = {
  2007: { t: [0, 0x3f], d: [0, 12], n: [1, 21], k: [1, 0xfe] },
  1997: { t: [0, 0x0e], d: [0, 1], n: [1, 21], k: [1, 0xfe] },
};
const LETTERS_WITH_BLOCK = ['t', 'p', 'n'];

const layoutOf = ({ tuple, perTariff, otherwise, loadClass }: Identifier): Layout => ({
  tuple,
  repeats: perTariff === true,
  ...(otherwise && { otherwise }),
  ...(loadClass !== undefined && { loadClass }),
});

interface Named {
  readonly identifier: Identifier;
  readonly index: number;
}

const byWord = (version: Version): ReadonlyMap<string, readonly Named[]> =>
  Map.groupBy(
    IDENTIFIERS[version].flatMap((identifier) =>
      identifier.words.map((word, index) => ({ word, identifier, index })),
    ),
    ({ word }) => word,
  );
const NAMED: Readonly<Record<Version, ReadonlyMap<string, readonly Named[]>>> = {
  2007: byWord('2007'),
  1997: byWord('1997'),
};

/** All words of a version, in the order of the tables. */
export const wordsOf = (version: Version): readonly string[] => [...NAMED[version].keys()];

export type Qualifiers = Readonly<Partial<Record<Qualifier, number>>>;

/** Where a word's value is, alone and in the block it belongs to. */
export interface Found extends Place {
  readonly block?: Place;
}

export type NotFound =
  | { readonly problem: 'word' }
  | { readonly problem: 'unfit' | 'missing'; readonly qualifier: Qualifier }
  | {
      readonly problem: 'range';
      readonly qualifier: Qualifier;
      readonly min: number;
      readonly max: number;
    };

/** Finds what a word stands for, with what its address chose. */
export function placeOf(version: Version, word: string, chosen: Qualifiers): Found | NotFound {
  const named = NAMED[version].get(word);
  const [first] = named ?? [];
  if (named === undefined || first === undefined) return { problem: 'word' };
  const ranges = RANGES[version];
  for (const qualifier of QUALIFIER_NAMES) {
    const value = chosen[qualifier];
    const [min, max] = ranges[QUALIFIERS[qualifier]] ?? [0, 0];
    if (value === undefined) continue;
    if (!takes(first.identifier, qualifier)) return { problem: 'unfit', qualifier };
    if (value < min || value > max) return { problem: 'range', qualifier, min, max };
  }
  const { identifier, index } =
    named.find(({ identifier: { day } }) => day === (chosen.day ?? 0)) ?? first;
  if (takes(identifier, 'harmonic') && chosen.harmonic === undefined)
    return { problem: 'missing', qualifier: 'harmonic' };
  const { tariff = 0, day = 0, harmonic = 1, last = 1 } = chosen;
  const isChosenByWord = identifier.di.includes('p');
  const values: Readonly<Record<string, number>> = {
    t: tariff,
    d: day,
    n: harmonic,
    k: last,
    p: (identifier.first ?? 0) + index,
  };
  const within = isChosenByWord ? 0 : index;
  const layout = layoutOf(identifier);
  const repetition = layout.repeats ? tariff : 0;
  const di = filled(identifier.di, (letter, digits) => hexOf(values[letter] ?? 0, digits));
  const place = { di, layout, element: repetition * layout.tuple.length + within };
  const letter = LETTERS_WITH_BLOCK.find((one) => identifier.di.includes(one));
  if (letter === undefined) return place;
  const before = (values[letter] ?? 0) - firstOf(identifier, letter);
  return {
    ...place,
    block: {
      di: filled(identifier.di, (one, digits) =>
        one === letter ? 'F'.repeat(digits) : hexOf(values[one] ?? 0, digits),
      ),
      layout: { ...layout, repeats: true },
      element: before * layout.tuple.length + within,
    },
  };
}

/** Whether the word's address may choose this. */
export function takes({ di, perTariff, day }: Identifier, qualifier: Qualifier): boolean {
  if (di.includes(QUALIFIERS[qualifier])) return true;
  return (
    (qualifier === 'tariff' && perTariff === true) || (qualifier === 'day' && day !== undefined)
  );
}

const firstOf = (identifier: Identifier, letter: string): number =>
  letter === 'p' ? (identifier.first ?? 0) : letter === 'n' ? 1 : 0;

const filled = (di: string, of: (letter: string, digits: number) => string): string =>
  di.replace(/([a-z])\1*/g, (letters, letter: string) => of(letter, letters.length));

const hexOf = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, '0');

/** A data item as it came over the wire. */
export interface Identified {
  readonly identifier: Identifier;
  readonly layout: Layout;
  readonly isBlock: boolean;
}

/** What an identifier stands for; undefined when the tables do not have it. */
export function identify(version: Version, di: string): Identified | undefined {
  for (const identifier of IDENTIFIERS[version]) {
    const match = matchOf(version, identifier, di);
    if (match === undefined) continue;
    const layout = layoutOf(identifier);
    if (match === 'one') return { identifier, layout, isBlock: false };
    return { identifier, layout: { ...layout, repeats: true }, isBlock: true };
  }
  return undefined;
}

function matchOf(
  version: Version,
  identifier: Identifier,
  di: string,
): 'one' | 'block' | undefined {
  if (identifier.di.length !== di.length) return undefined;
  let isBlock = false;
  for (const { 0: letters, index } of identifier.di.matchAll(/([a-z])\1*|[0-9A-F]/g)) {
    const digits = di.slice(index, index + letters.length);
    const letter = letters.charAt(0);
    if (/[0-9A-F]/.test(letter)) {
      if (digits !== letters) return undefined;
    } else if (LETTERS_WITH_BLOCK.includes(letter) && /^F+$/.test(digits)) {
      isBlock = true;
    } else if (!isWithin(version, identifier, letter, Number.parseInt(digits, 16))) {
      return undefined;
    }
  }
  return isBlock ? 'block' : 'one';
}

function isWithin(
  version: Version,
  identifier: Identifier,
  letter: string,
  value: number,
): boolean {
  const first = identifier.first ?? 0;
  const [min, max] =
    letter === 'p'
      ? [first, first + identifier.words.length - 1]
      : (RANGES[version][letter] ?? [0, 0]);
  return value >= min && value <= max;
}

/** The layout with its numbers as a manufacturer made them. */
export function withNumbers(layout: Layout, changes: Partial<NumberElement>): Layout {
  const { otherwise: _, ...kept } = layout;
  const changed = (element: Element): Element =>
    element.kind === 'number' ? { ...element, ...changes } : element;
  return { ...kept, tuple: layout.tuple.map(changed) };
}
