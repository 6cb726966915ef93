/** `npm run torture -- --only full-disk` with a small count. */
import { expect, it } from 'vitest';
import { fullDiskAttack } from '../torture/full-disk.ts';

const SEED = Number(process.env.SEED ?? 20_260_112);
const PATIENCE_MS = 900_000;

it(`a journal on volumes that fill up keeps every law (${fullDiskAttack.few}, seed ${SEED})`, {
  timeout: PATIENCE_MS,
}, async () => {
  const { laws, failures } = await fullDiskAttack.run({
    seed: SEED,
    count: fullDiskAttack.few,
    progress: () => {},
  });
  expect(failures).toEqual([]);
  expect(laws.filter(({ holds }) => !holds)).toEqual([]);
});
