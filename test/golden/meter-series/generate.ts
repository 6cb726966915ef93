/**
 * Writes the files of this folder anew: `node test/golden/meter-series/generate.ts`. First the scripts of a family, then as
 * many series from seeds as make up its number. What was really counted is known from the meter that was played.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../gateway/host/random.ts';
import { SCRIPTS, scripted } from '../../support/meter-scripts.ts';
import { diceOf, type Family, meterSeries } from '../../support/meter-series.ts';
import { FILES_START, type FiledSeries, filed } from '../../support/meter-series-file.ts';

const SEED = 645_188;
const COUNTS: Readonly<Record<Exclude<Family, 'plain'> | 'undeclared', number>> = {
  glitch: 40,
  'rollover-16': 25,
  'rollover-24': 20,
  'rollover-32': 20,
  'rollover-decimal': 25,
  reset: 30,
  swap: 25,
  negative: 20,
  signed: 15,
  freeze: 15,
  gap: 15,
  late: 20,
  combination: 20,
  undeclared: 10,
};

for (const [index, [family, count]] of Object.entries(COUNTS).entries()) {
  const series: FiledSeries[] = SCRIPTS.filter((script) => script.family === family).map((script) =>
    filed(script.name, scripted(script, FILES_START), script.error ?? 0n),
  );
  for (let seed = SEED + index * 1000; series.length < count; seed++)
    series.push(filed(`seed ${seed}`, meterSeries(family as Family, diceOf(seededRandom(seed)))));
  const text = JSON.stringify({ family, series }, null, 2);
  writeFileSync(join(import.meta.dirname, `${family}.json`), `${text}\n`);
}
