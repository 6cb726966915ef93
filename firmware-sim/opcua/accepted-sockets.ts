/** The TCP connections of one server, however far their handshake got. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** Node reports every socket that any server of this process accepts (diagnostics_channel, net). */
const ACCEPTED = 'net.server.socket';

export class AcceptedSockets {
  readonly #port: () => number;
  readonly #sockets = new Set<Socket>();
  #silent = false;

  constructor(port: () => number) {
    this.#port = port;
    subscribe(ACCEPTED, this.#accept);
  }

  /** Nothing is read and nothing is written any more, while every connection stays up. */
  set silent(silent: boolean) {
    if (silent === this.#silent) return;
    this.#silent = silent;
    for (const socket of this.#sockets) silent ? hush(socket) : wake(socket);
  }

  /** Every connection ends at once, without a word of the protocol. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Accepts no more; idempotent. */
  stop(): void {
    unsubscribe(ACCEPTED, this.#accept);
  }

  readonly #accept = (message: unknown): void => {
    const socket = (message as { readonly socket?: unknown }).socket;
    if (!(socket instanceof Socket) || socket.localPort !== this.#port()) return;
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    if (this.#silent) hush(socket);
  };
}

function hush(socket: Socket): void {
  socket.pause();
  socket.cork();
}

function wake(socket: Socket): void {
  socket.uncork();
  socket.resume();
}
