/** What every line promises (drivers/line/line.ts), held against sockets and pseudo terminals of the system. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directedLine } from '../../drivers/line/directed-line.ts';
import { dtuLine } from '../../drivers/line/dtu-line.ts';
import { FrameRing } from '../../drivers/line/frame-ring.ts';
import type { Line, LineListener } from '../../drivers/line/line.ts';
import { recordedLine } from '../../drivers/line/recorder.ts';
import { serialLine } from '../../drivers/line/serial-line.ts';
import { tcpLine } from '../../drivers/line/tcp-line.ts';
import { type VirtualClock, virtualClock } from '../../gateway/host/virtual-clock.ts';
import { millis } from '../../gateway/model/units.ts';
import {
  diallingPeer,
  type FieldPeer,
  fieldPeer,
  freePort,
  type PseudoTerminal,
  pseudoTerminal,
} from '../support/field-peer.ts';
import { describeWith } from '../support/real-parts.ts';
import { until } from '../support/waiting.ts';

const SETTINGS = { baud: 9600, format: '8E1' } as const;

interface Setup {
  readonly line: Line;
  readonly peer: FieldPeer;
  /** Makes the far end vanish; `restore` brings it back. */
  lose(): Promise<void>;
  restore(): Promise<void>;
  /** A line of the same kind to nowhere. */
  readonly nowhere: Line;
  /** Whether this side decides how the wire is set. */
  readonly isTunable: boolean;
  close(): Promise<void>;
}

async function tcpSetup(clock: VirtualClock): Promise<Setup> {
  const peer = await fieldPeer();
  const gone = await fieldPeer();
  await gone.close();
  const at = (port: number) => tcpLine({ host: '127.0.0.1', port, settings: SETTINGS }, clock);
  const line = at(peer.port);
  return {
    line,
    peer,
    nowhere: at(gone.port),
    isTunable: false,
    lose: async () => peer.end(),
    restore: async () => {},
    close: async () => {
      await line.close();
      await peer.close();
    },
  };
}

/** A decorator is a line like any other. */
async function recordedSetup(clock: VirtualClock): Promise<Setup> {
  const parts = await tcpSetup(clock);
  const recorded = (line: Line) =>
    recordedLine(line, { ring: new FrameRing(), clock, settings: SETTINGS });
  return { ...parts, line: recorded(parts.line), nowhere: recorded(parts.nowhere) };
}

async function directedSetup(clock: VirtualClock): Promise<Setup> {
  const parts = await tcpSetup(clock);
  const pin = { open: async () => {}, set: () => undefined, close: async () => {} };
  const directed = (line: Line) => directedLine(line, pin, clock);
  return { ...parts, line: directed(parts.line), nowhere: directed(parts.nowhere) };
}

async function serialSetup(clock: VirtualClock): Promise<Setup> {
  const peer = await fieldPeer();
  const terminal: PseudoTerminal = await pseudoTerminal(peer);
  const at = (path: string) => serialLine({ path, settings: SETTINGS }, clock);
  const line = at(terminal.path);
  return {
    line,
    peer,
    nowhere: at(`${terminal.path}-missing`),
    isTunable: true,
    lose: terminal.unplug,
    restore: terminal.plugIn,
    close: async () => {
      await line.close();
      await terminal.close();
      await peer.close();
    },
  };
}

async function dtuSetup(clock: VirtualClock): Promise<Setup> {
  const port = await freePort();
  const occupied = await fieldPeer();
  const at = (own: number) =>
    dtuLine(
      {
        host: '127.0.0.1',
        port: own,
        registration: Buffer.from('HG-0001'),
        heartbeat: Buffer.from('ping'),
        settings: SETTINGS,
      },
      clock,
    );
  const line = at(port);
  const peer = diallingPeer(port, 'HG-0001');
  peer.dial();
  return {
    line,
    peer,
    nowhere: at(occupied.port),
    isTunable: false,
    async lose() {
      peer.isStubborn = false;
      peer.end();
    },
    async restore() {
      peer.isStubborn = true;
      peer.dial();
    },
    async close() {
      await peer.close();
      await line.close();
      await occupied.close();
    },
  };
}

const standStill = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** A listener that remembers, and a way to wait for what it hears. */
function hearing(line: Line) {
  let heard = Buffer.alloc(0);
  const times: number[] = [];
  const losses: Error[] = [];
  const stop = line.listen({
    data(bytes, at) {
      heard = Buffer.concat([heard, bytes]);
      times.push(at);
    },
    closed: (error) => losses.push(error),
  });
  return {
    stop,
    times,
    losses,
    async bytes(length: number) {
      await until(`${length} bytes`, () => heard.length >= length);
      return heard.subarray(0, length);
    },
    get heard() {
      return heard;
    },
  };
}

/** What it throws, or nothing. */
function trying(run: () => void): string {
  try {
    run();
    return '';
  } catch (error) {
    return String(error);
  }
}

const never = new AbortController().signal;
const deaf: LineListener = { data() {}, closed() {} };

describe('a TCP line', () => keepsItsPromises(tcpSetup));
describe('a recorded line', () => keepsItsPromises(recordedSetup));
describe('a line with a direction pin', () => keepsItsPromises(directedSetup));
describe('a DTU line', () => keepsItsPromises(dtuSetup));
describeWith(['socat'], 'a serial line', () => keepsItsPromises(serialSetup));

function keepsItsPromises(setup: (clock: VirtualClock) => Promise<Setup>): void {
  let clock: VirtualClock;
  let parts: Setup;
  let line: Line;
  let peer: FieldPeer;
  beforeEach(async () => {
    clock = virtualClock();
    parts = await setup(clock);
    ({ line, peer } = parts);
  });
  afterEach(() => parts.close());

  test('carries bytes both ways in their order', async () => {
    await line.connect(never);
    const ears = hearing(line);
    line.write(Buffer.from('01 03 '));
    line.write(Buffer.from('02 04'));
    expect(String(await peer.receive(11))).toBe('01 03 02 04');
    peer.send(Buffer.from('answer'));
    expect(String(await ears.bytes(6))).toBe('answer');
  });

  test('says when bytes came by the monotonic clock', async () => {
    await line.connect(never);
    await peer.connected();
    const ears = hearing(line);
    await clock.advance(millis(250));
    peer.send(1);
    await ears.bytes(1);
    expect(ears.times).toEqual([250]);
  });

  test('opens once for several callers', async () => {
    await Promise.all([line.connect(never), line.connect(never), line.connect(never)]);
    await line.connect(never);
    await peer.connected();
    expect(line.isOpen).toBe(true);
    expect(peer.connections).toBe(1);
  });

  test('rejects what cannot be opened, with a code, and stays closed', async () => {
    await expect(parts.nowhere.connect(never)).rejects.toMatchObject({ code: 'line.unreachable' });
    expect(parts.nowhere.isOpen).toBe(false);
  });

  test('rejects when it is told to stop before it began', async () => {
    await expect(line.connect(AbortSignal.abort())).rejects.toMatchObject({
      code: 'line.unreachable',
    });
    expect(line.isOpen).toBe(false);
  });

  test('refuses to write while closed and sends none of it later', async () => {
    expect(() => line.write(Buffer.from('early'))).toThrow(/line.closed/);
    await line.connect(never);
    await line.close();
    expect(() => line.write(Buffer.from('late'))).toThrow(/line.closed/);
    await line.connect(never);
    line.write(Buffer.from('now'));
    expect(String(await peer.receive(3))).toBe('now');
  });

  test('drops bytes that nobody listens to', async () => {
    await line.connect(never);
    await peer.connected();
    const first = hearing(line);
    peer.send(1);
    await first.bytes(1);
    first.stop();
    await clock.advance(millis(10));
    peer.send(2);
    await until('the byte nobody hears', () => line.busyUntil() === 10);
    const second = hearing(line);
    peer.send(3);
    expect([...(await second.bytes(1))]).toEqual([3]);
  });

  test('has one listener at a time', async () => {
    await line.connect(never);
    const stop = line.listen(deaf);
    expect(() => line.listen(deaf)).toThrow('listener');
    stop();
    line.listen(deaf)();
  });

  test('tells its listener once when the far end is lost, and opens again', async () => {
    await line.connect(never);
    await peer.connected();
    const ears = hearing(line);
    await parts.lose();
    // A port that vanishes in the midst of a read is missed only when something is written to it.
    await until('the loss', () => {
      if (line.isOpen) expect(trying(() => line.write(Buffer.of(0)))).toMatch(/^$|line.closed/);
      return ears.losses.length > 0;
    });
    expect(line.isOpen).toBe(false);
    expect(ears.losses).toMatchObject([{ code: 'line.closed' }]);

    await parts.restore();
    await line.connect(never);
    await until('a second connection', () => peer.connections === 2);
    peer.send(7);
    expect([...(await ears.bytes(1))]).toEqual([7]);
    expect(ears.losses).toHaveLength(1);
  });

  test('says nothing to its listener when it is closed from this side', async () => {
    await line.connect(never);
    const ears = hearing(line);
    await line.close();
    await line.close();
    expect(line.isOpen).toBe(false);
    expect(ears.losses).toEqual([]);
  });

  test('can be closed before it was opened, and while it opens', async () => {
    await line.close();
    const opening = line.connect(never);
    const refused = expect(opening).rejects.toMatchObject({ code: 'line.unreachable' });
    await line.close();
    await refused;
    expect(line.isOpen).toBe(false);
    await line.connect(never);
    expect(line.isOpen).toBe(true);
  });

  test('is busy for as long as the characters of a request take', async () => {
    await line.connect(never);
    await clock.advance(millis(100));
    line.write(Buffer.alloc(8));
    expect(line.busyUntil()).toBeCloseTo(100 + 8 * (11 / 9.6), 6);
    line.write(Buffer.alloc(2));
    expect(line.busyUntil()).toBeCloseTo(100 + 10 * (11 / 9.6), 6);
  });

  test('is busy until the last byte came', async () => {
    await line.connect(never);
    await peer.connected();
    const ears = hearing(line);
    await clock.advance(millis(70));
    peer.send(1, 2);
    await ears.bytes(2);
    expect(line.busyUntil()).toBe(70);
  });

  test('takes other settings, or says that the far end decides', async () => {
    const other = { baud: 2400, format: '8N1' } as const;
    await expect(line.tune(other)).rejects.toMatchObject({ code: 'line.closed' });
    await line.connect(never);
    await line.tune(SETTINGS);
    const ears = hearing(line);
    if (!parts.isTunable) {
      await expect(line.tune(other)).rejects.toMatchObject({ code: 'line.settings-fixed' });
      expect(line.timing?.baud).toBe(9600);
    } else {
      await line.tune(other);
      expect(line.timing).toMatchObject({ baud: 2400, bitsPerCharacter: 10 });
    }
    line.write(Buffer.of(1));
    expect([...(await peer.receive(1))]).toEqual([1]);
    peer.send(2);
    expect([...(await ears.bytes(1))]).toEqual([2]);
    expect(ears.losses).toEqual([]);
  });

  test('forgets input that waits in the system', async () => {
    await line.connect(never);
    await peer.connected();
    const ears = hearing(line);
    const OLD = 0xaa;
    // A loop that stands still leaves the byte in the system; how long it needs to get there is up to the machine.
    for (const stillMs of [20, 100, 500, 2_500]) {
      const before = ears.heard.length;
      peer.send(OLD);
      standStill(stillMs);
      await line.discardInput();
      peer.send(1);
      await until('the new byte', () => ears.heard.includes(1, before));
      if (ears.heard[before] === 1) return;
    }
    expect.fail('the old byte was heard each time');
  });

  test('discards nothing without complaint while it is closed', async () => {
    await line.discardInput();
    expect(line.isOpen).toBe(false);
  });
}
