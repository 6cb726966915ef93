/** Numbers that are nothing without their unit: how they are written and what they amount to. Pure. */
import type { ErrorCode } from '../model/errors.ts';

/** A kind of such numbers, and what one of each unit amounts to. */
export interface Quantity {
  /** For what is not written like this. */
  readonly code: ErrorCode;
  /** A unit to show beside a number that lacks one. */
  readonly example: string;
  readonly units: Readonly<Record<string, number>>;
}

/** In milliseconds. */
export const DURATION: Quantity = {
  code: 'config.not-duration',
  example: 's',
  units: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
};

/** In bytes. */
export const SIZE: Quantity = {
  code: 'config.not-size',
  example: 'B',
  units: {
    B: 1,
    KB: 1e3,
    MB: 1e6,
    GB: 1e9,
    TB: 1e12,
    KiB: 2 ** 10,
    MiB: 2 ** 20,
    GiB: 2 ** 30,
    TiB: 2 ** 40,
  },
};

/** As a part of one. */
export const SHARE: Quantity = { code: 'config.not-share', example: '%', units: { '%': 0.01 } };

/** Per hour. */
export const RATE: Quantity = {
  code: 'config.not-rate',
  example: '/h',
  units: { '/s': 3_600, '/m': 60, '/min': 60, '/h': 1, '/d': 1 / 24 },
};

/** How an amount is written, `1.5 GB`, and what it comes to; NaN for anything else. */
export function amountsOf({ units }: Quantity): {
  readonly pattern: RegExp;
  readonly amountOf: (written: string) => number;
} {
  const pattern = new RegExp(`^(\\d{1,15}(?:\\.\\d{1,9})?) ?(${Object.keys(units).join('|')})$`);
  const amountOf = (written: string): number => {
    const [, amount, unit] = pattern.exec(written) ?? [];
    return Number(amount) * (units[unit ?? ''] ?? Number.NaN);
  };
  return { pattern, amountOf };
}
