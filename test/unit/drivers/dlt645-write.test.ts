import { describe, expect, test } from 'vitest';
import type { Value } from '../../../gateway/model/sample.ts';
import { millis, seconds, utcMs } from '../../../gateway/model/units.ts';
import {
  METER,
  meterFrame,
  meterOnLine,
  meterTag,
  meterTagAddress,
} from '../../support/dlt645-fixture.ts';

const NOON = utcMs(Date.UTC(2024, 10, 15, 4, 0, 0));
const ALL = '999999999999';
const ALLOWED = { allow: ['write', 'relay', 'clock'], password: '02123456', operator: '00000001' };
const CREDENTIALS = '02563412 01000000';

/** Writes one value, after `answer` when there is one, and says what was sent. */
async function write(
  address: unknown,
  value: Value,
  options: Readonly<Record<string, unknown>> = {},
  answer?: Buffer,
  prepare: (parts: ReturnType<typeof meterOnLine>) => void = () => {},
) {
  const parts = meterOnLine([], options, NOON);
  const { session, line, clock } = parts;
  prepare(parts);
  const request = { tag: meterTag(0), address: meterTagAddress(address), value };
  const writing = session.write?.(request, new AbortController().signal);
  if (answer) line.arrive(answer);
  await clock.advance(seconds(3));
  const written = await writing;
  return { ...written, sent: line.written };
}

describe('what nobody answers is written when it is sent', () => {
  test.each<[string, Value, Buffer]>([
    ['clock', 'now', meterFrame(METER, 0x08, '00 00 12 15 11 24')],
    ['clock broadcast', 'now', meterFrame(ALL, 0x08, '00 00 12 15 11 24')],
    ['clock broadcast', '2017-06-05T10:22:51', meterFrame(ALL, 0x08, '51 22 10 05 06 17')],
    ['freeze broadcast', 'now', meterFrame(ALL, 0x16, '99999999')],
    ['freeze broadcast', true, meterFrame(ALL, 0x16, '99999999')],
    ['freeze broadcast', 'daily 00:00', meterFrame(ALL, 0x16, '0000 9999')],
  ])('%s %s', async (address, value, frame) => {
    const options = address.startsWith('clock') ? { allow: ['clock'] } : {};
    const written = await write(address, value, options);
    expect(written).toEqual({ outcome: 'written', turnaround: undefined, sent: [frame] });
  });

  test('and the line rests a while, so that all obey', async () => {
    const { session, clock } = meterOnLine([]);
    let isOver = false;
    const request = {
      tag: meterTag(0),
      address: meterTagAddress('freeze broadcast'),
      value: 'now',
    };
    const writing = session.write?.(request, new AbortController().signal).finally(() => {
      isOver = true;
    });
    await clock.advance(millis(16 * 4.6 + 90));
    expect(isOver).toBe(false);
    await clock.advance(millis(20));
    await writing;
    expect(isOver).toBe(true);
  });
});

describe('what is answered is written when the meter says so', () => {
  test.each<[string, Value, string, number, string]>([
    ['freeze', 'now', '99 99 99 99', 0x16, '96'],
    ['freeze', 'hourly 15', '15 99 99 99', 0x16, '96'],
    ['freeze', 'daily 23:59', '59 23 99 99', 0x16, '96'],
    ['freeze', 'monthly 01 00:00', '00 00 01 99', 0x16, '96'],
    ['display_time', 5, `02030004 ${CREDENTIALS} 05`, 0x14, '94'],
    ['demand_period', 15n, `03010004 ${CREDENTIALS} 15`, 0x14, '94'],
    ['meter_number', '000000000161', `02040004 ${CREDENTIALS} 610100000000`, 0x14, '94'],
    ['04FF0001 bytes:3 decimals:2 signed', -1.5, `0100FF04 ${CREDENTIALS} 500180`, 0x14, '94'],
    ['relay', 'trip', `${CREDENTIALS} 1A00 000512151124`, 0x1c, '9C'],
    ['relay', 'close', `${CREDENTIALS} 1C00 000512151124`, 0x1c, '9C'],
  ])('%s %s', async (address, value, data, control, reply) => {
    const answer = meterFrame(METER, Number.parseInt(reply, 16), '');
    const written = await write(address, value, ALLOWED, answer);
    expect(written.sent).toEqual([meterFrame(METER, control, data)]);
    expect(written).toMatchObject({ outcome: 'written', turnaround: expect.any(Number) });
  });
});

test('a write without an answer is unknown and goes out once', async () => {
  const written = await write('display_time', 5, ALLOWED);
  expect(written).toMatchObject({ outcome: 'unknown', turnaround: undefined });
  expect(written.sent).toHaveLength(1);
});

test('the answer of another meter is none', async () => {
  const answer = meterFrame('202411110003', 0x94, '');
  expect(await write('display_time', 5, ALLOWED, answer)).toMatchObject({ outcome: 'unknown' });
});

test('a write that the meter refuses says why', async () => {
  const written = await write('display_time', 5, ALLOWED, meterFrame(METER, 0xd4, '04'));
  expect(written).toMatchObject({
    outcome: 'rejected',
    refusal: {
      code: 'dlt645.write-refused',
      details: { tag: 'meter.t0', reasons: 'passwordErrorOrUnauthorised' },
    },
  });
});

describe('nothing is sent', () => {
  test.each<[string, Value, Record<string, unknown>, string]>([
    ['display_time', 5, {}, 'dlt645.write-not-allowed'],
    ['display_time', 5, { ...ALLOWED, allow: ['relay'] }, 'dlt645.write-not-allowed'],
    ['display_time', 5, { allow: ['write'] }, 'dlt645.write-not-allowed'],
    ['relay', 'trip', { ...ALLOWED, allow: ['write'] }, 'dlt645.write-not-allowed'],
    ['display_time', 5, { ...ALLOWED, address: 'AAAAAAAAAAAA' }, 'dlt645.write-to-many'],
    ['relay', 'trip', { ...ALLOWED, address: 'AAAAAAAA0002' }, 'dlt645.write-to-many'],
    ['display_time', 100, ALLOWED, 'dlt645.value-unusable'],
    ['display_time', 1.5, ALLOWED, 'dlt645.value-unusable'],
    ['display_time', -1, ALLOWED, 'dlt645.value-unusable'],
    ['display_time', 'five', ALLOWED, 'dlt645.value-unusable'],
    ['meter_number', '161', ALLOWED, 'dlt645.value-unusable'],
    ['relay', 'open', ALLOWED, 'dlt645.value-unusable'],
    ['freeze', 'monthly 31 00:00', {}, 'dlt645.value-unusable'],
    ['freeze', 'daily 24:00', {}, 'dlt645.value-unusable'],
    ['freeze', false, {}, 'dlt645.value-unusable'],
    ['clock', '2024-02-30T00:00:00', ALLOWED, 'dlt645.value-unusable'],
    ['clock', 'today', ALLOWED, 'dlt645.value-unusable'],
    ['clock', 'now', {}, 'dlt645.write-not-allowed'],
    ['clock', 'now', { address: 'AAAAAAAAAAAA' }, 'dlt645.write-not-allowed'],
    ['clock broadcast', 'now', {}, 'dlt645.write-not-allowed'],
    ['clock broadcast', 'now', { allow: ['write', 'relay'] }, 'dlt645.write-not-allowed'],
    ['date', '2024-11-15', ALLOWED, 'dlt645.write-unfit'],
    ['0001FF00[1]', 1, ALLOWED, 'dlt645.write-unfit'],
    ['9010', 1, { ...ALLOWED, version: 1997 }, 'dlt645.write-unfit'],
    ['freeze', 'now', { version: 1997 }, 'dlt645.write-unfit'],
    ['relay', 'trip', { ...ALLOWED, version: 1997 }, 'dlt645.write-unfit'],
  ])('for %s %s with %j: %s', async (address, value, options, code) => {
    const written = await write(address, value, options);
    expect(written).toMatchObject({ outcome: 'rejected', refusal: { code }, sent: [] });
  });

  test.each(['clock', 'relay'])('for %s while our own clock is not set', async (address) => {
    const value = address === 'clock' ? 'now' : 'trip';
    const written = await write(address, value, ALLOWED, undefined, ({ clock }) =>
      clock.setSynced(false),
    );
    expect(written).toMatchObject({ refusal: { code: 'dlt645.clock-unsynced' }, sent: [] });
  });
});
