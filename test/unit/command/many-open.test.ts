/** Many commands without an end, left behind by crashes, end all at once. */
import { expect, it } from 'vitest';
import { seconds } from '../../../gateway/model/units.ts';
import { deskFixture, writable } from '../../support/command-fixture.ts';
import { MemoryLedger } from '../../support/memory-ledger.ts';

it.each([60, 200, 400])('%d of one tag', async (count) => {
  const tags = [writable('pump', { by: ['remote'] })];
  const fixture = deskFixture(tags);
  const { clock, ledger } = fixture;
  fixture.field.registers.set(tags[0]?.tag.id as never, 0);
  for (let i = 0; i < count; i++)
    void ledger.intend(
      {
        ...{ key: `remote/many-open-${i}`, origin: 'remote', tag: 'press.pump', time: clock.utc() },
        facts: { kind: 'write', value: i + 1, before: 0, hold: 0, by: 'li' },
      },
      [],
      {},
    );
  await clock.advance(seconds(1));
  const disk = ledger.crash();
  const again = new MemoryLedger(clock, { disk, wasCleanStop: false });
  const after = deskFixture(tags, { clock, ledger: again, seed: 9 });
  after.field.registers.set(tags[0]?.tag.id as never, 0);
  await clock.advance(seconds(70));
  expect(after.desk.facts().open).toBe(0);
  expect(again.audited().filter(({ state }) => state === 'ended').length).toBe(count);
});
