/** A life with everything at once, from a seed: lost and late acknowledgements, outages, stops and kills of the gateway. */
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../gateway/host/random.ts';
import { seconds } from '../../gateway/model/units.ts';
import { type Box, box, STEP, T0 } from '../support/hj212-fixture.ts';
import {
  everyStep,
  expected,
  HOUR,
  judgeFigures,
  lawful,
  MINUTE,
  measuredAt,
  names,
  PERIODS,
} from '../support/hj212-oracle.ts';

const SEEDS = process.env.SEED === undefined ? [1, 2, 3] : [Number(process.env.SEED)];

let site: Box;
afterEach(() => site.dispose());

test.each(SEEDS)('every period arrives, right and the same each time (SEED=%i)', async (seed) => {
  const random = seededRandom(seed);
  const chance = (percent: number) => random() * 100 < percent;
  site = await box();
  const { platform } = site;
  platform.answers = () =>
    chance(75) ? 1 : chance(40) ? 0 : chance(30) ? 2 : chance(60) ? 'die' : 'forget';
  const config = { overTime: seconds(15) };
  let run = await site.start(config);
  await run.store(measuredAt(T0));
  let isUp = true;
  for (let passed = 0; passed < 26 * HOUR; passed += STEP) {
    await run.pass(STEP, STEP, everyStep(run));
    const isStruck = chance(4);
    const isRestarted = chance(4);
    if (isStruck) {
      await (isUp ? platform.cut() : platform.restore());
      isUp = !isUp;
    } else if (isUp && isRestarted) {
      await (chance(50) ? run.stop() : run.kill());
      run = await site.start(config);
    }
  }
  await platform.restore();
  platform.answers = () => 1;
  await run.pass(HOUR, STEP, everyStep(run));
  lawful(platform.received, platform.strange);
  for (const cn of Object.keys(PERIODS)) {
    expect(names(platform.received, cn)).toEqual(expected(cn, T0, T0 + 27 * HOUR - MINUTE));
    judgeFigures(platform.received, cn);
  }
});
