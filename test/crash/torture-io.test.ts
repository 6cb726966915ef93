import { expect, test } from 'vitest';
import { ioAttack } from '../torture/io.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);

test(`with ${ioAttack.few} faults of the disk every sample is stored once or counted as lost (SEED=${SEED})`, {
  timeout: 600_000,
}, async () => {
  const { few: count } = ioAttack;
  const report = await ioAttack.run({ seed: SEED, count, progress: () => {} });
  expect(report.failures).toEqual([]);
  expect(report.laws.filter(({ holds }) => !holds)).toEqual([]);
  expect(report.counts.faults).toBeGreaterThanOrEqual(count);
  expect(report.counts['samples in gaps']).toBeGreaterThan(0);
});
