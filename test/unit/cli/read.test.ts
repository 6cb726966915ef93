/** One-off reads over real sockets, from the arguments to the words. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { meter188 } from '../../../firmware-sim/cjt188-meter.ts';
import { createDevice, processImage } from '../../../firmware-sim/device.ts';
import { meter645 } from '../../../firmware-sim/dlt645-meter.ts';
import { definePoint } from '../../../firmware-sim/registers.ts';
import { rtuStation } from '../../../firmware-sim/rtu-station.ts';
import { readVerb } from '../../../gateway/cli/read/read.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { seconds } from '../../../gateway/model/units.ts';
import { called } from '../../support/command-line.ts';
import { disposals } from '../../support/disposals.ts';
import { temporaryDirectory } from '../../support/journal-fixture.ts';
import { answeringServer, wireServer } from '../../support/wire-server.ts';

const clock = systemClock();
const later = disposals();
const read = (args: readonly string[], language: 'en' | 'zh' = 'en') =>
  called({ read: readVerb }, ['read', ...args], { language });

const constant = (value: number) =>
  ({ shape: 'constant', min: value, max: value, period: seconds(1) }) as const;

const IDENTITY = {
  objects: new Map([
    [0, 'ABC'],
    [1, 'X1'],
    [2, '1.2'],
  ]),
};

/** A Modbus unit, an electricity meter and a water meter on one wire. */
async function wire(manners: Parameters<typeof wireServer>[2] = {}) {
  const image = processImage(
    [
      definePoint({ name: 'power', table: 'holding', address: 100, type: 'float32' }),
      definePoint({ name: 'parts', table: 'input', address: 0, type: 'uint16' }),
      definePoint({ name: 'voltage', table: 'holding', address: 13, type: 'uint16' }),
      definePoint({ name: 'flow', table: 'holding', address: 20, type: 'float32', order: 'cdab' }),
      definePoint({ name: 'temperature', table: 'input', address: 1, type: 'int16' }),
      definePoint({ name: 'humidity', table: 'input', address: 2, type: 'uint16' }),
    ],
    new Map([
      ['power', constant(21.5)],
      ['parts', constant(42)],
      ['voltage', constant(2314)],
      ['flow', constant(31.25)],
      ['temperature', constant(285)],
      ['humidity', constant(639)],
    ]),
    1,
    clock,
  );
  const stations = [
    rtuStation(createDevice({ name: 'press', unit: 11, image, identity: IDENTITY })),
    meter645({ name: 'em', address: '202411110002' }, clock),
    meter188({ name: 'wm', address: '78331234567890', type: 0x10 }, clock),
  ];
  const { place } = later(await wireServer(stations, clock, manners), (server) => server.close());
  return `rtu+tcp://${place}?115200-8-N-1`;
}

const answering = async (answer: Parameters<typeof answeringServer>[0]) => {
  const server = later(await answeringServer(answer), ({ close }) => close());
  return `rtu+tcp://${server.place}?115200-8-N-1`;
};

describe('headgate read', () => {
  it('reads Modbus, DL/T 645 and CJ/T 188 on one wire', async () => {
    const bus = await wire();
    const modbus = await read([bus, '--unit', '11', 'holding:100 float32', 'input:0']);
    expect(modbus).toEqual({
      status: 0,
      stdout: 'holding:100 float32  21.5  good\ninput:0  42  good',
      stderr: '',
    });
    const electricity = await read([
      ...[bus, '--protocol', 'dlt645', '--address', '202411110002'],
      ...['forward_active_energy', 'voltage_a', '--json'],
    ]);
    expect(electricity.status).toBe(0);
    const lines = electricity.stdout.split('\n').map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { address: 'forward_active_energy', quality: 'good' },
      { address: 'voltage_a', quality: 'good' },
    ]);
    expect(lines[1].value).toBeGreaterThan(100);
    const water = await read([
      ...[bus, '--protocol', 'cjt188', '--address', '78331234567890', '--type', 'water'],
      ...['volume', 'valve'],
    ]);
    expect(water).toMatchObject({ status: 0, stderr: '' });
    expect(water.stdout).toMatch(/^volume {2}[\d.]+ {2}good\nvalve {2}open {2}good$/);
  });

  it('takes any option of the device', async () => {
    const bus = await wire();
    const { status, stdout } = await read([
      ...[bus, '--unit', '11', 'holding:100 float32', 'holding:101'],
      ...['--option', 'max_registers=2', '--option', 'order=cdab'],
    ]);
    expect(status).toBe(0);
    expect(stdout).not.toContain('21.5');
    const refused = await read([bus, 'holding:0', '--option', 'unti=3']);
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain('unti');
  });

  it('says when nobody answers', async () => {
    const bus = await wire();
    const silent = await read([bus, '--unit', '12', '--timeout', '50ms', 'holding:0']);
    expect(silent).toMatchObject({ status: 1, stdout: 'holding:0  —  bad:comm' });
    expect(silent.stderr).toContain('[cli.silent]');
    const chinese = await read([bus, '--unit', '12', '--timeout', '50ms', 'holding:0'], 'zh');
    expect(chinese.stderr).toMatch(/没有收到任何字节.*\n {2}→ 检查/);
  });

  it('says when only the adapter’s echo comes back', async () => {
    const bus = await wire({ echo: true });
    const { status, stderr } = await read([bus, '--unit', '12', '--timeout', '50ms', 'holding:0']);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.echo-only]');
    expect(await read([bus, '--unit', '11', 'input:0'])).toMatchObject({ status: 0 });
  });

  it('says when what comes back is no answer, and shows it', async () => {
    const bus = await answering(() => Uint8Array.of(1, 3, 2, 0, 7, 0xde, 0xad));
    const { status, stderr } = await read([bus, '--timeout', '50ms', 'holding:0']);
    expect(status).toBe(1);
    expect(stderr).toContain('[cli.garbled]');
    expect(stderr).toContain('01 03 02 00 07 DE AD');
  });

  it('says when the device refuses', async () => {
    const bus = await wire();
    const { status, stderr } = await read([bus, '--unit', '11', 'holding:7000']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/exception 2.*\[cli\.refused\]/);
    const chinese = await read([bus, '--unit', '11', 'holding:7000'], 'zh');
    expect(chinese.stderr).toMatch(/拒绝了请求：.*异常.*2/);
    const meter = ['--protocol', 'dlt645', '--address', '202411110002'];
    const unknown = await read([bus, ...meter, '04FFFF01 bytes:4']);
    expect(unknown.stderr).toContain('[cli.refused]');
  });

  it('says when the answer holds no value', async () => {
    const bus = await wire();
    const { status, stdout, stderr } = await read([bus, '--unit', '11', 'holding:13 bcd16']);
    expect(status).toBe(1);
    expect(stdout).toBe('holding:13 bcd16  —  bad:device');
    expect(stderr).toMatch(/bad:device.*09 0A.*\[cli\.no-value\]/);
  });

  it('reads a known model by the names of its tags', async () => {
    const bus = await wire();
    const asked = [bus, '--unit', '11', '--profile', 'generic/xy-md02'];
    expect(await read(asked)).toEqual({
      status: 0,
      stdout: 'temperature  28.5 °C  good\nhumidity  63.9 %  good',
      stderr: '',
    });
    const { stdout } = await read([...asked, 'humidity', 'input:0', '--json']);
    expect(stdout.split('\n').map((line) => JSON.parse(line))).toMatchObject([
      { address: 'humidity', value: 63.9, unit: '%' },
      { address: 'input:0', value: 42 },
    ]);
    const unknown = await read([bus, '--profile', 'generic/xy-md03']);
    expect(unknown).toMatchObject({ status: 2 });
    expect(unknown.stderr).toContain('generic/xy-md02');
  });

  it('reads a model of the site by its file, and what that file extends in its folder', async () => {
    const bus = await wire();
    const folder = temporaryDirectory();
    const file = join(folder, 'own.yaml');
    const tags = '{ damp: { address: "input:2 uint16", scale: 0.1, unit: "%" } }';
    writeFileSync(
      join(folder, 'base.yaml'),
      `profile: own/base\nprotocol: modbus\ntags: ${tags}\n`,
    );
    writeFileSync(file, 'profile: own/sensor\nextends: own/base\n');
    const asked = [bus, '--unit', '11', '--profile', file];
    expect(await read(asked)).toEqual({ status: 0, stdout: 'damp  63.9 %  good', stderr: '' });
    writeFileSync(file, 'profile: own/sensor\nextends: own/none\n');
    const wrong = await read(asked);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain(`${file}:2:10 profile.unknown`);
    const none = await read([bus, '--profile', join(folder, 'none.yaml')]);
    expect(none.stderr).toContain('none.yaml:1:1 config.unreadable');
  });

  it('finds what gives the number on the display', async () => {
    const bus = await wire();
    const find = (...args: readonly string[]) => read([bus, '--unit', '11', '--expect', ...args]);
    const voltage = await find('231.4', 'holding:13');
    expect(voltage.status).toBe(0);
    expect(voltage.stdout.split('\n')[1]).toContain('{ address: "holding:13 uint16", scale: 0.1 }');
    const flow = await find('31.25', 'holding:20', '--json');
    expect(JSON.parse(flow.stdout.split('\n')[0] ?? '')).toMatchObject({
      address: 'holding:20 float32 cdab',
      scale: 1,
      exact: true,
      offset: 0,
    });
    const counted = await find('231.4', 'holding:14', '--json');
    expect(JSON.parse(counted.stdout.split('\n')[0] ?? '')).toMatchObject({
      address: 'holding:13 uint16',
      offset: -1,
    });
    const nothing = await find('777.7', 'holding:13');
    expect(nothing).toMatchObject({ status: 1 });
    expect(nothing.stderr).toMatch(/13=2314.*\[cli\.nothing-matches\]/);
    expect(await find('watt', 'holding:13')).toMatchObject({ status: 2 });
    expect(await find('1', 'coil:1')).toMatchObject({ status: 2 });
  });

  it('asks a Modbus device who it is', async () => {
    const bus = await wire();
    const { status, stdout } = await read([bus, '--unit', '11', '--identify', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).objects).toMatchObject({ 0: 'ABC', 1: 'X1', 2: '1.2' });
    expect((await read([bus, '--unit', '11', '--identify'], 'zh')).stdout).toContain('厂商  ABC');
    const silent = await read([bus, '--unit', '12', '--timeout', '50ms', '--identify']);
    expect(silent.stderr).toContain('[cli.silent]');
  });

  it('refuses an address of another protocol as wrong usage', async () => {
    const bus = 'rtu+tcp://127.0.0.1:1';
    expect(await read([bus, 'volume'])).toMatchObject({ status: 2 });
    expect(await read([bus, 'volume', '--protocol', 'telnet'])).toMatchObject({ status: 2 });
    const noAddress = await read([bus, 'voltage_a', '--protocol', 'dlt645']);
    expect(noAddress).toMatchObject({ status: 2 });
    expect(noAddress.stderr).toContain('address');
  });
});
