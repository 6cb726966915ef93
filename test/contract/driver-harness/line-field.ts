/**
 * Drivers of lines against simulated stations: on a wire in memory, where time is virtual, and behind sockets and
 * pseudo terminals of the system.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DRIVERS } from '../../../drivers/all-drivers.ts';
import type { Driver, Session } from '../../../drivers/driver.ts';
import type { Line, SerialSettings } from '../../../drivers/line/line.ts';
import { serialLine } from '../../../drivers/line/serial-line.ts';
import { type StreamEvents, streamLine } from '../../../drivers/line/stream-line.ts';
import { tcpLine } from '../../../drivers/line/tcp-line.ts';
import type { FaultInjector } from '../../../firmware-sim/faults.ts';
import { SimulatedLine } from '../../../firmware-sim/line.ts';
import { serveLine } from '../../../firmware-sim/line-server.ts';
import type { Listener } from '../../../firmware-sim/listener.ts';
import { openSerialPort } from '../../../firmware-sim/serial-port.ts';
import type { Station } from '../../../firmware-sim/station.ts';
import { accessOf } from '../../../gateway/field.ts';
import { type Clock, systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import type { Value } from '../../../gateway/model/sample.ts';
import { type Millis, millis, seconds } from '../../../gateway/model/units.ts';
import { untilQuiet } from '../../../gateway/poll/line-manners.ts';
import {
  type DriverHarness,
  type Passing,
  type Peer,
  realTime,
  type Scene,
  type TagChoice,
  virtualTime,
} from './harness.ts';
import { parsedDevice } from './parsed.ts';

/** A protocol of lines with its simulated peer. */
export interface LineSubject {
  readonly protocol: string;
  readonly tags: TagChoice;
  /** Options of the device, of equal ones and of another unit, as in YAML. */
  readonly device: Readonly<Record<string, unknown>>;
  readonly stranger: Readonly<Record<string, unknown>>;
  peer(clock: Clock): LinePeer;
}

/** A station and what is known of it from its inside. */
export interface LinePeer {
  readonly station: Station;
  /** Whether a request, as the station hears it, would change something. */
  isWrite(request: Uint8Array): boolean;
  standing(): Value;
  picture(): unknown;
}

/** The way between driver and peer. */
export interface Way {
  readonly line: Line;
  readonly framing: 'packets' | 'wire';
  cut(): Promise<void>;
  restore(): Promise<void>;
  close(): Promise<void>;
}

/** Brings one station within reach. */
export type Medium = (station: Station, time: Passing) => Promise<Way>;

/** A guess: more characters than any request and its reply have together. */
const MOST_CHARACTERS = 300;
/** Later than any test waits. */
const MUCH_TOO_LATE: Millis = seconds(40);

/** What reached a peer, counted on its way in. */
export interface Counted {
  heard: number;
  written: number;
}

export function hurtable(
  faults: FaultInjector,
): Pick<Peer, 'beSilent' | 'loseAnswers' | 'recover'> {
  return {
    beSilent: () => faults.set('silent'),
    loseAnswers: () => faults.set({ kind: 'late', delay: MUCH_TOO_LATE }),
    recover: () => faults.set(undefined),
  };
}

/** The scene of a line driver once its peer is within reach. */
export function lineScene(
  { protocol, device: written, stranger }: Pick<LineSubject, 'protocol' | 'device' | 'stranger'>,
  { line: way, framing, cut, restore, close }: Way,
  time: Passing,
  peer: Omit<Peer, 'cut' | 'restore'>,
): Scene {
  const { clock } = time;
  let sent = 0;
  const line: Line = Object.create(way, {
    write: {
      value(bytes: Uint8Array) {
        sent++;
        way.write(bytes);
      },
    },
  });
  const driver = DRIVERS.get(protocol) as Driver;
  const device = parsedDevice(protocol, written);
  const settings = { baud: line.timing?.baud ?? 9600, format: '8N1' } as const;
  const kind = framing === 'packets' ? 'tcp' : 'serial-tcp';
  const access = accessOf(
    { transport: { kind, host: 'peer', port: 1 }, ...settings },
    line,
    settings,
  );
  const sessions: Session[] = [];
  const open = () => {
    const session = driver.open(device, { ...access, clock, log: silentLog, line });
    sessions.push(session);
    return session;
  };
  const session = open();
  const never = new AbortController().signal;
  return {
    protocol,
    planner: driver,
    access,
    device,
    twin: parsedDevice(protocol, written),
    stranger: parsedDevice(protocol, stranger),
    session,
    open,
    sent: () => sent,
    time,
    peer: { ...peer, cut, restore },
    allowance: millis(MOST_CHARACTERS * (line.timing?.character ?? 0) + time.slack),
    connect: () => line.connect(never),
    async calmly(call) {
      if (line.isOpen && framing === 'wire') {
        await line.discardInput();
        await untilQuiet(line, clock, session.silence, never);
      }
      return call();
    },
    async close() {
      for (const each of sessions) await each.close();
      await line.close();
      await close();
    },
  };
}

/** The subject's scene on a wire of that kind. */
export async function wireScene(
  subject: LineSubject,
  medium: Medium,
  time: Passing,
): Promise<Scene> {
  const { station, isWrite, standing, picture } = subject.peer(time.clock);
  const counted: Counted = { heard: 0, written: 0 };
  const ear: Station = {
    ...station,
    hear(request, hearing) {
      counted.heard++;
      if (isWrite(request)) counted.written++;
      return station.hear(request, hearing);
    },
  };
  const way = await medium(ear, time);
  return lineScene(subject, way, time, {
    heard: () => counted.heard,
    written: () => counted.written,
    standing,
    picture,
    ...hurtable(station.faults),
  });
}

const SLOW: SerialSettings = { baud: 9600, format: '8N1' };
/** So that nobody waits for characters. */
const FAST: SerialSettings = { baud: 115_200, format: '8N1' };

/** A wire in memory. */
const memory: Medium = async (station, { clock }) => {
  const simulated = new SimulatedLine({ ...SLOW, stations: [station] }, clock);
  let open: StreamEvents | undefined;
  let isCut = false;
  const line = streamLine({
    resource: 'virtual',
    settings: SLOW,
    clock,
    async open(events) {
      if (isCut) throw new Error('cut');
      open = events;
      const endpoint = simulated.endpoint();
      endpoint.onData((bytes) => events.data(bytes));
      return {
        write: (bytes) => endpoint.write(bytes),
        drop: async () => {},
        close: async () => endpoint.close(),
      };
    },
  });
  return {
    line,
    framing: 'wire',
    async cut() {
      isCut = true;
      open?.lost(new Error('cut'));
    },
    async restore() {
      isCut = false;
    },
    close: async () => simulated.stop(),
  };
};

/** A serial server, by a socket. */
const serialServer: Medium = async (station, { clock }) => {
  const simulated = new SimulatedLine({ ...FAST, stations: [station] }, clock);
  let server: Listener = await serveLine(simulated, {});
  const { host, port } = server;
  return {
    line: tcpLine({ host, port, settings: FAST }, clock),
    framing: 'wire',
    cut: () => server.stop(),
    async restore() {
      server = await serveLine(simulated, { port });
    },
    async close() {
      await server.stop();
      simulated.stop();
    },
  };
};

/** A serial port: a pseudo terminal that can be pulled and plugged in. */
const serialPort: Medium = async (station, { clock }) => {
  const simulated = new SimulatedLine({ ...FAST, stations: [station] }, clock);
  const server = await serveLine(simulated, {});
  const folder = mkdtempSync(join(tmpdir(), 'headgate-port-'));
  const port = await openSerialPort(join(folder, 'tty'), server);
  return {
    line: serialLine({ path: port.path, settings: FAST }, clock),
    framing: 'wire',
    cut: port.unplug,
    restore: port.plug,
    async close() {
      await port.stop();
      await server.stop();
      simulated.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Short, because silence takes as long in tests as it takes in the field. */
const REAL_PATIENCE = { timeout: '600ms' };

/** The subject on a wire whose time is virtual. */
export const inMemory = (subject: LineSubject): DriverHarness => ({
  name: `${subject.protocol} on a wire in memory`,
  needs: [],
  tags: subject.tags,
  setUp: () => wireScene(subject, memory, virtualTime()),
});

/** The subject by a socket. */
export const behindServer = (subject: LineSubject): DriverHarness => ({
  name: `${subject.protocol} behind a serial server`,
  needs: [],
  tags: subject.tags,
  setUp: () => wireScene(inRealTime(subject), serialServer, realTime(systemClock())),
});

/** The subject by a device file. */
export const onSerialPort = (subject: LineSubject): DriverHarness => ({
  name: `${subject.protocol} on a serial port`,
  needs: ['socat'],
  tags: subject.tags,
  setUp: () => wireScene(inRealTime(subject), serialPort, realTime(systemClock())),
});

/** The subject with a device that is not waited for longer than tests want to. */
export const inRealTime = <S extends Pick<LineSubject, 'device'>>(subject: S): S => ({
  ...subject,
  device: { ...subject.device, ...REAL_PATIENCE },
});
