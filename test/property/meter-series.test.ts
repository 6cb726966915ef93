/**
 * The accounting of registers against a meter that knows what it counted: to the last digit, whatever happens to it.
 * SEED=… HEADGATE_LONG=1 for a million series.
 */
import { expect, test } from 'vitest';
import { seededRandom } from '../../gateway/host/random.ts';
import { cases } from '../support/long-run.ts';
import { accounted } from '../support/meter-account.ts';
import { diceOf, FAMILIES, meterSeries } from '../support/meter-series.ts';

const SEED = Number(process.env.SEED ?? 20_260_301);
const SERIES = cases(5_000, 1_000_000);
const CHUNK = 1_000;
const UNITS = ['', 'kWh', 'GJ', 'L', 'm³', 'Wh', 'MWh'];

test(`counts to the last digit in ${SERIES} series from seed ${SEED}, and tells each rollover, reset and exchange once`, {
  timeout: cases(60_000, 4 * 3_600_000),
}, () => {
  for (let from = 0; from < SERIES; from += CHUNK) {
    const wrong: unknown[] = [];
    for (let i = from; i < from + CHUNK && i < SERIES; i++) {
      const family = FAMILIES[i % FAMILIES.length] ?? 'plain';
      const series = meterSeries(family, diceOf(seededRandom(SEED + i)));
      const { counted, told } = accounted(series, UNITS[i % UNITS.length]);
      const { truth } = series;
      const { rollovers: rollover, resets: reset, swaps: swap } = truth;
      const isRight =
        counted === truth.counted &&
        told.rollover === rollover &&
        told.reset === reset &&
        told.swap === swap &&
        told.jump === 0;
      if (!isRight) wrong.push({ seed: SEED + i, family, truth, counted, told });
    }
    expect(wrong.slice(0, 3)).toEqual([]);
  }
});
