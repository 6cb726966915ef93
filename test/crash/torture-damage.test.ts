/** `npm run torture -- --only damage` with a small count. */
import { expect, it } from 'vitest';
import { damageAttack } from '../torture/damage.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const PATIENCE_MS = 600_000;

it(`a journal damaged by hand keeps every law (${damageAttack.few} files, seed ${SEED})`, {
  timeout: PATIENCE_MS,
}, async () => {
  const { laws, failures } = await damageAttack.run({
    seed: SEED,
    count: damageAttack.few,
    progress: () => {},
  });
  expect(failures).toEqual([]);
  expect(laws.filter(({ holds }) => !holds)).toEqual([]);
});
