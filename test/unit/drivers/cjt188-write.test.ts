import { describe, expect, test } from 'vitest';
import { seconds } from '../../../gateway/model/units.ts';
import { meterFrame, meterReply, meterSession } from '../../support/cjt188-fixture.ts';

const ALL = { allow: ['valve', 'clock', 'write'], di_order: 'high_first' };

describe('a valve', () => {
  test('is closed with 99H, and what the reply says of its state is not waited for', async () => {
    const parts = meterSession(['valve'], ALL);
    const writing = parts.write('closed');
    expect(parts.lastRequest().subarray(9, 15).toString('hex')).toBe('0404a0170099');
    parts.line.arrive(meterReply(parts.lastRequest(), '00 00'));
    expect(await writing).toMatchObject({ outcome: 'written' });
  });

  test('is opened with 55H', async () => {
    const parts = meterSession(['valve'], ALL);
    const writing = parts.write('open');
    expect(parts.lastRequest().readUInt8(14)).toBe(0x55);
    parts.line.arrive(meterReply(parts.lastRequest(), '01 00'));
    expect(await writing).toMatchObject({ outcome: 'written' });
  });

  test('of gas is closed and never opened', async () => {
    const parts = meterSession(['valve'], { ...ALL, type: 'gas' });
    expect(await parts.write('open')).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'cjt188.gas-reopening' },
    });
    expect(parts.line.written).toEqual([]);
    const writing = parts.write('close');
    parts.line.arrive(meterReply(parts.lastRequest(), '01 00'));
    expect(await writing).toMatchObject({ outcome: 'written' });
  });
});

describe('a write', () => {
  const nothingSent = async (
    address: string,
    value: string | number | boolean,
    options: Readonly<Record<string, unknown>> = ALL,
  ) => {
    const parts = meterSession([address], options);
    const written = await parts.write(value);
    expect(parts.line.written).toEqual([]);
    expect(written.outcome).toBe('rejected');
    return written.refusal?.code;
  };

  test.each([
    ['valve', 'closed', []],
    ['valve', 'closed', ['clock', 'write']],
    ['clock', '2026-06-01T12:00:00', ['valve', 'write']],
    ['settlement_day', 1, ['valve', 'clock']],
    ['di:A014 hex', '00', ['valve', 'clock']],
  ])('of %s is refused as long as the device does not allow it', async (address, value, allow) => {
    expect(await nothingSent(address, value, { allow })).toBe('cjt188.not-allowed');
    expect(await nothingSent(address, value, {})).toBe('cjt188.not-allowed');
  });

  test.each([
    ['volume'],
    ['status'],
    ['battery_low'],
    ['di:A017 hex'],
    ['di:A016 hex'],
    ['di:A018 hex'],
    ['di:A015 hex'],
    ['di:A013@1 hex'],
    ['di:A013 bcd4'],
    ['freeze:1 clock'],
  ])('of %s is never possible', async (address) => {
    expect(await nothingSent(address, '55')).toBe('cjt188.not-writable');
  });

  test.each<[string, string | number | boolean]>([
    ['valve', 'ajar'],
    ['valve', true],
    ['valve', 0x55],
    ['clock', '2026-02-30T00:00:00'],
    ['clock', '2026-06-01 12:00'],
    ['clock', 1_780_000_000],
    ['settlement_day', 0],
    ['settlement_day', 32],
    ['settlement_day', 1.5],
    ['di:A013 hex', 'xyz'],
    ['di:A013 hex', '123'],
    ['di:A013 hex', ''],
    ['di:A013 hex', '00'.repeat(48)],
  ])('of %s refuses %s', async (address, value) => {
    expect(await nothingSent(address, value)).toBe('cjt188.value-unusable');
  });

  test('to the wildcard is refused, since any meter would obey', async () => {
    const options = { ...ALL, address: 'AAAAAAAAAAAAAA' };
    expect(await nothingSent('valve', 'closed', options)).toBe('cjt188.wildcard-write');
  });

  test.each<[string, string | number, string]>([
    ['clock', '2026-06-01T23:59:08', 'a0150008592301062620'],
    ['settlement_day', 25, 'a0110025'],
    ['reading_day', 1, 'a0120001'],
    ['di:A014 hex', '01 02 0a', 'a0140001020a'],
  ])('of %s goes out as the document has it', async (address, value, data) => {
    const parts = meterSession([address], ALL);
    const writing = parts.write(value);
    const request = parts.lastRequest();
    expect(request.readUInt8(9)).toBe(0x04);
    expect(request.subarray(11, -2).toString('hex')).toBe(data);
    parts.line.arrive(meterReply(request, ''));
    expect(await writing).toMatchObject({ outcome: 'written' });
  });

  test('that the meter refuses is rejected with its status', async () => {
    const parts = meterSession(['valve'], ALL);
    const writing = parts.write('closed');
    parts.line.arrive(meterFrame(0xc4, '00 03 00'));
    expect(await writing).toMatchObject({
      outcome: 'rejected',
      refusal: { code: 'cjt188.write-refused', details: { status: '0300' } },
    });
  });

  test.each([
    ['nothing', ''],
    ['noise', '00 FF'],
  ])('that is answered by %s is unknown, and not repeated', async (_, bytes) => {
    const parts = meterSession(['valve'], { ...ALL, tries: 3 });
    const writing = parts.write('closed');
    parts.line.arrive(Buffer.from(bytes.replace(' ', ''), 'hex'));
    await parts.clock.advance(seconds(20));
    expect(await writing).toMatchObject({ outcome: 'unknown' });
    expect(parts.line.written).toHaveLength(1);
  });

  test('waits until a read has found the order of the identifier', async () => {
    const parts = meterSession(['valve'], { allow: ['valve'] });
    const writing = parts.write('closed');
    await parts.clock.advance(seconds(3));
    expect(parts.lastRequest().subarray(11, 13).toString('hex')).toBe('1f90');
    parts.line.arrive(meterReply(parts.lastRequest(), '00 00 00'));
    await parts.clock.advance(seconds(1));
    expect(parts.lastRequest().subarray(11, 13).toString('hex')).toBe('17a0');
    parts.line.arrive(meterReply(parts.lastRequest(), '01 00'));
    expect(await writing).toMatchObject({ outcome: 'written' });
  });

  test('does not leave when nobody answers that read', async () => {
    const parts = meterSession(['valve'], { allow: ['valve'] });
    const writing = parts.write('closed');
    await parts.clock.advance(seconds(20));
    expect(await writing).toMatchObject({ outcome: 'failed' });
    expect(parts.line.written.every((bytes) => bytes.includes(Buffer.of(0x01, 0x03)))).toBe(true);
  });
});
