/**
 * Three faults of modbus-serial 8.0.25, shown as they are, and beside each the same course of events
 * with our driver. When one of the first kind turns red, the library was mended.
 */
import modbusSerial from 'modbus-serial';
import { afterEach, describe, expect, test } from 'vitest';
import type { Session } from '../../../drivers/driver.ts';
import type { Line } from '../../../drivers/line/line.ts';
import { serialLine } from '../../../drivers/line/serial-line.ts';
import { tcpLine } from '../../../drivers/line/tcp-line.ts';
import { modbusDriver } from '../../../drivers/modbus/driver.ts';
import type { ModbusGroup } from '../../../drivers/modbus/plan.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { type VirtualClock, virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis, seconds } from '../../../gateway/model/units.ts';
import { type FieldPeer, fieldPeer, pseudoTerminal } from '../../support/field-peer.ts';
import { modbusDevice, request, TCP_ACCESS, WIRE_ACCESS } from '../../support/modbus-fixture.ts';
import { wireAnswer } from '../../support/modbus-frames.ts';
import { describeWith } from '../../support/real-parts.ts';
import { until } from '../../support/waiting.ts';

const never = new AbortController().signal;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const REQUEST_BYTES = 8;
const PACKET_BYTES = 12;

async function plainOnWire() {
  const peer = await fieldPeer();
  const terminal = await pseudoTerminal(peer);
  const client = new modbusSerial.default();
  await client.connectRTUBuffered(terminal.path, { baudRate: 9600 });
  cleanups.push(
    () => peer.close(),
    () => terminal.close(),
    () => new Promise<void>((resolve) => client.close(() => resolve())),
  );
  return { peer, client };
}

interface Ours {
  readonly peer: FieldPeer;
  readonly clock: VirtualClock;
  readonly line: Line;
  readonly session: Session<ModbusGroup>;
}

async function oursOnWire(): Promise<Ours> {
  const peer = await fieldPeer();
  const terminal = await pseudoTerminal(peer);
  const clock = virtualClock();
  const line = serialLine({ path: terminal.path, settings: { baud: 9600, format: '8E1' } }, clock);
  await line.connect(never);
  cleanups.push(
    () => peer.close(),
    () => terminal.close(),
    () => line.close(),
  );
  const io = { ...WIRE_ACCESS, clock, log: silentLog, line };
  return { peer, clock, line, session: modbusDriver.open(modbusDevice(), io) };
}

async function oursOnTcp(): Promise<Ours> {
  const peer = await fieldPeer();
  const clock = virtualClock();
  const line = tcpLine({ host: '127.0.0.1', port: peer.port }, clock);
  await line.connect(never);
  await peer.connected();
  cleanups.push(
    () => peer.close(),
    () => line.close(),
  );
  const io = { ...TCP_ACCESS, clock, log: silentLog, line };
  return { peer, clock, line, session: modbusDriver.open(modbusDevice(), io) };
}

/** A read of two registers from `start`. */
function readOf(start: number): ModbusGroup {
  const [group] = modbusDriver.plan(
    modbusDevice(),
    [request(`holding:${start}`, 0), request(`holding:${start + 1}`, 1)],
    WIRE_ACCESS,
  );
  return group ?? expect.fail('no group');
}

const valuesOf = async (reading: ReturnType<Session<ModbusGroup>['read']>) =>
  (await reading).samples.map(({ value }) => value);

describeWith(['socat'], 'a request whose predecessor is answered late', () => {
  test('modbus-serial: gets the registers of the predecessor', async () => {
    const { peer, client } = await plainOnWire();
    client.setTimeout(30);
    const first = client.readHoldingRegisters(10, 2);
    const ended = expect(first).rejects.toMatchObject({ errno: 'ETIMEDOUT' });
    const firstRequest = await peer.receive(REQUEST_BYTES);
    await ended;

    client.setTimeout(10_000);
    const second = client.readHoldingRegisters(20, 2);
    await peer.receive(REQUEST_BYTES);
    peer.send(wireAnswer(firstRequest));
    expect((await second).data).toEqual([10, 11]);
  });

  test('ours: gets its own', async () => {
    const { peer, clock, session } = await oursOnWire();
    const first = session.read(readOf(10), never);
    const firstRequest = await peer.receive(REQUEST_BYTES);
    await clock.advance(seconds(1));
    expect(await first).toMatchObject({ outcome: 'silent' });

    const second = session.read(readOf(20), never);
    const separator = await peer.receive(REQUEST_BYTES);
    peer.send(wireAnswer(firstRequest), wireAnswer(separator));
    await until('the silence behind the separator', () => clock.pending()[0] === 'modbus.silence');
    await clock.advance(millis(20));
    peer.send(wireAnswer(await peer.receive(REQUEST_BYTES)));
    expect(await valuesOf(second)).toEqual([20, 21]);
  });
});

describeWith(['socat'], 'two requests at once', () => {
  test('modbus-serial: the first answer goes to the second request', async () => {
    const { peer, client } = await plainOnWire();
    client.setTimeout(10_000);
    let firstSettled = false;
    const first = client.readHoldingRegisters(10, 2);
    first.then(
      () => (firstSettled = true),
      () => (firstSettled = true),
    );
    const second = client.readHoldingRegisters(20, 2);
    const firstRequest = await peer.receive(REQUEST_BYTES);
    await peer.receive(REQUEST_BYTES);
    peer.send(wireAnswer(firstRequest));
    expect((await second).data).toEqual([10, 11]);
    expect(firstSettled).toBe(false);
  });

  test('ours: the second is refused and the first gets its own answer', async () => {
    const { peer, session } = await oursOnWire();
    const first = session.read(readOf(10), never);
    await expect(session.read(readOf(20), never)).rejects.toThrow('listener');
    peer.send(wireAnswer(await peer.receive(REQUEST_BYTES)));
    expect(await valuesOf(first)).toEqual([10, 11]);
  });
});

describe('a request under way when its connection is destroyed', () => {
  test('modbus-serial: is never settled', async () => {
    const peer = await fieldPeer();
    cleanups.push(() => peer.close());
    const client = new modbusSerial.default();
    await client.connectTCP('127.0.0.1', { port: peer.port });
    client.setTimeout(30);
    let settled = false;
    client.readHoldingRegisters(10, 2).finally(() => {
      settled = true;
    });
    await peer.receive(PACKET_BYTES);
    client.destroy(() => {});
    // Nothing happens that could be waited for; its own time-out passes several times.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(settled).toBe(false);
  });

  test('ours: rejects when the session is closed', async () => {
    const { peer, session, clock } = await oursOnTcp();
    const reading = session.read(readOf(10), never);
    await peer.receive(PACKET_BYTES);
    const rejected = expect(reading).rejects.toMatchObject({ code: 'line.closed' });
    await session.close();
    await session.close();
    await rejected;
    expect(clock.pending()).toEqual([]);
  });

  test.each(['end', 'reset'] as const)('ours: rejects when the far end says %s', async (loss) => {
    const { peer, session, clock } = await oursOnTcp();
    const reading = session.read(readOf(10), never);
    await peer.receive(PACKET_BYTES);
    const rejected = expect(reading).rejects.toMatchObject({ code: 'line.closed' });
    peer[loss]();
    await rejected;
    expect(clock.pending()).toEqual([]);
  });

  test('ours: settles at its deadline when only the line is closed under it', async () => {
    const { peer, line, session, clock } = await oursOnTcp();
    const reading = session.read(readOf(10), never);
    await peer.receive(PACKET_BYTES);
    await line.close();
    await clock.advance(seconds(1));
    expect(await reading).toMatchObject({ outcome: 'silent' });
    await expect(session.read(readOf(10), never)).rejects.toMatchObject({ code: 'line.closed' });
  });
});
