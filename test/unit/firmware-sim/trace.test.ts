import { expect, test } from 'vitest';
import { createDevice } from '../../../firmware-sim/device.ts';
import {
  parseTrace,
  playTrace,
  type TraceOptions,
  type TraceRow,
} from '../../../firmware-sim/trace.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { GatewayError } from '../../../gateway/model/errors.ts';
import { millis, monoMs, seconds } from '../../../gateway/model/units.ts';

const CSV = `datetime;pressure;flow
2020-02-08 13:30:47;0.382638;122.664
2020-02-08 13:30:48;-0.273216;122.338
2020-02-08 13:30:50;0.054711;121
2020-02-08 13:30:50;1e-3;120.5
`;

const refusal = (text: string) => {
  try {
    parseTrace(text, 'pump.csv');
  } catch (error) {
    return error instanceof GatewayError ? [error.code, error.details.line] : error;
  }
  return undefined;
};

/** A device that plays the rows above, and what its registers hold: row number and both columns. */
const setUp = (options: Omit<TraceOptions, 'onRow' | 'onEnd'>) => {
  const clock = virtualClock();
  const seen: TraceRow[] = [];
  let ended = 0;
  const player = playTrace(parseTrace(CSV, 'pump.csv'), clock, {
    ...options,
    onRow: (row) => seen.push(row),
    onEnd: () => ended++,
  });
  const device = createDevice({ name: 'pump', unit: 1, image: player.image });
  const read = (address: number, count: number) => {
    const pdu = Uint8Array.of(3, 0, address, 0, count);
    return Buffer.from(device.answer(pdu, clock.mono()).reply ?? []).subarray(2);
  };
  const block = () => {
    const data = read(0, 6);
    return [data.readUInt32BE(0), data.readFloatBE(4), data.readFloatBE(8)];
  };
  return {
    clock,
    device,
    player,
    read,
    block,
    rows: () => seen.map((row) => row.number),
    ended: () => ended,
  };
};

test('a trace is read with either separator, its times as UTC', () => {
  const trace = parseTrace(CSV, 'pump.csv');
  expect(trace.columns).toEqual(['pressure', 'flow']);
  expect(trace.rows[1]).toEqual({
    number: 2,
    time: Date.UTC(2020, 1, 8, 13, 30, 48),
    values: [-0.273216, 122.338],
  });
  expect(parseTrace(CSV.replaceAll(';', ',').replaceAll('\n', '\r\n'), 'pump.csv')).toEqual(trace);
});

test.each([
  ['a word for a number', CSV.replace('122.338', 'n/a'), 3],
  ['an empty cell', CSV.replace('122.338', ''), 3],
  ['a time of another form', CSV.replace('2020-02-08 13:30:50', '08.02.2020 13:30'), 4],
  ['a time that no calendar has', CSV.replace('02-08 13:30:47', '13-08 13:30:47'), 2],
  ['a missing cell', CSV.replace(';122.338', ''), 3],
  ['a header alone', 'datetime;pressure\n', 2],
  ['no number column', 'datetime\n2020-02-08 13:30:47\n', 1],
  ['more columns than one request can read', `t${';c'.repeat(62)}\n`, 1],
  ['an empty file', '', 1],
])('%s is refused with its line', (_what, text, line) => {
  expect(refusal(text)).toEqual(['sim.trace-invalid', line]);
});

test('the registers carry the row number and each column as a float', () => {
  const { block } = setUp({ pace: 'step' });
  expect(block()).toEqual([1, Math.fround(0.382638), Math.fround(122.664)]);
});

test('the recorded pace follows the recorded times, and a time that stands still lasts as long as the step before', async () => {
  const { clock, rows, ended } = setUp({ pace: 'recorded' });
  await clock.advance(millis(999));
  expect(rows()).toEqual([1]);
  await clock.advance(millis(1));
  expect(rows()).toEqual([1, 2]);
  await clock.advance(seconds(2));
  expect(rows()).toEqual([1, 2, 3]);
  await clock.advance(millis(1_999));
  expect(rows()).toEqual([1, 2, 3]);
  await clock.advance(millis(1));
  expect([rows(), ended()]).toEqual([[1, 2, 3, 4], 0]);
  await clock.advance(seconds(2));
  expect([ended(), clock.pending()]).toEqual([1, []]);
});

test('speed divides the recorded times', async () => {
  const { clock, rows } = setUp({ pace: 'recorded', speed: 10 });
  await clock.advance(millis(300));
  expect(rows()).toEqual([1, 2, 3]);
});

test('step by step, only the test moves the row', async () => {
  const { clock, player, block } = setUp({ pace: 'step' });
  await clock.advance(seconds(60));
  expect(block()[0]).toBe(1);
  expect([player.advance(), player.advance(), player.advance(), player.advance()]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(block()).toEqual([4, Math.fround(1e-3), Math.fround(120.5)]);
});

test('as read, each row is seen once and whole, and the last one stays', () => {
  const { block, rows, ended } = setUp({ pace: 'as-read' });
  expect([block()[0], block()[0], block()[0]]).toEqual([1, 2, 3]);
  expect(ended()).toBe(0);
  expect([block()[0], block()[0]]).toEqual([4, 4]);
  expect([rows(), ended()]).toEqual([[1, 2, 3, 4], 1]);
});

test('as read, a row that is read in two parts waits for the second one', () => {
  const { read, block } = setUp({ pace: 'as-read' });
  expect(read(0, 4).readUInt32BE(0)).toBe(1);
  expect(read(0, 4).readUInt32BE(0)).toBe(1);
  expect(read(4, 2).readFloatBE(0)).toBe(Math.fround(122.664));
  expect(block()[0]).toBe(2);
});

test('as read, a row whose reply was spoilt is not gone', () => {
  const { device, block } = setUp({ pace: 'as-read' });
  for (const fault of ['silent', 'bad-crc', 'late', 'half-frame', 'exception'] as const) {
    device.faults.set(fault);
    device.answer(Uint8Array.of(3, 0, 0, 0, 6), monoMs(0));
  }
  device.faults.set(undefined);
  expect([block()[0], block()[0]]).toEqual([1, 2]);
});

test('a stopped player keeps its row and leaves no timer behind', async () => {
  const { clock, player, rows } = setUp({ pace: 'recorded' });
  player.stop();
  await clock.advance(seconds(60));
  expect([rows(), clock.pending()]).toEqual([[1], []]);
});
