/** A recording in the place of a device. */
import { expect, test } from 'vitest';
import { rtuFrame } from '../../../firmware-sim/crc.ts';
import { SimulatedLine } from '../../../firmware-sim/line.ts';
import { type Recorded, replayStation } from '../../../firmware-sim/replay-station.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const askPlc = rtuFrame(1, hex('0300000001'));
const askMeter = hex('FEFEFEFE 68 020011112420 68 1104 33333433 1A 16');
const fromMeter = hex('68 020011112420 68 9108 33333433 68685544 07 16');
const RECORDING: readonly Recorded[] = [
  { at: 10, direction: 'reply', bytes: hex('FF') },
  { at: 100, direction: 'request', bytes: askPlc },
  { at: 120, direction: 'reply', bytes: rtuFrame(1, hex('03020001')) },
  { at: 200, direction: 'request', bytes: askMeter.subarray(0, 4) },
  { at: 210, direction: 'request', bytes: askMeter.subarray(4) },
  { at: 300, direction: 'reply', bytes: fromMeter.subarray(0, 9) },
  { at: 310, direction: 'reply', bytes: fromMeter.subarray(9) },
  { at: 400, direction: 'request', bytes: askPlc },
  { at: 450, direction: 'reply', bytes: rtuFrame(1, hex('03020002')) },
  { at: 500, direction: 'request', bytes: rtuFrame(2, hex('0300000001')) },
];

const setUp = () => {
  const clock = virtualClock();
  const station = replayStation({ name: 'then', recording: RECORDING });
  const line = new SimulatedLine({ baud: 9600, format: '8N1', stations: [station] }, clock);
  const master = line.endpoint();
  let heard: Buffer = Buffer.alloc(0);
  let firstAt = 0;
  master.onData((bytes) => {
    if (heard.length === 0) firstAt = clock.mono();
    heard = Buffer.concat([heard, bytes]);
  });
  return {
    station,
    line,
    async exchange(request: Uint8Array) {
      heard = Buffer.alloc(0);
      const from = clock.mono();
      master.write(request);
      await clock.advance(seconds(1));
      return { reply: heard.toString('hex'), after: firstAt - from };
    },
  };
};

test('what was asked then is answered as then, in turn and after as long', async () => {
  const { exchange, line } = setUp();
  const plc = (value: string) => Buffer.from(rtuFrame(1, hex(`0302${value}`))).toString('hex');
  const first = await exchange(askPlc);
  expect(first.reply).toBe(plc('0001'));
  expect(first.after).toBeCloseTo(8 / 0.96 + 20 + 7 / 0.96, 6);
  expect((await exchange(askPlc)).reply).toBe(plc('0002'));
  expect((await exchange(askPlc)).reply).toBe(plc('0001'));
  expect((await exchange(askMeter)).reply).toBe(fromMeter.toString('hex'));
  expect((await exchange(rtuFrame(2, hex('0300000001')))).reply).toBe('');
  expect((await exchange(rtuFrame(3, hex('0300000001')))).reply).toBe('');
  expect(line.stats()).toMatchObject({ requests: 6, answered: 4, ignored: 1 });
});

test('a recording can be made worse', async () => {
  const { exchange, station } = setUp();
  station.faults.set('half-frame');
  expect((await exchange(askPlc)).reply).toBe('01030200');
  station.faults.set({ kind: 'late', delay: millis(100) });
  expect((await exchange(askPlc)).after).toBeCloseTo(8 / 0.96 + 150 + 7 / 0.96, 6);
  station.faults.set('silent');
  expect((await exchange(askPlc)).reply).toBe('');
});
