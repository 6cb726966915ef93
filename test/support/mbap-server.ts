/** A Modbus TCP device on a free port of this machine, as far as its frames go; what it answers its owner says. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

export interface MbapServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Transaction, protocol, length and unit. */
const HEADER = 7;
const LENGTH_AT = 4;
/** What stands before that of which the length is told. */
const BEFORE_LENGTH = 6;

/** `reply` makes of the PDU of a request that of its answer; the requests of a connection are answered in their order. */
export async function mbapServer(
  reply: (pdu: Buffer) => Buffer | Promise<Buffer>,
): Promise<MbapServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    const send = (request: Buffer, pdu: Buffer) => {
      const header = Buffer.from(request.subarray(0, HEADER));
      header.writeUInt16BE(pdu.length + 1, LENGTH_AT);
      if (!socket.destroyed) socket.write(Buffer.concat([header, pdu]));
    };
    let rest = Buffer.alloc(0);
    // An answer that is there goes out at once: some measure how long it takes.
    const answer = (request: Buffer): Promise<void> | undefined => {
      const pdu = reply(request.subarray(HEADER));
      if (pdu instanceof Promise) return pdu.then((later) => send(request, later));
      send(request, pdu);
      return undefined;
    };
    let turn: Promise<void> | undefined;
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEADER && rest.length >= BEFORE_LENGTH + rest.readUInt16BE(LENGTH_AT)) {
        const request = rest.subarray(0, BEFORE_LENGTH + rest.readUInt16BE(LENGTH_AT));
        rest = rest.subarray(request.length);
        turn = turn ? turn.then(() => answer(request)) : answer(request);
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  return {
    port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
