/**
 * A TCP port on which DTUs dial in: each says its registration first, and is then a stream of the
 * wire behind it. One port serves all buses of the process that name it; a connection that no bus
 * wants at the moment is kept for the bus that opens its line again.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Cancel, Clock } from '../../gateway/host/clock.ts';
import type { Log } from '../../gateway/host/log.ts';
import {
  between,
  later,
  type Millis,
  type MonoMs,
  minutes,
  seconds,
} from '../../gateway/model/units.ts';
import { KEEP_ALIVE } from './socket-stream.ts';

export interface DtuPortOptions {
  /** Of the address to listen on. */
  readonly host: string;
  readonly port: number;
}

/** How long a connection may take to say who it is: a guess that a slow mobile network keeps. */
export const REGISTRATION_PATIENCE: Millis = seconds(10);
/** Connections that have not said who they are; one more, and the oldest has to go. */
export const UNREGISTERED_LIMIT = 32;
/** As much as is remembered of what an unregistered connection says. */
const REGISTRATION_LIMIT_BYTES = 256;
/** Longer than the pause of a bus between two attempts: a DTU is not refused in it. */
const LINGER: Millis = minutes(2);
/** At most one line in the log per port and this time; the count in it has all. */
const LOG_INTERVAL: Millis = seconds(10);

const PORTS = new Map<string, DtuPort>();

/** The one listener of this process at `host:port`; not yet listening when it is new. */
export function dtuPort({ host, port }: DtuPortOptions, clock: Clock, log: Log): DtuPort {
  const key = `${host}:${port}`;
  let found = PORTS.get(key);
  if (found === undefined) {
    found = new DtuPort({ host, port }, clock, log, () => PORTS.delete(key));
    PORTS.set(key, found);
  }
  return found;
}

/** One registration that a bus waits for, and the connection that said it. */
interface Place {
  readonly registration: Buffer;
  socket: Socket | undefined;
  /** Whether a line has the socket. */
  isTaken: boolean;
  hand: ((socket: Socket) => void) | undefined;
  /** Since when no line has wanted it. */
  idleSince: MonoMs;
}

interface Unregistered {
  readonly socket: Socket;
  said: Buffer;
  readonly stopWaiting: Cancel;
}

export class DtuPort {
  readonly #options: DtuPortOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onClosed: () => void;
  readonly #places = new Map<string, Place>();
  /** The oldest first. */
  readonly #unregistered = new Set<Unregistered>();
  #listening: Promise<Server> | undefined;
  #refused = 0;
  #loggedAt: MonoMs | undefined;

  constructor(options: DtuPortOptions, clock: Clock, log: Log, onClosed: () => void) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.#onClosed = onClosed;
  }

  /** Connections that were closed because nobody knew them. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * The connection of the DTU with this registration, at once or when it dials in; an empty
   * registration is anybody's. It is the caller's until it is closed, and it is closed when the DTU
   * connects anew. Rejects when the port cannot be listened on, with the signal's reason, and while
   * another line has or awaits this DTU.
   */
  async take(registration: Uint8Array, signal: AbortSignal): Promise<Socket> {
    this.#listening ??= this.#listen();
    await this.#listening;
    signal.throwIfAborted();
    const place = this.#placeOf(Buffer.from(registration));
    if (place.hand || (place.isTaken && place.socket && !place.socket.destroyed))
      throw new Error('another bus has this DTU');
    return new Promise((resolve, reject) => {
      const settle = () => {
        place.hand = undefined;
        place.idleSince = this.#clock.mono();
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        settle();
        reject(signal.reason);
      };
      place.hand = (socket) => {
        settle();
        place.isTaken = true;
        socket.ref();
        resolve(socket);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      if (place.socket && !place.socket.destroyed) place.hand(place.socket);
      else for (const visitor of this.#unregistered) this.#recognise(visitor);
    });
  }

  /** Neither the listener nor an unwanted connection keeps the process from ending. */
  async #listen(): Promise<Server> {
    const server = createServer(
      { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE },
      (socket) => this.#welcome(socket),
    );
    server.unref();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(this.#options.port, this.#options.host, resolve);
      });
    } catch (error) {
      this.#onClosed();
      throw error;
    }
    server.on('error', (error) =>
      this.#log.warn('line.dtu-port-failed', { reason: error.message }),
    );
    return server;
  }

  #placeOf(registration: Buffer): Place {
    const key = registration.toString('hex');
    let place = this.#places.get(key);
    if (place === undefined) {
      const idleSince = this.#clock.mono();
      place = { registration, socket: undefined, isTaken: false, hand: undefined, idleSince };
      this.#places.set(key, place);
    }
    return place;
  }

  #welcome(socket: Socket): void {
    socket.unref();
    socket.on('error', () => {});
    this.#forgetPlaces();
    if (this.#places.size === 0) {
      socket.destroy();
      void this.#close();
      return;
    }
    const visitor: Unregistered = {
      socket,
      said: Buffer.alloc(0),
      stopWaiting: this.#clock.at(
        'dtu.registration',
        later(this.#clock.mono(), REGISTRATION_PATIENCE),
        () => this.#refuse(visitor),
      ),
    };
    this.#unregistered.add(visitor);
    const [oldest] = this.#unregistered;
    if (oldest && this.#unregistered.size > UNREGISTERED_LIMIT) this.#refuse(oldest);
    socket.once('close', () => this.#dismiss(visitor));
    socket.on('data', (bytes: Buffer) => {
      if (!this.#unregistered.has(visitor)) return;
      visitor.said = Buffer.concat([visitor.said, bytes]).subarray(0, REGISTRATION_LIMIT_BYTES);
      this.#recognise(visitor);
    });
    this.#recognise(visitor);
  }

  /** What follows the registration at once is nobody's answer and is dropped. */
  #recognise(visitor: Unregistered): void {
    const { socket, said } = visitor;
    for (const place of this.#places.values()) {
      const { registration } = place;
      if (!said.subarray(0, registration.length).equals(registration)) continue;
      this.#dismiss(visitor);
      this.#seat(place, socket);
      return;
    }
  }

  /**
   * The connection that was there before is half dead: the DTU would not have dialled otherwise.
   */
  #seat(place: Place, socket: Socket): void {
    const before = place.socket;
    place.socket = socket;
    place.isTaken = false;
    socket.once('close', () => {
      if (place.socket !== socket) return;
      place.socket = undefined;
      place.idleSince = this.#clock.mono();
    });
    before?.destroy(new Error('the DTU has connected anew'));
    place.hand?.(socket);
  }

  #dismiss(visitor: Unregistered): void {
    visitor.stopWaiting();
    this.#unregistered.delete(visitor);
  }

  #refuse(visitor: Unregistered): void {
    const { socket, said } = visitor;
    // A destroyed socket no longer knows.
    const from = socket.remoteAddress;
    this.#dismiss(visitor);
    socket.destroy();
    this.#refused++;
    const now = this.#clock.mono();
    if (this.#loggedAt !== undefined && between(this.#loggedAt, now) < LOG_INTERVAL) return;
    this.#loggedAt = now;
    this.#log.warn('line.dtu-refused', {
      port: this.#options.port,
      from,
      said_hex: said.toString('hex'),
      refused: this.#refused,
    });
  }

  /** Buses that have not asked for their DTU for a long time are gone. */
  #forgetPlaces(): void {
    const now = this.#clock.mono();
    for (const [key, place] of this.#places) {
      const isWanted = place.hand !== undefined || (place.isTaken && place.socket !== undefined);
      if (isWanted || between(place.idleSince, now) < LINGER) continue;
      place.socket?.destroy();
      this.#places.delete(key);
    }
  }

  async #close(): Promise<void> {
    this.#onClosed();
    const server = await this.#listening;
    server?.close();
  }
}
