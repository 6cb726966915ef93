import { describe, expect, test } from 'vitest';
import { discoveryRequests } from '../../../drivers/dlt645/discovery.ts';
import { dlt645Explainer } from '../../../drivers/dlt645/explain.ts';
import { METER, meterFrame } from '../../support/dlt645-fixture.ts';

const explain = (...frames: readonly Uint8Array[]) => {
  const explanation = dlt645Explainer.explain(Buffer.concat(frames));
  return explanation.ok ? explanation.fields : { reject: explanation.reject };
};
const request = (control: number, data = '') => meterFrame(METER, control, data);
const CREDENTIALS = '02563412 01000000';
const BY = { level: '02', password: '123456', operator: '00000001' };

describe('a request', () => {
  test.each<[string, number, string, Record<string, unknown>]>([
    ['to read', 0x11, '00000100', { di: '00010000', service: 'read' }],
    [
      'for load records',
      0x11,
      '01000106 05 4513200524',
      { di: '06010001', blocks: 5, from: '2024-05-20T13:45' },
    ],
    ['to read on', 0x12, '00FF0100 02', { di: '0001FF00', seq: 2 }],
    [
      'to write',
      0x14,
      `02030004 ${CREDENTIALS} 05`,
      { di: '04000302', ...BY, value: 5, unit: 's' },
    ],
    ['to write an address', 0x15, '020011112420', { dataAddress: METER }],
    ['to freeze', 0x16, '15999999', { freeze: 'hourly 15' }],
    ['to freeze each month', 0x16, '00000199', { freeze: 'monthly 01 00:00' }],
    ['to freeze once a year', 0x16, '00000101', { freeze: null }],
    ['to change the rate', 0x17, '08', { z: '08', baud: 2400 }],
    ['to change it to two rates', 0x17, '0C', { z: '0C', baud: null }],
    [
      'to change a password',
      0x18,
      '010C0004 02000000 02563412',
      { di: '04000C01', new: '02563412' },
    ],
    ['to reset the demand', 0x19, CREDENTIALS, BY],
    ['to clear the meter', 0x1a, CREDENTIALS, BY],
    ['to clear events', 0x1b, `${CREDENTIALS} FFFFFFFF`, { ...BY, di: 'FFFFFFFF' }],
    [
      'to close the relay',
      0x1c,
      `${CREDENTIALS} 1C00 594523311299`,
      { action: 'close', validUntil: '2099-12-31T23:45:59' },
    ],
    ['to switch the output', 0x1d, '02', { output: '02' }],
    ['to authenticate', 0x03, 'FF000007', { service: 'authenticate' }],
    ['of 1997', 0x01, '1090', { version: '1997', di: '9010' }],
    ['of 1997 to read again', 0x03, '', { version: '1997', service: 'read-again' }],
    ['of 1997 to change the rate', 0x0c, '08', { version: '1997', z: '08' }],
    ['of no known meaning', 0x1f, '', { control: '1F' }],
  ])('%s', (_, control, data, fields) => {
    expect(explain(request(control, data))).toMatchObject(fields);
  });

  test('that comes twice is its own echo', () => {
    const asked = request(0x11, '00000100');
    expect(explain(asked, asked)).toMatchObject({ isEcho: true, di: '00010000' });
    const reply = request(0x91, '00000100 56341200');
    expect(explain(asked, asked, reply)).toMatchObject({ value: 1234.56 });
    expect(explain(asked, asked, reply)).not.toHaveProperty('isEcho');
  });
});

describe('a reply', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['without a value', '00020102 FFFF', { value: null, unit: 'V' }],
    ['in time of day', '02010004 004513', { time: '13:45:00' }],
    ['in date and time', '0C010004 00451305151124', { time: '2024-11-15T13:45:00', weekday: 5 }],
    [
      'in two times',
      '01001103 000000010124 000100010124',
      { times: ['2024-01-01T00:00:00', '2024-01-01T00:01:00'] },
    ],
    ['in bits', '03050004 1000', { value: 16, bits: [4] }],
    ['in status words', 'FF050004 10000100', { values: [16, 1] }],
    ['in text', '0B040004 00000000353436444C54', { value: 'TLD645' }],
    ['about an item of no table', '99999902 1234', { di: '02999999', part: '1234' }],
    [
      'in a load record',
      '02000106 A0A01C4513151124 0122FFFF0322 010000020000030000 0050AAAAAAAAAAAA00E5',
      { values: [220.1, null, 220.3, 0.001, 0.002, 0.003, 50], time: '2024-11-15T13:45' },
    ],
    ['of a freeze time', '01000605 0000151124', { time: '2024-11-15T00:00' }],
  ])('%s', (_, data, fields) => {
    expect(explain(request(0x91, data))).toMatchObject(fields);
  });

  test('of 1997 in a block', () => {
    const reply = request(0x81, '1F90 01000000 02000000 AA');
    expect(explain(reply)).toMatchObject({ version: '1997', values: [0.01, 0.02], unit: 'kWh' });
  });

  test('to a write tells what was written', () => {
    const asked = request(0x14, `02030004 ${CREDENTIALS} 05`);
    expect(explain(asked, request(0x94))).toMatchObject({
      control: '94',
      di: '04000302',
      value: 5,
    });
  });

  test('with all errors names them', () => {
    expect(explain(request(0xd1, 'FF')).errorBits).toHaveLength(8);
  });

  const ASKED = request(0x11, '00000100');
  test.each<[string, Buffer, string]>([
    [
      'from another meter',
      meterFrame('202411110003', 0x91, '00000100 56341200'),
      'addressMismatch',
    ],
    ['about another item', request(0x91, '00000200 56341200'), 'diMismatch'],
    ['to another service', request(0x94), 'controlMismatch'],
    ['that is too long', request(0x91, '00000100 5634120000'), 'length'],
    [
      'without its end',
      Buffer.concat([request(0x91, '00000100 56341200').subarray(0, -1), Buffer.of(0)]),
      'end',
    ],
    [
      'that is damaged',
      Buffer.from(request(0x91, '00000100 56341200')).fill(0, 15, 16),
      'checksum',
    ],
    ['that is cut off', request(0x91, '00000100 56341200').subarray(0, 15), 'incomplete'],
  ])('%s is rejected', (_, reply, reject) => {
    expect(explain(ASKED, reply)).toEqual({ reject });
  });

  test('with another number is rejected', () => {
    const asked = request(0x12, '00FF0100 01');
    expect(explain(asked, request(0x92, '00FF0100 11000000 02'))).toEqual({
      reject: 'seqMismatch',
    });
  });

  test('behind a late one is the reply', () => {
    const late = request(0x91, '00000200 99999900');
    const own = request(0x91, '00000100 56341200');
    expect(explain(ASKED, late, own)).toMatchObject({ value: 1234.56 });
    expect(explain(ASKED, own, late)).toMatchObject({ value: 1234.56 });
  });
});

test('nothing at all is no frame', () => {
  expect(explain(Buffer.from('welcome'))).toEqual({ reject: 'noFrame' });
});

test('every byte has a name in both languages', () => {
  const bytes = Buffer.concat([Buffer.of(0xfe, 0xfe), request(0x92, '00FF0100 11000000 01')]);
  const { parts } = dlt645Explainer.explain(bytes);
  expect(parts.map(({ at, length, label }) => `${at}+${length} ${label.en}`)).toEqual([
    '0+2 wake-up bytes',
    '2+1 start',
    `3+6 address ${METER}`,
    '9+1 start',
    '10+1 reply: read the following data',
    '11+1 length of the data',
    '12+4 identifier 0001FF00: forward active energy',
    '16+4 data',
    '20+1 number of the frame',
    '21+1 checksum',
    '22+1 end',
  ]);
  expect(parts.every(({ label }) => /[\u4e00-\u9fff]/.test(label.zh))).toBe(true);
});

describe('discovery', () => {
  const [address, energy, old] = discoveryRequests();
  const REPLIES = [
    meterFrame(METER, 0x93, '020011112420'),
    meterFrame(METER, 0x91, '00000100 56341200'),
    meterFrame(METER, 0x81, '1090 56341200'),
  ];

  test('asks for the address, then in the words of each edition', () => {
    const asked = discoveryRequests().map((one) => Buffer.from(one.request).toString('hex'));
    const any = 'aaaaaaaaaaaa';
    expect(asked).toEqual([
      `fefefefe68${any}681300df16`,
      `fefefefe${meterFrame(any, 0x11, '00000100').toString('hex')}`,
      `fefefefe${meterFrame(any, 0x01, '1090').toString('hex')}`,
    ]);
  });

  test.each([address, energy, old].map((one, i) => [one, i] as const))(
    'takes only its own reply: %#',
    (one, i) => {
      for (const [j, reply] of REPLIES.entries()) {
        const found = one?.finder().push(reply);
        expect(found).toEqual(
          i === j ? { address: METER, version: i === 2 ? '1997' : '2007' } : undefined,
        );
      }
    },
  );

  test('takes a refusal for a sign of life, and letters for nobody', () => {
    expect(energy?.finder().push(meterFrame(METER, 0xd1, '02'))).toMatchObject({ address: METER });
    expect(old?.finder().push(meterFrame(METER, 0xc1, '02'))).toMatchObject({ version: '1997' });
    expect(address?.finder().push(meterFrame('aaaaaaaaaaaa', 0x93, ''))).toBeUndefined();
    expect(address?.finder().finish?.()).toBeUndefined();
  });
});
