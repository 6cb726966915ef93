/** A TCP server that can be stopped at once, connections included. */
import { createServer, type Socket } from 'node:net';
import { GatewayError, reasonOf } from '../gateway/model/errors.ts';

export interface ListenAddress {
  /** 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0 or left out: one that is free. */
  readonly port?: number;
}

export interface Listener {
  readonly host: string;
  /** The port that was really taken. */
  readonly port: number;
  /** Resets every connection and stops listening; idempotent. */
  stop(): Promise<void>;
}

/**
 * Resets a connection. Not one that is already saying its goodbye: libuv refuses that (EINVAL), and of Node 24.21 a handle
 * stays that keeps the process from ever ending.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** Rejects with `sim.port-taken`. Sockets come with TCP_NODELAY and an error listener. */
export function listen(
  address: ListenAddress,
  onSocket: (socket: Socket) => void,
): Promise<Listener> {
  const { host = '127.0.0.1', port = 0 } = address;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A peer that resets is an everyday event here; 'close' follows and ends the connection.
    socket.on('error', () => {});
    onSocket(socket);
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) reset(socket);
    });
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error) =>
      reject(new GatewayError('sim.port-taken', { host, port, reason: reasonOf(cause) }, cause));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      const taken = server.address();
      resolve({
        host,
        port: typeof taken === 'object' && taken ? taken.port : port,
        stop,
      });
    });
  });
}
