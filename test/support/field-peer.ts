/**
 * The other end of a line: a raw TCP server, reached directly or through a pseudo terminal that socat
 * ties to it, or a socket that dials in. A test says byte by byte what it receives and sends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FieldPeer {
  readonly port: number;
  /** How many connections there have been. */
  readonly connections: number;
  connected(): Promise<void>;
  /** The next `length` bytes, as soon as they are there. */
  receive(length: number): Promise<Buffer>;
  send(...bytes: readonly (number | Uint8Array)[]): void;
  /** Ends the connection in good order (FIN). */
  end(): void;
  /** Tears the connection down (RST). */
  reset(): void;
  close(): Promise<void>;
}

/** What a peer does with its sockets, whichever side dialled. */
function peerSide() {
  const news = new EventEmitter();
  let socket: Socket | undefined;
  let received = Buffer.alloc(0);
  let connections = 0;
  return {
    get connections() {
      return connections;
    },
    get socket() {
      return socket;
    },
    adopt(next: Socket) {
      socket = next;
      connections++;
      next.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]);
        news.emit('received');
      });
      next.on('error', () => {});
      news.emit('connected');
    },
    async connected() {
      if (!socket) await once(news, 'connected');
    },
    async receive(length: number) {
      while (received.length < length) await once(news, 'received');
      const bytes = received.subarray(0, length);
      received = received.subarray(length);
      return bytes;
    },
    send(...bytes: readonly (number | Uint8Array)[]) {
      socket?.write(
        Buffer.concat(bytes.map((part) => (typeof part === 'number' ? Buffer.of(part) : part))),
      );
    },
    end: () => void socket?.end(),
    reset: () => void socket?.resetAndDestroy(),
  };
}

/** A peer that is dialled. */
export async function fieldPeer(): Promise<FieldPeer> {
  const side = peerSide();
  const server = createServer({ noDelay: true }, (socket) => side.adopt(socket));
  const port = await listeningPort(server);
  return Object.assign(side, {
    port,
    async close() {
      side.socket?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function listeningPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A port that nobody listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listeningPort(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface DiallingPeer extends FieldPeer {
  /** Dials, again and again until somebody listens, and says the registration. */
  dial(): void;
  /** Whether it dials again by itself when the other side ended the connection, as DTUs do. */
  isStubborn: boolean;
}

/** A peer that dials in to `port`. */
export function diallingPeer(port: number, registration: string): DiallingPeer {
  const side = peerSide();
  let isClosed = false;
  const peer: DiallingPeer = Object.assign(side, {
    port,
    isStubborn: true,
    dial() {
      if (isClosed) return;
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let wasConnected = false;
      socket.on('error', () => {});
      socket.on('connect', () => {
        wasConnected = true;
        socket.write(registration);
        side.adopt(socket);
      });
      socket.on('close', () => {
        if (!wasConnected || peer.isStubborn) setTimeout(peer.dial, 2);
      });
    },
    async close() {
      isClosed = true;
      side.socket?.destroy();
    },
  });
  return peer;
}

export interface PseudoTerminal {
  /** The device file to open. */
  readonly path: string;
  /** The device vanishes, as a USB adapter does. */
  unplug(): Promise<void>;
  /** It is back under the same name; what the name leads to may be another device now. */
  plugIn(): Promise<void>;
  close(): Promise<void>;
}

/** A serial port whose wire ends at the peer. */
export async function pseudoTerminal(peer: FieldPeer): Promise<PseudoTerminal> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-pty-'));
  const path = join(folder, 'tty');
  let plugged: { readonly process: ChildProcess; readonly held: number } | undefined;

  const plugIn = async () => {
    const process = spawn('socat', [
      '-d',
      '-d',
      `PTY,link=${path},raw,echo=0`,
      `TCP:127.0.0.1:${peer.port}`,
    ]);
    await started(process);
    // Without a reader of its own the terminal would end when the port under test closes it.
    plugged = { process, held: openSync(path, constants.O_RDWR | constants.O_NOCTTY) };
  };
  const unplug = async () => {
    if (!plugged) return;
    const { process, held } = plugged;
    plugged = undefined;
    const exited = once(process, 'exit');
    process.kill('SIGKILL');
    await exited;
    closeSync(held);
  };
  await plugIn();
  return {
    path,
    unplug,
    async plugIn() {
      rmSync(path, { force: true });
      await plugIn();
    },
    async close() {
      await unplug();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function started(process: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    process.once('error', (cause) =>
      reject(new Error('these tests need socat: apt-get install socat', { cause })),
    );
    process.once('exit', (code) => reject(new Error(`socat ended with ${code}`)));
    process.stderr?.on('data', (text) => {
      if (String(text).includes('starting data transfer loop')) resolve();
    });
  });
}
