/** `npm run torture -- --only kill` with a small count. */
import { expect, it } from 'vitest';
import { describeWith } from '../support/real-parts.ts';
import { killAttack } from '../torture/kill.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const PATIENCE_MS = 1_200_000;

describeWith(['mosquitto'], 'the north side, killed at any moment', () => {
  it(`keeps every law (${killAttack.few} kills, seed ${SEED})`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const { laws, failures } = await killAttack.run({
      seed: SEED,
      count: killAttack.few,
      progress: () => {},
    });
    expect(failures).toEqual([]);
    expect(laws.filter(({ holds }) => !holds)).toEqual([]);
  });
});
