/** The simulated field on real sockets and a real pseudo terminal. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import { afterEach, expect, test } from 'vitest';
import { rtuFrame } from '../../firmware-sim/crc.ts';
import type { FaultKind } from '../../firmware-sim/faults.ts';
import { listen } from '../../firmware-sim/listener.ts';
import { type Plant, type RunningPlant, startPlant } from '../../firmware-sim/plant.ts';
import type { PlantDevice } from '../../firmware-sim/plant-bus.ts';
import { definePoint } from '../../firmware-sim/registers.ts';
import { systemClock } from '../../gateway/host/clock.ts';
import { silentLog } from '../../gateway/host/log.ts';
import { millis, seconds } from '../../gateway/model/units.ts';
import { testWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const clock = systemClock();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A device with a constant at holding 0 and a counter at input 0. */
const deviceOf = (name: string, unit: number, options: Partial<PlantDevice> = {}): PlantDevice => ({
  name,
  unit,
  turnaround: millis(0),
  points: [
    definePoint({ name: 'constant', table: 'holding', address: 0, type: 'uint16' }),
    definePoint({ name: 'parts', table: 'input', address: 0, type: 'uint32' }),
  ],
  signals: new Map([
    ['constant', { shape: 'constant', min: unit, max: unit, period: seconds(1) }],
    ['parts', { shape: 'counter', min: 0, max: 1_000_000, period: seconds(10) }],
  ]),
  ...options,
});

const start = async (...buses: Plant['buses']): Promise<RunningPlant> => {
  const plant = await startPlant({ seed: 1, buses }, clock, silentLog);
  cleanups.push(() => plant.stop());
  return plant;
};

const dial = async (plant: RunningPlant, bus: string): Promise<Socket> => {
  const address = plant.addresses.get(bus);
  if (!address || address.kind === 'serial') throw new Error(`${bus} is not reached over TCP`);
  const socket = connect({ host: address.host, port: address.port, noDelay: true });
  cleanups.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
};

/** The next `size` bytes of a stream. */
const take = (stream: Socket | SerialPort, size: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let taken = Buffer.alloc(0);
    const onData = (bytes: Buffer) => {
      taken = Buffer.concat([taken, bytes]);
      if (taken.length < size) return;
      stream.off('data', onData);
      stream.off('close', onClose);
      resolve(taken);
    };
    const onClose = () => reject(new Error(`closed after ${taken.toString('hex')}`));
    stream.on('data', onData);
    stream.once('close', onClose);
  });

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A read of the first `count` registers as transaction 7. */
const read = (unit: number, fc = 3, count = 1): Buffer =>
  hex(`0007 0000 0006 0${unit} 0${fc} 0000 000${count}`);
const ask = async (socket: Socket, request: Buffer, size: number): Promise<string> => {
  const reply = take(socket, size);
  socket.write(request);
  return (await reply).toString('hex');
};

test('Modbus TCP answers each unit, refuses a foreign one, and takes requests in any pieces', async () => {
  const plant = await start({
    name: 'press',
    kind: 'tcp',
    devices: [deviceOf('a', 1), deviceOf('b', 2)],
  });
  const socket = await dial(plant, 'press');
  expect(await ask(socket, read(1), 11)).toBe('0007000000050103020001');
  expect(await ask(socket, read(2), 11)).toBe('0007000000050203020002');
  expect(await ask(socket, read(9), 9)).toBe('00070000000309830b');
  expect(await ask(socket, read(1, 3, 2), 9)).toBe('000700000003018302');
  for (const cut of [3, 9]) {
    const begun = Buffer.concat([read(1), read(2).subarray(0, cut)]);
    expect(await ask(socket, begun, 11)).toBe('0007000000050103020001');
    expect(await ask(socket, read(2).subarray(cut), 11)).toBe('0007000000050203020002');
  }
  expect(plant.stats().get('press')).toMatchObject({ requests: 8, answered: 7, connections: 1 });
});

test('a stream that is no Modbus TCP is closed', async () => {
  const plant = await start({ name: 'press', kind: 'tcp', devices: [deviceOf('a', 1)] });
  const socket = await dial(plant, 'press');
  socket.write(hex('0007 0001 0006 01 03 0000 0001'));
  await once(socket, 'close');
});

test.each<[FaultKind, number, RegExp]>([
  ['wrong-transaction', 11, /^0008000000050103020001$/],
  ['wrong-unit', 11, /^0007000000050203020001$/],
  ['wrong-length', 11, /^00070000ffff0103020001$/],
  ['bad-crc', 11, /^00070000ffff0103020001$/],
  ['half-frame', 6, /^000700000005$/],
  ['noise', 12, /^(..)+0007000000050103020001$/],
  ['exception', 9, /^000700000003018304$/],
])('Modbus TCP with the fault %s', async (fault, size, expected) => {
  const plant = await start({ name: 'press', kind: 'tcp', devices: [deviceOf('a', 1)] });
  const socket = await dial(plant, 'press');
  plant.setFault('a', fault);
  expect(await ask(socket, read(1), size)).toMatch(expected);
  expect(plant.stats().get('press')?.faults).toEqual({ a: { [fault]: 1 } });
});

test('a connection can be reset, and a silent device leaves the others alone', async () => {
  const plant = await start({
    name: 'press',
    kind: 'tcp',
    devices: [deviceOf('a', 1), deviceOf('b', 2)],
  });
  const socket = await dial(plant, 'press');
  plant.setFault('a', 'silent');
  socket.write(read(1));
  expect(await ask(socket, read(2), 11)).toBe('0007000000050203020002');
  plant.setFault('a', 'reset');
  const closed = once(socket, 'error');
  socket.write(read(1));
  expect(await closed).toMatchObject([{ code: 'ECONNRESET' }]);
});

test('a late reply over TCP comes after the one to the request behind it', async () => {
  const plant = await start({
    name: 'press',
    kind: 'tcp',
    devices: [deviceOf('a', 1), deviceOf('b', 2)],
  });
  const socket = await dial(plant, 'press');
  plant.setFault('a', { kind: 'late', delay: millis(50) });
  const replies = take(socket, 22);
  const asked = clock.mono();
  socket.write(Buffer.concat([read(1), read(2)]));
  expect((await replies).toString('hex')).toBe('00070000000502030200020007000000050103020001');
  expect(clock.mono() - asked).toBeGreaterThanOrEqual(50);
});

test('RTU over TCP takes the time of its baud rate', async () => {
  const device = deviceOf('a', 1, { turnaround: millis(5) });
  const plant = await start({
    name: 'line',
    kind: 'serial-tcp',
    baud: 9600,
    format: '8N1',
    devices: [device],
  });
  const socket = await dial(plant, 'line');
  const asked = clock.mono();
  const reply = await ask(socket, Buffer.from(rtuFrame(1, hex('0300000001'))), 7);
  expect(reply).toBe(Buffer.from(rtuFrame(1, hex('03020001'))).toString('hex'));
  expect(clock.mono() - asked).toBeGreaterThanOrEqual((15 * 10) / 9.6 + 5);
  expect(plant.stats().get('line')).toMatchObject({ requests: 1, answered: 1, tooEarly: 0 });
});

test('the plant refuses what cannot be, and leaves nothing running', async () => {
  const blocker = await listen({}, () => {});
  cleanups.push(() => blocker.stop());
  const released = await listen({}, () => {});
  await released.stop();
  const { port } = blocker;
  const { port: spare } = released;
  await expect(
    start(
      { name: 'free', kind: 'tcp', port: spare, devices: [deviceOf('a', 1)] },
      { name: 'taken', kind: 'tcp', port, devices: [] },
    ),
  ).rejects.toMatchObject({ code: 'sim.port-taken', details: { port } });
  await start({ name: 'free', kind: 'tcp', port: spare, devices: [] });
  await expect(
    start({ name: 'press', kind: 'tcp', devices: [deviceOf('a', 1), deviceOf('b', 1)] }),
  ).rejects.toMatchObject({ code: 'sim.plant-invalid' });
  const wire = { kind: 'serial-tcp', baud: 9600, format: '8N1' } as const;
  await expect(
    start({ name: 'line', ...wire, devices: [deviceOf('a', 1, { fault: 'reset' })] }),
  ).rejects.toMatchObject({ code: 'sim.fault-impossible' });
  const plant = await start({ name: 'line', ...wire, devices: [deviceOf('a', 1)] });
  expect(() => plant.setFault('a', 'wrong-transaction')).toThrow('sim.fault-impossible');
  expect(() => plant.setFault('nobody', 'silent')).toThrow('sim.device-unknown');
});

test('stopping closes every connection, twice is once', async () => {
  const plant = await start({ name: 'press', kind: 'tcp', devices: [deviceOf('a', 1)] });
  const socket = await dial(plant, 'press');
  const reset = once(socket, 'error');
  await Promise.all([plant.stop(), plant.stop()]);
  expect(await reset).toMatchObject([{ code: 'ECONNRESET' }]);
  await plant.stop();
});

const openPort = (path: string): Promise<SerialPort> =>
  new Promise((resolve, reject) => {
    const port = new SerialPort({ path, baudRate: 9600 }, (error) =>
      error ? reject(error) : resolve(port),
    );
  });

testWith(['socat'])(
  'a serial bus is a device file that can be opened again, pulled and plugged',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headgate-sim-'));
    cleanups.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'ttyS1');
    const plant = await start({
      name: 'line',
      kind: 'serial',
      path,
      baud: 9600,
      format: '8E1',
      devices: [deviceOf('a', 1)],
    });
    expect(plant.addresses.get('line')).toEqual({ kind: 'serial', path });
    const askOnce = async () => {
      const port = await openPort(path);
      const reply = take(port, 7);
      port.write(Buffer.from(rtuFrame(1, hex('0300000001'))));
      const bytes = await reply;
      const closed = once(port, 'close');
      port.close();
      await closed;
      return bytes.toString('hex');
    };
    const expected = Buffer.from(rtuFrame(1, hex('03020001'))).toString('hex');
    expect(await askOnce()).toBe(expected);
    expect(await askOnce()).toBe(expected);
    const usb = plant.ports.get('line');
    await usb?.unplug();
    expect(existsSync(path)).toBe(false);
    await usb?.plug();
    expect(await askOnce()).toBe(expected);
    await plant.stop();
    expect(existsSync(path)).toBe(false);
  },
);

testWith(['socat'])('a serial path that cannot be made is an error that says so', async () => {
  const wire = { kind: 'serial', baud: 9600, format: '8N1', devices: [] } as const;
  await expect(
    start({ name: 'line', path: '/no/such/folder/ttyS1', ...wire }),
  ).rejects.toMatchObject({
    code: 'sim.serial-failed',
  });
});

testWith(['socat'])('a port of this machine is never taken away', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-sim-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const [real, byPath] = [join(folder, 'ttyS1'), join(folder, 'by-path')];
  writeFileSync(real, 'a port');
  symlinkSync(real, byPath);
  const wire = { kind: 'serial', baud: 9600, format: '8N1', devices: [] } as const;
  for (const path of [real, byPath])
    await expect(start({ name: 'line', path, ...wire })).rejects.toMatchObject({
      code: 'sim.serial-there',
    });
  expect(readFileSync(byPath, 'utf8')).toBe('a port');
  const left = join(folder, 'left');
  symlinkSync('/dev/pts/none', left);
  const plant = await start({ name: 'line', path: left, ...wire });
  expect([...plant.ports.keys()]).toEqual(['line']);
});

test('without socat a serial bus names the missing program', async () => {
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  cleanups.push(() => {
    process.env.PATH = path;
  });
  const wire = { kind: 'serial', baud: 9600, format: '8N1', devices: [] } as const;
  await expect(start({ name: 'line', path: '/tmp/headgate-none', ...wire })).rejects.toMatchObject({
    code: 'sim.socat-missing',
  });
});

test('meters share a wire with Modbus devices, and the wire can be disturbed while it runs', async () => {
  const plant = await start({
    name: 'line',
    kind: 'serial-tcp',
    baud: 19_200,
    format: '8E1',
    devices: [
      deviceOf('a', 1),
      { protocol: 'dlt645', name: 'em', address: '202411110002', preamble: 0 },
      { protocol: 'cjt188', name: 'wm', address: '78331234567890', type: 0x10, preamble: 0 },
    ],
  });
  const socket = await dial(plant, 'line');
  const line = plant.lines.get('line');
  const electricity = hex('68 020011112420 68 1300 4B 16');
  expect(await ask(socket, electricity, 18)).toBe('680200111124206893063533444457536b16');
  const water = hex('68 10 90785634123378 0303 810A00 58 16');
  expect(await ask(socket, water, 16)).toBe('6810907856341233788303810a00d816');
  line?.adjust({ echo: true });
  expect(await ask(socket, Buffer.from(rtuFrame(1, hex('0300000001'))), 15)).toBe(
    Buffer.concat([rtuFrame(1, hex('0300000001')), rtuFrame(1, hex('03020001'))]).toString('hex'),
  );
  plant.setFault('em', 'silent');
  expect(() => plant.setFault('em', 'torn')).toThrow('sim.fault-impossible');
  expect(() => plant.setFault('a', 'stuck')).toThrow('sim.fault-impossible');
  expect(plant.stats().get('line')).toMatchObject({ requests: 3, answered: 3 });
});

test('a DTU dials, says who it is, carries its wire, keeps itself alive and dials again', async () => {
  const sockets: Socket[] = [];
  const gateway = await listen({}, (socket) => sockets.push(socket));
  cleanups.push(() => gateway.stop());
  const { host, port } = gateway;
  const plant = await start({
    name: 'remote',
    kind: 'dtu',
    host,
    port,
    registration: Buffer.from('HG01'),
    heartbeat: Buffer.from('hb'),
    heartbeatEvery: millis(100),
    redialAfter: millis(20),
    baud: 115_200,
    format: '8N1',
    devices: [deviceOf('a', 1)],
  });
  await until('the DTU has dialled', () => sockets.length === 1);
  const first = sockets[0] as Socket;
  expect((await take(first, 4)).toString()).toBe('HG01');
  const reply = await ask(first, Buffer.from(rtuFrame(1, hex('0300000001'))), 7);
  expect(reply).toBe(Buffer.from(rtuFrame(1, hex('03020001'))).toString('hex'));
  expect((await take(first, 4)).toString()).toBe('hbhb');
  first.destroy();
  await until('the DTU has dialled again', () => sockets.length === 2);
  const second = sockets[1] as Socket;
  expect((await take(second, 4)).toString()).toBe('HG01');
  const dtu = plant.dtus.get('remote');
  expect([dtu?.connections, dtu?.isConnected]).toEqual([2, true]);
  dtu?.drop();
  await until('the DTU has dialled a third time', () => sockets.length === 3);
  await plant.stop();
  expect(plant.dtus.get('remote')?.isConnected).toBe(false);
});
