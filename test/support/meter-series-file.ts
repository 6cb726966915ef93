/**
 * Meter series as data: one file a family. A reading is `+900s read 12.34`, with the serial number behind it where
 * the meter gives one; `freeze` for what the meter kept of that time and gave later; `swap 130.00 7.00` where a person says
 * that the meter was exchanged, with the last value of the old one and the first of the new one.
 */
import { decimalText } from '../../gateway/model/sample.ts';
import { exact } from '../../rules/kinds/reading/exact-number.ts';
import type { Family, MeterSeries } from './meter-series.ts';
import type { Played } from './played-meter.ts';

/** As it stands in a file; numbers are in the register's unit, as text. */
export interface SeriesFile {
  readonly family: string;
  readonly series: readonly FiledSeries[];
}
export interface FiledSeries {
  readonly name: string;
  readonly decimals: number;
  readonly modulus: string | null;
  readonly max_rate_per_hour: string | null;
  readonly signed: boolean;
  /** Joined by `; `. */
  readonly readings: string;
  readonly truth: FiledTruth;
}
export interface FiledTruth {
  /** What the readings show was counted. */
  readonly counted: string;
  /** What was counted where no reading could see it. */
  readonly unseen: string;
  readonly rollovers: number;
  readonly resets: number;
  readonly swaps: number;
  /** What an account must be wrong by: nothing, wherever the width is declared. */
  readonly error: string;
}

export const FILES_START = Date.UTC(2026, 2, 1);

export function filed(name: string, series: MeterSeries, error = 0n): FiledSeries {
  const { decimals, truth } = series;
  const text = (value: bigint) => decimalText({ unscaled: value, decimals });
  const line = (played: Played): string => {
    const at = `+${(played.time - FILES_START) / 1000}s`;
    switch (played.kind) {
      case 'read':
        return [
          at,
          'read',
          text(played.value),
          ...(played.serial === undefined ? [] : [played.serial]),
        ].join(' ');
      case 'freeze':
        return `${at} freeze ${text(played.value)}`;
      case 'swap':
        return `${at} swap ${[played.final, played.initial].map((one) => (one === undefined ? '-' : text(one))).join(' ')}`;
    }
  };
  return {
    name,
    decimals,
    modulus: series.modulus === undefined ? null : text(series.modulus),
    max_rate_per_hour: series.maxRate === undefined ? null : text(series.maxRate),
    signed: series.isSigned,
    readings: series.played.map(line).join('; '),
    truth: {
      counted: text(truth.counted),
      unseen: text(truth.unseen),
      rollovers: truth.rollovers,
      resets: truth.resets,
      swaps: truth.swaps,
      error: text(error),
    },
  };
}

/** The same as it was played. */
export function unfiled(family: string, filed: FiledSeries): MeterSeries {
  const steps = (text: string): bigint => {
    const { unscaled, decimals } = exact(text);
    return unscaled * 10n ** BigInt(filed.decimals - decimals);
  };
  const optional = (text: string | undefined | null) =>
    text === undefined || text === null || text === '-' ? undefined : steps(text);
  const played = filed.readings.split('; ').map((line): Played => {
    const [at = '', kind, value = '', last] = line.split(' ');
    const time = FILES_START + Math.round(Number(at.slice(1, -1)) * 1000);
    if (kind === 'freeze') return { kind, time, value: steps(value) };
    if (kind === 'read')
      return { kind, time, value: steps(value), ...(last !== undefined && { serial: last }) };
    const [final, initial] = [optional(value), optional(last)];
    return {
      kind: 'swap',
      time,
      ...(final !== undefined && { final }),
      ...(initial !== undefined && { initial }),
    };
  });
  const { truth } = filed;
  return {
    family: family as Family,
    decimals: filed.decimals,
    modulus: optional(filed.modulus),
    maxRate: optional(filed.max_rate_per_hour),
    isSigned: filed.signed,
    played,
    truth: {
      counted: steps(truth.counted),
      unseen: steps(truth.unseen),
      rollovers: truth.rollovers,
      resets: truth.resets,
      swaps: truth.swaps,
    },
  };
}
