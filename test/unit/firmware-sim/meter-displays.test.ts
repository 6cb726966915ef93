/** What somebody reads off the display of a simulated meter, at any moment: the digits that its own protocol sends. */
import { expect, test } from 'vitest';
import { meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { fromBcdLowFirst } from '../../../firmware-sim/digits.ts';
import { frame645, parse645 } from '../../../firmware-sim/dlt645-frame.ts';
import { meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import type { Signal } from '../../../firmware-sim/process.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { minutes, monoMs, utcMs } from '../../../gateway/model/units.ts';

/** 2026-01-13 23:50 in China; a hundredth a second, over the end of the register after five minutes. */
const START = utcMs(Date.UTC(2026, 0, 13, 15, 50));
const played: Signal = {
  shape: 'played',
  value: (elapsed = minutes(0)) => 999_997 + elapsed / 100_000,
};
const ADDRESS = '202511001101';

test('of an electricity meter: its register rolls over, and a midnight keeps what it showed', async () => {
  const clock = virtualClock(START);
  const meter = meter645(
    {
      ...{ name: 'em', address: ADDRESS, preamble: 0, signals: new Map([['00010000', played]]) },
      displays: new Map([['energy', '00010000']]),
    },
    clock,
  );
  await clock.advance(minutes(20));
  const at = (elapsed: number) => meter.shows?.('energy', monoMs(minutes(elapsed)));
  expect([at(0), at(4), at(5), at(10)]).toEqual([999_997, 999_999.4, 0, 3]);
  expect(meter.shows?.('nothing', clock.mono())).toBeUndefined();
  const data = Buffer.from('05060101', 'hex').reverse();
  const request = frame645({ address: ADDRESS, control: 0x11, data });
  const { reply } = meter.hear(request, { now: clock.mono(), isEarly: false }) ?? {};
  const sent = fromBcdLowFirst(parse645(reply ?? Buffer.of()).data.subarray(4, 8));
  expect(Number(sent) / 100).toBe(at(10));
});

test('of a water meter: the present value, not that of its settlement day', async () => {
  const clock = virtualClock(START);
  const meter = meter188(
    {
      ...{ name: 'wm', address: '78331000001101', type: 0x10 },
      signals: new Map([['volume', played]]),
      displays: new Map([['total', 'volume']]),
    },
    clock,
  );
  await clock.advance(minutes(6));
  expect(meter.shows?.('total', clock.mono())).toBe(0.6);
  expect(meter.shows?.('total', monoMs(minutes(1)))).toBe(999_997.6);
  expect(meter.shows?.('valve', clock.mono())).toBeUndefined();
});
