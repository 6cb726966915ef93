import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeEach, describe, expect, test } from 'vitest';
import { DTU_PATIENCE, dtuLine } from '../../../drivers/line/dtu-line.ts';
import {
  dtuPort,
  REGISTRATION_PATIENCE,
  UNREGISTERED_LIMIT,
} from '../../../drivers/line/dtu-port.ts';
import type { Line } from '../../../drivers/line/line.ts';
import { type Log, type LogFields, silentLog } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, minutes } from '../../../gateway/model/units.ts';
import { disposals } from '../../support/disposals.ts';
import { freePort } from '../../support/field-peer.ts';
import { until } from '../../support/waiting.ts';

const never = new AbortController().signal;
const HOST = '127.0.0.1';
const using = disposals();

let clock: VirtualClock;
let port: number;
let logged: [string, LogFields | undefined][];
beforeEach(async () => {
  clock = virtualClock();
  port = await freePort();
  logged = [];
});

function lineOf(registration: string, heartbeat: Uint8Array = Buffer.alloc(0)): Line {
  const log: Log = { ...silentLog, warn: (event, fields) => logged.push([event, fields]) };
  const line = dtuLine(
    {
      host: HOST,
      port,
      registration: Buffer.from(registration),
      heartbeat,
      settings: { baud: 9600, format: '8N1' },
    },
    clock,
    log,
  );
  return using(line, () => line.close());
}

/** A connection to the port, once it is accepted. */
async function dial(says = ''): Promise<Socket> {
  const socket = using(connect({ port, host: HOST, noDelay: true }), async (own) => own.destroy());
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  if (says !== '') socket.write(says);
  return socket;
}

/** Resolves when somebody listens on the port. */
async function listening(): Promise<void> {
  await until('the listener', async () => {
    const socket = connect({ port, host: HOST });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    return isOpen;
  });
}

function ears(line: Line) {
  const heard: string[] = [];
  const losses: Error[] = [];
  line.listen({
    data: (bytes) => heard.push(String(bytes)),
    closed: (error) => losses.push(error),
  });
  return { heard, losses };
}

describe('DTUs that share a port', () => {
  test('are told apart by what they say first, in whatever pieces', async () => {
    const lines = ['HG-1', 'HG-2', 'XY'].map((registration) => lineOf(registration));
    const connected = lines.map((line) => line.connect(never));
    await listening();
    const second = await dial('HG');
    await dial('XY');
    await connected[2];
    expect(lines.map((line) => line.isOpen)).toEqual([false, false, true]);
    second.write('-2');
    await connected[1];
    await dial('HG-1');
    await connected[0];
    const { heard } = ears(lines[1] as Line);
    second.write('from the second');
    await until('its words', () => heard.join('') === 'from the second');
  });

  test('are found however early they dial', async () => {
    const first = lineOf('HG-1');
    const opening = first.connect(never);
    await listening();
    const early = await dial('HG-2');
    await dial('HG-1');
    await opening;
    const second = lineOf('HG-2');
    await second.connect(never);
    second.write(Buffer.from('?'));
    const [asked] = await once(early, 'data');
    expect(String(asked)).toBe('?');
  });

  test('cannot be one for two buses', async () => {
    const line = lineOf('HG-1');
    const opening = line.connect(never);
    await listening();
    const twin = lineOf('HG-1');
    await expect(twin.connect(never)).rejects.toThrow('another bus has this DTU');
    await dial('HG-1');
    await opening;
    await expect(twin.connect(never)).rejects.toThrow('another bus has this DTU');
    await line.close();
    const again = twin.connect(never);
    await dial('HG-1');
    await again;
  });
});

describe('a connection that nobody knows', () => {
  const isEnded = (socket: Socket) => until('the end', () => socket.closed);

  test('is closed after a while, counted, and named in the log now and then', async () => {
    const line = lineOf('HG-1');
    const opening = line.connect(never);
    await listening();
    await clock.advance(millis(1));
    logged.length = 0;
    const strangers = [await dial('GET / HTTP/1.1'), await dial(), await dial('HG-2')];
    await until('the strangers', () => strangers.length + 1 <= clock.pending().length);
    const before = dtuPort({ host: HOST, port }, clock, silentLog).refused;
    await clock.advance(REGISTRATION_PATIENCE);
    for (const stranger of strangers) await isEnded(stranger);
    expect(dtuPort({ host: HOST, port }, clock, silentLog).refused).toBe(before + 3);
    expect(logged).toMatchObject([
      [
        'line.dtu-refused',
        { port, from: HOST, said_hex: '474554202f20485454502f312e31', refused: 1 },
      ],
    ]);
    await dial('HG-1');
    await opening;
  });

  test('does not keep others out: of too many the oldest goes', async () => {
    const line = lineOf('HG-1');
    const opening = line.connect(never);
    await listening();
    const oldest = await dial('?');
    for (let i = 0; i < UNREGISTERED_LIMIT; i++) await dial('?');
    await isEnded(oldest);
    await dial('HG-1');
    await opening;
  });
});

test('without a registration the first that connects is taken', async () => {
  const line = lineOf('');
  const opening = line.connect(never);
  await until('the DTU', () =>
    dial().then(
      () => true,
      () => false,
    ),
  );
  await opening;
  expect(line.isOpen).toBe(true);
});

test('a second connection takes the place of the first, which is half dead', async () => {
  const line = lineOf('HG-1');
  const opening = line.connect(never);
  await listening();
  const first = await dial('HG-1');
  await opening;
  const { losses, heard } = ears(line);
  const second = await dial('HG-1');
  await until('the loss', () => losses.length > 0);
  expect(losses).toMatchObject([{ code: 'line.closed' }]);
  expect(String(losses[0])).toContain('the DTU has connected anew');
  await until('the end of the first', () => first.closed);
  await line.connect(never);
  second.write('alive');
  await until('its words', () => heard.includes('alive'));
  expect(losses).toHaveLength(1);
});

test('a DTU that dials while its bus waits is kept for it', async () => {
  const line = lineOf('HG-1');
  const opening = line.connect(never);
  await listening();
  (await dial('HG-1')).end();
  await opening;
  await until('the loss', () => !line.isOpen);
  await line.close();
  const again = await dial('HG-1');
  again.write('heard by nobody');
  await clock.advance(minutes(1));
  await line.connect(never);
  const { heard } = ears(line);
  again.write('heard');
  await until('its words', () => heard.includes('heard'));
  expect(heard).toEqual(['heard']);
});

test('the port is given back when nobody has wanted a DTU for long', async () => {
  const line = lineOf('HG-1');
  const stop = new AbortController();
  const opening = line.connect(stop.signal);
  await listening();
  stop.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  const parked = await dial('HG-1');
  await clock.advance(minutes(2));
  const visitor = await dial('HG-1');
  await until('the end of both', () => visitor.closed && parked.closed);
  await expect(dial()).rejects.toThrow('ECONNREFUSED');

  const again = line.connect(never);
  await listening();
  await dial('HG-1');
  await again;
});

test('a DTU that does not come is waited for in bounded time, and named', async () => {
  for (const [registration, printed] of [
    ['HG-1', '"HG-1"'],
    ['\u0001\u0002', '0x0102'],
  ] as const) {
    const opening = lineOf(registration).connect(never);
    const refused = expect(opening).rejects.toMatchObject({
      code: 'line.dtu-absent',
      details: { registration: printed, port },
    });
    await listening();
    await clock.advance(DTU_PATIENCE);
    await refused;
  }
});

describe('heartbeats', () => {
  async function opened(heartbeat: string) {
    const line = lineOf('HG-1', Buffer.from(heartbeat));
    const opening = line.connect(never);
    await listening();
    const dtu = await dial('HG-1');
    await opening;
    // Whatever follows the registration has come before this.
    line.write(Buffer.from('?'));
    await once(dtu, 'data');
    return { line, dtu, ...ears(line) };
  }

  test('are dropped where they stand alone, and the wire was not busy', async () => {
    const { line, dtu, heard } = await opened('ping');
    await clock.advance(millis(1_000));
    const busyUntil = line.busyUntil();
    dtu.write('ping');
    dtu.write('pingping');
    await clock.advance(millis(1));
    dtu.write('answer');
    await until('the answer', () => heard.length > 0);
    expect(heard).toEqual(['answer']);
    expect(busyUntil).toBeLessThan(1_000);
  });

  test('are data within a frame', async () => {
    const { dtu, heard } = await opened('\0');
    await clock.advance(millis(1_000));
    dtu.write('begin');
    await until('the beginning', () => heard.length > 0);
    await clock.advance(millis(99));
    dtu.write('\0');
    await until('the data', () => heard.length > 1);
    expect(heard).toEqual(['begin', '\0']);
    await clock.advance(millis(100));
    dtu.write('\0');
    await clock.advance(millis(100));
    dtu.write('next');
    await until('the next', () => heard.length > 2);
    expect(heard).toEqual(['begin', '\0', 'next']);
  });
});
