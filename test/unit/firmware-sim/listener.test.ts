import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { listen } from '../../../firmware-sim/listener.ts';

/** Node 24.21: `resetAndDestroy` fails with EINVAL there, nothing is closed, and the process never ends. */
it('closes a connection that says its goodbye at the moment of the stop', async () => {
  const arrived = Promise.withResolvers<Socket>();
  const listener = await listen({}, arrived.resolve);
  const client = connect(listener.port).resume();
  client.on('error', () => {});
  const socket = await arrived.promise;
  socket.end();
  const closed = once(socket, 'close');
  await listener.stop();
  await closed;
  expect(socket.destroyed).toBe(true);
  client.destroy();
});
