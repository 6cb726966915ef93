import { expect, test } from 'vitest';
import { discoverMeter } from '../../../drivers/cjt188/discovery.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { fromHex, METER_WIRE, meterFrame } from '../../support/cjt188-fixture.ts';
import { scriptedLine } from '../../support/scripted-line.ts';

function discovering() {
  const clock = virtualClock();
  const line = scriptedLine(clock, METER_WIRE.timing);
  const found = discoverMeter(
    { line, clock, timeout: millis(1_000), preamble: 4 },
    new AbortController().signal,
  );
  return { clock, line, found };
}

test('the only meter on the wire says who it is', async () => {
  const { line, found } = discovering();
  expect(line.written[0]).toEqual(
    fromHex('FE FE FE FE 68 AA AA AA AA AA AA AA AA 03 03 81 0A 00 49 16'),
  );
  line.arrive(fromHex('FE FE FE FE 68 10 18 02 12 20 20 00 00 83 03 81 0A 00 F5 16'));
  expect(await found).toEqual({
    address: '00002020120218',
    type: 'water',
    di_order: 'high_first',
  });
});

test('a meter that wants the low byte first says so', async () => {
  const { clock, line, found } = discovering();
  await clock.advance(seconds(2));
  line.arrive(meterFrame(0x83, '0A 81 01 90 78 56 34 12 33 78', { type: 0x27 }));
  expect(await found).toEqual({ address: '78331234567890', type: '27', di_order: 'low_first' });
});

test('an empty wire gives nobody', async () => {
  const { clock, line, found } = discovering();
  await clock.advance(seconds(5));
  expect(await found).toBeUndefined();
  expect(line.written).toHaveLength(2);
});
