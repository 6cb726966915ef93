import { describe, expect, test } from 'vitest';
import { serialTiming } from '../../../drivers/line/serial-timing.ts';
import { planReads } from '../../../drivers/modbus/plan.ts';
import { modbusDevice, request, TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';

const labels = (
  addresses: readonly string[],
  options: Readonly<Record<string, unknown>> = {},
  access = TCP_ACCESS,
) =>
  planReads(
    modbusDevice(options),
    addresses.map((text, i) => request(text, i)),
    access,
  ).map(({ label }) => label);

describe('the plan of a device', () => {
  test('merges neighbours of one table into one read', () => {
    expect(labels(['holding:2 float32', 'holding:0 float32', 'holding:4'])).toEqual([
      'holding 0..4',
    ]);
  });

  test('keeps the tables apart', () => {
    expect(labels(['holding:0', 'input:0', 'coil:0', 'discrete:0'])).toEqual([
      'coil 0',
      'discrete 0',
      'input 0',
      'holding 0',
    ]);
  });

  test('keeps the scan classes apart and tells their labels apart', () => {
    const plan = planReads(
      modbusDevice(),
      [request('holding:0', 0, 1000), request('holding:0', 1, 5000), request('holding:1', 2, 1000)],
      TCP_ACCESS,
    );
    expect(plan.map(({ label, scan }) => [label, scan])).toEqual([
      ['holding 0..1 every 1000 ms', 1000],
      ['holding 0 every 5000 ms', 5000],
    ]);
  });

  test('splits at the limit of the device, never inside a value', () => {
    expect(
      labels(['holding:0 uint32', 'holding:2 uint32', 'holding:4 uint32'], { max_registers: 5 }),
    ).toEqual(['holding 0..3', 'holding 4..5']);
    expect(labels(['coil:0', 'coil:9', 'coil:10'], { max_bits: 10 })).toEqual([
      'coil 0..9',
      'coil 10',
    ]);
  });

  test('refuses a value that is longer than the device can give', () => {
    expect(() => labels(['holding:0 float64'], { max_registers: 3 })).toThrow(
      /modbus.value-too-long/,
    );
  });

  test('reads the same registers once for several tags', () => {
    const [group] = planReads(
      modbusDevice(),
      [request('holding:10.0', 0), request('holding:10.1', 1), request('holding:10', 2)],
      TCP_ACCESS,
    );
    expect(group).toMatchObject({ label: 'holding 10', quantity: 1 });
    expect(group?.tags.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test('holds a long value and short ones inside it in one block', () => {
    expect(labels(['holding:0 string40', 'holding:3', 'holding:21'])).toEqual(['holding 0..21']);
  });
});

describe('a value with its power of ten in another register', () => {
  const scaled = { address: 'holding:3 int16', scale_from: 'holding:9' };

  test('is read with it in one request', () => {
    const [group] = planReads(modbusDevice({ max_gap: 0 }), [request(scaled)], TCP_ACCESS);
    expect(group).toMatchObject({ label: 'holding 3..9', quantity: 7 });
  });

  test('and gets it, wherever it stands', () => {
    const [group] = planReads(
      modbusDevice(),
      [request(scaled, 0), request({ address: 'holding:8', scale_from: 'holding:2' }, 1)],
      TCP_ACCESS,
    );
    const registers = [-1, 2314, 0, 0, 0, 0, 17, 0xfffe];
    const view = new DataView(new ArrayBuffer(2 * registers.length));
    for (const [i, word] of registers.entries()) view.setInt16(2 * i, word);
    const values = group?.fields.map(({ at, decode }) => decode(view, at));
    expect(group?.start).toBe(2);
    expect(values).toEqual([1.7, 23.14]);
  });

  test('is refused when the device cannot give both at once', () => {
    const plan = () => planReads(modbusDevice({ max_registers: 6 }), [request(scaled)], TCP_ACCESS);
    expect(plan).toThrow(/modbus.value-too-long/);
  });
});

describe('the order of a device', () => {
  test('is that of every value that says none itself', () => {
    const [group] = planReads(
      modbusDevice({ order: 'cdab' }),
      [request('holding:0 uint32', 0), request('holding:0 uint32 abcd', 1)],
      TCP_ACCESS,
    );
    const view = new DataView(Uint8Array.of(0, 1, 0, 2).buffer);
    expect(group?.fields.map(({ at, decode }) => decode(view, at))).toEqual([0x20001, 0x10002]);
  });
});

test('nobody answers a broadcast, so it has nothing to read', () => {
  const device = modbusDevice({ unit: 0, broadcast: true });
  expect(planReads(device, [], WIRE_ACCESS)).toEqual([]);
  expect(() => planReads(device, [request('holding:0')], WIRE_ACCESS)).toThrow(
    /modbus.broadcast-read/,
  );
});

describe('a hole between two tags', () => {
  test('is read along on a wire while that is cheaper than a request', () => {
    // 13 bytes of frames, two silences of 3.5 characters and 10 ms of turn-around are 28.7 characters: 14 registers.
    expect(labels(['holding:0', 'holding:15'], {}, WIRE_ACCESS)).toEqual(['holding 0..15']);
    expect(labels(['holding:0', 'holding:16'], {}, WIRE_ACCESS)).toHaveLength(2);
  });

  test('may be longer where time passes mostly in waiting', () => {
    const fast = { ...WIRE_ACCESS, timing: serialTiming({ baud: 115_200, format: '8N1' }) };
    expect(labels(['holding:0', 'holding:80'], {}, fast)).toEqual(['holding 0..80']);
  });

  test('may be 32 registers on a network', () => {
    expect(labels(['holding:0', 'holding:33'])).toEqual(['holding 0..33']);
    expect(labels(['holding:0', 'holding:34'])).toHaveLength(2);
  });

  test('counts in bits where eight share a byte', () => {
    expect(labels(['coil:0', 'coil:513'])).toEqual(['coil 0..513']);
    expect(labels(['coil:0', 'coil:514'])).toHaveLength(2);
  });

  test('is left alone when the device says so', () => {
    expect(labels(['holding:0', 'holding:2'], { max_gap: 0 })).toHaveLength(2);
    expect(labels(['holding:0', 'holding:1'], { max_gap: 0 })).toHaveLength(1);
    expect(labels(['holding:0', 'holding:3'], { max_gap: 2 })).toHaveLength(1);
  });
});

test('a group costs its frames', () => {
  const cost = (text: string, access = WIRE_ACCESS) =>
    planReads(modbusDevice(), [request(text)], access)[0]?.cost;
  expect(cost('holding:0 float32')).toEqual({ requestBytes: 8, replyBytes: 9 });
  expect(cost('coil:0')).toEqual({ requestBytes: 8, replyBytes: 6 });
  expect(cost('holding:0 float32', TCP_ACCESS)).toEqual({ requestBytes: 12, replyBytes: 13 });
});
