/** What the door does by itself, nobody upstream can get in the way of. */
import { expect, it } from 'vitest';
import { COMMAND_ID } from '../../../gateway/model/remote-command.ts';
import { minutes, seconds } from '../../../gateway/model/units.ts';
import { command, deskFixture, writable } from '../../support/command-fixture.ts';

it('a command of the door’s own has an id that no message from upstream can have', async () => {
  const { desk, clock, field } = deskFixture([
    writable('pump', { safe: { value: 0, on: ['silent'] } }),
  ]);
  const remote = { origin: 'remote', id: 'from-upstream' } as const;
  void desk.submit(command({ ...remote, value: 1, hold: seconds(1) }));
  await clock.advance(seconds(5));
  void desk.submit(command({ ...remote, id: 'from-upstream-2', value: 2, hold: minutes(10) }));
  await clock.advance(seconds(5));
  void desk.submit(command({ origin: 'local', id: 'at-the-box', value: 3, hold: seconds(2) }));
  await clock.advance(seconds(5));
  expect(field.sent.map(({ value }) => value)).toEqual([1, 0, 2, 3, 2]);
  const own = desk
    .recent()
    .map((seen) => seen.command)
    .filter(({ id }) => !/^from-upstream|^at-the-box/.test(id));
  // The second is done for the claim of a sender upstream, and goes by that origin.
  expect(own.map(({ origin }) => origin).toSorted()).toEqual(['interlock', 'remote']);
  expect(own.filter(({ id }) => COMMAND_ID.test(id))).toEqual([]);
});
