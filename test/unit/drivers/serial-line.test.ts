import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Line, SerialSettings } from '../../../drivers/line/line.ts';
import { type LatencyPort, lowerLatency } from '../../../drivers/line/low-latency.ts';
import { holderIn } from '../../../drivers/line/port-lock.ts';
import { serialLine } from '../../../drivers/line/serial-line.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import {
  type FieldPeer,
  fieldPeer,
  type PseudoTerminal,
  pseudoTerminal,
} from '../../support/field-peer.ts';
import { describeWith } from '../../support/real-parts.ts';
import { until } from '../../support/waiting.ts';

const never = new AbortController().signal;
const METER: SerialSettings = { baud: 2400, format: '8E1' };
const SENSOR: SerialSettings = { baud: 19_200, format: '8O2' };

// A pseudo terminal forgets that there is parity, but keeps which, and how many stop bits.
const settingsOf = (path: string): string => {
  const text = execFileSync('stty', ['-F', path, '-a'], { encoding: 'utf8' });
  return (text.match(/speed \d+|-?parodd|-?cstopb/g) ?? []).join(' ');
};
const AS_METER = 'speed 2400 -parodd -cstopb';
const AS_SENSOR = 'speed 19200 parodd cstopb';

describeWith(['socat', 'stty', 'flock'], 'a serial line', () => {
  let peer: FieldPeer;
  let terminal: PseudoTerminal;
  let line: Line;
  let losses: Error[];
  let heard: number[];

  beforeEach(async () => {
    peer = await fieldPeer();
    terminal = await pseudoTerminal(peer);
    line = serialLine({ path: terminal.path, settings: METER }, virtualClock());
    losses = [];
    heard = [];
    line.listen({
      data: (bytes) => heard.push(...bytes),
      closed: (error) => losses.push(error),
    });
    await line.connect(never);
    await peer.connected();
  });
  afterEach(async () => {
    await line.close();
    await terminal.close();
    await peer.close();
  });

  test('is tuned again and again without its listener noticing', async () => {
    expect(settingsOf(terminal.path)).toBe(AS_METER);
    for (const [settings, expected] of [
      [SENSOR, AS_SENSOR],
      [METER, AS_METER],
      [{ baud: 600, format: '7N2' }, 'speed 600 -parodd cstopb'],
      [SENSOR, AS_SENSOR],
    ] as const) {
      await line.tune(settings);
      expect(settingsOf(terminal.path)).toBe(expected);
      const before = heard.length;
      peer.send(1, 2, 3);
      await until('the bytes', () => heard.length >= before + 3);
    }
    expect(losses).toEqual([]);
    expect(line.isOpen).toBe(true);
  });

  test('does not touch the port for settings it has', async () => {
    execFileSync('stty', ['-F', terminal.path, 'cstopb']);
    await line.tune(METER);
    expect(settingsOf(terminal.path)).toBe('speed 2400 -parodd cstopb');
  });

  test('hears nothing that came with the old settings once it is tuned', async () => {
    const STALE = 0xaa;
    for (const stillMs of [20, 100, 500, 2_500]) {
      heard.length = 0;
      peer.send(STALE);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stillMs);
      await line.tune(line.timing?.baud === 2400 ? SENSOR : METER);
      peer.send(1);
      await until('the new byte', () => heard.includes(1));
      if (heard[0] === 1) return;
    }
    expect.fail('the stale byte was heard each time');
  });

  test('keeps its settings over a loss', async () => {
    await line.tune(SENSOR);
    await terminal.unplug();
    await until('the loss', () => losses.length > 0 || !writes(line));
    await terminal.plugIn();
    await line.connect(never);
    expect(settingsOf(terminal.path)).toBe(AS_SENSOR);
    expect(line.timing?.baud).toBe(19_200);
  });

  test('is lost when the port is gone before it is tuned, and says so once', async () => {
    await terminal.unplug();
    await expect(line.tune(SENSOR)).rejects.toMatchObject({ code: 'line.closed' });
    expect(line.isOpen).toBe(false);
    expect(losses).toMatchObject([{ code: 'line.closed' }]);
    await terminal.plugIn();
    await line.connect(never);
    expect(settingsOf(terminal.path)).toBe(AS_METER);
    expect(losses).toHaveLength(1);
  });

  test('survives a port that vanishes while it is tuned', async () => {
    for (let round = 0; round < 5; round++) {
      losses.length = 0;
      const gone = terminal.unplug();
      const outcomes: string[] = [];
      while (line.isOpen) {
        const next = line.timing?.baud === 2400 ? SENSOR : METER;
        outcomes.push(await line.tune(next).then(() => 'tuned', String));
      }
      await gone;
      expect(outcomes.slice(0, -1).every((outcome) => outcome === 'tuned')).toBe(true);
      expect(losses).toMatchObject([{ code: 'line.closed' }]);
      await terminal.plugIn();
      await line.connect(never);
    }
  });

  test('is found again under its name when the name leads to another device', async () => {
    const first = realpathSync(terminal.path);
    await terminal.unplug();
    // Other terminals take the number that has become free, unless somebody else was there before them.
    const others = [await pseudoTerminal(peer)];
    try {
      await terminal.plugIn();
      while (readlinkSync(terminal.path) === first && others.length < 10) {
        await terminal.unplug();
        others.push(await pseudoTerminal(peer));
        await terminal.plugIn();
      }
      expect(readlinkSync(terminal.path)).not.toBe(first);
      await until('the loss', () => losses.length > 0 || !writes(line));
      await line.connect(never);
      const plugged = 1 + 2 * others.length;
      await until('the last connection', () => peer.connections === plugged);
      peer.send(9);
      await until('a byte', () => heard.includes(9));
    } finally {
      for (const other of others) await other.close();
    }
  });

  test('tunes the device that is open, wherever its name leads by now', async () => {
    const device = realpathSync(terminal.path);
    const other = await pseudoTerminal(peer);
    try {
      const before = settingsOf(other.path);
      rmSync(terminal.path);
      symlinkSync(realpathSync(other.path), terminal.path);
      await line.tune(SENSOR);
      expect(settingsOf(device)).toBe(AS_SENSOR);
      expect(settingsOf(other.path)).toBe(before);
    } finally {
      await other.close();
    }
  });

  test('leaves a port alone that another program holds, and names both', async () => {
    await line.close();
    execFileSync('stty', ['-F', terminal.path, '600', 'cstopb']);
    const holder = spawn('flock', ['-F', terminal.path, 'sleep', '600'], { stdio: 'ignore' });
    try {
      await until('the lock', () => !locks(terminal.path));
      await expect(line.connect(never)).rejects.toMatchObject({
        code: 'line.port-busy',
        details: { port: terminal.path, holder: `sleep (pid ${holder.pid})` },
      });
      expect(settingsOf(terminal.path)).toBe('speed 600 -parodd cstopb');
    } finally {
      holder.kill('SIGKILL');
    }
    await until('the port is free', () => locks(terminal.path));
    await line.connect(never);
    expect(line.isOpen).toBe(true);
  });

  test('is held by one line of the same process at a time', async () => {
    const second = serialLine({ path: terminal.path, settings: METER }, virtualClock());
    await expect(second.connect(never)).rejects.toThrow(`(pid ${process.pid}) [line.port-busy]`);
    await line.close();
    await second.connect(never);
    await second.close();
  });

  test('knows nothing of latency where no USB adapter lies between', () => {
    expect(line.isLowLatency).toBeUndefined();
  });
});

/** A port that vanishes in the midst of a read is missed only when something is written to it. */
function writes(line: Line): boolean {
  try {
    line.write(Buffer.of(0));
    return true;
  } catch {
    return false;
  }
}

/** Whether the file can be locked at this moment. */
function locks(path: string): boolean {
  try {
    execFileSync('flock', ['-n', path, 'true']);
    return true;
  } catch {
    return false;
  }
}

describe('a USB adapter', () => {
  /** A port whose driver has the flag, or refuses it. */
  function adapter(takes: boolean) {
    const calls: object[] = [];
    const port: LatencyPort = {
      set: (options, done) => {
        calls.push(options);
        done(takes ? null : new Error('Inappropriate ioctl for device, cannot set'));
      },
      get: (done) => (takes ? done(null, { lowLatency: true }) : done(new Error('cannot get'))),
    };
    return { port, calls };
  }

  test('is asked to hand bytes over as they come', async () => {
    const { port, calls } = adapter(true);
    expect(await lowerLatency(port, '/dev/ttyUSB0')).toBe(true);
    expect(calls).toEqual([{ dtr: true, rts: true, lowLatency: true }]);
  });

  test('that refuses is used as it is', async () => {
    expect(await lowerLatency(adapter(false).port, '/dev/ttyACM12')).toBe(false);
  });

  test('is told from a port on the board, whose RTS is not touched', async () => {
    const { port, calls } = adapter(true);
    for (const device of ['/dev/ttyS1', '/dev/ttyAMA0', '/dev/ttymxc2', '/dev/pts/3'])
      expect(await lowerLatency(port, device)).toBeUndefined();
    expect(calls).toEqual([]);
  });
});

const LOCKS = `1: POSIX  ADVISORY  WRITE 9 00:05:87 0 EOF
2: FLOCK  ADVISORY  WRITE 1187 00:05:871 0 EOF
3: FLOCK  ADVISORY  WRITE 412 00:05:87 0 EOF
4: FLOCK  ADVISORY  WRITE 413 103:02:88 0 EOF
5: -> FLOCK  ADVISORY  WRITE 500 00:05:88 0 EOF
`;

test.each([
  ['the inode', 5, 87, 412],
  ['another inode', 5, 871, 1187],
  ['a device above 255', 0x2 + (0x103 << 8), 88, 413],
  ['a file nobody has locked', 5, 88, undefined],
  ['the same inode elsewhere', 6, 87, undefined],
])('the holder of %s is read from the locks of the kernel', (_what, dev, ino, pid) => {
  expect(holderIn(LOCKS, dev, ino)).toBe(pid);
});
