/** Modbus for the contract suite: RTU on wires, and Modbus TCP. */
import { tcpLine } from '../../../drivers/line/tcp-line.ts';
import { createDevice, type SimulatedDevice } from '../../../firmware-sim/device.ts';
import { isWrite } from '../../../firmware-sim/modbus-slave.ts';
import { serveModbusTcp } from '../../../firmware-sim/modbus-tcp-server.ts';
import { createImage, definePoint, type Point } from '../../../firmware-sim/registers.ts';
import { rtuStation } from '../../../firmware-sim/rtu-station.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { millis, monoMs } from '../../../gateway/model/units.ts';
import { type DriverHarness, realTime, type TagChoice } from './harness.ts';
import {
  behindServer,
  type Counted,
  hurtable,
  inMemory,
  inRealTime,
  type LineSubject,
  lineScene,
  onSerialPort,
} from './line-field.ts';

const WRITABLE_REGISTER = 5;
const HELD: Readonly<Record<string, number | boolean>> = {
  r0: 100,
  r1: 101,
  r2: 102,
  level: -12.5,
  setpoint: 7,
  fixed: 42,
  input: 9,
  flag: true,
};

const POINTS: readonly Point[] = [
  ...[0, 1, 2].map((address) =>
    definePoint({ name: `r${address}`, table: 'holding', address, type: 'uint16' }),
  ),
  definePoint({ name: 'level', table: 'holding', address: 3, type: 'float32' }),
  definePoint({
    name: 'setpoint',
    table: 'holding',
    address: WRITABLE_REGISTER,
    type: 'uint16',
    writable: true,
  }),
  // 6 is a hole.
  definePoint({ name: 'fixed', table: 'holding', address: 7, type: 'uint16' }),
  definePoint({ name: 'input', table: 'input', address: 0, type: 'uint16' }),
  definePoint({ name: 'flag', table: 'coil', address: 0, type: 'bool' }),
];

const TAGS: TagChoice = {
  present: [
    { address: 'holding:2', value: 102 },
    { address: 'holding:0', value: 100 },
    { address: 'holding:3 float32', value: -12.5 },
    { address: 'holding:1', value: 101 },
    { address: 'input:0', value: 9 },
    { address: 'coil:0', value: true },
  ],
  absent: ['holding:6'],
  writable: { address: `holding:${WRITABLE_REGISTER}`, values: [1234, 65_535] },
  readOnly: [
    { address: 'input:0', value: 1 },
    { address: 'holding:7', value: 43 },
    { address: `holding:${WRITABLE_REGISTER}`, value: 70_000 },
  ],
};

const UNIT = 17;

function slave() {
  const image = createImage(POINTS, ({ name }) => HELD[name] ?? 0);
  const device = createDevice({ name: 'slave', unit: UNIT, turnaround: millis(5), image });
  const now = monoMs(0);
  return {
    device,
    standing: () =>
      Buffer.from(image.readRegisters('holding', WRITABLE_REGISTER, 1, now) ?? []).readUInt16BE(0),
    picture: () => [
      image.readRegisters('holding', 0, 6, now),
      image.readRegisters('holding', 7, 1, now),
      image.readBits('coil', 0, 1, now),
    ],
  };
}

/** Unit and function code, then the request. */
const RTU_HEAD = 1;
const CRC_BYTES = 2;

const SUBJECT: LineSubject = {
  protocol: 'modbus',
  tags: TAGS,
  device: { unit: UNIT },
  stranger: { unit: UNIT + 1 },
  peer() {
    const { device, standing, picture } = slave();
    return {
      station: rtuStation(device),
      isWrite: (request) => isWrite(request.subarray(RTU_HEAD, -CRC_BYTES)),
      standing,
      picture,
    };
  },
};

async function tcpSetUp() {
  const clock = systemClock();
  const { device, standing, picture } = slave();
  const counted: Counted = { heard: 0, written: 0 };
  const ear: SimulatedDevice = {
    ...device,
    answer(request, now) {
      counted.heard++;
      if (isWrite(request)) counted.written++;
      return device.answer(request, now);
    },
  };
  let server = await serveModbusTcp({ devices: [ear] }, clock);
  const { host, port } = server;
  const way = {
    line: tcpLine({ host, port }, clock),
    framing: 'packets',
    cut: () => server.stop(),
    async restore() {
      server = await serveModbusTcp({ devices: [ear], port }, clock);
    },
    close: () => server.stop(),
  } as const;
  const subject = inRealTime({ ...SUBJECT, device: { ...SUBJECT.device, max_in_flight: 4 } });
  return lineScene(subject, way, realTime(clock), {
    heard: () => counted.heard,
    written: () => counted.written,
    standing,
    picture,
    ...hurtable(device.faults),
  });
}

export const modbus: readonly DriverHarness[] = [
  inMemory(SUBJECT),
  behindServer(SUBJECT),
  onSerialPort(SUBJECT),
  { name: 'modbus over TCP', needs: [], tags: TAGS, setUp: tcpSetUp },
];
