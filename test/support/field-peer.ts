/**
 * The other end of a line: a raw TCP server, reached directly or through a pseudo terminal that socat
 * ties to it. A test says byte by byte what it receives and sends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
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

export async function fieldPeer(): Promise<FieldPeer> {
  let socket: Socket | undefined;
  let received = Buffer.alloc(0);
  let connections = 0;
  const server = createServer({ noDelay: true }, (next) => {
    socket = next;
    connections++;
    next.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
      server.emit('received');
    });
    next.on('error', () => {});
    server.emit('connected');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    get connections() {
      return connections;
    },
    async connected() {
      if (!socket) await once(server, 'connected');
    },
    async receive(length) {
      while (received.length < length) await once(server, 'received');
      const bytes = received.subarray(0, length);
      received = received.subarray(length);
      return bytes;
    },
    send(...bytes) {
      socket?.write(
        Buffer.concat(bytes.map((part) => (typeof part === 'number' ? Buffer.of(part) : part))),
      );
    },
    end: () => socket?.end(),
    reset: () => socket?.resetAndDestroy(),
    async close() {
      socket?.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
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
