/**
 * A TCP stream as a line: Modbus TCP, or a serial wire behind a serial server. The one file of the
 * drivers that knows node:net.
 */
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../gateway/host/clock.ts';
import { later, type Millis, seconds } from '../../gateway/model/units.ts';
import type { Line, SerialSettings } from './line.ts';
import { type Stream, type StreamEvents, streamLine } from './stream-line.ts';

export interface TcpLineOptions {
  readonly host: string;
  readonly port: number;
  /** Of the wire behind the socket, when there is one. */
  readonly settings?: SerialSettings | undefined;
  /** How long a connection may take to come about. */
  readonly connectTimeout?: Millis;
}

const DEFAULT_CONNECT_TIMEOUT = seconds(5);
/** A peer that vanished without a word is noticed although nobody asks it anything. */
const KEEP_ALIVE = seconds(10);
/**
 * Turns of the event loop after which everything the kernel held has been handed over: the turn
 * under way may be past its poll.
 */
const TURNS_TO_EMPTY = 2;

/** A line that connects to `host:port`; its resource is `tcp:host:port`. */
export function tcpLine(options: TcpLineOptions, clock: Clock): Line {
  const { host, port, settings, connectTimeout = DEFAULT_CONNECT_TIMEOUT } = options;
  return streamLine({
    resource: `tcp:${host}:${port}`,
    settings,
    clock,
    open: async (events, signal) => {
      const socket = connect({
        host,
        port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE,
      });
      const deadline = new AbortController();
      const cancel = clock.at('line.connect', later(clock.mono(), connectTimeout), () =>
        deadline.abort(new Error(`no connection within ${connectTimeout} ms`)),
      );
      try {
        await connected(socket, events, AbortSignal.any([signal, deadline.signal]));
        return streamOf(socket);
      } catch (error) {
        socket.destroy();
        throw error;
      } finally {
        cancel();
      }
    },
  });
}

/** Resolves when the socket is connected; from then on its end, however it comes, is one `lost`. */
function connected(socket: Socket, events: StreamEvents, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      reject(reason);
      events.lost(reason);
    };
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.once('connect', () => resolve());
    socket.on('data', (bytes: Buffer) => events.data(bytes));
    socket.on('error', fail);
    socket.on('end', () => fail(new Error('the other side ended the connection')));
    socket.on('close', () => fail(new Error('the connection is gone')));
  });
}

const streamOf = (socket: Socket): Stream => ({
  write(bytes) {
    socket.write(bytes);
  },
  async drop() {
    for (let i = 0; i < TURNS_TO_EMPTY; i++) await turn();
  },
  close() {
    return new Promise((resolve) => {
      if (socket.closed) return resolve();
      socket.once('close', () => resolve());
      socket.destroy();
    });
  },
});
