/** `npm run torture -- --only clock`, all of it. */
import { expect, it } from 'vitest';
import { clockAttack } from '../torture/clock.ts';

it(`wall time does whatever it likes (${clockAttack.few} scripts)`, {
  timeout: 900_000,
}, async () => {
  const { laws, failures } = await clockAttack.run({
    seed: 1,
    count: clockAttack.few,
    progress: () => {},
  });
  expect(failures).toEqual([]);
  expect(laws.filter(({ holds }) => !holds)).toEqual([]);
});
