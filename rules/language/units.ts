/**
 * Units of measurement as sites write them: one spelling of each, which can be converted into which, and what
 * becomes of them in a calculation. Pure. A unit that is not in the table is equal to itself and comparable with all.
 */

/** One unit: `(x + shift) × times ÷ over` is the number in the base unit of its dimension. */
interface UnitFacts {
  readonly dimension: string;
  readonly shift: number;
  readonly times: number;
  readonly over: number;
}

/** `(x + before) × times ÷ over + after`; factors are whole wherever they are exact. */
export interface Conversion {
  readonly before: number;
  readonly times: number;
  readonly over: number;
  readonly after: number;
}

type Row = readonly [unit: string, times: number, over?: number, shift?: number];

/** Of each dimension, the base first. Psi: 0.45359237 kg × 9.80665 m/s² on (0.0254 m)². */
const DIMENSIONS: Readonly<Record<string, readonly Row[]>> = {
  temperature: [
    ['°C', 1],
    ['K', 1, 1, -273.15],
    ['°F', 5, 9, -32],
  ],
  pressure: [
    ['Pa', 1],
    ['hPa', 100],
    ['kPa', 1e3],
    ['MPa', 1e6],
    ['bar', 1e5],
    ['mbar', 100],
    ['psi', 6894.757293168],
  ],
  voltage: [
    ['V', 1],
    ['mV', 1, 1e3],
    ['kV', 1e3],
  ],
  current: [
    ['A', 1],
    ['mA', 1, 1e3],
    ['kA', 1e3],
  ],
  power: [
    ['W', 1],
    ['kW', 1e3],
    ['MW', 1e6],
  ],
  'apparent power': [
    ['VA', 1],
    ['kVA', 1e3],
    ['MVA', 1e6],
  ],
  'reactive power': [
    ['var', 1],
    ['kvar', 1e3],
    ['Mvar', 1e6],
  ],
  energy: [
    ['J', 1],
    ['kJ', 1e3],
    ['MJ', 1e6],
    ['GJ', 1e9],
    ['Wh', 3600],
    ['kWh', 3_600_000],
    ['MWh', 3_600_000_000],
  ],
  'apparent energy': [
    ['VAh', 3600],
    ['kVAh', 3_600_000],
  ],
  'reactive energy': [
    ['varh', 3600],
    ['kvarh', 3_600_000],
  ],
  volume: [
    ['m³', 1],
    ['L', 1, 1e3],
    ['mL', 1, 1e6],
  ],
  flow: [
    ['m³/s', 1],
    ['m³/h', 1, 3600],
    ['L/s', 1, 1e3],
    ['L/min', 1, 60_000],
    ['L/h', 1, 3_600_000],
  ],
  length: [
    ['m', 1],
    ['µm', 1, 1e6],
    ['mm', 1, 1e3],
    ['cm', 1, 100],
    ['km', 1e3],
  ],
  speed: [
    ['m/s', 1],
    ['mm/s', 1, 1e3],
    ['m/min', 1, 60],
    ['km/h', 5, 18],
  ],
  mass: [
    ['kg', 1],
    ['mg', 1, 1e6],
    ['g', 1, 1e3],
    ['t', 1e3],
  ],
  frequency: [
    ['Hz', 1],
    ['kHz', 1e3],
    ['MHz', 1e6],
  ],
  rotation: [
    ['rpm', 1],
    ['1/s', 60],
  ],
  time: [
    ['s', 1],
    ['ms', 1, 1e3],
    ['min', 60],
    ['h', 3600],
    ['d', 86_400],
  ],
  ratio: [
    ['1', 1],
    ['%', 1, 100],
    ['‰', 1, 1e3],
    ['ppm', 1, 1e6],
    ['ppb', 1, 1e9],
  ],
};

/** What people write, and what it is called here. */
const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ['℃', '°C'],
  ['ºC', '°C'],
  ['degC', '°C'],
  ['℉', '°F'],
  ['ºF', '°F'],
  ['degF', '°F'],
  ['m3', 'm³'],
  ['㎥', 'm³'],
  ['m^3', 'm³'],
  ['m3/h', 'm³/h'],
  ['m^3/h', 'm³/h'],
  ['㎥/h', 'm³/h'],
  ['m3/s', 'm³/s'],
  ['m^3/s', 'm³/s'],
  ['l', 'L'],
  ['ℓ', 'L'],
  ['ml', 'mL'],
  ['l/s', 'L/s'],
  ['l/min', 'L/min'],
  ['lpm', 'L/min'],
  ['l/h', 'L/h'],
  ['kw', 'kW'],
  ['KW', 'kW'],
  ['kwh', 'kWh'],
  ['KWh', 'kWh'],
  ['kWs', 'kW·s'],
  ['Ws', 'W·s'],
  ['kVar', 'kvar'],
  ['kVarh', 'kvarh'],
  ['Var', 'var'],
  ['um', 'µm'],
  ['μm', 'µm'],
  ['Hertz', 'Hz'],
  ['r/min', 'rpm'],
  ['1/min', 'rpm'],
  ['min⁻¹', 'rpm'],
  ['RPM', 'rpm'],
  ['sec', 's'],
  ['％', '%'],
  ['percent', '%'],
]);

const PER_SECOND = '/s';
const SECONDS = '·s';

const TABLE: ReadonlyMap<string, UnitFacts> = new Map(
  Object.entries(DIMENSIONS).flatMap(([dimension, rows]) =>
    rows.map(([unit, times, over = 1, shift = 0]) => [unit, { dimension, times, over, shift }]),
  ),
);

/** Dimensions whose base units differ by a second: W·s is J, m³/s × s is m³. */
const OVER_TIME: Readonly<Record<string, string>> = {
  power: 'energy',
  'apparent power': 'apparent energy',
  'reactive power': 'reactive energy',
  flow: 'volume',
  speed: 'length',
};
const PER_TIME: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(OVER_TIME).map(([rate, amount]) => [amount, rate]),
);

/** All units that convert() knows, a dimension after the other. */
export const UNITS: readonly string[] = [...TABLE.keys()];

/** The one spelling of a unit: ℃ becomes °C, m3 becomes m³. What is unknown stays as it is. */
export function canonicalUnit(unit: string): string {
  const trimmed = unit.trim();
  return SPELLINGS.get(trimmed) ?? trimmed;
}

/** The unit of a change per second: `bar/s`. */
export const perSecond = (unit: string): string => `${canonicalUnit(unit)}${PER_SECOND}`;
/** The unit of a sum over seconds: `kW·s`. */
export const timesSeconds = (unit: string): string => `${canonicalUnit(unit)}${SECONDS}`;

function factsOf(unit: string): UnitFacts | undefined {
  const known = TABLE.get(unit);
  if (known !== undefined) return known;
  if (unit.endsWith(SECONDS)) return changed(unit.slice(0, -SECONDS.length), OVER_TIME);
  if (unit.endsWith(PER_SECOND)) return changed(unit.slice(0, -PER_SECOND.length), PER_TIME);
  return undefined;
}

function changed(unit: string, to: Readonly<Record<string, string>>): UnitFacts | undefined {
  const facts = TABLE.get(unit);
  const dimension = facts && to[facts.dimension];
  return facts && dimension ? { ...facts, dimension } : undefined;
}

/** What a unit measures: `pressure`; undefined: the unit is not in the table. */
export const dimensionOf = (unit: string): string | undefined =>
  factsOf(canonicalUnit(unit))?.dimension;

/**
 * Whether two numbers with these units must not be compared or added: both are known and not the same. Two different
 * texts of which one is not in the table may mean the same.
 */
export function unitsClash(a: string, b: string): boolean {
  const [one, other] = [canonicalUnit(a), canonicalUnit(b)];
  return one !== other && factsOf(one) !== undefined && factsOf(other) !== undefined;
}

/** How to come from one unit to another; undefined: they measure different things, or one is not in the table. */
export function conversionOf(from: string, to: string): Conversion | undefined {
  const [a, b] = [factsOf(canonicalUnit(from)), factsOf(canonicalUnit(to))];
  if (a === undefined || b === undefined || a.dimension !== b.dimension) return undefined;
  const [times, over] = [a.times * b.over, a.over * b.times];
  const shared = Number.isSafeInteger(times) && Number.isSafeInteger(over) ? gcd(times, over) : 1;
  return { before: a.shift, times: times / shared, over: over / shared, after: 0 - b.shift };
}

/** The number in the other unit. */
export const converted = (x: number, { before, times, over, after }: Conversion): number =>
  ((x + before) * times) / over + after;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
