import { expect, test } from 'vitest';
import { powerAttack } from '../torture/power.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);

test(`after the power failed in each of ${powerAttack.few} ways nothing that was answered for is lost (SEED=${SEED})`, {
  timeout: 1_800_000,
}, async () => {
  const { few: count } = powerAttack;
  const report = await powerAttack.run({ seed: SEED, count, progress: () => {} });
  expect(report.failures).toEqual([]);
  expect(report.laws.filter(({ holds }) => !holds)).toEqual([]);
  expect(report.counts.states).toBeGreaterThanOrEqual(count);
  for (const kind of ['honest: torn', 'honest: sectors', 'a sync failed, honest: subset'])
    expect(report.counts[kind]).toBeGreaterThan(100);
  expect(report.counts['blocks lost by lies']).toBeGreaterThan(0);
});
