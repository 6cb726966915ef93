/**
 * A DTU at the far end of a mobile network: it dials the gateway, says who it is, and then carries a
 * serial wire. It dials again when it is dropped.
 */
import { connect, type Socket } from 'node:net';
import type { Cancel, Clock } from '../gateway/host/clock.ts';
import { later, type Millis, seconds } from '../gateway/model/units.ts';
import type { SimulatedLine } from './line.ts';
import { reset } from './listener.ts';

export interface DtuOptions {
  readonly host: string;
  readonly port: number;
  /** What it says first; may be empty. */
  readonly registration: Uint8Array;
  /** What it says now and then, whatever else is under way; none when left out. */
  readonly heartbeat?: Uint8Array;
  /** 30 s when left out. */
  readonly heartbeatEvery?: Millis;
  /** How long it waits before it dials again; 1 s when left out. */
  readonly redialAfter?: Millis;
}

export interface Dtu {
  /** How often it was connected. */
  readonly connections: number;
  readonly isConnected: boolean;
  /** Loses the connection as a mobile network does; it dials again. */
  drop(): void;
  /** Idempotent. */
  stop(): void;
}

const HEARTBEAT_EVERY = seconds(30);
const REDIAL_AFTER = seconds(1);

/** Dials at once, and for as long as it is not stopped. */
export function dialDtu(line: SimulatedLine, options: DtuOptions, clock: Clock): Dtu {
  let connections = 0;
  let isStopped = false;
  let cancelRedial: Cancel = () => {};
  let socket: Socket = dial();

  function dial(): Socket {
    const { host, port, registration } = options;
    const next = connect({ host, port, noDelay: true });
    // A refused or lost connection is an everyday event; 'close' follows and dials again.
    next.on('error', () => {});
    let hangUp = () => {};
    next.once('connect', () => {
      connections++;
      if (registration.length > 0) next.write(registration);
      hangUp = carry(next);
    });
    next.once('close', () => {
      hangUp();
      if (isStopped) return;
      const due = later(clock.mono(), options.redialAfter ?? REDIAL_AFTER);
      cancelRedial = clock.at('sim.dtu-redial', due, () => {
        socket = dial();
      });
    });
    return next;
  }

  /** Ties the socket to the wire; returns the way to untie it. */
  function carry(to: Socket): () => void {
    const endpoint = line.endpoint();
    endpoint.onData((bytes) => to.write(bytes));
    to.on('data', (bytes) => endpoint.write(bytes));
    const { heartbeat } = options;
    let cancel: Cancel = () => {};
    const beat = () => {
      const due = later(clock.mono(), options.heartbeatEvery ?? HEARTBEAT_EVERY);
      cancel = clock.at('sim.dtu-heartbeat', due, () => {
        if (heartbeat) to.write(heartbeat);
        beat();
      });
    };
    if (heartbeat && heartbeat.length > 0) beat();
    return () => {
      cancel();
      endpoint.close();
    };
  }

  return {
    get connections() {
      return connections;
    },
    get isConnected() {
      return socket.readyState === 'open';
    },
    drop: () => reset(socket),
    stop() {
      isStopped = true;
      cancelRedial();
      socket.destroy();
    },
  };
}
