/** A serial wire behind a DTU that dials in here: the gateway listens, the DTU says who it is. */
import type { Clock } from '../../gateway/host/clock.ts';
import { type Log, silentLog } from '../../gateway/host/log.ts';
import { GatewayError } from '../../gateway/model/errors.ts';
import { between, type Millis, millis, monoMs, seconds } from '../../gateway/model/units.ts';
import { withDeadline } from './deadline.ts';
import { dtuPort } from './dtu-port.ts';
import type { Line, SerialSettings } from './line.ts';
import { listenTo, streamOf } from './socket-stream.ts';
import { type StreamEvents, streamLine } from './stream-line.ts';

export interface DtuLineOptions {
  /** Where the gateway listens; lines with equal host and port share one listener. */
  readonly host: string;
  readonly port: number;
  /** What the DTU sends first; empty: the first that connects is it. */
  readonly registration: Uint8Array;
  /** What it sends now and then; empty: nothing. */
  readonly heartbeat: Uint8Array;
  /** Of the wire behind it; set at the DTU. */
  readonly settings: SerialSettings;
}

/** Shorter than the watchdog's patience with a bus; the port listens on between two attempts. */
export const DTU_PATIENCE: Millis = seconds(20);

/**
 * A line whose far end dials in; its resource is `dtu:host:port:registration`, in hexadecimal
 * digits.
 */
export function dtuLine(options: DtuLineOptions, clock: Clock, log: Log = silentLog): Line {
  const { host, port, registration, heartbeat, settings } = options;
  const id = Buffer.from(registration).toString('hex');
  return streamLine({
    resource: `dtu:${host}:${port}:${id}`,
    settings,
    clock,
    open: async (events, signal) => {
      const socket = await withDeadline(
        { clock, name: 'line.dtu', limit: DTU_PATIENCE },
        () => new GatewayError('line.dtu-absent', { registration: printed(registration), port }),
        signal,
        (until) => dtuPort({ host, port }, clock, log).take(registration, until),
      );
      listenTo(socket, withoutHeartbeats(heartbeat, events, clock));
      if (socket.destroyed) throw new Error('the connection is gone');
      return streamOf(socket);
    },
  });
}

/** Text as text, anything else as hexadecimal digits. */
const printed = (registration: Uint8Array): string => {
  const text = Buffer.from(registration).toString('latin1');
  return /^[\x20-\x7e]*$/.test(text)
    ? `"${text}"`
    : `0x${Buffer.from(registration).toString('hex')}`;
};

/**
 * After a pause of this length a new frame begins: a guess that holds where a DTU cuts a frame in
 * two.
 */
const BETWEEN_FRAMES: Millis = millis(100);

/**
 * Heartbeats are the DTU's own; on the wire behind it there was nothing. They are known by
 * standing alone: within a frame the same bytes are data.
 */
function withoutHeartbeats(
  heartbeat: Uint8Array,
  events: StreamEvents,
  clock: Clock,
): StreamEvents {
  if (heartbeat.length === 0) return events;
  let lastData = monoMs(Number.NEGATIVE_INFINITY);
  return {
    data(bytes) {
      const now = clock.mono();
      if (between(lastData, now) >= BETWEEN_FRAMES && isRepeated(heartbeat, bytes)) return;
      lastData = now;
      events.data(bytes);
    },
    lost: (reason) => events.lost(reason),
  };
}

const isRepeated = (part: Uint8Array, bytes: Uint8Array): boolean =>
  bytes.length % part.length === 0 &&
  bytes.every((byte, index) => byte === part[index % part.length]);
