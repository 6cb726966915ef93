/** The measured values of a meter of DL/T 645-1997 by their two-byte identifier. */
import { type MeterRegister, type MeterShape, registers2007 } from './dlt645-registers.ts';

/**
 * Where the same quantity stands in 2007, and how the older meter shows it. The first two digits and the fourth
 * say what it is, the others are as written.
 */
const INSTANTS: Readonly<Record<string, { readonly di: string } & Partial<MeterRegister>>> = {
  B611: { di: '02010100', decimals: 0 },
  B612: { di: '02010200', decimals: 0 },
  B613: { di: '02010300', decimals: 0 },
  B621: { di: '02020100', bytes: 2, decimals: 2 },
  B622: { di: '02020200', bytes: 2, decimals: 2 },
  B623: { di: '02020300', bytes: 2, decimals: 2 },
  B630: { di: '02030000' },
  B631: { di: '02030100' },
  B632: { di: '02030200' },
  B633: { di: '02030300' },
  B640: { di: '02040000', bytes: 2, decimals: 2 },
  B641: { di: '02040100', bytes: 2, decimals: 2 },
  B642: { di: '02040200', bytes: 2, decimals: 2 },
  B643: { di: '02040300', bytes: 2, decimals: 2 },
  B650: { di: '02060000' },
  B651: { di: '02060100' },
  B652: { di: '02060200' },
  B653: { di: '02060300' },
};
/** 9m1t forward active, 9m2t reverse active, 91.. reactive; m 0 or 1 this month, +4 the last one. */
const ENERGIES: Readonly<Record<string, string>> = {
  '901': '0001',
  '902': '0002',
  '911': '0003',
  '912': '0004',
  '941': '0001',
  '942': '0002',
  '951': '0003',
  '952': '0004',
};

/** The registers of an identifier, several for a block (a last digit F). */
export function registers1997(di: string, shape: MeterShape): readonly MeterRegister[] | undefined {
  const energy = ENERGIES[di.slice(0, 3)];
  if (energy) {
    const settlement = di[1] === '4' || di[1] === '5' ? '01' : '00';
    const tariff = di[3] === 'F' ? 'FF' : `0${di[3]}`;
    return registers2007(`${energy}${tariff}${settlement}`, shape)?.map((register) => ({
      ...register,
      quantities: [`${di.slice(0, 3)}${register.tariff ?? 0}`, ...register.quantities],
      isSigned: false,
    }));
  }
  if (/^B6[1-5]F$/.test(di)) {
    const parts = Object.keys(INSTANTS).filter((key) => key.startsWith(di.slice(0, 3)));
    return parts.flatMap((key) => registers1997(key, shape) ?? []);
  }
  const { di: modern, ...shown } = INSTANTS[di] ?? {};
  const [register] = (modern && registers2007(modern, shape)) || [];
  if (!register) return undefined;
  const quantities = [di, ...register.quantities];
  return [{ ...register, quantities, isSigned: false, ...shown }];
}
