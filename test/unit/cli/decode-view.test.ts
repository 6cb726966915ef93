import { describe, expect, it } from 'vitest';
import { rtuFrame } from '../../../firmware-sim/crc.ts';
import { decodeVerb } from '../../../gateway/cli/decode/decode.ts';
import { renderFields, renderParts } from '../../../gateway/cli/decode/decode-view.ts';
import { called } from '../../support/command-line.ts';

const label = { en: 'head', zh: '帧头' };

describe('bytes for people', () => {
  it('have an offset, their digits and a meaning; what no part covers is said so', () => {
    const bytes = Uint8Array.of(0, 0x68, 1, 2, 0xff);
    const parts = [
      { at: 2, length: 2, label: { en: 'tail', zh: '帧尾' } },
      { at: 1, length: 1, label },
    ];
    expect(renderParts(bytes, parts, 'en').split('\n')).toEqual([
      expect.stringMatching(/^ {3}0 {2}00 +\(no part of a frame\)$/),
      expect.stringMatching(/^ {3}1 {2}68 +head$/),
      expect.stringMatching(/^ {3}2 {2}01 02 +tail$/),
      expect.stringMatching(/^ {3}4 {2}FF +\(no part of a frame\)$/),
    ]);
    expect(renderParts(bytes, parts, 'zh')).toContain('帧头');
  });

  it('go on in the next line where they are many', () => {
    const lines = renderParts(new Uint8Array(30), [{ at: 0, length: 30, label }], 'en').split('\n');
    expect(lines.map((line) => line.trim().split(' ')[0])).toEqual(['0', '12', '24']);
    expect(lines.filter((line) => line.includes('head'))).toHaveLength(1);
  });
});

describe('values for people', () => {
  it('show all readings of registers side by side', () => {
    const text = renderFields({ unit: 'V', float_ABCD: 230.2, float_CDAB: 1e-8, bcd: 12 });
    expect(text).toMatch(/unit +V/);
    expect(text).toMatch(/ABCD +CDAB/);
    expect(text).toMatch(/float +230\.2 +1e-8/);
    expect(text).toMatch(/bcd/);
  });

  it('show each register of a longer block, alone and with the next', async () => {
    const pdu = Buffer.from('040C0007FFFF43663334'.concat('00000000'), 'hex');
    const frame = Buffer.from(rtuFrame(11, pdu)).toString('hex');
    const argv = ['decode', 'modbus-rtu', frame];
    const { status, stdout } = await called({ decode: decodeVerb }, argv);
    expect(status).toBe(0);
    expect(stdout).toMatch(/uint16 +int16 +float_ABCD/);
    expect(stdout).toMatch(/\n +1 +FF FF +65535 +-1/);
    expect(stdout).toMatch(/\n +2 +43 66 +17254 +17254 +230\.2/);
  });
});

describe('headgate decode', () => {
  const decode = (...args: readonly string[]) =>
    called({ decode: decodeVerb }, ['decode', ...args]);

  it('exits with 2 for what it cannot take', async () => {
    expect(await decode()).toMatchObject({ status: 2 });
    expect(await decode('modbus')).toMatchObject({ status: 2 });
    expect((await decode('modbus')).stderr).toContain('modbus-rtu');
    expect(await decode('modbus-rtu')).toMatchObject({ status: 2 });
    expect((await decode('modbus-rtu', '01 0G')).stderr).toContain('"0G" is no byte');
    expect(await decode('modbus-rtu', '01', '--profile', 'no/such')).toMatchObject({ status: 2 });
  });

  it('reads registers as the profile that is named', async () => {
    const frames = '01 04 00 01 00 02 20 0B 01 04 04 01 1D 02 7F 2A FE';
    const forced = await decode('modbus-rtu', frames, '--profile', 'growatt/hybrid', '--json');
    expect(JSON.parse(forced.stdout)).not.toHaveProperty('temperature');
    const found = await decode('modbus-rtu', frames, '--json');
    expect(JSON.parse(found.stdout)).toMatchObject({ temperature: 28.5, humidity: 63.9 });
  });
});
