/** `npm run torture -- --only memory` with a small count. */
import { expect, it } from 'vitest';
import { describeWith } from '../support/real-parts.ts';
import { memoryAttack } from '../torture/memory.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const PATIENCE_MS = 600_000;

describeWith(['mosquitto'], 'the daemon on the backlog of an outage', () => {
  it(`keeps every law (${memoryAttack.few} hours, seed ${SEED})`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const { laws, failures } = await memoryAttack.run({
      seed: SEED,
      count: memoryAttack.few,
      progress: () => {},
    });
    expect(failures).toEqual([]);
    expect(laws.filter(({ holds }) => !holds)).toEqual([]);
  });
});
