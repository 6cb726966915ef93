/** Tables of points as spreadsheets and manuals have them, and what is told of those that are wrong. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placeOf } from '../../../../config/import/place.ts';
import { LARGEST_TABLE, readTable } from '../../../../config/import/table.ts';
import { type ImportOptions, tagsOf } from '../../../../config/import/tags.ts';
import {
  accessOf,
  factorOf,
  functionOf,
  orderOf,
  typeOf,
  unitOf,
} from '../../../../config/import/words.ts';
import { renderDevice } from '../../../../config/import/yaml.ts';
import { parseYaml } from '../../../../config/yaml-document.ts';
import { DRIVER_OPTIONS } from '../../../../drivers/options.ts';
import { GatewayError } from '../../../../gateway/model/errors.ts';

const VOCABULARY = new Map([
  ['a相电压', 'voltage_l1'],
  ['temperature', 'temperature'],
]);

function importing(
  text: string | Uint8Array,
  { base, protocol = 'modbus' }: { base?: ImportOptions['base']; protocol?: string } = {},
) {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const driver = DRIVER_OPTIONS.get(protocol);
  if (!driver) throw new Error(protocol);
  const table = readTable(bytes, 'points.csv');
  return tagsOf(table, { file: 'points.csv', driver, base, vocabulary: VOCABULARY });
}

const keysOf = (text: string | Uint8Array, options = {}) =>
  importing(text, options).tags.map(({ name, keys }) => [name, keys]);
const codesOf = (text: string, options = {}) =>
  importing(text, options).problems.map(({ line, column, code }) => `${line} ${column} ${code}`);
const refusal = (bytes: string | Uint8Array): string => {
  try {
    importing(bytes);
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return 'taken';
};

const CHINESE = `锅炉点表,,,
名称,寄存器地址,功能码,数据类型,系数,单位,字节序,读写属性,备注
A相电压,40001,,浮点,,V,CDAB,只读,进线
`;
const EXPECTED = [['voltage_l1', { address: 'holding:0 float32 cdab', unit: 'V' }]];

describe('the file', () => {
  test.each([
    ['UTF-8', new TextEncoder().encode(CHINESE)],
    ['UTF-8 with a mark', new TextEncoder().encode(`\ufeff${CHINESE}`)],
    ['UTF-16 as Excel writes it', Buffer.from(`\ufeff${CHINESE.replaceAll(',', '\t')}`, 'utf16le')],
    ['line ends of Windows', new TextEncoder().encode(CHINESE.replaceAll('\n', '\r\n'))],
    ['semicolons', new TextEncoder().encode(CHINESE.replaceAll(',', ';'))],
    ['tabs', new TextEncoder().encode(CHINESE.replaceAll(',', '\t'))],
  ])('may be %s', (_, bytes) => {
    expect(keysOf(bytes)).toEqual(EXPECTED);
  });

  test('may be GB18030, as spreadsheets in China write it', () => {
    // 名称,地址,功能码 / 温度,16,3
    const bytes = Buffer.from('c3fbb3c62cb5d8d6b72cb9a6c4dcc2eb0acec2b6c82c31362c330a', 'hex');
    expect(importing(bytes).tags).toMatchObject([
      { name: 'holding_16', keys: { address: 'holding:16 uint16' }, note: '温度' },
    ]);
  });

  test('is refused when it is a workbook, an image, or damaged', () => {
    expect(refusal(Buffer.from('PK\x03\x04rest'))).toBe('import.not-a-table');
    expect(refusal(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0, 0xff, 0xff))).toBe(
      'import.not-a-table',
    );
    expect(refusal('name,address\n"a,1\n')).toBe('import.not-a-table');
  });

  test('is refused without a line that names the columns, and when it is too long', () => {
    expect(refusal('a,1\nb,2\n')).toBe('import.no-header');
    expect(refusal('')).toBe('import.no-header');
    expect(refusal(`name,address\n${'a,1\n'.repeat(10_001)}`)).toBe('import.too-many-rows');
    expect(LARGEST_TABLE).toBeGreaterThan(1e6);
  });

  test('keeps the numbers of the spreadsheet over titles, empty rows and cells of several lines', () => {
    const text = 'title\n\nname,address,note\n\na,x,"one\ntwo"\n,,\nb,y,\n';
    expect(codesOf(text)).toEqual([
      '5 address import.address-form',
      '7 address import.address-form',
    ]);
  });
});

describe('a row', () => {
  test('becomes a tag with all that it says', () => {
    const text = `Tag Name,Register Address,FC,Data Type,Factor,Offset,Decimals,Unit,Byte Order,R/W,Remarks
Oil Temp,0x0010,03,REAL,0.1,-40,1,℃,3412,R/W,"at the, pump"
`;
    expect(importing(text)).toEqual({
      problems: [],
      tags: [
        {
          name: 'oil_temp',
          keys: {
            address: 'holding:16 float32 cdab',
            unit: '°C',
            scale: 0.1,
            offset: -40,
            decimals: 1,
            access: 'read-write',
          },
          label: 'Oil Temp',
          note: 'Oil Temp · at the, pump',
          row: 2,
        },
      ],
      doubts: [],
    });
  });

  test('is named by the vocabulary, by itself, or by its address', () => {
    const text =
      'name,address\n A 相电压 ,40001\nPump-2 run!,00006\n水泵,30011\n3rd,4x0021.3\n,40030\n';
    expect(importing(text).tags.map(({ name, note }) => [name, note])).toEqual([
      ['voltage_l1', 'A 相电压'],
      ['pump_2_run', 'Pump-2 run!'],
      ['input_10', '水泵'],
      ['holding_20_3', '3rd'],
      ['holding_29', ''],
    ]);
  });

  test('of bits, text and long numbers', () => {
    const text = `name,address,function,type,bit,length
run,5,1,bool,,
alarm,7,3,BIT,4,1
dot,7.5,4,,,
serial,100,3,ASCII,,8
energy,20,4,U64,,4
sized,200,3,string16,,8
`;
    expect(keysOf(text).map(([, keys]) => keys)).toEqual([
      { address: 'coil:5' },
      { address: 'holding:7.4' },
      { address: 'input:7.5' },
      { address: 'holding:100 string16' },
      { address: 'input:20 uint64' },
      { address: 'holding:200 string16' },
    ]);
  });

  test('that is wrong is told with row, column, what and next step, and costs no other', () => {
    const text = `名称,地址,功能码,数据类型,倍率,小数位,字节序,单位,寄存器数量,读写
a,,3,,,,,,,
b,一百,3,,,,,,,
c,100,,,,,,,,
d,40100,3,,,,,,,
e,1,7,,,,,,,
f,2,3,flaot,2/3,,小端,,,
g,3,3,,,,,,2,
h,4,3,U16,0,99,,,,随便
good,9,3,,,,,,,
good,10,3,,,,,,,
l,5,1,U32,,,,,,
m,65536,3,,,,,,,
`;
    expect(codesOf(text)).toEqual([
      '2 地址 import.address-missing',
      '3 地址 import.address-form',
      '4 地址 import.function-missing',
      '5 地址 import.address-ambiguous',
      '6 功能码 import.word-unknown',
      '6 地址 import.function-missing',
      '7 数据类型 import.word-unknown',
      '7 字节序 import.order-ambiguous',
      '7 倍率 import.factor-form',
      '8 寄存器数量 import.length-differs',
      '9 读写 import.word-unknown',
      '11 名称 import.name-twice',
      '12 地址 modbus.bit-with-type',
      '13 地址 modbus.address-range',
    ]);
    expect(keysOf(text)).toEqual([['good', { address: 'holding:9 uint16' }]]);
    expect(importing(text).problems[1]).toMatchObject({
      line: 3,
      column: '地址',
      message: { en: '"一百" is no address', zh: '"一百" 不是地址' },
    });
  });

  test('is checked as every tag of a site is', () => {
    const text = `name,address,scale,decimals,unit\na,40001,0,99,${'x'.repeat(40)}\n`;
    expect(codesOf(text)).toEqual([
      '2 decimals config.out-of-range',
      '2 unit config.text-too-long',
    ]);
    expect(codesOf('name,address,scale\na,40001,0\n')).toEqual(['2 scale modbus.factor-unusable']);
  });

  test('with a scale in its unit is refused, unless another column says the same', () => {
    const text = 'name,address,scale,unit\na,40001,,0.1V\nb,40002,0.1,0.1V\nc,40003,0.2,0.1V\n';
    expect(codesOf(text)).toEqual(['2 unit import.unit-step', '4 unit import.unit-step']);
    expect(keysOf(text)).toEqual([['b', { address: 'holding:1 uint16', unit: 'V', scale: 0.1 }]]);
  });

  test('under a title that says so has a hexadecimal address', () => {
    for (const title of ['地址（HEX）', 'Address_hex', '十六进制地址'])
      expect(keysOf(`name,${title},fc\na,0010,3\n`)).toEqual([
        ['a', { address: 'holding:16 uint16' }],
      ]);
  });

  test('of another protocol keeps its address as it is', () => {
    const text = 'name,address,unit\nEnergy,forward_active_energy,kWh\nOdd,voltage_q,V\n';
    expect(keysOf(text, { protocol: 'dlt645' })).toEqual([
      ['energy', { address: 'forward_active_energy', unit: 'kWh' }],
    ]);
    expect(codesOf(text, { protocol: 'dlt645' })).toEqual(['3 address dlt645.word-unknown']);
  });
});

describe('an address', () => {
  const HOLDING = { table: 'holding', access: undefined } as const;
  test.each([
    ['40001', { table: 'holding', address: 0 }],
    ['300100', { table: 'input', address: 99 }],
    ['10001', { table: 'discrete', address: 0 }],
    ['00005', { table: 'coil', address: 4 }],
    ['4x0010.15', { table: 'holding', address: 9, bit: 15 }],
    ['Holding:0x64', { table: 'holding', address: 100 }],
    ['40001-40002', { table: 'holding', address: 0 }],
    ['４０００１', { table: 'holding', address: 0 }],
  ])('%s says its table itself', (written, value) => {
    expect(placeOf(written, { area: undefined, base: undefined })).toMatchObject({ value });
  });

  test.each([
    ['16', 16, 15],
    ['0x0010', 16, 15],
    ['10H', 16, 15],
    ['0010h', 16, 15],
    ['100~101', 100, 99],
    ['30001', 30_001, 30_000],
  ])('%s with a function counts from 0 or from 1', (written, from0, from1) => {
    const address = (base: 0 | 1) => placeOf(written, { area: HOLDING, base });
    expect(address(0)).toMatchObject({ value: { address: from0 } });
    expect(address(1)).toMatchObject({ value: { address: from1 } });
  });

  test('that may be counted in two ways is refused until somebody says how', () => {
    expect(placeOf('40001', { area: HOLDING, base: undefined })).toMatchObject({
      doubt: { code: 'import.address-ambiguous', details: { manual: '4x0001' } },
    });
    expect(placeOf('40001', { area: HOLDING, base: 0 })).toMatchObject({
      value: { address: 40_001 },
    });
    expect(placeOf('0', { area: HOLDING, base: 1 })).toMatchObject({ code: 'import.base' });
  });
});

describe('the words of people', () => {
  const value = (understood: object) =>
    'value' in understood && !('doubt' in understood) ? understood.value : undefined;

  test.each([
    ['03', 'holding', undefined],
    ['0x04', 'input', undefined],
    ['FC1', 'coil', undefined],
    ['03H', 'holding', undefined],
    ['3/16', 'holding', 'read-write'],
    ['06', 'holding', 'write'],
    ['保持寄存器', 'holding', undefined],
    ['Input Register', 'input', undefined],
  ])('function %s', (written, table, access) => {
    expect(functionOf(written)).toEqual({ value: { table, access } });
  });

  test.each([
    ['DINT', 'int32'],
    ['无符号16位', 'uint16'],
    ['Float 32', 'float32'],
    ['ＲＥＡＬ', 'float32'],
    ['双精度', 'float64'],
    ['string16', 'string16'],
    ['BCD', 'bcd16'],
    ['quaternion', undefined],
  ])('type %s', (written, type) => {
    expect(value(typeOf(written))).toBe(type);
  });

  test.each([
    ['AB CD', 'abcd'],
    ['3-4-1-2', 'cdab'],
    ['大端', 'abcd'],
    ['低字在前', 'cdab'],
    ['DCBA', 'dcba'],
    ['little endian', undefined],
  ])('order %s', (written, order) => {
    expect(value(orderOf(written))).toBe(order);
  });

  test.each([
    ['0.1', '0.1'],
    ['×0.01', '0.01'],
    ['0,1', '0.1'],
    ['/10', '0.1'],
    ['1/100', '0.01'],
    ['÷1000', '0.001'],
    ['除以10', '0.1'],
    ['10^-2', '0.01'],
    ['/1', '1'],
    ['-40', '-40'],
    ['1/3', undefined],
    ['十', undefined],
  ])('factor %s', (written, factor) => {
    expect(value(factorOf(written))).toBe(factor);
  });

  test.each([
    ['R', 'read'],
    ['R/W', 'read-write'],
    ['只写', 'write'],
    ['maybe', undefined],
  ])('access %s', (written, access) => {
    expect(value(accessOf(written))).toBe(access);
  });

  test.each([
    ['℃', '°C'],
    ['m³/h', 'm3/h'],
    ['μS/cm', 'µS/cm'],
    ['％', '%'],
    ['-', undefined],
    ['无', undefined],
  ])('unit %s', (written, unit) => {
    expect(unitOf(written)).toBe(unit);
  });
});

test('any table is imported or refused, and what is printed is YAML of a device', () => {
  const cell = fc.oneof(
    fc.constantFrom(
      '40001',
      '3',
      'U16',
      '0x10',
      '温度',
      '"',
      'a,b',
      '#',
      ': ',
      '\\',
      '{',
      'R/W',
      '℃',
      'a\u0001\u0085\u2028b',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const header = fc.constant([
    '名称',
    '地址',
    '功能码',
    '数据类型',
    '倍率',
    '单位',
    '读写',
    '备注',
  ]);
  fc.assert(
    fc.property(
      header,
      fc.array(fc.array(cell, { maxLength: 8 }), { maxLength: 8 }),
      (titles, rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = [titles, ...rows].map((cells) => cells.map(quoted).join(',')).join('\n');
        if (refusal(text) !== 'taken') return;
        const names = { device: 'd', bus: 'b', protocol: 'modbus' };
        const { tags, problems } = importing(text);
        const { root, problems: wrong } = parseYaml(renderDevice(names, tags), 'd.yaml');
        expect(wrong).toEqual([]);
        expect(root?.entries.has('devices')).toBe(true);
        for (const { line } of problems) expect(line).toBeLessThanOrEqual(rows.length + 1);
      },
    ),
    { seed: 5, numRuns: 400 },
  );
});
