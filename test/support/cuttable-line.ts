/** A TCP line to a port of this machine that can be cut without a word, as a modem does it, and be there again. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { reset } from '../../firmware-sim/listener.ts';

export interface CuttableLine {
  readonly port: number;
  /** Both ends of every connection are gone; new ones are refused until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** `watch` sees both ends of each connection before anything passes. */
export async function cuttableLine(
  to: number,
  watch: (near: Socket, far: Socket) => void = () => {},
): Promise<CuttableLine> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    keep(near);
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(to, '127.0.0.1');
    keep(far);
    watch(near, far);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = () => {
    isCut = true;
    for (const socket of sockets) reset(socket);
  };
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    mend: () => {
      isCut = false;
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
