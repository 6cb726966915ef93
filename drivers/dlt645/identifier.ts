/**
 * What a table of data items is made of. Letters in an identifier stand for what a tag's address chooses: `t`
 * tariff, `d` settlement day, `n` harmonic, `k` how many freezes or records back, `p` which of the item's words.
 */
import { type Element, type NumberElement, signed, time, unsigned } from './element.ts';

export type Version = '2007' | '1997';

/** One data item, or one row of like items. */
export interface Identifier {
  /** DI3 to DI0 (2007) or DI1 to DI0 (1997), hexadecimal, with letters for what varies. */
  readonly di: string;
  /** One for each element of the tuple; where `p` varies, one for each of its values. */
  readonly words: readonly string[];
  /** What the item holds, in the order of the wire. */
  readonly tuple: readonly Element[];
  /** The first value of `p`; 0 when left out. */
  readonly first?: number;
  /** The tuple comes once for the total and once for each tariff that the meter has. */
  readonly perTariff?: true;
  /** A load record of this class: the tuple stands inside a record with a time of its own. */
  readonly loadClass?: number;
  /** The same item in another length, told apart by what came. */
  readonly otherwise?: readonly Element[];
  /** What this item stands for when the address names a settlement day. */
  readonly day?: number;
  readonly title: { readonly en: string; readonly zh: string };
}

/** In English and Chinese. */
export type Title = readonly [en: string, zh: string];

/** One row of a table. */
export const item = (
  di: string,
  words: string | readonly string[],
  element: Element | readonly Element[],
  [en, zh]: Title,
  more: Pick<Identifier, 'first' | 'perTariff' | 'loadClass' | 'otherwise' | 'day'> = {},
): Identifier => ({
  di,
  words: typeof words === 'string' ? [words] : words,
  tuple: 'kind' in element ? [element] : element,
  title: { en, zh },
  ...more,
});

export const PHASES = ['a', 'b', 'c'];
/** A word for each phase: `voltage_a`. */
export const phases = (word: string): string[] => PHASES.map((phase) => `${word}_${phase}`);
/** The word itself for the total, then one for each phase. */
export const withTotal = (word: string): string[] => [word, ...phases(word)];

/** A register of energy. */
export interface Energy {
  readonly di2: string;
  readonly word: string;
  readonly element: NumberElement;
  readonly title: Title;
}

const energy = (di2: string, word: string, element: NumberElement, zh: string): Energy => ({
  di2,
  word,
  element,
  title: [word.replaceAll('_', ' '), zh],
});

/** Energies by DI2; DI1 of their freezes is the same number, 01H to 08H. */
export const ENERGIES: readonly Energy[] = [
  energy('00', 'combined_active_energy', signed(4, 2, 'kWh'), '组合有功电能'),
  energy('01', 'forward_active_energy', unsigned(4, 2, 'kWh'), '正向有功电能'),
  energy('02', 'reverse_active_energy', unsigned(4, 2, 'kWh'), '反向有功电能'),
  energy('03', 'combined_reactive_energy_1', signed(4, 2, 'kvarh'), '组合无功1电能'),
  energy('04', 'combined_reactive_energy_2', signed(4, 2, 'kvarh'), '组合无功2电能'),
  energy('05', 'reactive_energy_q1', unsigned(4, 2, 'kvarh'), '第一象限无功电能'),
  energy('06', 'reactive_energy_q2', unsigned(4, 2, 'kvarh'), '第二象限无功电能'),
  energy('07', 'reactive_energy_q3', unsigned(4, 2, 'kvarh'), '第三象限无功电能'),
  energy('08', 'reactive_energy_q4', unsigned(4, 2, 'kvarh'), '第四象限无功电能'),
  energy('09', 'forward_apparent_energy', unsigned(4, 2, 'kVAh'), '正向视在电能'),
  energy('0A', 'reverse_apparent_energy', unsigned(4, 2, 'kVAh'), '反向视在电能'),
];

/** A highest demand and when it was. */
export interface MaxDemand {
  /** DI2 of the value, and DI1 of its freezes where there are any. */
  readonly di2: string;
  readonly frozen: string | undefined;
  readonly words: readonly string[];
  readonly tuple: readonly Element[];
  readonly title: Title;
}

const demand = (
  di2: string,
  frozen: string | undefined,
  word: string,
  unit: string,
  zh: string,
): MaxDemand => ({
  di2,
  frozen,
  words: [word, `${word}_time`],
  tuple: [unsigned(3, 4, unit), time('minute')],
  title: [`${word.replaceAll('_', ' ')} and its time`, `${zh}及发生时间`],
});

export const MAX_DEMANDS: readonly MaxDemand[] = [
  demand('01', '09', 'forward_active_max_demand', 'kW', '正向有功最大需量'),
  demand('02', '0A', 'reverse_active_max_demand', 'kW', '反向有功最大需量'),
  demand('03', undefined, 'combined_reactive_max_demand_1', 'kvar', '组合无功1最大需量'),
  demand('04', undefined, 'combined_reactive_max_demand_2', 'kvar', '组合无功2最大需量'),
];
