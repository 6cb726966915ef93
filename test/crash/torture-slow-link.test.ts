/** `npm run torture -- --only slow-link` with a small count. */
import { expect, test } from 'vitest';
import { describeWith } from '../support/real-parts.ts';
import { slowLinkAttack } from '../torture/slow-link.ts';

/** Only root may make network namespaces. */
const mayLink = process.getuid?.() === 0 || process.env.CI !== undefined;
const SEED = Number(process.env.SEED ?? 20_260_130);

describeWith(['mosquitto', 'ip', 'tc', 'gcc'], 'a backlog on a slow line', () => {
  test.skipIf(!mayLink)(
    `of ${slowLinkAttack.few} samples lets what is new through (SEED=${SEED})`,
    {
      timeout: 600_000,
    },
    async () => {
      const { few: count } = slowLinkAttack;
      const report = await slowLinkAttack.run({ seed: SEED, count, progress: () => {} });
      expect(report.failures).toEqual([]);
      expect(report.laws.filter(({ holds }) => !holds)).toEqual([]);
    },
  );
});
