/** Register lists of makers on their way to profiles: three real maps, and everything that a list can leave open. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSite } from '../../../config/load.ts';
import { DRIVER_OPTIONS } from '../../../drivers/options.ts';
import { checkVerb } from '../../../gateway/cli/check.ts';
import { newProfileVerb } from '../../../gateway/cli/new-profile/new-profile.ts';
import type { Language } from '../../../gateway/model/errors.ts';
import { called } from '../../support/command-line.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-profile-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const newProfile = (args: readonly string[], language: Language = 'en') =>
  called({ 'new-profile': newProfileVerb }, ['new-profile', ...args], { language });

async function list(text: string | Uint8Array): Promise<string> {
  const path = join(folder, 'registers.csv');
  await writeFile(path, text);
  return path;
}

/** What is told, without the folder and the next steps. */
const toldIn = (stderr: string): readonly string[] =>
  stderr
    .split('\n')
    .filter((line) => line.startsWith(folder))
    .map((line) => line.slice(folder.length + 1));

/** A site with a device of the new profile beside one of the profile that comes with the gateway. */
async function compared(args: readonly string[], builtIn: string) {
  const site = join(folder, 'site');
  const made = await newProfile([
    ...args,
    ...['--id', 'own/made', '--out', join(site, 'profiles/made.yaml')],
  ]);
  await writeFile(
    join(site, 'gateway.yaml'),
    `gateway: { id: a }
buses: { line: { serial: /dev/ttyS1, baud: 9600, format: 8E1 } }
devices:
  made: { bus: line, profile: own/made, unit: 1, scan: 1m }
  known: { bus: line, profile: ${builtIn}, unit: 2, scan: 1m }
`,
  );
  const checked = await called({ check: checkVerb }, ['check', site]);
  expect(checked.stdout).toContain('has no errors');
  const loaded = await loadSite(site, DRIVER_OPTIONS, { environment: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { devices } = loaded.site;
  const tagsOf = (name: string): Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
    Object.fromEntries(
      (devices.find((device) => device.name === name)?.tags ?? []).map(
        ({ tag: { quantity, unit }, address, access }) => [
          quantity,
          { ...(address as Readonly<Record<string, unknown>>), unit, access },
        ],
      ),
    );
  return { ...made, made: tagsOf('made'), known: tagsOf('known') };
}

/** 正泰 DTSU666, as Excel in China saves it. */
const CHINT = `DTSU666 寄存器地址表,,,,,,
参数,寄存器地址,功能码,数据类型,系数,小数位,单位
A相电压,2006H,03,浮点数,0.1,1,V
B相电压,2008H,03,浮点数,0.1,1,V
C相电压,200AH,03,浮点数,0.1,1,V
A相电流,200CH,03,浮点数,0.001,3,A
B相电流,200EH,03,浮点数,0.001,3,A
C相电流,2010H,03,浮点数,0.001,3,A
总有功功率,2012H,03,浮点数,0.1,1,W
A相有功功率,2014H,03,浮点数,0.1,1,W
B相有功功率,2016H,03,浮点数,0.1,1,W
C相有功功率,2018H,03,浮点数,0.1,1,W
总无功功率,201AH,03,浮点数,0.1,1,var
功率因数,202AH,03,浮点数,0.001,3,-
频率,2044H,03,浮点数,0.01,2,Hz
正向有功电能,101EH,03,浮点数,,2,kWh
反向有功电能,1028H,03,浮点数,,2,kWh
`;

/** GB18030 through the only thing at hand that can write it: the table of its two-byte characters. */
function gb18030(text: string): Uint8Array {
  const decoder = new TextDecoder('gb18030');
  const codes = new Map<string, readonly number[]>();
  for (let high = 0x81; high <= 0xfe; high++)
    for (let low = 0x40; low <= 0xfe; low++) {
      const character = decoder.decode(Uint8Array.of(high, low));
      if (character.length === 1 && !codes.has(character)) codes.set(character, [high, low]);
    }
  return Uint8Array.from(
    [...text].flatMap((one) => (one < '\x80' ? [one.charCodeAt(0)] : (codes.get(one) ?? []))),
  );
}

/** Sungrow SG, as a document with numbers from 1; semicolons and a byte-order mark, as Excel writes them in Europe. */
const SUNGROW = `\ufeffName;Address;Function Code;Data Type;Scale;Unit;Note
Device type code;5000;04;U16;;;
Energy of the day;5003;04;U16;0,1;kWh;
Total active energy;5004;04;U32;1;kWh;
temperature;5008;04;S16;0,1;°C;inside
DC power;5017;04;U32;1;W;
voltage L1;5019;04;U16;0,1;V;
voltage L2;5020;04;U16;0,1;V;
voltage L3;5021;04;U16;0,1;V;
active power;5031;04;U32;1;W;
reactive power;5033;04;S32;1;var;
frequency;5036;04;U16;0,1;Hz;
power at the grid meter;5083;04;S32;1;W;
start and stop command;5006;06;U16;;;CFH/CEH
`;

/** An ultrasonic flow meter of the TUF-2000 class, as its manual prints the table: no functions, numbers from 1, units in remarks. */
const TUF = `REGISTER,NUMBER,VARIABLE NAME,FORMAT,NOTE
0001-0002,2,Flow Rate,REAL4,Unit: m3/h
0009-0010,2,Positive accumulator,LONG,Unit is selected by M31
0033-0034,2,Temperature #1/inlet,REAL4,Unit: C
0092,1,Signal quality,INTEGER,low byte
`;

/** SINAMICS V20, in the notation of manuals, separated by tabs. */
const V20 = `Register\tName\tData type\tScale\tUnit\tR/W
40100\tcontrol word\tuint16\t\t\tW
40101\tspeed setpoint\tint16\t0.006103515625\t%\tW
40110\tstatus word\tuint16\t\t\tR
40111\tactual speed\tint16\t0.006103515625\t%\tR
`;

describe('a register list', () => {
  it('of Chint in GB18030, with hexadecimal addresses', async () => {
    const path = await list(gb18030(CHINT));
    const { status, stderr, made, known } = await compared([path], 'chint/dtsu666');
    expect(status).toBe(0);
    expect(toldIn(stderr)).toEqual([
      'registers.csv:2:1 import.order-missing order (字节序): nothing says which word of a value of several registers comes first; taken as abcd',
    ]);
    expect(made).toEqual(known);
    const [above = '', ...profile] = (
      await readFile(join(folder, 'site/profiles/made.yaml'), 'utf8')
    ).split('\n');
    expect(above).toBe('# order (字节序): abcd? (import.order-missing)');
    expect(profile.join('\n')).toContain('name: { en: "voltage L1", zh: "A 相电压" }');
  });

  it('of Sungrow, counted from 1, with semicolons and decimal commas', async () => {
    const path = await list(SUNGROW);
    const args = [path, '--base', '1', '--order', 'cdab'];
    const { status, stderr, made, known } = await compared(args, 'sungrow/sg');
    expect({ status, told: toldIn(stderr) }).toEqual({ status: 0, told: [] });
    // The list does not say which values mean none; the profile says the order once for the whole device.
    const expected = Object.entries(known).map(([name, tag]) => [
      name,
      { ...tag, nulls: undefined, order: /32$/.test(String(tag.type)) ? 'cdab' : undefined },
    ]);
    expect(made).toEqual(Object.fromEntries(expected));
  });

  it('of Siemens in the notation of manuals, with tabs', async () => {
    const path = await list(V20);
    const { status, stderr, made, known } = await compared([path], 'siemens/v20');
    expect({ status, told: toldIn(stderr) }).toEqual({ status: 0, told: [] });
    const digits = (tag: object) => JSON.stringify(tag).replace(/"decimals":\d+/, '');
    expect(Object.values(made).map(digits)).toEqual(Object.values(known).map(digits));
    expect(Object.keys(made)).toEqual(Object.keys(known));
  });
});

describe('the table of a flow meter', () => {
  it('is taken as it is printed, and what it does not say is told', async () => {
    const { status, stdout, stderr } = await newProfile([await list(TUF)]);
    expect(status).toBe(0);
    expect(toldIn(stderr).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'registers.csv:1:1 import.function-missing',
      'registers.csv:1:1 import.order-missing',
      'registers.csv:2:1 import.base-missing',
    ]);
    expect(stderr).toContain('columns that say nothing to headgate: NUMBER\n');
    expect(stdout).toContain('  flow_rate: { address: "holding:1 float32", unit: "m3/h", name: ');
    expect(stdout).toContain(
      '  temperature_1_inlet: { address: "holding:33 float32", unit: "°C", name: ',
    );
    expect(stdout).toContain('  signal_quality: { address: "holding:92 int16", name: ');
    expect(stdout).toContain('  positive_accumulator: { address: "holding:9 int32", name: ');
  });

  it('names the file to read with, in both languages', async () => {
    const path = await list(TUF);
    const out = join(folder, 'flow.yaml');
    const made = await newProfile([path, '--base', '1', '--order', 'cdab', '--out', out], 'zh');
    expect(toldIn(made.stderr).join()).toMatch(/^[^,]*import\.function-missing[^,]*$/);
    expect(made.stderr).toContain('未使用的列：NUMBER\n');
    expect(made.stderr).toContain(`headgate read <总线> --unit <n> --profile ${out}`);
    expect((await newProfile([path])).stderr).toContain('put it into profiles/ of a site, name it');
    expect(await readFile(out, 'utf8')).toContain('holding:32 float32 cdab');
  });
});

describe('what a list leaves open', () => {
  const told = async (text: string, args: readonly string[] = [], language: Language = 'en') =>
    toldIn((await newProfile([await list(text), ...args], language)).stderr);
  const tagsOf = async (text: string, args: readonly string[] = []) =>
    [...(await newProfile([await list(text), ...args])).stdout.matchAll(/address: "([^"]+)"/g)].map(
      ([, address]) => address,
    );

  it('is told with line and column and what was taken, in both languages', async () => {
    const text = `名称,地址,功能码,数据类型,单位,读写,字节序
水位,40002,3,S16,0.01m,R,
温度,40003,3,FLOAT,℃,R,小端
转速,40005,3,,rpm,随便,
转速,40006,3,U16,rpm,R,
`;
    expect(await told(text)).toEqual([
      'registers.csv:2:2 import.address-ambiguous 地址: with function holding, "40002" may be a number on the wire or one of a manual; taken as holding:1',
      'registers.csv:2:5 import.unit-step 单位: "0.01m" is a unit with a scale in front of it; taken as 0.01 × m',
      'registers.csv:3:2 import.address-ambiguous 地址: with function holding, "40003" may be a number on the wire or one of a manual; taken as holding:2',
      'registers.csv:3:7 import.order-ambiguous 字节序: "小端" may mean two orders of words and bytes; taken as cdab',
      'registers.csv:4:2 import.address-ambiguous 地址: with function holding, "40005" may be a number on the wire or one of a manual; taken as holding:4',
      'registers.csv:4:4 import.type-missing 数据类型: nothing says how the value is encoded; taken as uint16',
      'registers.csv:4:6 import.word-unknown 读写: "随便" is not understood here; taken as read',
      'registers.csv:5:1 import.name-twice 名称: tag speed stands twice; first in row 4; taken as speed_holding_5',
      'registers.csv:5:2 import.address-ambiguous 地址: with function holding, "40006" may be a number on the wire or one of a manual; taken as holding:5',
    ]);
    const chinese = await told(text, [], 'zh');
    expect(chinese).toHaveLength(9);
    expect(chinese[3]).toBe(
      'registers.csv:3:7 import.order-ambiguous 字节序："小端" 可能表示两种字节序；按 cdab 处理',
    );
    const { stdout } = await newProfile([await list(text)]);
    expect(stdout).toContain('# 地址: holding:1? (import.address-ambiguous) · 单位: 0.01 × m?');
    expect(stdout).toContain(
      'holding_1: { address: "holding:1 int16", unit: "m", scale: 0.01, decimals: 2, name: { en: "holding 1", zh: "水位" } }',
    );
  });

  it('is concluded from other lines where they show it', async () => {
    const head = 'name,address,function,type\n';
    // 32016 cannot be a holding register of a manual: neither is 40001 one here.
    expect(await tagsOf(`${head}a,32016,3,U16\nb,40001,3,U16\n`)).toEqual([
      'holding:32016 uint16',
      'holding:40001 uint16',
    ]);
    expect(await tagsOf(`${head}a,0010,3,U16\nb,001A,3,U16\n`)).toEqual([
      'holding:16 uint16',
      'holding:26 uint16',
    ]);
    expect(await told(`${head}a,0010,3,U16\nb,001A,3,U16\n`)).toEqual([
      expect.stringMatching(
        /^registers\.csv:2:2 import\.hex-by-digits address: .*; taken as holding:16$/,
      ),
    ]);
    // The title says it, and nothing is in doubt.
    const titled = 'name,address (HEX),function,type\na,0010,3,U16\n';
    expect(await tagsOf(titled)).toEqual(['holding:16 uint16']);
    expect(await told(titled)).toEqual([]);
    // A word is no evidence.
    expect(await tagsOf(`${head}a,100,3,U16\nb,abc,3,U16\n`)).toEqual(['holding:100 uint16']);
  });

  it('about the whole list is told once', async () => {
    const text = 'name,address\na,100\nb,102\nc,104\n';
    expect(await told(text)).toEqual([
      'registers.csv:1:1 import.function-missing function code (功能码): "100" does not say which table it is in; taken as holding',
      'registers.csv:1:1 import.type-missing type (数据类型): nothing says how the value is encoded; taken as uint16',
      'registers.csv:2:2 import.base-missing address: "100" may count from 0, as on the wire, or from 1; taken as holding:100',
    ]);
    const plain = 'name,address,function,type\na,100,3,U16\nb,102,3,U16\n';
    expect(await told(plain)).toEqual([
      'registers.csv:2:2 import.base-missing address: "100" may count from 0, as on the wire, or from 1; taken as holding:100',
    ]);
    expect(await told(plain, ['--base', '0'])).toEqual([]);
    // Nobody who counts from 1 has a 0.
    expect(await told(`${plain}c,0,3,U16\n`)).toEqual([]);
  });

  it('is a length where that is said, and an overlap where two lengths cannot be', async () => {
    const text = `name,address,function,type,length,order
a,0,4,,2,abcd
b,1,4,U16,1,
a,4,4,U16,1,
`;
    expect(await tagsOf(text)).toEqual(['input:0 uint32', 'input:1 uint16', 'input:4 uint16']);
    expect(await told(text)).toEqual([
      expect.stringContaining('2:4 import.type-missing'),
      'registers.csv:3:2 import.overlap address: input:1 uint16 and input:0 uint32 share a register; taken as input:1 uint16',
      'registers.csv:4:1 import.name-twice name: tag a stands twice; first in row 2; taken as a_input_4',
    ]);
  });

  it('and nobody can guess is left out, told, and the exit code is 1', async () => {
    const text = 'name,address,type,scale\na,40001,U16,\nb,x,U16,\nc,40002,flaot,1/3\n';
    const { status, stdout, stderr } = await newProfile([await list(text)], 'zh');
    expect(status).toBe(1);
    expect(stdout).toMatch(/tags:\n {2}a: \{.*\}$/);
    expect(toldIn(stderr)).toEqual([
      'registers.csv:3:2 import.address-form address："x" 不是地址；该行略去',
      expect.stringMatching(/4:3 import\.word-unknown type：.*；该行略去$/),
      expect.stringMatching(/4:4 import\.factor-form scale：.*；该行略去$/),
    ]);
    expect(stderr).toContain('1 个测点，0 处假定，略去 2 行');
    expect(await newProfile([await list('name,address\n')])).toMatchObject({ status: 1 });
    const json = await newProfile([await list(text), '--id', 'own/a', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      id: 'own/a',
      tags: [{ name: 'a', row: 2 }],
      doubts: [],
      problems: [{ line: 3 }, { line: 4, col: 3 }, { line: 4, col: 4 }],
    });
  });
});

describe('headgate new-profile', () => {
  it('writes over nothing, and has words for wrong usage', async () => {
    const path = await list(V20);
    const out = join(folder, 'a.yaml');
    await writeFile(out, 'mine');
    expect(await newProfile([path, '--out', out])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('cli.file-taken'),
    });
    expect(await readFile(out, 'utf8')).toBe('mine');
    const under = await newProfile([path, '--out', join(out, 'x.yaml')]);
    expect(under).toMatchObject({ status: 1, stderr: expect.stringContaining('cli.not-written') });
    for (const wrong of [
      [],
      [path, path],
      [path, '--base', '2'],
      [path, '--order', 'little'],
      [path, '--id', 'Big Boiler'],
    ])
      expect(await newProfile(wrong)).toMatchObject({ status: 2 });
    expect((await newProfile([path])).stdout).toContain('profile: own/registers\n');
    expect(await newProfile([join(folder, 'none.csv')])).toMatchObject({ status: 1 });
  });
});
