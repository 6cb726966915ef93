import { describe, expect, test } from 'vitest';
import { cjt188Explainer } from '../../../drivers/cjt188/explain.ts';
import { fromHex, METER, meterFrame } from '../../support/cjt188-fixture.ts';

const explain = (...frames: readonly (Uint8Array | string)[]) =>
  cjt188Explainer.explain(
    Buffer.concat(frames.map((one) => (typeof one === 'string' ? fromHex(one) : one))),
  );

function fieldsOf(...frames: readonly (Uint8Array | string)[]) {
  const explanation = explain(...frames);
  if (!explanation.ok) throw new Error(explanation.reject);
  return explanation.fields;
}

describe('what is refused', () => {
  const request = meterFrame(0x01, '90 1F 05');
  const reply = meterFrame(
    0x81,
    '90 1F 05 43 65 87 00 2C 00 60 87 00 2C 00 30 08 15 11 24 20 04 00',
  );
  const changed = (at: number, to: number) => {
    const copy = Buffer.from(reply);
    copy.writeUInt8(to, at < 0 ? copy.length + at : at);
    return copy;
  };
  test.each<[string, readonly (Uint8Array | string)[]]>([
    ['noFrame', ['']],
    ['noFrame', ['01 02 03']],
    ['incomplete', [reply.subarray(0, 8)]],
    ['incomplete', [reply.subarray(0, -1)]],
    ['incomplete', [request, reply.subarray(0, 20)]],
    ['checksum', [changed(14, 0)]],
    ['checksum', [request, changed(14, 0)]],
    ['end', [changed(-1, 0x17)]],
    ['foreign', ['68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16']],
    ['foreign', ['68 03 03 68 08 01 72 7B 16 00 00']],
    ['serMismatch', [request, meterFrame(0x81, '90 1F 04')]],
    ['serMismatch', [request, meterFrame(0xc1, '04 00 00')]],
    ['diMismatch', [request, meterFrame(0x81, 'D1 20 05')]],
    ['lengthMismatch', [request, meterFrame(0x81, '90')]],
    ['controlMismatch', [request, meterFrame(0x84, '90 1F 05')]],
    ['typeMismatch', [request, meterFrame(0x81, '90 1F 05', { type: 0x20 })]],
    ['addressMismatch', [request, meterFrame(0x81, '90 1F 05', { address: '00000000000001' })]],
  ])('%s', (reject, frames) => {
    const explanation = explain(...frames);
    expect(explanation).toMatchObject({ ok: false, reject });
    if (!explanation.ok) expect(explanation.words.zh).toMatch(/\p{Script=Han}/u);
  });
});

describe('what is explained', () => {
  test.each<[string, Uint8Array, Readonly<Record<string, unknown>>]>([
    ['a read of the key version', meterFrame(0x09, '81 06 01'), { control: '09', di: '8106' }],
    ['its reply', meterFrame(0x89, '81 06 01 03'), { keyVersion: 3 }],
    [
      'a settlement day',
      meterFrame(0x81, '03 81 01 25'),
      { di: '8103', diOrder: 'LE', settlementDay: 25 },
    ],
    ['a reading day written', meterFrame(0x04, 'A0 12 01 05'), { readingDay: 5 }],
    [
      'prices',
      meterFrame(0x81, '81 02 01 50 02 00 80 01 00 50 03 00 50 02 00 50 04 00'),
      { price1: 2.5, priceVolume1: 180, price3: 4.5 },
    ],
    [
      'a purchase',
      meterFrame(0x81, '81 05 01 07 00 00 01 00 00 00 02 00 45 23 01 00 04 00'),
      { purchaseNumber: 7, purchaseAmount: 100, balance: 123.45, batteryLow: true },
    ],
    [
      'a clock written',
      meterFrame(0x04, 'A0 15 01 08 59 23 01 06 26 20'),
      { time: '2026-06-01T23:59:08' },
    ],
    ['an address written', meterFrame(0x95, 'A0 18 01'), { control: '95', di: 'A018' }],
    [
      'an address repeated',
      meterFrame(0x83, '81 0A 01 90 78 56 34 12 33 78'),
      { meterAddress: METER },
    ],
    ['a valve freed', meterFrame(0x04, 'A0 17 01 66'), { valve: 'freeOpen' }],
    [
      'a valve that is stuck',
      meterFrame(0x84, 'A0 17 01 03 FF'),
      { valve: 'abnormal', st: ['03', 'FF'] },
    ],
    [
      'a register written',
      meterFrame(0x16, 'A0 16 01 78 56 34 12 2C'),
      { value: 123456.78, unit: 'm3' },
    ],
    ['a refusal of one byte', meterFrame(0xc1, '04'), { control: 'C1', st: ['04'] }],
    [
      'a function of the manufacturer',
      meterFrame(0xb3, '12 34 01 AA BB'),
      { data: 'AA BB', control: 'B3' },
    ],
    [
      'a layout nobody knows',
      meterFrame(0x81, '90 1F 01 AA BB'),
      { data: 'AA BB', layout: 'unknown' },
    ],
    ['data without an identifier', meterFrame(0x81, '90'), { data: '90' }],
    [
      'a history in GJ',
      meterFrame(0x81, 'D1 20 01 34 12 00 00 11', { type: 0x20 }),
      { value: 12.34, unit: 'GJ', normalised: [3427.778, 'kWh'] },
    ],
    [
      'a freeze of 2018',
      meterFrame(
        0x81,
        'D3 05 01 00 00 00 15 11 24 20 56 34 00 00 2C 50 12 00 00 35 12 20 00 35 00 00',
      ),
      {
        di: 'D305',
        time: '2024-11-15T00:00:00',
        volume: [34.56, 'm3'],
        flow: [0.125, 'm3/h'],
        temperature: 20.12,
      },
    ],
    [
      'a broken digit',
      meterFrame(0x81, '90 1F 05 4A 65 87 00 2C 00 60 87 00 2C 00 30 08 15 11 24 20 04 00'),
      { current: null, settlement: 8760, invalid: ['current'] },
    ],
    [
      'units that differ',
      meterFrame(0x81, '90 1F 05 43 65 87 00 29 00 60 87 00 2C 00 30 08 15 11 24 20 04 00'),
      { current: [8765.43, 'L'], settlement: [8760, 'm3'], normalised: [8.76543, 'm3'] },
    ],
    [
      'a unit nobody knows',
      meterFrame(0x81, '90 1F 05 43 65 87 00 00 00 60 87 00 00 00 30 08 15 11 24 20 04 00'),
      { current: [8765.43, 'unknown(00)'] },
    ],
  ])('%s', (_, frame, expected) => {
    expect(fieldsOf(frame)).toMatchObject(expected);
  });

  test('the reply to the last request, whatever came before', () => {
    const exchange = [
      meterFrame(0x01, 'D1 20 01'),
      meterFrame(0x81, 'D1 20 01 56 34 00 00 2C'),
      meterFrame(0x04, 'A0 17 02 99'),
      meterFrame(0x84, 'A0 17 02 01 00'),
    ];
    expect(fieldsOf(...exchange)).toMatchObject({ di: 'A017', ser: 2, valve: 'closed' });
  });

  test('what only the request says', () => {
    const exchange = [
      meterFrame(0x15, 'A0 18 01 05 00 00 00 00 00 00'),
      meterFrame(0x95, 'A0 18 01'),
    ];
    expect(fieldsOf(...exchange)).toMatchObject({ control: '95', newAddress: '00000000000005' });
  });
});
