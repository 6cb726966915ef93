import { describe, expect, test } from 'vitest';
import { learnEcho } from '../../../drivers/modbus/echo.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { packet, wireAnswer, wireFrame } from '../../support/modbus-frames.ts';
import { bodyOf, modbusScene } from '../../support/modbus-session.ts';

type Options = Readonly<Record<string, unknown>>;

/** A device on a wire that is known not to echo. */
function onWire(options: Options = {}) {
  const scene = modbusScene(WIRE_ACCESS, options);
  learnEcho(scene.line, false);
  return scene;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const crc = (body: Uint8Array) => wireFrame(...body);

describe('a write sends', () => {
  const cases: readonly [unknown, Value, Options, string][] = [
    ['coil:5', true, {}, '01050005ff00'],
    ['coil:5', 0, {}, '010500050000'],
    ['coil:5', true, { writes: 'multiple' }, '010f000500010101'],
    ['coil:5', false, { writes: 'multiple' }, '010f000500010100'],
    ['holding:8192', 1, {}, '010620000001'],
    ['holding:8192', 1, { writes: 'multiple' }, '011020000001020001'],
    ['holding:16 float32', 12.5, {}, '01100010000204' + '41480000'],
    ['holding:16 float32', 12.5, { order: 'cdab' }, '01100010000204' + '00004148'],
    ['holding:16 float32 abcd', 12.5, { order: 'cdab' }, '01100010000204' + '41480000'],
    ['holding:16 m10k32 cdab', 12345678, {}, '01100010000204' + '162e04d2'],
    ['holding:16 string4', 'AB', { order: 'badc' }, '01100010000204' + '42410000'],
    [{ address: 'holding:7', scale: 0.1 }, 23.1, {}, '0106000700e7'],
    ['holding:4.0', true, {}, '01160004' + 'fffe' + '0001'],
    ['holding:4.15', false, {}, '01160004' + '7fff' + '0000'],
    ['holding:4.0', true, { order: 'badc' }, '01160004' + 'feff' + '0100'],
    ['holding:0', 255, { writes: 'read_write' }, '0117' + '00000001' + '00000001' + '0200ff'],
    ['holding:3', 2, { unit: 17, writes: 'single' }, '110600030002'],
  ];
  test.each(cases)('%o = %s %o', async (address, value, options, body) => {
    const wire = onWire(options);
    const outcome = wire.write(address, value);
    expect(hex(bodyOf(wire.sent()))).toBe(body);
    await wire.wait();
    expect(await outcome).toMatchObject({ outcome: 'unknown' });

    const net = modbusScene(TCP_ACCESS, options);
    void net.write(address, value);
    expect(hex(net.sent().subarray(6))).toBe(body);
  });
});

describe('a write is refused before it leaves', () => {
  test.each<[unknown, Value, Options, string]>([
    ['input:3', 1, {}, 'modbus.not-writable'],
    ['discrete:3', true, {}, 'modbus.not-writable'],
    ['coil:3', 2, {}, 'modbus.value-kind'],
    ['holding:3.1', 'on', {}, 'modbus.value-kind'],
    ['holding:3', 'on', {}, 'modbus.value-kind'],
    ['holding:3', 65536, {}, 'modbus.value-range'],
    ['holding:3 int16', -32769, {}, 'modbus.value-range'],
    ['holding:3 string2', 'ABC', {}, 'modbus.value-range'],
    [{ address: 'holding:3', scale: 0.1 }, 23.15, {}, 'modbus.value-step'],
    ['holding:3 uint32', 1, { writes: 'single' }, 'modbus.write-single'],
    ['holding:3 uint64', 1, { max_registers: 3 }, 'modbus.write-too-long'],
    ['holding:3 string246', 'A', { writes: 'read_write' }, 'modbus.write-too-long'],
    [{ address: 'holding:3 int16', scale_from: 'holding:9' }, 1, {}, 'modbus.write-scaled'],
    ['holding:3.1', true, { unit: 0, broadcast: true }, 'modbus.broadcast-bit'],
    ['holding:3', 1, { unit: 0 }, 'modbus.broadcast-unsaid'],
    ['coil:3', true, { unit: 0 }, 'modbus.broadcast-unsaid'],
    ['coil:3', true, { unit: 0, broadcast: false }, 'modbus.broadcast-unsaid'],
  ])('%o = %s %o: %s', async (address, value, options, code) => {
    const scene = onWire(options);
    expect(await scene.write(address, value)).toMatchObject({
      outcome: 'rejected',
      refusal: { code },
    });
    expect(scene.line.written).toEqual([]);
  });
});

describe('the outcome of a write', () => {
  const answers: readonly [string, (body: Buffer) => readonly number[], object][] = [
    ['obeyed', (body) => [...body], { outcome: 'written' }],
    ['not obeyed with 1', () => [1, 0x86, 1], refusal('modbus.write-function')],
    ['not obeyed with 2', () => [1, 0x86, 2], refusal('modbus.write-address')],
    ['not obeyed with 3', () => [1, 0x86, 3], refusal('modbus.write-value')],
    ['not obeyed with 4', () => [1, 0x86, 4], refusal('modbus.write-refused')],
    ['accepted, not yet finished', () => [1, 0x86, 5], { outcome: 'written' }],
    ['busy', () => [1, 0x86, 6], refusal('modbus.write-busy')],
    ['locked, as a vendor says', () => [1, 0x86, 0x80], refusal('modbus.write-refused')],
    ['no way to the unit', () => [1, 0x86, 0x0a], { outcome: 'failed' }],
    ['no answer behind the gateway', () => [1, 0x86, 0x0b], { outcome: 'unknown' }],
  ];
  function refusal(code: string) {
    return { outcome: 'rejected', refusal: { code } };
  }

  test.each(answers)('%s', async (_, answer, expected) => {
    const wire = onWire();
    const outcome = wire.write('holding:7', 231);
    wire.line.arrive(crc(Buffer.from(answer(bodyOf(wire.sent())))));
    expect(await outcome).toMatchObject(expected);
    expect(wire.line.written).toHaveLength(1);

    const net = modbusScene(TCP_ACCESS);
    const other = net.write('holding:7', 231);
    const id = net.sent().readUInt16BE(0);
    net.line.arrive(packet(id, ...answer(net.sent().subarray(6))));
    expect(await other).toMatchObject(expected);
    expect(net.line.written).toHaveLength(1);
  });

  test.each<[string, (body: Buffer) => Buffer]>([
    ['silence', () => Buffer.alloc(0)],
    ['another address', (body) => crc(Buffer.from([1, 6, 0, 8, ...body.subarray(4)]))],
    ['another value', (body) => crc(Buffer.from([...body.subarray(0, 4), 0, 0]))],
    ['another unit', (body) => crc(Buffer.from([2, ...body.subarray(1)]))],
    ['damage', (body) => Buffer.from([...body, 0, 0])],
  ])('after %s is unknown, and the write is not repeated', async (_, answer) => {
    const { line, write, sent, wait } = onWire();
    const outcome = write('holding:7', 231);
    line.arrive(answer(bodyOf(sent())));
    await wait();
    expect(await outcome).toEqual({ outcome: 'unknown', turnaround: undefined });
    expect(line.written).toHaveLength(1);
  });

  test('of several registers needs their address and number', async () => {
    const { line, write, sent } = onWire();
    const outcome = write('holding:16 float32', 12.5);
    line.arrive(wireFrame(1, 16, 0, 16, 0, 1));
    line.arrive(wireFrame(1, 16, 0, 16, 0, 2));
    expect(bodyOf(sent())[1]).toBe(16);
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test('with function 23 needs the registers that were read back', async () => {
    const { line, write } = onWire({ writes: 'read_write' });
    const outcome = write('holding:16 uint32', 7);
    line.arrive(wireFrame(1, 23, 2, 0, 7));
    line.arrive(wireFrame(1, 23, 4, 0, 0, 0, 7));
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test('waits on a wire for an answer that is slow, whatever came before it', async () => {
    const { line, write, sent, read, groupOf, clock } = onWire({ timeout: '1s' });
    const reading = read(groupOf(['holding:0']));
    line.arrive(wireAnswer(sent()));
    await reading;
    const outcome = write('holding:7', 231);
    line.arrive(Buffer.of(0));
    await clock.advance(millis(900));
    line.arrive(sent());
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test('rejects when the line is lost, and says nothing', async () => {
    const { session, write, clock } = onWire();
    const outcome = write('holding:7', 231);
    await session.close();
    await expect(outcome).rejects.toMatchObject({ code: 'line.closed' });
    expect(clock.pending()).toEqual([]);
  });
});

describe('an echo is no consent', () => {
  test('a line of which nothing is known is read from first', async () => {
    const { line, write, sent, wait } = modbusScene(WIRE_ACCESS);
    const outcome = write('holding:7', 231);
    expect(hex(bodyOf(sent()))).toBe('010300070001');
    line.arrive(sent());
    line.arrive(wireFrame(1, 0x83, 2));
    await wait(millis(50));
    expect(hex(bodyOf(sent()))).toBe('0106000700e7');
    line.arrive(sent());
    await wait();
    expect(await outcome).toMatchObject({ outcome: 'unknown' });
  });

  test('on a line with an echo both copies are needed', async () => {
    const { line, write, sent } = modbusScene(WIRE_ACCESS);
    learnEcho(line, true);
    const outcome = write('coil:7', true);
    line.arrive(sent());
    line.arrive(sent());
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test('noise before the echo does not make it the answer', async () => {
    const { line, write, sent, wait } = modbusScene(WIRE_ACCESS);
    learnEcho(line, true);
    const outcome = write('holding:7', 231);
    line.arrive(Buffer.concat([Buffer.of(0xff), sent()]));
    await wait();
    expect(await outcome).toMatchObject({ outcome: 'unknown' });
  });

  test('a refusal behind the echo is heard', async () => {
    const { line, write, sent } = modbusScene(WIRE_ACCESS);
    learnEcho(line, true);
    const outcome = write('holding:4.3', true);
    line.arrive(Buffer.concat([Buffer.of(0xff), sent(), wireFrame(1, 0x96, 1)]));
    expect(await outcome).toMatchObject({ refusal: { code: 'modbus.write-function' } });
  });

  test('every answer to a read shows anew whether the line echoes', async () => {
    const { line, write, read, sent, groupOf, wait } = modbusScene(WIRE_ACCESS);
    learnEcho(line, true);
    const reading = read(groupOf(['holding:0']));
    line.arrive(wireAnswer(sent()));
    await reading;
    const outcome = write('holding:7', 231);
    line.arrive(sent());
    await wait(millis(1));
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test('a write of several registers needs no such care', async () => {
    const { line, write, sent } = modbusScene(WIRE_ACCESS);
    const outcome = write('holding:7 uint32', 231);
    expect(bodyOf(sent())[1]).toBe(16);
    line.arrive(sent());
    line.arrive(wireFrame(1, 16, 0, 7, 0, 2));
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test('a unit that answers nothing at all is still written to', async () => {
    const { write, sent, wait } = modbusScene(WIRE_ACCESS);
    const outcome = write('holding:7', 231);
    await wait(millis(700));
    expect(hex(bodyOf(sent()))).toBe('0106000700e7');
    await wait();
    expect(await outcome).toMatchObject({ outcome: 'unknown' });
  });

  test('a line full of noise is not', async () => {
    const { line, write, sent, wait } = modbusScene(WIRE_ACCESS);
    const outcome = write('holding:7', 231);
    line.arrive(Buffer.of(1, 2, 3));
    await wait();
    expect(await outcome).toMatchObject({ outcome: 'failed' });
    expect(hex(bodyOf(sent()))).toBe('010300070001');
  });
});

describe('after a write without an answer', () => {
  test('the next one waits for what may still come', async () => {
    const { line, write, sent, wait } = onWire();
    const first = write('holding:7', 231);
    await wait();
    await first;
    const second = write('holding:8', 5);
    expect(hex(bodyOf(sent()))).toBe('010300080001');
    line.arrive(wireFrame(1, 0x86, 2));
    line.arrive(wireAnswer(sent()));
    await wait(millis(50));
    line.arrive(sent());
    expect(await second).toMatchObject({ outcome: 'written' });
  });

  test('and is not sent while the unit stays silent', async () => {
    const { line, write, wait } = onWire();
    const first = write('holding:7', 231);
    await wait(millis(600));
    await first;
    const second = write('holding:8', 5);
    await wait(millis(600));
    expect(await second).toEqual({ outcome: 'failed', turnaround: undefined });
    expect(line.written.map((frame) => frame[1])).toEqual([6, 3]);
  });
});

describe('unit 0 over TCP', () => {
  test('is not written while nobody says what it means: behind a converter all obey', async () => {
    const net = modbusScene(TCP_ACCESS, { unit: 0 });
    expect(await net.write('holding:3', 1)).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'modbus.broadcast-unsaid' },
    });
    expect(net.line.written).toEqual([]);
  });

  test('is written like any other where it is a device of its own', () => {
    const net = modbusScene(TCP_ACCESS, { unit: 0, broadcast: false });
    void net.write('holding:3', 1);
    expect(hex(net.sent().subarray(6))).toBe('000600030001');
  });
});

describe('a broadcast', () => {
  test('is written when it has been sent and the units have had their time', async () => {
    const { clock, write, sent } = onWire({ unit: 0, broadcast: true });
    let outcome: unknown;
    void write('holding:7', 231).then((written) => {
      outcome = written;
    });
    expect(hex(bodyOf(sent()))).toBe('0006000700e7');
    await clock.advance(millis(200));
    expect(outcome).toBeUndefined();
    await clock.advance(millis(20));
    expect(outcome).toEqual({ outcome: 'written', turnaround: undefined });
  });

  test('never uses a function that broadcasts do not know', async () => {
    const { write, sent } = onWire({ unit: 0, broadcast: true, writes: 'read_write' });
    void write('holding:7', 231);
    expect(bodyOf(sent())[1]).toBe(6);
  });
});

describe('a bit that is read, changed and written back', () => {
  const options = { bit_writes: 'read_modify_write' };

  test('keeps the other bits', async () => {
    const { line, write, sent, wait } = onWire(options);
    const outcome = write('holding:4.2', true);
    expect(hex(bodyOf(sent()))).toBe('010300040001');
    line.arrive(wireFrame(1, 3, 2, 0xa0, 0x01));
    await wait(millis(1));
    expect(hex(bodyOf(sent()))).toBe('01060004a005');
    line.arrive(sent());
    expect(await outcome).toMatchObject({ outcome: 'written' });
  });

  test.each([
    ['is silent', undefined],
    ['refuses', wireFrame(1, 0x83, 2)],
  ])('is not written when the read %s', async (_, answer) => {
    const { line, write, wait } = onWire(options);
    const outcome = write('holding:4.2', true);
    if (answer) line.arrive(answer);
    await wait(seconds(2));
    expect(await outcome).toEqual({ outcome: 'failed', turnaround: undefined });
    expect(line.written).toHaveLength(1);
  });
});
