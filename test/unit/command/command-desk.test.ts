import { expect, it } from 'vitest';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { command, deskFixture } from '../../support/command-fixture.ts';

it('writes what a rule wants, reads it back, and tells the audit', async () => {
  const { desk, clock, field, ledger } = deskFixture();
  const ended = desk.submit(command());
  await clock.advance(seconds(1));
  expect(await ended).toMatchObject({ outcome: 'verified', readBack: true });
  expect(field.sent).toHaveLength(1);
  expect(ledger.audited().map(({ state, outcome }) => [state, outcome])).toEqual([
    ['intent', undefined],
    ['ended', 'verified'],
  ]);
  await clock.advance(millis(1));
  expect(clock.pending()).toEqual(['command.grace']);
});
