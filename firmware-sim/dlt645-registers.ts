/**
 * The measured values of an electricity meter by their identifier (DL/T 645-2007 annex A, -1997 annex
 * A): what each is called, how wide it is and where its decimal point stands.
 */
import { type Millis, millis, minutes } from '../gateway/model/units.ts';
import type { MovingSignal, Signal } from './process.ts';

export interface MeterRegister {
  /** Identifiers whose signal it follows, the nearest first. */
  readonly quantities: readonly string[];
  readonly bytes: number;
  readonly decimals: number;
  /** The top bit of the highest byte is a minus. */
  readonly isSigned?: boolean;
  readonly fallback: Signal;
  /** 0 the present value, n the one at the n-th last settlement. */
  readonly settlement?: number;
  /** The part of the total that fell into a tariff, counted from 1. */
  readonly tariff?: number;
  /** A maximum, followed by the time when it was. */
  readonly isDemand?: boolean;
  /** A phase that the meter does not have. */
  readonly isAbsent?: boolean;
}

export interface MeterShape {
  readonly phases: 1 | 3;
  readonly tariffs: number;
}

const signal = (
  shape: MovingSignal['shape'],
  min: number,
  max: number,
  period: Millis,
): Signal => ({
  shape,
  min,
  max,
  period,
});
const wander = (min: number, max: number): Signal => signal('walk', min, max, minutes(1));
/** 3.6 kWh an hour. */
const ENERGY = signal('counter', 1_234.56, 999_999.99, millis((999_999.99 - 1_234.56) * 1e6));

const BLOCK = 0xff;
const LAST_SETTLEMENT = 12;
/** DI2 of the energies; both combined ones and the reactive ones carry a sign. */
const ENERGIES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0a, 0x15, 0x29, 0x3d, 0x80];
const SIGNED_ENERGIES = [0, 3, 4];
/** DI2 of what each phase has, without and with a total in front. */
const INSTANTS: Readonly<Record<number, Omit<MeterRegister, 'quantities'> & { from: 0 | 1 }>> = {
  1: { from: 1, bytes: 2, decimals: 1, fallback: wander(218, 235) },
  2: { from: 1, bytes: 3, decimals: 3, isSigned: true, fallback: wander(0, 20) },
  3: { from: 0, bytes: 3, decimals: 4, isSigned: true, fallback: wander(0, 12) },
  4: { from: 0, bytes: 3, decimals: 4, isSigned: true, fallback: wander(-1, 3) },
  5: { from: 0, bytes: 3, decimals: 4, isSigned: true, fallback: wander(0, 13) },
  6: { from: 0, bytes: 2, decimals: 3, isSigned: true, fallback: wander(0.8, 1) },
  7: { from: 1, bytes: 2, decimals: 1, fallback: wander(0, 359.9) },
  8: { from: 1, bytes: 2, decimals: 2, fallback: wander(0, 3) },
  9: { from: 1, bytes: 2, decimals: 2, fallback: wander(0, 8) },
};
/** 028000nn. */
const SINGLES: Readonly<Record<number, Omit<MeterRegister, 'quantities'>>> = {
  1: { bytes: 3, decimals: 3, isSigned: true, fallback: wander(0, 1) },
  2: { bytes: 2, decimals: 2, fallback: wander(49.95, 50.05) },
  3: { bytes: 3, decimals: 4, fallback: wander(0, 12) },
  4: { bytes: 3, decimals: 4, isSigned: true, fallback: wander(0, 12) },
  5: { bytes: 3, decimals: 4, isSigned: true, fallback: wander(0, 3) },
  6: { bytes: 3, decimals: 4, isSigned: true, fallback: wander(0, 13) },
  7: { bytes: 2, decimals: 1, isSigned: true, fallback: wander(-5, 40) },
  8: { bytes: 2, decimals: 2, fallback: wander(3.5, 3.7) },
  9: { bytes: 2, decimals: 2, fallback: wander(5.9, 6.1) },
  10: { bytes: 4, decimals: 0, fallback: wander(0, 100) },
};
const HARMONICS = 21;
/** Counts of events that are only a number. */
const COUNTS = ['03110000', '03300100', '03300D00', '03300E00', '1D000001', '1E000001'];

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);
const hex = (...bytes: readonly number[]): string =>
  Buffer.from(bytes).toString('hex').toUpperCase();

/** The registers of an identifier, several for a block; undefined when the meter has none of that name. */
export function registers2007(di: string, shape: MeterShape): readonly MeterRegister[] | undefined {
  const [family = 0, quantity = 0, element = 0, last = 0] = Buffer.from(di, 'hex');
  const all = { 0: energies, 1: demands }[family];
  if (all) {
    const found = all(quantity, shape)?.filter(
      (register) =>
        (element === BLOCK || register.tariff === element || (!register.tariff && element === 0)) &&
        (last === BLOCK || register.settlement === last),
    );
    return found && found.length > 0 ? found : undefined;
  }
  if (family === 2) return instants(quantity, element, last, shape);
  return COUNTS.includes(di)
    ? [{ quantities: [di], bytes: 3, decimals: 0, fallback: signal('constant', 2, 2, minutes(1)) }]
    : undefined;
}

/** Total and tariffs, now and at each settlement. */
function energies(quantity: number, { tariffs }: MeterShape): readonly MeterRegister[] | undefined {
  if (!ENERGIES.includes(quantity)) return undefined;
  const total = hex(0, quantity, 0, 0);
  const hasTariffs = quantity <= 0x0a;
  return range(0, LAST_SETTLEMENT).flatMap((settlement) =>
    range(0, hasTariffs ? tariffs : 0).map((tariff) => ({
      quantities: [
        ...(tariff > 0 ? [hex(0, quantity, tariff, 0)] : []),
        total,
        // What is combined follows what is drawn, unless it has a course of its own.
        ...(quantity === 0 ? ['00010000'] : []),
      ],
      bytes: 4,
      decimals: 2,
      isSigned: SIGNED_ENERGIES.includes(quantity),
      fallback: ENERGY,
      settlement,
      tariff,
    })),
  );
}

function demands(quantity: number, { tariffs }: MeterShape): readonly MeterRegister[] | undefined {
  if (quantity < 1 || quantity > 4) return undefined;
  return range(0, LAST_SETTLEMENT).flatMap((settlement) =>
    range(0, tariffs).map((tariff) => ({
      quantities: [hex(1, quantity, tariff, 0)],
      bytes: 3,
      decimals: 4,
      fallback: signal('constant', 12.3456, 12.3456, minutes(1)),
      settlement,
      tariff,
      isDemand: true,
    })),
  );
}

function instants(
  quantity: number,
  element: number,
  last: number,
  { phases }: MeterShape,
): readonly MeterRegister[] | undefined {
  if (quantity === 0x80) {
    const single = element === 0 ? SINGLES[last] : undefined;
    return single && [{ ...single, quantities: [hex(2, quantity, element, last)] }];
  }
  if (quantity === 0x0a || quantity === 0x0b) return harmonics(quantity, element, last, phases);
  const kind = INSTANTS[quantity];
  if (!kind || last !== 0) return undefined;
  const wanted = element === BLOCK ? range(kind.from, 3) : [element];
  if (wanted.some((phase) => phase < kind.from || phase > 3)) return undefined;
  const { from, ...register } = kind;
  return wanted.map((phase) => ({
    ...register,
    quantities: [hex(2, quantity, phase, 0)],
    isAbsent: phase > phases,
  }));
}

function harmonics(quantity: number, phase: number, order: number, phases: number) {
  const wanted = order === BLOCK ? range(1, HARMONICS) : [order];
  if (phase < 1 || phase > 3 || wanted.some((n) => n < 1 || n > HARMONICS)) return undefined;
  return wanted.map((n) => ({
    quantities: [hex(2, quantity, phase, n)],
    bytes: 2,
    decimals: 2,
    fallback: wander(0, 100 / n ** 2),
    isAbsent: phase > phases,
  }));
}
