/**
 * Where a tag stands in a meter, as people write it:
 *
 * - `forward_active_energy`, `voltage_a` — a word of docs/dlt645-identifiers.md; the same words in both
 *   versions of the standard. Behind it what the item leaves open: `tariff:1` (0 or nothing is the
 *   total), `day:1` (settlement day, 1 is the last one), `harmonic:3`, `last:2` (the second last freeze).
 * - `00010000`, `9010` — an identifier as the standard prints it: eight hexadecimal digits in 2007, four in
 *   1997. `0001FF00[2]` is the third value of a block, counted from 0.
 * - `run_status_3 bit:4` — one bit of a status word, 0 is the lowest.
 * - `00010000 bytes:4 decimals:4 signed` — where a manufacturer departs from the standard, or the tables do not
 *   have the identifier; `unsigned`, and `bytes:10 text`, `bytes:6 digits`, `bytes:60 hex` for what is no number.
 * - `freeze`, `relay` — commands, only written. `clock` is read, and written it sets the clock. `freeze broadcast`
 *   and `clock broadcast` go to all meters of the line.
 */
import { byLikeness } from '../../gateway/host/likeness.ts';
import type { Refusal } from '../../gateway/host/schema.ts';
import type { ErrorCode } from '../../gateway/model/errors.ts';
import {
  identify,
  type NotFound,
  type Place,
  placeOf,
  QUALIFIER_NAMES,
  type Qualifier,
  withNumbers,
  wordsOf,
} from './catalogue.ts';
import { type Element, type NumberElement, unsigned } from './element.ts';
import type { Version } from './identifier.ts';

/** What is read for a tag: a value of an item, alone or in its block, or one bit of it. */
export interface Item extends Place {
  readonly block?: Place;
  readonly bit?: number;
}

export type Command = 'clock' | 'freeze' | 'relay';
const COMMANDS: readonly Command[] = ['clock', 'freeze', 'relay'];
const BROADCASTS: readonly Command[] = ['clock', 'freeze'];

/** A parsed address: what is read in each version that has it, and what writing it does. */
export interface Address {
  readonly items: Readonly<Partial<Record<Version, Item>>>;
  readonly command?: Command;
  /** The command goes to every meter of the line. */
  readonly broadcast: boolean;
}

const VERSIONS: readonly Version[] = ['2007', '1997'];
const IDENTIFIER = /^([\da-f]{8}|[\da-f]{4})(?:\[(\d{1,3})\])?$/i;
const MOST_NUMBER_BYTES = 8;
const MOST_BYTES = 200;
const MOST_DECIMALS = 15;
const KINDS = ['text', 'digits', 'hex'] as const;
const FLAGS = ['signed', 'unsigned', ...KINDS, 'broadcast'] as const;
type Flag = (typeof FLAGS)[number];
const OWN_NUMBERS = ['bytes', 'decimals', 'bit'] as const;
const NUMBERS = [...QUALIFIER_NAMES, ...OWN_NUMBERS];
type NumberName = Qualifier | (typeof OWN_NUMBERS)[number];

/** Reads the text of a tag's `address:`. */
export function dlt645Address(text: string): { readonly value: Address } | Refusal {
  const [place = '', ...rest] = text.trim().split(/\s+/);
  const chosen = chosenBy(rest);
  if ('code' in chosen) return chosen;
  const word = place.toLowerCase();
  const command = COMMANDS.find((name) => name === word);
  const broadcast = chosen.flags.has('broadcast');
  if (broadcast && !(command && BROADCASTS.includes(command)))
    return refusal('dlt645.qualifier-unfit', { word: place, qualifier: 'broadcast' });
  if (command === 'freeze' || command === 'relay' || broadcast) {
    const [surplus] = [...chosen.numbers.keys(), ...chosen.flags].filter(
      (it) => it !== 'broadcast',
    );
    if (surplus !== undefined)
      return refusal('dlt645.qualifier-unfit', { word: place, qualifier: surplus });
    return { value: { items: {}, ...(command && { command }), broadcast } };
  }
  const items = IDENTIFIER.test(place) ? byIdentifier(place, chosen) : byWord(place, chosen);
  if ('code' in items) return items;
  return { value: { items: items.value, ...(command && { command }), broadcast } };
}

type OwnCode = Extract<ErrorCode, `dlt645.${string}`>;

const refusal = (code: OwnCode, details: Record<string, string | number> = {}): Refusal => ({
  code,
  details,
});

interface Chosen {
  readonly numbers: ReadonlyMap<NumberName, number>;
  readonly flags: ReadonlySet<Flag>;
}

function chosenBy(words: readonly string[]): Chosen | Refusal {
  const numbers = new Map<NumberName, number>();
  const flags = new Set<Flag>();
  for (const written of words) {
    const [name = '', value] = written.toLowerCase().split(':', 2);
    const number = NUMBERS.find((known) => known === name);
    const flag = FLAGS.find((known) => known === name);
    if (number && value !== undefined) {
      if (!/^\d{1,3}$/.test(value)) return refusal('dlt645.qualifier-number', { word: written });
      if (numbers.has(number)) return refusal('dlt645.qualifier-twice', { word: name });
      numbers.set(number, Number(value));
    } else if (flag && value === undefined) flags.add(flag);
    else {
      const known = [...NUMBERS.map((one) => `${one}:1`), ...FLAGS];
      const nearest = byLikeness(written, known)[0] ?? '';
      return refusal('dlt645.qualifier-unknown', { word: written, nearest });
    }
  }
  const kinds = [...flags].filter((flag) => flag !== 'broadcast');
  if (kinds.length > 1) return refusal('dlt645.qualifier-twice', { word: kinds.at(-1) ?? '' });
  return { numbers, flags };
}

type Items = Address['items'];

function byWord(word: string, chosen: Chosen): { readonly value: Items } | Refusal {
  const qualifiers = Object.fromEntries(
    QUALIFIER_NAMES.flatMap((name) => {
      const value = chosen.numbers.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const items: Partial<Record<Version, Item>> = {};
  let missing: NotFound | undefined;
  for (const version of VERSIONS) {
    const found = placeOf(version, word.toLowerCase(), qualifiers);
    if ('problem' in found) {
      if (found.problem !== 'word') missing ??= found;
      continue;
    }
    const item = asChosen(word, found, chosen);
    if ('code' in item) return item;
    items[version] = item;
  }
  if (Object.keys(items).length > 0) return { value: items };
  if (missing) return refusalOf(word, missing);
  const known = [...new Set([...VERSIONS.flatMap(wordsOf), ...COMMANDS])];
  return refusal('dlt645.word-unknown', { word, nearest: byLikeness(word, known)[0] ?? '' });
}

function refusalOf(word: string, missing: NotFound): Refusal {
  if (missing.problem === 'word') return refusal('dlt645.word-unknown', { word, nearest: '' });
  const { problem, ...details } = missing;
  if (problem === 'range') return refusal('dlt645.qualifier-range', details);
  return refusal(problem === 'unfit' ? 'dlt645.qualifier-unfit' : 'dlt645.qualifier-missing', {
    word,
    ...details,
  });
}

function byIdentifier(place: string, chosen: Chosen): { readonly value: Items } | Refusal {
  const [, digits = '', index] = IDENTIFIER.exec(place) ?? [];
  const di = digits.toUpperCase();
  const qualifier = QUALIFIER_NAMES.find((name) => chosen.numbers.has(name));
  if (qualifier) return refusal('dlt645.qualifier-unfit', { word: place, qualifier });
  const version: Version = di.length === 8 ? '2007' : '1997';
  const known = identify(version, di);
  if (known?.isBlock && index === undefined) return refusal('dlt645.element-missing');
  const own = known ? undefined : unknownElement(chosen);
  if (own && 'code' in own) return own;
  const layout = known?.layout ?? { tuple: own ? [own] : [], repeats: index !== undefined };
  const element = Number(index ?? 0);
  const size = layout.tuple.length;
  if (!layout.repeats && element >= size) return refusal('dlt645.element-range', { max: size - 1 });
  const item = asChosen(place, { di, layout, element }, chosen);
  return 'code' in item ? item : { value: { [version]: item } };
}

/** What stands behind an identifier that the tables do not have, as the address says. */
function unknownElement({ numbers, flags }: Chosen): Element | Refusal {
  const bytes = numbers.get('bytes');
  if (bytes === undefined) return refusal('dlt645.format-unknown');
  const kind = KINDS.find((one) => flags.has(one));
  const max = kind === undefined ? MOST_NUMBER_BYTES : MOST_BYTES;
  if (bytes < 1 || bytes > max)
    return refusal('dlt645.qualifier-range', { qualifier: 'bytes', min: 1, max });
  return kind === undefined ? unsigned(bytes, 0, '') : { kind, bytes };
}

/** The item with the numbers, or the bit of it, that the address asks for. */
function asChosen(word: string, found: Item, { numbers, flags }: Chosen): Item | Refusal {
  const element = found.layout.tuple[found.element % found.layout.tuple.length];
  const bit = numbers.get('bit');
  if (bit !== undefined) {
    if (element?.kind !== 'bits')
      return refusal('dlt645.qualifier-unfit', { word, qualifier: 'bit' });
    const max = element.bytes * 8 - 1;
    if (bit > max) return refusal('dlt645.qualifier-range', { qualifier: 'bit', min: 0, max });
    return { ...found, bit };
  }
  const bytes = numbers.get('bytes');
  const decimals = numbers.get('decimals');
  const isSigned = flags.has('signed') ? true : flags.has('unsigned') ? false : undefined;
  const changes: Partial<NumberElement> = {
    ...(bytes !== undefined && { bytes }),
    ...(decimals !== undefined && { decimals }),
    ...(isSigned !== undefined && { signed: isSigned }),
  };
  const [change] = Object.keys(changes);
  const isOwnText =
    element !== undefined && KINDS.some((kind) => flags.has(kind) && kind === element.kind);
  if (change === undefined || isOwnText) return found;
  if (element?.kind !== 'number' || found.layout.loadClass !== undefined)
    return refusal('dlt645.qualifier-unfit', { word, qualifier: change });
  if (bytes !== undefined && (bytes < 1 || bytes > MOST_NUMBER_BYTES))
    return refusal('dlt645.qualifier-range', {
      qualifier: 'bytes',
      min: 1,
      max: MOST_NUMBER_BYTES,
    });
  if (decimals !== undefined && decimals > MOST_DECIMALS)
    return refusal('dlt645.qualifier-range', { qualifier: 'decimals', min: 0, max: MOST_DECIMALS });
  const { block } = found;
  return {
    ...found,
    layout: withNumbers(found.layout, changes),
    ...(block && { block: { ...block, layout: withNumbers(block.layout, changes) } }),
  };
}
