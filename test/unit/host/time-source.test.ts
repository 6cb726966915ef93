import { expect, test } from 'vitest';
import { chronyAnswer } from '../../../gateway/host/time-source.ts';

/** `chronyc -n -c tracking`, fields as in chronyc(1). */
const tracking = (reference: string, leap: string) =>
  `A29FC801,162.159.200.1,4,${reference},0.000006,-0.000021,0.000034,-12.3,-0.001,0.05,0.003,0.001,64.2,${leap}\n`;

test('chrony that has set the clock says when', () => {
  const answer = chronyAnswer(tracking('1764504000.123456789', 'Normal'), 1_764_504_060_123, 500);
  expect(answer(500)).toEqual({ kind: 'set', age: expect.closeTo(60_000, -1) });
  expect(answer(1_500)).toEqual({ kind: 'set', age: expect.closeTo(61_000, -1) });
});

test('chrony that has not set it says so, and what is no answer says nothing', () => {
  expect(chronyAnswer(tracking('0.000000000', 'Not synchronised'), 0, 0)(0)).toEqual({
    kind: 'never',
  });
  expect(chronyAnswer('506 Cannot talk to daemon\n', 0, 0)(0)).toEqual({ kind: 'none' });
  expect(chronyAnswer('', 0, 0)(0)).toEqual({ kind: 'none' });
});
