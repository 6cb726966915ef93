/**
 * 300 series of meter readings with what was really counted: glitches, rollovers, resets, exchanges, backward flow, pauses,
 * late values. The files say which; they were written by the meter that was played, not by the code under test.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decimalText } from '../../gateway/model/sample.ts';
import { accounted } from '../support/meter-account.ts';
import { type SeriesFile, unfiled } from '../support/meter-series-file.ts';

const FOLDER = join(import.meta.dirname, 'meter-series');
const FILES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as SeriesFile);

it('there are 300 of them', () => {
  expect(FILES.reduce((sum, { series }) => sum + series.length, 0)).toBe(300);
});

describe.each(FILES)('$family', ({ family, series }) => {
  it.each(series)('$name', (one) => {
    const { truth } = one;
    const { counted, told, events } = accounted(unfiled(family, one), 'kWh');
    const text = (value: bigint) => decimalText({ unscaled: value, decimals: one.decimals });
    expect(text(counted - unfiled(family, one).truth.counted)).toBe(truth.error);
    const isDeclared = one.modulus !== null;
    if (isDeclared) expect(Number(truth.error)).toBe(0);
    const unknown = isDeclared ? 0 : truth.rollovers;
    expect(told).toMatchObject({
      rollover: isDeclared ? truth.rollovers : 0,
      reset: truth.resets + unknown,
      swap: truth.swaps,
      jump: 0,
      withdrawn: 0,
      doubt: 0,
    });
    // A rollover of a width that nobody declared is told as a reset, and which width it may have been.
    if (unknown > 0)
      expect(events.find(({ kind }) => kind === 'reset')?.hint).toMatch(/^\d+(\.\d+)?$/);
  });
});
