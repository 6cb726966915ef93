import { expect, it } from 'vitest';
import { ACK_DEADLINE, Unanswered } from '../../../gateway/forward/unanswered.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis } from '../../../gateway/model/units.ts';

function line() {
  const clock = virtualClock();
  const said: unknown[] = [];
  const unanswered = new Unanswered(clock, () => said.push('late'));
  const wait = (key: number) =>
    unanswered.add(key, {
      answered: (reason) => said.push([key, reason]),
      lost: () => said.push(`lost ${key}`),
    });
  return { clock, said, unanswered, wait };
}

it('hands each answer over once, and none that nobody waits for', () => {
  const { said, unanswered, wait } = line();
  wait(1);
  wait(2);
  unanswered.answer(2, 0x87);
  unanswered.answer(2);
  unanswered.answer(7);
  unanswered.answer(1);
  expect(said).toEqual([
    [2, 0x87],
    [1, 0],
  ]);
  expect(unanswered.size).toBe(0);
});

it('tells when the oldest has waited too long, and not of one that was answered', async () => {
  const { clock, said, unanswered, wait } = line();
  wait(1);
  await clock.advance(millis(ACK_DEADLINE / 2));
  wait(2);
  unanswered.answer(1);
  await clock.advance(millis(ACK_DEADLINE - 1));
  expect(said).toEqual([[1, 0]]);
  await clock.advance(millis(1));
  expect(said).toEqual([[1, 0], 'late']);
});

it('is quiet where nothing waits, and watches again when something does', async () => {
  const { clock, said, unanswered, wait } = line();
  wait(1);
  unanswered.answer(1);
  await clock.advance(millis(3 * ACK_DEADLINE));
  wait(2);
  await clock.advance(millis(ACK_DEADLINE));
  expect(said).toEqual([[1, 0], 'late']);
});

it('gives back what waits when the connection is lost, and is quiet then', async () => {
  const { clock, said, unanswered, wait } = line();
  wait(1);
  wait(2);
  unanswered.lost(new GatewayError('forward.renewing'));
  await clock.advance(millis(2 * ACK_DEADLINE));
  expect(said).toEqual(['lost 1', 'lost 2']);
});
