/** Simulated stations on a fast wire behind a serial server, and a server that says what a test tells it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type LineManners, SimulatedLine } from '../../firmware-sim/line.ts';
import { serveLine } from '../../firmware-sim/line-server.ts';
import type { Station } from '../../firmware-sim/station.ts';
import type { Clock } from '../../gateway/host/clock.ts';

export interface WireServer {
  /** `127.0.0.1:4711` */
  readonly place: string;
  close(): Promise<void>;
}

/** 115200 baud, so that tests do not wait for characters. */
export async function wireServer(
  stations: readonly Station[],
  clock: Clock,
  manners: Partial<LineManners> = {},
): Promise<WireServer> {
  const line = new SimulatedLine({ baud: 115_200, format: '8N1', stations, ...manners }, clock);
  const server = await serveLine(line, {});
  return {
    place: `${server.host}:${server.port}`,
    async close() {
      line.stop();
      await server.stop();
    },
  };
}

/** Answers each piece that arrives as `answer` says; nothing where it says nothing. */
export async function answeringServer(
  answer: (request: Buffer) => Uint8Array | undefined,
): Promise<WireServer> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const reply = answer(bytes);
      if (reply) socket.write(reply);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    place: `127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
