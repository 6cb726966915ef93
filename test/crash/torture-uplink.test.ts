import { expect, test } from 'vitest';
import { describeWith } from '../support/real-parts.ts';
import { uplinkAttack } from '../torture/uplink.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);

describeWith(['mosquitto'], 'a line that breaks', () => {
  test(`${uplinkAttack.few} times loses nothing (SEED=${SEED})`, { timeout: 600_000 }, async () => {
    const { few: count } = uplinkAttack;
    const report = await uplinkAttack.run({ seed: SEED, count, progress: () => {} });
    expect(report.failures).toEqual([]);
    expect(report.laws.filter(({ holds }) => !holds)).toEqual([]);
    expect(report.counts.blocks).toBeGreaterThan(100);
  });
});
