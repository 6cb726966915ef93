import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, ControlSocket } from '../../../gateway/health/control-socket.ts';
import { systemClock } from '../../../gateway/host/clock.ts';
import { silentLog } from '../../../gateway/host/log.ts';
import { virtualClock } from '../../../gateway/host/virtual-clock.ts';
import { minutes, seconds } from '../../../gateway/model/units.ts';
import { until } from '../../support/waiting.ts';

let folder = '';
let socket: ControlSocket | undefined;
const path = () => join(folder, 'headgate.sock');
const clock = systemClock();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-'));
});
afterEach(async () => {
  await socket?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the control socket', () => {
  it('answers a question it knows, to nobody but owner and group', async () => {
    socket = new ControlSocket(path(), { status: async () => ({ state: 'fine' }) });
    await socket.open();
    expect(await ask(path(), 'status', clock)).toEqual({ state: 'fine' });
    expect((await stat(path())).mode & 0o777).toBe(0o660);
  });

  it('makes its folder, and waits for one that cannot be made without stopping anybody', async () => {
    const virtual = virtualClock();
    const blocked = join(folder, 'data');
    await writeFile(blocked, 'no folder');
    const late = join(blocked, 'deep', 'headgate.sock');
    socket = new ControlSocket(late, { ping: () => 'pong' });
    const told: string[] = [];
    await socket.keepOpen(virtual, { ...silentLog, warn: (event) => told.push(event) });
    await virtual.advance(seconds(10));
    await rm(blocked);
    await virtual.advance(seconds(10));
    await until('the socket', () => existsSync(late));
    expect(await ask(late, 'ping', clock)).toBe('pong');
    expect(told).toEqual(['control.not-open']);
  });

  it('hands on what a question is about', async () => {
    socket = new ControlSocket(path(), { echo: (about) => ({ about }) });
    await socket.open();
    expect(await ask(path(), 'echo', clock)).toEqual({});
    for (const about of ['meter.energy', 'a "b" \n 电表', { since: [1, null] }, false])
      expect(await ask(path(), 'echo', clock, about)).toEqual({ about });
  });

  it.each(['nonsense', 'constructor', '__proto__'])('refuses the question %s', async (question) => {
    socket = new ControlSocket(path(), {});
    await socket.open();
    await expect(ask(path(), question, clock)).rejects.toMatchObject({
      code: 'cli.question-unknown',
      details: { question },
    });
  });

  it('takes over the file that a killed gateway left behind', async () => {
    await writeFile(path(), '');
    socket = new ControlSocket(path(), { ping: () => 'pong' });
    await socket.open();
    expect(await ask(path(), 'ping', clock)).toBe('pong');
  });

  it('says that nothing runs where nobody listens', async () => {
    await expect(ask(path(), 'status', clock)).rejects.toMatchObject({ code: 'cli.not-running' });
  });

  it('says so when the gateway goes before it has answered', async () => {
    let isAsked: (() => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    socket = new ControlSocket(path(), { wait: () => new Promise(() => isAsked?.()) });
    await socket.open();
    const answer = ask(path(), 'wait', clock);
    const refused = expect(answer).rejects.toMatchObject({ code: 'cli.not-running' });
    await asked;
    await socket.close();
    await refused;
  });

  it('lets go of a question that nobody waits for any more', async () => {
    const stop = new AbortController();
    const answer = { wait: () => new Promise(() => stop.abort()) };
    socket = new ControlSocket(path(), answer);
    await socket.open();
    await expect(
      ask(path(), 'wait', clock, undefined, minutes(1), stop.signal),
    ).rejects.toMatchObject({ code: 'cli.not-running', cause: { name: 'AbortError' } });
  });

  it('hangs up on a question without end', async () => {
    socket = new ControlSocket(path(), {});
    await socket.open();
    const client = connect(path());
    client.on('error', () => {});
    const closed = new Promise((resolve) => client.once('close', resolve));
    client.write('x'.repeat(10_000));
    await closed;
  });
});
