/** `npm run torture -- --only slow-fsync` with a small count. */
import { expect, it } from 'vitest';
import { describeWith } from '../support/real-parts.ts';
import { slowFsyncAttack } from '../torture/slow-fsync.ts';

const SEED = Number(process.env.SEED ?? 20_260_101);
const PATIENCE_MS = 600_000;

describeWith(['mosquitto', 'gcc'], 'the daemon on a disk whose syncs stall', () => {
  it(`keeps every law (${slowFsyncAttack.few} lengths of stalls, seed ${SEED})`, {
    timeout: PATIENCE_MS,
  }, async () => {
    const { laws, failures } = await slowFsyncAttack.run({
      seed: SEED,
      count: slowFsyncAttack.few,
      progress: () => {},
    });
    expect(failures).toEqual([]);
    expect(laws.filter(({ holds }) => !holds)).toEqual([]);
  });
});
