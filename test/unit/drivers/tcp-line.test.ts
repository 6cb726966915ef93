import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tcpLine } from '../../../drivers/line/tcp-line.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { millis } from '../../../gateway/model/units.ts';
import { fieldPeer } from '../../support/field-peer.ts';
import { until } from '../../support/waiting.ts';

const never = new AbortController().signal;
const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('a connection that is torn down is noticed at once', async () => {
  const peer = await fieldPeer();
  cleanups.push(() => peer.close());
  const line = tcpLine({ host: '127.0.0.1', port: peer.port }, virtualClock());
  const losses: Error[] = [];
  await line.connect(never);
  await peer.connected();
  line.listen({ data() {}, closed: (error) => losses.push(error) });
  peer.reset();
  await until('the loss', () => losses.length > 0);
  expect(String(losses)).toContain('ECONNRESET');
  expect(line.isOpen).toBe(false);
});

test('what is longer than the memory it is received into comes whole, and stays as it came', async () => {
  const peer = await fieldPeer();
  cleanups.push(() => peer.close());
  const line = tcpLine({ host: '127.0.0.1', port: peer.port }, virtualClock());
  const pieces: Uint8Array[] = [];
  await line.connect(never);
  await peer.connected();
  line.listen({ data: (bytes) => pieces.push(bytes), closed() {} });
  const sent = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);
  peer.send(sent);
  await until('all of it', () => Buffer.concat(pieces).length >= sent.length);
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
});

test('a peer that never answers the connection is given up in time', async () => {
  const port = await deafPort();
  const clock = virtualClock();
  const line = tcpLine({ host: '127.0.0.1', port, connectTimeout: millis(3_000) }, clock);
  const attempt = line.connect(never);
  const refused = expect(attempt).rejects.toThrow(/no connection within 3000 ms/);
  await clock.advance(millis(2_999));
  expect(clock.pending()).toEqual(['line.connect']);
  await clock.advance(millis(1));
  await refused;
  expect(clock.pending()).toEqual([]);
});

test('a line that opened leaves no timer behind', async () => {
  const peer = await fieldPeer();
  cleanups.push(() => peer.close());
  const clock = virtualClock();
  const line = tcpLine({ host: '127.0.0.1', port: peer.port }, clock);
  await line.connect(never);
  expect(clock.pending()).toEqual([]);
  await line.close();
});

test('without a wire behind it a line knows no timing and is busy only at the moment', async () => {
  const peer = await fieldPeer();
  cleanups.push(() => peer.close());
  const clock = virtualClock();
  const line = tcpLine({ host: '127.0.0.1', port: peer.port }, clock);
  await line.connect(never);
  await clock.advance(millis(40));
  line.write(Buffer.alloc(1000));
  expect(line.timing).toBeUndefined();
  expect(line.busyUntil()).toBe(40);
  expect(line.resource).toBe(`tcp:127.0.0.1:${peer.port}`);
  await line.close();
});

/** A port whose queue of connections is full: its process listens and then stands still. */
async function deafPort(): Promise<number> {
  const script = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const deaf: ChildProcess = spawn(process.execPath, ['-e', script]);
  cleanups.push(() => void deaf.kill('SIGKILL'));
  const [printed] = deaf.stdout ? await once(deaf.stdout, 'data') : [];
  const port = Number(printed);
  const fillers: Socket[] = [];
  cleanups.push(() => {
    for (const socket of fillers) socket.destroy();
  });
  let accepted = 0;
  for (let i = 0; i < 4; i++) {
    const socket = connect(port, '127.0.0.1', () => accepted++);
    socket.on('error', () => {});
    fillers.push(socket);
  }
  await until('a full queue', () => accepted >= 2);
  return port;
}
