/**
 * A TCP stream that this side dials, as a line: Modbus TCP, or a serial wire behind a serial
 * server.
 */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../gateway/host/clock.ts';
import { type Millis, seconds } from '../../gateway/model/units.ts';
import { withDeadline } from './deadline.ts';
import type { Line, SerialSettings } from './line.ts';
import { KEEP_ALIVE, listenForEnd, receiving, streamOf } from './socket-stream.ts';
import { streamLine } from './stream-line.ts';

export interface TcpLineOptions {
  readonly host: string;
  readonly port: number;
  /** Of the wire behind the socket, when there is one. */
  readonly settings?: SerialSettings | undefined;
  /** How long a connection may take to come about. */
  readonly connectTimeout?: Millis;
}

const DEFAULT_CONNECT_TIMEOUT = seconds(5);

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
        onread: receiving(events),
      });
      listenForEnd(socket, events);
      try {
        await withDeadline(
          { clock, name: 'line.connect', limit: connectTimeout },
          () => new Error(`no connection within ${connectTimeout} ms`),
          signal,
          (until) => connected(socket, until),
        );
      } catch (error) {
        socket.destroy();
        throw error;
      }
      return streamOf(socket);
    },
  });
}

const connected = (socket: Socket, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    socket.once('connect', () => resolve());
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection is gone')));
  });
