/** One TCP connection to a supervising platform: packets out, packets in, and the one reason why it ended. */
import { connect, type Socket } from 'node:net';
import type { Clock } from '../../host/clock.ts';
import { GatewayError, reasonOf } from '../../model/errors.ts';
import { later, seconds } from '../../model/units.ts';
import { type Packet, packetBytes } from './packet.ts';
import { PacketReader, type Read } from './packet-reader.ts';

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
}

export interface PlatformConnection {
  /** Everything that comes in, in order, from the first byte on. To be called once. */
  listen(onRead: (read: Read) => void): void;
  /** Resolves when there is room for the next, or nobody left to send it to; rejects when nobody was there. */
  write(packet: Packet): Promise<void>;
  /** Resolves when the connection is over; never rejects. */
  readonly lost: Promise<GatewayError>;
  end(): void;
}

const CONNECT_DEADLINE = seconds(10);
const KEEP_ALIVE_MS = 30_000;

/** Rejects with `hj212.unreachable`, also when the signal is aborted. */
export async function connectPlatform(
  { host, port, clock }: ConnectOptions,
  signal: AbortSignal,
): Promise<PlatformConnection> {
  const platform = `${host}:${port}`;
  const socket = connect({ host, port, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
  socket.setNoDelay(true);
  const over = endOf(socket);
  const onAbort = () => socket.destroy();
  signal.addEventListener('abort', onAbort, { once: true });
  const cancel = clock.at('hj212.connect', later(clock.mono(), CONNECT_DEADLINE), () =>
    socket.destroy(new Error('no answer within 10 s')),
  );
  const connected = new Promise<undefined>((resolve) =>
    socket.once('connect', () => resolve(undefined)),
  );
  if (signal.aborted) socket.destroy();
  const reason = await Promise.race([connected, over]);
  cancel();
  signal.removeEventListener('abort', onAbort);
  if (reason !== undefined) throw new GatewayError('hj212.unreachable', { platform, reason });
  return {
    listen(onRead) {
      const reader = new PacketReader();
      socket.on('data', (chunk) => {
        for (const read of reader.push(chunk)) onRead(read);
      });
    },
    write: (packet) =>
      socket.destroyed
        ? Promise.reject(new GatewayError('hj212.connection-lost', { platform, reason: 'closed' }))
        : written(socket, packet),
    lost: over.then((why) => new GatewayError('hj212.connection-lost', { platform, reason: why })),
    end: () => socket.destroy(),
  };
}

/** Why the socket closed; a close that nobody explains is the other side's. */
function endOf(socket: Socket): Promise<string> {
  let reason = 'closed by the other side';
  socket.on('error', (error) => {
    reason = reasonOf(error);
  });
  return new Promise((resolve) => socket.once('close', () => resolve(reason)));
}

async function written(socket: Socket, packet: Packet): Promise<void> {
  if (socket.write(packetBytes(packet))) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    socket.once('drain', go);
    socket.once('close', go);
  });
}
