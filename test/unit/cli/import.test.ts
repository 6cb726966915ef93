/** A spreadsheet's table on its way into a site, from the arguments to a site that loads. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { importVerb } from '../../../gateway/cli/import.ts';
import { called } from '../../support/command-line.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const importing = (args: readonly string[], language: 'en' | 'zh' = 'en') =>
  called({ import: importVerb }, ['import', ...args], { language });

async function table(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const POINTS = `名称,地址,功能码,数据类型,倍率,单位,备注
A相电压,0,4,FLOAT,,V,进线柜
水箱液位,0x10,3,S16,0.01,m,
`;

describe('headgate import', () => {
  it('prints a device that a site takes as it is', async () => {
    const path = await table('Boiler 2.csv', POINTS);
    const { status, stdout, stderr } = await importing([path, '--bus', 'hall']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(`devices:
  boiler_2:
    bus: hall
    protocol: modbus
    tags:
      voltage_l1: { address: "input:0 float32", unit: "V" } # A相电压 · 进线柜
      holding_16: { address: "holding:16 int16", unit: "m", scale: 0.01 } # 水箱液位`);
    const site = join(folder, 'site');
    await mkdir(join(site, 'devices'), { recursive: true });
    const head = 'gateway: { id: a }\nbuses: { hall: { tcp: "h:502" } }\n';
    await writeFile(join(site, 'gateway.yaml'), head);
    await writeFile(join(site, 'devices/boiler.yaml'), stdout);
    const loaded = await loadSite(site, DRIVER_OPTIONS, { environment: {} });
    expect(loaded).toMatchObject({ ok: true, site: { tags: [{ id: 'boiler_2.voltage_l1' }, {}] } });
  });

  it('tells the rows that it does not take, in both languages, and prints the others', async () => {
    const path = await table('points.csv', `${POINTS}坏行,abc,3,U16,,,\n`);
    const english = await importing([path]);
    expect(english.status).toBe(1);
    expect(english.stdout).toContain('holding_16:');
    expect(english.stderr).toBe(`1 row(s) were not imported:
row 4 地址: "abc" is no address [import.address-form]
  → 40001, 0x0010, 10H, 100, 100.3 for a bit, or "holding:100"`);
    const chinese = await importing([path], 'zh');
    expect(chinese.stderr).toContain('1 行未导入：\n第 4 行 地址: "abc" 不是地址');
    const json = JSON.parse((await importing([path, '--json'])).stdout);
    expect(json).toMatchObject({
      device: 'points',
      tags: [{ name: 'voltage_l1' }, { name: 'holding_16' }],
      problems: [{ line: 4, column: '地址', code: 'import.address-form' }],
    });
  });

  it('counts from where it is told', async () => {
    const path = await table('points.csv', 'name,address,fc\na,40001,3\n');
    expect((await importing([path])).stderr).toContain('import.address-ambiguous');
    expect((await importing([path, '--base', '0'])).stdout).toContain('"holding:40001 uint16"');
    expect((await importing([path, '--base', '1'])).stdout).toContain('"holding:40000 uint16"');
  });

  it('has words for wrong usage, and for what is no table', async () => {
    const path = await table('a.csv', POINTS);
    for (const wrong of [
      [],
      [path, path],
      [path, '--base', '2'],
      [path, '--device', 'Big Boiler'],
      [path, '--bus', '1'],
      [path, '--protocol', 'profibus'],
    ])
      expect(await importing(wrong)).toMatchObject({ status: 2 });
    expect(await importing([join(folder, 'none.csv')])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('import.not-a-table'),
    });
    expect(await importing([await table('b.csv', 'a,b\n')])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('import.no-header'),
    });
  });

  it('names a device whose file has no name for it', async () => {
    expect((await importing([await table('点表.csv', POINTS)])).stdout).toContain('\n  device:\n');
  });
});
