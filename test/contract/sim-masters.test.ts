/**
 * The simulated Modbus slave as masters see it that have nothing to do with this repository: Debian's
 * mbpoll and libmodbus, over a real pseudo terminal and over TCP.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import type { PlantDevice } from '../../firmware-sim/plant-bus.ts';
import type { Signal } from '../../firmware-sim/process.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { describeWith } from '../support/real-parts.ts';

const run = promisify(execFile);
const BAUD = 38_400;
const UNIT = 7;

const still = (value: number): Signal => ({
  shape: 'constant',
  min: value,
  max: value,
  period: seconds(1),
});
const holding = (name: string, address: number, rest: object = {}) =>
  definePoint({ name, table: 'holding', address, type: 'uint16', ...rest });
const VALUES: Readonly<Record<string, number>> = {
  word: 0x1234,
  negative: -2,
  energy: 123_456_789,
  level: 12.5,
  swapped: -0.125,
  temperature: 21.5,
  spare: 0,
  c0: 1,
  c3: 1,
  d2: 1,
};
const device = (name: string): PlantDevice => ({
  name,
  unit: UNIT,
  turnaround: millis(2),
  points: [
    holding('word', 0),
    holding('negative', 1, { type: 'int16' }),
    holding('energy', 2, { type: 'uint32' }),
    holding('level', 4, { type: 'float32' }),
    holding('swapped', 6, { type: 'float32', order: 'cdab' }),
    ...[10, 11, 12, 13, 14, 15].map((address) =>
      holding(`w${address}`, address, { writable: true }),
    ),
    holding('command', 30, { writable: true, readable: false }),
    definePoint({ name: 'temperature', table: 'input', address: 0, type: 'int16', scale: 0.1 }),
    definePoint({ name: 'spare', table: 'input', address: 1, type: 'int16' }),
    ...Array.from({ length: 10 }, (_, n) =>
      definePoint({ name: `c${n}`, table: 'coil', address: n, type: 'bool', writable: true }),
    ),
    ...[0, 1, 2].map((n) =>
      definePoint({ name: `d${n}`, table: 'discrete', address: n, type: 'bool' }),
    ),
  ],
  signals: new Map(
    ['word', 'negative', 'energy', 'level', 'swapped', 'temperature', 'spare']
      .concat(
        Array.from({ length: 10 }, (_, n) => `c${n}`),
        ['d0', 'd1', 'd2'],
      )
      .concat([10, 11, 12, 13, 14, 15].map((n) => `w${n}`))
      .map((name) => [name, still(VALUES[name] ?? 0)]),
  ),
});

let folder = '';
let plant: RunningPlant | undefined;
const path = () => join(folder, 'tty');
const port = (): string => {
  const address = plant?.addresses.get('tcp');
  return address?.kind === 'tcp' ? String(address.port) : '';
};

const start = async () => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-masters-'));
  plant = await startPlant(
    {
      seed: 1,
      buses: [
        { name: 'tcp', kind: 'tcp', devices: [device('on tcp')] },
        {
          name: 'line',
          kind: 'serial',
          path: path(),
          baud: BAUD,
          format: '8N1',
          devices: [device('on the line')],
        },
      ],
    },
    systemClock(),
    silentLog,
  );
};
const stop = async () => {
  await plant?.stop();
  rmSync(folder, { recursive: true, force: true });
};

describeWith(['socat', 'mbpoll'], 'mbpoll', () => {
  beforeEach(async () => {
    await start();
    return stop;
  });

  /** The values that mbpoll prints, or its complaint. */
  const poll = async (...words: readonly string[]): Promise<string> => {
    const line = ['-m', 'rtu', '-b', String(BAUD), '-P', 'none'];
    const once = ['-a', String(UNIT), '-0', '-1', '-o', '2'];
    const [options, written] = [
      words.filter((word) => word.startsWith('-')),
      words.filter((word) => !word.startsWith('-')),
    ];
    const { stdout, stderr } = await run('mbpoll', [
      ...line,
      ...once,
      ...options,
      path(),
      ...(written.length > 0 ? ['--', ...written] : []),
    ]).catch((error: { stdout: string; stderr: string }) => error);
    const values = [...stdout.matchAll(/^\[(\d+)\]:\s+(.*)$/gm)].map(
      ([, at, value]) => `${at}=${value}`,
    );
    const complaint = /(?:Read|Write) [^:]*failed: (.*)$/m.exec(stderr)?.[1];
    return (
      complaint ?? (values.join(' ') || (/Written \d+ references?\./.exec(stdout)?.[0] ?? stdout))
    );
  };

  test('reads every type and writes what may be written', async () => {
    expect(await poll('-t4:hex', '-r0', '-c2')).toBe('0=0x1234 1=0xFFFE');
    expect(await poll('-t4:int', '-B', '-r2')).toBe('2=123456789');
    expect(await poll('-t4:float', '-B', '-r4')).toBe('4=12.5');
    expect(await poll('-t4:float', '-r6')).toBe('6=-0.125');
    expect(await poll('-t3', '-r0')).toBe('0=215');
    expect(await poll('-t0', '-r0', '-c4')).toBe('0=1 1=0 2=0 3=1');
    expect(await poll('-t1', '-r0', '-c3')).toBe('0=0 1=0 2=1');
    expect(await poll('-t4', '-r10', '4711')).toBe('Written 1 references.');
    expect(await poll('-t4', '-r11', '1', '2', '3')).toBe('Written 3 references.');
    expect(await poll('-t4', '-r10', '-c4')).toBe('10=4711 11=1 12=2 13=3');
    expect(await poll('-t4:float', '-B', '-r14', '2.5')).toBe('Written 1 references.');
    expect(await poll('-t4:float', '-B', '-r14')).toBe('14=2.5');
    expect(await poll('-t0', '-r1', '1', '1')).toBe('Written 2 references.');
    expect(await poll('-t0', '-r0', '-c4')).toBe('0=1 1=1 2=1 3=1');
    expect(plant?.stats().get('line')).toMatchObject({ tooEarly: 0, collisions: 0, ignored: 0 });
  });

  test('is refused as the document has it, and hears nothing from a dead unit', async () => {
    expect(await poll('-t4', '-r40')).toBe('Illegal data address');
    expect(await poll('-t4', '-r30')).toBe('Illegal data address');
    expect(await poll('-t4', '-r0', '1')).toBe('Illegal data address');
    expect(await poll('-t4', '-r30', '1')).toBe('Written 1 references.');
    plant?.setFault('on the line', { kind: 'exception', code: 6 });
    expect(await poll('-t4', '-r0')).toBe('Slave device or server is busy');
    plant?.setFault('on the line', 'silent');
    expect(await poll('-t4', '-r0')).toBe('Connection timed out');
  });
});

describeWith(['socat', 'cc', 'modbus/modbus.h'], 'libmodbus', () => {
  let tools = '';
  let master = '';
  beforeAll(async () => {
    tools = mkdtempSync(join(tmpdir(), 'headgate-libmodbus-'));
    master = join(tools, 'master');
    const source = join(import.meta.dirname, '../support/libmodbus-master.c');
    await run('cc', ['-O1', '-Wall', '-Werror', '-o', master, source, '-lmodbus']);
    await start();
  });
  afterAll(async () => {
    await stop();
    rmSync(tools, { recursive: true, force: true });
  });

  const SEEN = `holding: 1234 FFFE 075B CD15 4148 0000 0000 BE00
input: 00D7 0000
coils: 1001000000
discrete: 001
hole: Illegal data address
write-only: Illegal data address
write register: 1
write write-only: 1
write read-only: Illegal data address
write registers: 3
mask write: 1
written: 0035 0001 FFFF 8000
write and read: 0035 0001 0007 0008
write bit: 1
write bits: 4
written bits: 1101010110
float: 12.500
float swapped: -0.125
`;

  test.each(['rtu', 'tcp'])('does one of everything over %s', async (kind) => {
    const place = kind === 'rtu' ? [path(), String(BAUD)] : ['127.0.0.1', port()];
    const { stdout } = await run(master, [kind, ...place, String(UNIT)]);
    expect(stdout).toBe(SEEN);
  });
});
